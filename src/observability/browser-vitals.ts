import { readDescendants } from '../util/process-vitals.js';
import type { BrowserVitals } from './metrics.js';

/** Looking at a few hundred processes takes some milliseconds: those who ask within so long share a look. */
const keepMs = 4000;

/** What the children of a browser are told they are: renderers, GPU and network of Chromium, tabs of Firefox. */
const childFlag = / (--type=|-contentproc\b)/;
const crashHandler = /crashpad/;

/** Counts the browsers below this process, and their memory. All that it starts is browsers. */
export function browserVitals(): BrowserVitals {
  let last: { readonly at: number; readonly vitals: ReturnType<BrowserVitals> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > keepMs) last = { at: now, vitals: look() };
    return last.vitals;
  };
}

function look(): ReturnType<BrowserVitals> {
  if (process.platform !== 'linux') return undefined;
  const found = readDescendants(process.pid).filter(({ command }) => command !== '' && !crashHandler.test(command));
  return {
    browsers: found.filter(({ command }) => !childFlag.test(command)).length,
    memoryBytes: found.reduce((sum, { privateBytes }) => sum + privateBytes, 0),
  };
}
