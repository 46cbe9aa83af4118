import { capitalised } from './document.js';
import type { Fields, Schema } from './fields.js';

/** The groups of fields (`x-group`), in the order of reading. Others follow, then the fields without a group. */
const groupTitles: Readonly<Record<string, string>> = {
  sending: 'Sending',
  session: 'Session',
  loading: 'Loading',
  waiting: 'Waiting',
  actions: 'Acting',
  extraction: 'Extraction',
  capture: 'Capture',
  traffic: 'Traffic of the page',
  proxy: 'Proxy',
  identity: 'Identity',
  domains: 'Domains',
  limits: 'Limits',
};
const otherGroup = 'other';

/** Fields by their group, in the order of reading. */
export function groupedFields(fields: Fields): [group: string, fields: Fields][] {
  const groupOf = ({ 'x-group': group }: Schema): string => group ?? otherGroup;
  const present = new Set(Object.values(fields).map(groupOf));
  const order = [...new Set([...Object.keys(groupTitles), ...[...present].filter(isNamed), otherGroup])];
  return order
    .filter((group) => present.has(group))
    .map((group) => [
      group,
      Object.fromEntries(Object.entries(fields).filter(([, schema]) => groupOf(schema) === group)),
    ]);
}
const isNamed = (group: string): boolean => group !== otherGroup;

export const titleOfGroup = (group: string): string => groupTitles[group] ?? capitalised(group);
