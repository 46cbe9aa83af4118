import { ProtocolError, protocolErrors } from './protocol-error.js';

interface FilterEntry {
  readonly exclude?: boolean;
  readonly type?: string;
}

/** Which targets a client wants to know of: the first entry that fits decides. */
export type TargetFilter = readonly FilterEntry[];

const maxEntries = 100;

/** What the browser takes if nothing is said. */
export const defaultFilter: TargetFilter = [{ type: 'browser', exclude: true }, { type: 'tab', exclude: true }, {}];

/** @throws ProtocolError */
export function readFilter(value: unknown): TargetFilter {
  if (value === undefined) return defaultFilter;
  const fits =
    Array.isArray(value) &&
    value.length <= maxEntries &&
    value.every(
      (entry) =>
        typeof entry === 'object' &&
        entry !== null &&
        ['undefined', 'boolean'].includes(typeof entry.exclude) &&
        ['undefined', 'string'].includes(typeof entry.type),
    );
  if (!fits)
    throw new ProtocolError(
      `expected \`filter\` to be a list of at most ${maxEntries} entries {type, exclude}.`,
      protocolErrors.invalidParams,
    );
  return value;
}

export function fitsFilter(filter: TargetFilter, type: string): boolean {
  const entry = filter.find((one) => one.type === undefined || one.type === type);
  return entry !== undefined && entry.exclude !== true;
}
