import { getPriority } from 'node:os';
import type { Browser } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { DrawingPriority } from '../../../src/engine/playwright/browsers/drawing-priority.js';

vi.mock('../../../src/engine/playwright/driver/driver-transport.js', () => ({
  childProcessOf: ({ pid }: { readonly pid?: number }) => {
    if (pid === undefined) throw new Error('Target page, context or browser has been closed');
    return { pid };
  },
}));

/** @param pid if omitted, it has closed */
const browserOf = (pid?: number): Browser => ({ pid }) as unknown as Browser; // all that is asked of it here
const process = (processId: number, type: string) => ({
  processId,
  command: `chromium --type=${type} --no-sandbox`,
  privateBytes: 0,
});

it('lower – the drawing thread of each browser that is watched, and of another process in its place a while later', () => {
  let now = 0;
  const behind = getPriority() + 5;
  const processes: Record<number, ReturnType<typeof process>[]> = {
    1: [process(11, 'zygote'), process(12, 'gpu-process'), process(13, 'renderer')],
    2: [process(21, 'gpu-process')],
  };
  const yielded: unknown[] = [];
  const drawing = new DrawingPriority({
    descendantsOf: (id) => processes[id] ?? [],
    yieldThreads: (...what) => yielded.push(what),
    now: () => now,
  });
  const [one, two] = [browserOf(1), browserOf(2)];
  drawing.lower(one);
  drawing.lower(one);
  drawing.lower(two);
  drawing.lower(browserOf());
  expect(yielded.splice(0)).toEqual([
    [12, 'VizCompositorTh', behind],
    [21, 'VizCompositorTh', behind],
  ]);
  processes[1] = [process(14, 'gpu-process')];
  drawing.lower(one);
  expect(yielded).toEqual([]);
  now = 10_000;
  drawing.lower(one);
  expect(yielded).toEqual([[14, 'VizCompositorTh', behind]]);
});
