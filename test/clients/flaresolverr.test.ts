import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AnyJson } from '../support/any-json.js';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';

/**
 * The cases of FlareSolverr's own test suite that need neither the internet nor a challenge, those that it leaves as todo
 * among them, with a site of ours in place of a public one.
 *
 * @see https://github.com/FlareSolverr/FlareSolverr/blob/master/src/tests.py
 */
const origin = new Origin();
let app: RunningApp;

beforeAll(async () => {
  await origin.start();
  const engine = chromiumEngine(await chosenChromium());
  const resolve = async (name: string) => {
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
  };
  app = await RunningApp.start({ MOORING_PROXY_CHECK: 'off' }, engine, resolve);
});
afterAll(async () => {
  await app?.close();
  await origin.close();
});

async function post(body: unknown) {
  const response = await fetch(`${app.url}/v1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as AnyJson };
}

const ok = { status: 200, body: { status: 'ok', message: 'Challenge not detected!', version: '0.0.0-test' } };
const failed = { status: 500, body: { status: 'error', version: '0.0.0-test' } };

function expectTimes({ startTimestamp, endTimestamp }: { startTimestamp: number; endTimestamp: number }): void {
  expect(startTimestamp).toBeGreaterThan(10_000);
  expect(endTimestamp).toBeGreaterThanOrEqual(startTimestamp);
}

describe("FlareSolverr's test suite", () => {
  it('test_wrong_endpoint', async () => {
    const { status, body } = await app.get('/wrong');
    expect([status, body.error, body.status_code]).toEqual([404, "Not found: '/wrong'", 404]);
  });

  it('test_index_endpoint', async () => {
    const { status, body } = await app.get('/');
    expect([status, body.msg, body.version]).toEqual([200, 'FlareSolverr is ready!', '0.0.0-test']);
    expect(body.userAgent).toContain('Chrome/');
  });

  it('test_health_endpoint', async () => {
    expect(await app.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('test_v1_endpoint_wrong_cmd', async () => {
    const answer = await post({ cmd: 'request.bad', url: origin.url });
    expect(answer).toMatchObject(failed);
    expect(answer.body.message).toBe("Error: Request parameter 'cmd' = 'request.bad' is invalid.");
    expectTimes(answer.body);
  });

  it('test_v1_endpoint_request_get_no_cloudflare', async () => {
    const answer = await post({ cmd: 'request.get', url: `${origin.url}/set-cookie` });
    expect(answer).toMatchObject(ok);
    expectTimes(answer.body);
    const { solution } = answer.body;
    expect(solution).toMatchObject({ url: `${origin.url}/set-cookie`, status: 200 });
    expect(solution.response).toContain('<html');
    expect(solution.cookies.length).toBeGreaterThan(0);
    expect(solution.userAgent).toContain('Chrome/');
  });

  it('test_v1_endpoint_request_get_cookies_param (a todo there)', async () => {
    const answer = await post({ cmd: 'request.get', url: `${origin.url}/echo`, cookies: [{ name: 'c', value: '3' }] });
    expect(answer).toMatchObject(ok);
    expect(answer.body.solution.response).toContain('c=3');
  });

  it('test_v1_endpoint_request_get_returnOnlyCookies_param', async () => {
    const answer = await post({ cmd: 'request.get', url: `${origin.url}/set-cookie`, returnOnlyCookies: true });
    expect(answer).toMatchObject(ok);
    const { solution } = answer.body;
    expect(solution).toMatchObject({ url: `${origin.url}/set-cookie`, status: 200 });
    expect(Object.keys(solution)).not.toContain('headers');
    expect(Object.keys(solution)).not.toContain('response');
    expect(solution.cookies.length).toBeGreaterThan(0);
  });

  it('test_v1_endpoint_request_get_proxy_http_param, with credentials, SOCKSv5 (todos there)', async () => {
    const credentials = { username: 'user', password: 'pa:ss@' };
    for (const [options, more] of [
      [{ kind: 'http' }, {}],
      [{ kind: 'http', credentials }, credentials],
      [{ kind: 'socks5' }, {}],
    ] as const) {
      const proxy = new TestProxy(options);
      await proxy.start();
      expect(
        await post({ cmd: 'request.get', url: `${origin.url}/`, proxy: { url: proxy.url(), ...more } }),
      ).toMatchObject(ok);
      expect(proxy.requests.length).toBeGreaterThan(0);
      await proxy.close();
    }
  });

  it('test_v1_endpoint_request_get_fail_wrong_proxy (a todo there)', async () => {
    const answer = await post({ cmd: 'request.get', url: `${origin.url}/`, proxy: { url: 'http://127.0.0.1:9' } });
    expect(answer).toMatchObject(failed);
    expect(answer.body.message).toContain('Message: unknown error: net::ERR_PROXY_CONNECTION_FAILED');
  });

  it('test_v1_endpoint_request_get_fail_timeout', async () => {
    const answer = await post({ cmd: 'request.get', url: `${origin.url}/`, maxTimeout: 10 });
    expect(answer).toMatchObject(failed);
    expect(answer.body.message).toBe('Error: Error solving the challenge. Timeout after 0.01 seconds.');
    expectTimes(answer.body);
  });

  it('test_v1_endpoint_request_get_fail_bad_domain', async () => {
    for (const url of ['https://www.google.combad', 'http://www.google.combad/']) {
      const answer = await post({ cmd: 'request.get', url });
      expect(answer).toMatchObject(failed);
      expect(answer.body.message).toContain('Message: unknown error: net::ERR_NAME_NOT_RESOLVED');
    }
  });

  it('a site that breaks off, or refuses connections – is named as Chromium names it', async () => {
    const closed = new Origin();
    await closed.start();
    const closedUrl = closed.url;
    await closed.close();
    for (const [url, name] of [
      [`${origin.url}/reset`, 'ERR_EMPTY_RESPONSE'],
      [closedUrl, 'ERR_CONNECTION_REFUSED'],
    ] as const) {
      const answer = await post({ cmd: 'request.get', url });
      expect(answer).toMatchObject(failed);
      expect(answer.body.message).toContain(`Message: unknown error: net::${name}`);
    }
  });

  it('test_v1_endpoint_request_get_deprecated_param', async () => {
    const deprecated = { userAgent: 'Test User-Agent', headers: { a: 'b' }, returnRawHtml: true, download: true };
    const answer = await post({ cmd: 'request.get', url: `${origin.url}/echo`, ...deprecated, tabs_till_verify: 3 });
    expect(answer).toMatchObject(ok);
    expect(answer.body.solution.response).not.toContain('Test User-Agent');
  });

  it('test_v1_endpoint_request_post_no_cloudflare', async () => {
    for (const postData of ['param1=value1&param2=value2', '?param1=value1&param2=value2']) {
      const answer = await post({ cmd: 'request.post', url: `${origin.url}/echo`, postData });
      expect(answer).toMatchObject(ok);
      expectTimes(answer.body);
      const { solution } = answer.body;
      expect(solution).toMatchObject({ url: `${origin.url}/echo`, status: 200 });
      expect(solution.response).toContain('param1=value1&amp;param2=value2');
      expect(solution.response).not.toContain('?param1');
      expect(solution.response).toContain('application/x-www-form-urlencoded');
      expect(solution.cookies).toEqual([]);
      expect(solution.userAgent).toContain('Chrome/');
    }
  });

  it('test_v1_endpoint_request_post_fail_no_post_data', async () => {
    const answer = await post({ cmd: 'request.post', url: origin.url });
    expect(answer).toMatchObject(failed);
    expect(answer.body.message).toContain("Request parameter 'postData' is mandatory in 'request.post' command");
  });

  it('test_v1_endpoint_request_post_deprecated_param', async () => {
    const body = { cmd: 'request.post', url: `${origin.url}/echo`, postData: 'a=1', userAgent: 'Test User-Agent' };
    expect(await post(body)).toMatchObject(ok);
  });

  describe('sessions (todos there)', () => {
    beforeEach(async () => {
      for (const session of (await post({ cmd: 'sessions.list' })).body.sessions) {
        await post({ cmd: 'sessions.destroy', session });
      }
    });

    it('test_v1_endpoint_sessions_create_without_session', async () => {
      const answer = await post({ cmd: 'sessions.create' });
      expect(answer).toMatchObject({ status: 200, body: { status: 'ok', message: 'Session created successfully.' } });
      expect(answer.body.session).toMatch(/^\S+$/);
    });

    it('test_v1_endpoint_sessions_create_with_session, again, and with a proxy', async () => {
      const body = { cmd: 'sessions.create', session: 'test_create_session' };
      for (const [more, message] of [
        [{}, 'Session created successfully.'],
        [{}, 'Session already exists.'],
        [{ proxy: { url: 'http://127.0.0.1:9' } }, 'Session already exists.'],
      ] as const) {
        const answer = await post({ ...body, ...more });
        expect(answer).toMatchObject({ status: 200, body: { status: 'ok', message, session: body.session } });
      }
    });

    it('test_v1_endpoint_sessions_list', async () => {
      for (const session of ['one', 'two']) await post({ cmd: 'sessions.create', session });
      const answer = await post({ cmd: 'sessions.list' });
      expect(answer).toMatchObject({ status: 200, body: { status: 'ok', message: '', sessions: ['one', 'two'] } });
    });

    it('test_v1_endpoint_sessions_destroy_existing_session, and one that is not there', async () => {
      await post({ cmd: 'sessions.create', session: 'gone' });
      const destroy = () => post({ cmd: 'sessions.destroy', session: 'gone' });
      expect(await destroy()).toMatchObject({
        status: 200,
        body: { status: 'ok', message: 'The session has been removed.' },
      });
      expect(await destroy()).toMatchObject({
        status: 500,
        body: { status: 'error', message: "Error: The session doesn't exist." },
      });
    });

    it('test_v1_endpoint_request_get_with_session – keeps its cookies; one that is not there is made', async () => {
      await post({ cmd: 'request.get', session: 'made', url: `${origin.url}/set-cookie` });
      const { body } = await post({ cmd: 'request.get', session: 'made', url: `${origin.url}/echo` });
      expect(body.solution.response).toContain('a=1');
      expect((await post({ cmd: 'sessions.list' })).body.sessions).toEqual(['made']);
    });
  });
});
