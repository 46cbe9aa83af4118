import { z } from 'zod';
import { defineFields } from './define-fields.js';
import type { DomainFields } from './domains.js';
import { identityFields } from './identity.js';
import { limitFields } from './limits.js';
import { upstreamFields } from './proxy.js';
import { optional } from './scalars.js';

/**
 * What a session is made with. `sessions.create` takes these, and every `request.*`, where they count when the request
 * opens its session.
 */
export const sessionOptionFields = { ...upstreamFields, ...identityFields, ...limitFields };

const sessionOptionsSchema = z.object(sessionOptionFields);
export type SessionOptionFields = z.infer<typeof sessionOptionsSchema>;
/** With those that a request has for itself. */
export type SessionFields = SessionOptionFields & DomainFields;

/** What `sessions.create` alone takes: others refuse it by name. */
export const createOnlyFields = defineFields('session', {
  state: optional(z.union([z.string(), z.record(z.string(), z.unknown())])),
});
