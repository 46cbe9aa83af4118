import { z } from 'zod';
import { defineFields } from './define-fields.js';
import { boundedText, listOf, optional } from './scalars.js';

const maxDomains = 10_000;

/** Which domains may be reached. */
const domainFields = (where: string) =>
  defineFields('domains', {
    whitelistedDomains: {
      schema: optional(listOf(boundedText(), maxDomains)).describe(
        `Only these domains and the sites that you go to yourself, each with its subdomains${where}. Holds for everything a ` +
          'page causes. Default: every domain.',
      ),
      guards: true,
    },
    blackListedDomains: {
      schema: optional(listOf(boundedText(), maxDomains)).describe(
        `Never these domains, nor their subdomains${where}; it wins.`,
      ),
      guards: true,
    },
  });

export const sessionDomainFields = domainFields('');
/** The same for one request, over those of its session. */
export const requestDomainFields = domainFields(', while this request runs');

const domainSchema = z.object(sessionDomainFields);
export type DomainFields = z.infer<typeof domainSchema>;
