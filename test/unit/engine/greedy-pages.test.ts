import { expect, it } from 'vitest';
import { GreedyPages, isPageProcess } from '../../../src/engine/playwright/browsers/greedy-pages.js';

it.each([
  ['/usr/lib/chromium/chromium-headless-shell --type=renderer --headless=old --no-sandbox', true],
  ['/usr/lib/firefox-esr/firefox-esr -contentproc -isForBrowser -appDir /usr/lib/firefox-esr/browser 3 tab', true],
  ['/usr/lib/chromium/chromium --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US', false],
  ['/usr/lib/chromium/chromium --type=zygote --no-sandbox', false],
  [
    '/usr/lib/firefox-esr/firefox-esr -contentproc -parentBuildID 1 -appDir /usr/lib/firefox-esr/browser 2 socket',
    false,
  ],
  ['/usr/lib/firefox-esr/firefox-esr -contentproc -ipcHandle 0 1 forkserver', false],
])('isPageProcess – %s – %s', (command, expected) => {
  expect(isPageProcess(command)).toBe(expected);
});

const renderer = (processId: number, privateBytes: number) => ({
  processId,
  privateBytes,
  command: 'chromium --type=renderer',
});

it('find – only when memory is gone that a page may have taken, or a while later', () => {
  let left = 10_000;
  let now = 0;
  let looks = 0;
  let pages = [renderer(1, 100), renderer(2, 600)];
  const greedy = new GreedyPages({
    limitBytes: 1000,
    leftBytes: () => left,
    now: () => now,
    descendantsOf: () => {
      looks += 1;
      return [{ processId: 3, privateBytes: 5000, command: 'chromium --type=gpu-process' }, ...pages];
    },
  });
  const found = (): unknown[] => [greedy.find(9), looks];
  expect(found()).toEqual([[], 1]);
  left = 9800; // the largest had 400 to go
  expect(found()).toEqual([[], 1]);
  left = 9799;
  pages = [renderer(1, 100), renderer(2, 1001)];
  expect(found()).toEqual([[2], 2]);
  pages = [renderer(1, 1001)];
  left = 20_000; // another process has given back more than it took
  expect(found()).toEqual([[], 2]);
  now = 10_000;
  expect(found()).toEqual([[1], 3]);
});
