/** `12 s`, `3 min`, `5 h`, `2 d`: whole, for it is looked at in passing. */
export function shownDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `840 ms`, `1.3 s`, `42 s`. */
export function shownLatency(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB'];

/** `0 B`, `48.2 KB`, `3 MB`: by thousands. */
export function shownBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 100 && power > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${byteUnits[power]}`;
}

const whole = new Intl.NumberFormat('en');
export const shownCount = (count: number): string => whole.format(count);

/** `1 session`, `300 sessions`. */
export const counted = (count: number, noun: string): string => `${shownCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** `14:03:07`; the day too if it is not today. */
export function shownTime(at: number, now = Date.now()): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString('en-GB');
  return date.toDateString() === new Date(now).toDateString() ? time : `${date.toLocaleDateString('en-CA')} ${time}`;
}
