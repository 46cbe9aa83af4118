import { MooringError } from '../errors.js';
import { optionFields } from '../protocol/fields/option-fields.js';

/** What its users are told when the browser was lost under them. */
export const lostError = (id: string): MooringError =>
  new MooringError(
    'BROWSER_FAILED',
    `expected the browser to stay alive, but its process crashed; session ${id} goes on in another one with the state that it had.`,
  );

/** Nobody is told: who waits wakes it. */
export const asleepError = (id: string): MooringError =>
  new MooringError('BROWSER_FAILED', `expected session ${id} to be awake; it fell asleep.`);

export const noStoreError = (): MooringError =>
  new MooringError(
    'STATE_NOT_KEPT',
    `\`${optionFields.persist}\`: expected a server that can keep sessions; this one has no folder for them (see its log).`,
  );
