import { faults } from '../../util/faults.js';

/** Makes a listener that may fail. */
export type Guard = <Arguments extends unknown[]>(
  listener: (...args: Arguments) => void,
) => (...args: Arguments) => void;

/**
 * For listeners on what the driver and the browser tell: what one throws would end the process. It ends what the listener
 * belongs to instead, and is told as a fault.
 *
 * @param subject what it belongs to, for the log
 * @param end ends that
 */
export function guardOf(subject: string, end: () => void): Guard {
  return (listener) =>
    (...args) => {
      try {
        listener(...args);
      } catch (cause) {
        faults.publish(new Error(`what ${subject} told could not be handled; it was ended`, { cause }));
        end();
      }
    };
}
