const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The longest wait a timer of Node can hold (2^31 - 1 ms, about 24.8 days). */
export const maxTimerMs = 2_147_483_647;

/** Milliseconds of a duration such as `200s`, `15m`, `500ms`, `2h`; `undefined` if the text is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match?.[1] || !match[2]) return undefined;
  const ms = Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]); // the expression allows no other
  return ms <= maxTimerMs ? ms : undefined;
}

/** The shortest text of a duration: `200000` → `200s`, `900000` → `15m`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    // 200 s stays 200s: a larger unit is used only from three of it up, as people write it.
    if (ms % unitMs[unit] === 0 && (ms >= unitMs[unit] * 3 || unit === 's')) return `${ms / unitMs[unit]}${unit}`;
  }
  return `${ms}ms`;
}
