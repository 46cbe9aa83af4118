import { describe, expect, it } from 'vitest';
import { KnownStorage } from '../../../src/engine/playwright/state/known-storage.js';
import { storingOriginOf } from '../../../src/engine/playwright/state/origin-record.js';

const origin = 'https://a.test';

describe('KnownStorage', () => {
  it('apply – changes one after another – are followed', () => {
    const known = new KnownStorage();
    const at = { origin, isLocal: true } as const;
    known.apply({ ...at, kind: 'set', name: 'a', value: '1' }, true);
    known.apply({ ...at, kind: 'clear' }, true);
    known.apply({ ...at, kind: 'set', name: 'b', value: '2' }, false);
    known.apply({ ...at, kind: 'set', name: 'c', value: '3' }, true);
    known.apply({ ...at, kind: 'remove', name: 'b' }, true);
    expect(known.get(origin)?.toState(true)).toEqual({
      origin,
      localStorage: [{ name: 'c', value: '3' }],
      sessionStorage: [],
    });
  });

  it('apply – the session storage of a popup – is not that of the tab', () => {
    const known = new KnownStorage();
    const change = { origin, isLocal: false, kind: 'set', name: 'a', value: '1' } as const;
    known.apply(change, false);
    expect(known.get(origin)).toBeUndefined();
    known.apply(change, true);
    expect(known.get(origin)?.session.get('a')).toBe('1');
  });

  it('apply – more than is followed, or too large to be told – has to be read', () => {
    const known = new KnownStorage();
    const large = 'x'.repeat(3_000_000);
    for (const name of ['a', 'b', 'c']) known.apply({ origin, isLocal: true, kind: 'set', name, value: large }, true);
    expect([...(known.get(origin)?.local.keys() ?? [])]).toEqual(['a', 'b']);
    expect(known.get(origin)?.isStale).toBe(true);
    known.hold()();
    known.apply({ origin: 'https://b.test', isLocal: true, kind: 'set', name: 'a', value: large }, true);
    expect(known.get('https://b.test')?.isStale).toBe(false);
    known.apply({ origin: 'https://b.test', isLocal: true, kind: 'unknown' }, true);
    expect(known.get('https://b.test')?.isStale).toBe(true);
  });

  it('hold – a change that is told late – is applied once the reading is over', () => {
    const known = new KnownStorage();
    const release = known.hold();
    known.apply({ origin, isLocal: true, kind: 'set', name: 'a', value: '1' }, true);
    expect(known.get(origin)).toBeUndefined();
    release();
    expect(known.get(origin)?.local.get('a')).toBe('1');
  });

  it('of – more origins than a page should have – are not remembered', () => {
    const known = new KnownStorage();
    for (let i = 0; i < 1200; i++) known.of(`https://o${i}.test`);
    expect(known.records).toHaveLength(1000);
    expect(known.of('https://o1.test')).toBeDefined();
    expect(known.of('https://o1100.test')).toBeUndefined();
  });

  it('storingOriginOf – addresses – those of sites alone', () => {
    expect(storingOriginOf('HTTPS://A.test:443/x')).toBe(origin);
    for (const url of ['about:blank', 'data:text/html,x', 'blob:https://a.test/1', 'chrome-error://x/', 'http://', ''])
      expect(storingOriginOf(url)).toBeUndefined();
  });
});
