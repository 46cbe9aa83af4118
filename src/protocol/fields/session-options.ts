import { z } from 'zod';
import { defineFields } from './define-fields.js';
import { sessionDomainFields } from './domains.js';
import { identityFields } from './identity.js';
import { limitFields } from './limits.js';
import { exitFields } from './proxy.js';
import { flag, optional } from './scalars.js';

/**
 * What a session is made with. `sessions.create` takes these, and every `request.*`, where they count when the request
 * opens its session.
 */
export const sessionOptionFields = { ...exitFields, ...identityFields, ...limitFields };

export const sessionOptionsSchema = z.object({ ...sessionOptionFields, ...sessionDomainFields });
export type SessionOptions = z.infer<typeof sessionOptionsSchema>;

/** Options of the contract that have no effect yet: checked like the others, then refused by name. */
export const pendingSessionFields = defineFields('session', {
  persist: { schema: optional(flag()), guards: true },
  state: optional(z.union([z.string(), z.record(z.string(), z.unknown())])),
});
