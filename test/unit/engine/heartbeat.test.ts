import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Heart, Heartbeat } from '../../../src/engine/heartbeat.js';

let answers: boolean;
let vitals: {
  isStopped: boolean;
  isWaitingForDisk: boolean;
  waitedForCpuMs: number;
  ranMs: number;
  privateBytes: number;
};
let bytesSent: number;
let silences: boolean[];
let hung: number;
let beat: Heartbeat;

const heart: Heart = {
  ask: () => (answers ? Promise.resolve() : new Promise(() => {})),
  vitals: () => ({ ...vitals }),
  bytesSent: () => bytesSent,
};

beforeEach(() => {
  answers = true;
  vitals = { isStopped: false, isWaitingForDisk: false, waitedForCpuMs: 0, ranMs: 0, privateBytes: 0 };
  bytesSent = 0;
  silences = [];
  hung = 0;
  vi.useFakeTimers();
  beat = new Heartbeat({
    heart,
    onAnswer() {},
    onSilent: (isSilent) => void silences.push(isSilent),
    onHung: () => {
      hung += 1;
    },
  });
});
afterEach(() => {
  beat.stop();
  vi.useRealTimers();
});

describe('Heartbeat', () => {
  it('a browser that answers – is left alone', async () => {
    await vi.advanceTimersByTimeAsync(60_000);
    expect([silences, hung]).toEqual([[], 0]);
  });

  it('one that does not – is silent after a second, and hung before ten are over, once', async () => {
    answers = false;
    await vi.advanceTimersByTimeAsync(3000);
    expect([silences, hung]).toEqual([[true], 0]);
    await vi.advanceTimersByTimeAsync(6000);
    expect(hung).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hung).toBe(1);
  });

  it('one that answers late – is no longer silent then', async () => {
    answers = false;
    await vi.advanceTimersByTimeAsync(3000);
    answers = true;
    await vi.advanceTimersByTimeAsync(6000);
    expect([silences, hung]).toEqual([[true, false], 0]);
  });

  it('one that finds no processor – has more time, though not for ever', async () => {
    answers = false;
    const starving = setInterval(() => {
      vitals.waitedForCpuMs += 90;
    }, 100);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([silences, hung]).toEqual([[true], 0]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(hung).toBe(1);
    clearInterval(starving);
  });

  it('one that is at work – has more time, though not for ever', async () => {
    answers = false;
    const working = setInterval(() => {
      vitals.ranMs += 90;
    }, 100);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([silences, hung]).toEqual([[true], 0]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(hung).toBe(1);
    clearInterval(working);
  });

  it('one that still sends what it had to say before – has more time, though not for ever', async () => {
    answers = false;
    const sending = setInterval(() => {
      bytesSent += 1000;
    }, 1000);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([silences, hung]).toEqual([[true], 0]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(hung).toBe(1);
    clearInterval(sending);
  });

  it('one that is stopped – is not excused by a slow machine', async () => {
    answers = false;
    vitals.isStopped = true;
    const starving = setInterval(() => {
      vitals.waitedForCpuMs += 90;
    }, 100);
    await vi.advanceTimersByTimeAsync(9000);
    expect(hung).toBe(1);
    clearInterval(starving);
  });

  it('one that waits for a disk – has more time', async () => {
    answers = false;
    vitals.isWaitingForDisk = true;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(hung).toBe(0);
  });
});
