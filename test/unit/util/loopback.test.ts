import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../../src/util/loopback.js';

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1'])('%s – is', (host) => expect(isLoopback(host)).toBe(true));
  it.each(['0.0.0.0', '::', '10.0.0.1', '127.example.com', 'example.com'])('%s – is not', (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});
