import { fieldsWhere } from '../fields/define-fields.js';
import { requestSchema } from '../fields/request.js';
import { asksForNothing } from './asks-for-nothing.js';
import { maxNameLength } from './field-names.js';
import { foreignGuards } from './foreign-names.js';
import { distance, looseName } from './nearest-name.js';

/** Fields that limit where a session goes, how much, or which session it is. */
export const guards: readonly string[] = fieldsWhere(requestSchema.shape, (traits) => traits.guards === true);

/** The field that guards and that a name most likely means, though it is none of its names. */
export function guardMeant(loose: string, value: unknown): string | undefined {
  const foreign = foreignGuards.get(loose);
  if (foreign !== undefined) return foreign;
  if (loose.includes('proxy') && isAddress(value)) return 'proxy';
  return guards.find((guard) => {
    const looseGuard = guard.toLowerCase();
    const far = distance(loose, looseGuard, 2);
    // Two letters of a short name make too many others of it, and so does another first letter (`version`, `session`).
    return far <= 1 || (far === 2 && looseGuard.length > 5 && loose[0] === looseGuard[0]);
  });
}

/** Whether a field that is none was most likely to name a proxy. */
export const meansProxy = (name: string, value: unknown): boolean =>
  name.length <= maxNameLength && !asksForNothing(value) && guardMeant(looseName(name), value) === 'proxy';

/** Whether a value looks like the address of a proxy. */
function isAddress(value: unknown): boolean {
  if (typeof value === 'string') return value.length < 2000 && /:\/\/|^[^\s/:]+:\d{1,5}$/.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return ['server', 'host', 'url'].some((name) => typeof (value as Record<string, unknown>)[name] === 'string'); // an object
}
