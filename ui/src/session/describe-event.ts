import type { SessionEvent } from '../api.js';
import { shownAddress } from './session-facts.js';

/** What an event says, in a line. A kind that this dashboard does not know is shown with all that it has. */
export function describeEvent(event: SessionEvent): string {
  const describe = descriptions[event.kind];
  if (describe) return describe(event);
  const { sequence: _sequence, at: _at, kind: _kind, ...rest } = event;
  return Object.keys(rest).length === 0 ? '' : JSON.stringify(rest);
}

/** Whether something failed. */
export const isBad = ({ kind, outcome, error }: SessionEvent): boolean =>
  kind === 'crash' ||
  kind === 'refusal' ||
  kind === 'console' ||
  error !== undefined ||
  (outcome !== undefined && outcome !== 'success');

const text = (value: unknown): string => (typeof value === 'string' ? value : String(value ?? ''));
const address = (value: unknown): string => shownAddress(text(value));
const words = (...parts: readonly unknown[]): string => parts.map(text).filter(Boolean).join(' ');
const took = ({ elapsedMs }: SessionEvent): string => (elapsedMs === undefined ? '' : `${text(elapsedMs)} ms`);
const unlessSuccess = ({ outcome }: SessionEvent): string => (outcome === 'success' ? '' : text(outcome));

const descriptions: Readonly<Record<string, (event: SessionEvent) => string>> = {
  created: ({ by }) => (by === 'create' ? 'by sessions.create' : 'by a request'),
  command: (event) => words(event.command, address(event.url), unlessSuccess(event), took(event)),
  navigation: ({ url, statusCode, error, by }) =>
    words(statusCode ?? error, address(url), by === 'page' ? '(by the page)' : ''),
  action: (event) => words(event.action, event.selector, unlessSuccess(event), took(event)),
  refusal: ({ host, reason }) => words(host, reason),
  download: ({ name, url }) => words(name, 'from', address(url)),
  dialog: ({ type, message }) => words(type, message),
  console: ({ text: said }) => text(said),
  more: ({ of, count }) => `${text(count)} more of ${text(of)}`,
  pause: () => 'its page stands still',
  resume: () => 'its page goes on',
  sleep: () => 'stored, its page closed',
  wake: ({ restored }) => (restored === true ? 'its state is back' : 'its state is lost'),
  crash: ({ reason }) => text(reason),
  move: ({ upstream, country }) => words('to', upstream, country),
  attach: ({ by }) => (by === 'view' ? 'a person took control' : 'a client attached'),
  detach: ({ by }) => (by === 'view' ? 'a person gave back' : 'a client detached'),
  ended: ({ reason }) => text(reason),
};
