import { z } from 'zod';
import { defineFields } from './define-fields.js';
import { boundedText, flag, maxNameLength, optional, optionalFilled } from './scalars.js';

/** Which upstream a session has. `sessions.proxy` takes these too. */
export const upstreamFields = defineFields('proxy', {
  proxy: {
    schema: optionalFilled(boundedText()).describe(
      'A proxy of your own: `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or `socks5h://`, with ' +
        "`user:password@` if it wants them (percent-encoded or not). It is checked, held for the session's life, and " +
        "nothing ever goes around it. Default: one of the operator's pool; without a pool, direct.",
    ),
    guards: true,
  },
  noProxy: { schema: optional(flag()).describe('Connect directly even where there is a pool.'), guards: true },
  datacenter: optional(flag()).describe("A `datacenter` proxy of the operator's pool instead of a `residential` one."),
  premiumProxy: {
    schema: optional(flag()).describe("A `residential` proxy of the operator's pool, and no other."),
    guards: true,
  },
  mobileProxy: { schema: optional(flag()).describe("A `mobile` proxy of the operator's pool."), guards: true },
  proxyCountry: {
    schema: optionalFilled(boundedText(maxNameLength)).describe(
      "The country of the pool's proxy: its English name (`UnitedStates`) or ISO code (`US`). Beside a `proxy` of your own " +
        'it says where that one is, for language and time zone.',
    ),
    guards: true,
  },
});

const upstreamSchema = z.object(upstreamFields);
export type UpstreamFields = z.infer<typeof upstreamSchema>;
