import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { upstreamFields } from '../fields/proxy.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exampleClosing, replyFields, sessionField, verifiedSolution } from '../replies/reply-fields.js';
import { readUpstream, type UpstreamPreferences } from '../values/upstream-preferences.js';

/** What `sessions.proxy` is told. */
export interface MoveArguments {
  readonly session: string;
  /** The upstream that it is moved to. */
  readonly upstream: UpstreamPreferences;
}

export const sessionsProxy = defineCommand({
  name: 'sessions.proxy',
  summary: 'Moves an open session to another exit',
  description:
    'Cookies, storage and page stay; what runs through the old exit is closed. The new proxy is checked first: if it ' +
    'fails, the session stays as it is.',
  parameters: z.object({ ...namedSessionFields, ...upstreamFields }),
  goesOut: true,
  toCommand: ({ session, ...fields }): MoveArguments => ({ session, upstream: readUpstream(fields) }),
  reply: z.object({ ...verifiedSolution, ...replyFields, ...sessionField }),
  example: {
    request: { session: 'my-session-id', proxy: 'socks5://user:password@127.0.0.1:1080' },
    response: { solution: { verified: true }, data: 'success', session: 'my-session-id', ...exampleClosing(31) },
  },
});
