import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../src/errors.js';
import type { SessionOptionFields } from '../../../src/protocol/fields/session-options.js';
import { readSessionOptions } from '../../../src/protocol/values/session-options.js';
import type { EndedSession } from '../../../src/sessions/ended-sessions.js';
import { SessionHistory } from '../../../src/sessions/session-history.js';
import { upstreamDigest } from '../../../src/sessions/session-options.js';

const proxied = { proxy: 'http://127.0.0.1:1' };
const request = (fields: SessionOptionFields = {}, rest: { mustExist?: boolean; dontChangeProxy?: boolean } = {}) => ({
  owner: 'o',
  id: 's',
  named: true,
  options: readSessionOptions(fields),
  mustExist: false,
  dontChangeProxy: false,
  ...rest,
});
const open = (isDirect: boolean) => ({ id: 's', owner: 'o', anonymous: false, isDirect });
const ended: EndedSession = { reason: 'idle', endedAt: Date.now(), startsAfresh: true };
const failure = new MooringError('PROXY_UNREACHABLE', 'expected a proxy.');
const failed = (fields: SessionOptionFields | undefined, byCreate = true) => ({
  ...request(),
  options: fields && readSessionOptions(fields),
  byCreate,
  error: failure,
});
const code = (check: () => unknown): unknown => {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof MooringError ? error.code : error;
  }
};

describe('SessionHistory', () => {
  it('an ID that was never seen – may be opened, unless it must exist', () => {
    const history = new SessionHistory({ hasPool: false });
    expect(history.assertMayOpen(request())).toBeUndefined();
    expect(code(() => history.assertMayOpen(request({}, { mustExist: true })))).toBe('SESSION_NOT_FOUND');
    expect(history.knows('o', 's')).toBe(false);
  });

  it('a session that ended – is opened afresh by a request only if none of `sessions.create` made it', () => {
    const history = new SessionHistory({ hasPool: false });
    history.onEnded(open(true), ended);
    expect(history.assertMayOpen(request())).toBe(ended);
    history.onEnded(open(true), { ...ended, startsAfresh: false });
    expect(code(() => history.assertMayOpen(request()))).toBe('SESSION_ENDED');
    history.onOpened(open(true));
    expect(history.assertMayOpen(request())).toBeUndefined();
  });

  it('a session that ended and had a proxy – is not opened without one', () => {
    const history = new SessionHistory({ hasPool: false });
    history.onEnded(open(false), { ...ended, upstream: upstreamDigest(readSessionOptions(proxied)) });
    expect(code(() => history.assertMayOpen(request()))).toBe('SESSION_ENDED');
    for (const options of [proxied, { noProxy: true }])
      expect(code(() => history.assertMayOpen(request(options)))).toBeUndefined();
  });

  it('an ID that failed to open – fails again in the same way, until a request names an upstream or it is forgotten', () => {
    const history = new SessionHistory({ hasPool: false });
    history.onFailed(failed(proxied), undefined);
    expect(code(() => history.assertMayOpen(request()))).toBe('PROXY_UNREACHABLE');
    expect(code(() => history.assertMayOpen(request({ noProxy: true })))).toBeUndefined();
    history.forgetFailure('o', 's');
    expect(code(() => history.assertMayOpen(request()))).toBeUndefined();
  });

  it('a failed move – keeps an open session that is direct from callers who believe it has a proxy', () => {
    const history = new SessionHistory({ hasPool: false });
    history.onFailed(failed(proxied, false), open(true));
    expect(code(() => history.assertMayUse(open(true), request()))).toBe('PROXY_UNREACHABLE');
    expect(code(() => history.assertMayUse(open(true), request(proxied, { dontChangeProxy: true })))).toBe(
      'PROXY_UNREACHABLE',
    );
    expect(code(() => history.assertMayUse(open(true), request(proxied)))).toBeUndefined();
    expect(code(() => history.assertMayUse(open(false), request()))).toBeUndefined();
  });

  it('a failed request that asked for nothing – leaves nothing behind', () => {
    const history = new SessionHistory({ hasPool: false });
    history.onFailed(failed({}, false), undefined);
    expect(history.knows('o', 's')).toBe(false);
  });
});
