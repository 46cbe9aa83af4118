import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { type ExitWish, exitFields } from '../fields/proxy.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exampleClosing, replyFields, sessionField, verifiedSolution } from '../replies/reply-fields.js';

/** What `sessions.proxy` is told. */
export interface MoveArguments {
  readonly session: string;
  readonly wish: ExitWish;
}

export const sessionsProxy = defineCommand({
  name: 'sessions.proxy',
  summary: 'Moves an open session to another exit',
  description:
    'Cookies, storage and page stay; what runs through the old exit is closed. The new proxy is checked first: if it ' +
    'fails, the session stays as it is.',
  parameters: z.object({ ...namedSessionFields, ...exitFields }),
  goesOut: true,
  toCommand: ({ session, ...wish }): MoveArguments => ({ session, wish }),
  reply: z.object({ ...verifiedSolution, ...replyFields, ...sessionField }),
  example: {
    request: { session: 'my-session-id', proxy: 'socks5://user:password@127.0.0.1:1080' },
    response: { solution: { verified: true }, data: 'success', session: 'my-session-id', ...exampleClosing(31) },
  },
});
