import { request as httpRequest } from 'node:http';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, describe, expect, it } from 'vitest';
import { commandNames } from '../../src/protocol/commands.js';
import { FakeEngine } from '../support/fake-engine.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

let app: RunningApp;
afterEach(() => app.close());

/** A request as no well-behaved client would send it. */
function raw(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string },
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      url,
      { method: options.method ?? 'POST', headers: options.headers ?? {} },
      (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

describe('the door', () => {
  it('/api/v1 and /api/v1/, any content type – take a command', async () => {
    app = await RunningApp.start();
    const body = JSON.stringify({ cmd: 'sessions.list' });
    for (const path of ['/api/v1', '/api/v1/', '/api/v1?key=any']) {
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const answer = await raw(`${app.url}${path}`, { headers: { 'content-type': type }, body });
        expect(answer.status, `${path} ${type}`).toBe(200);
      }
    }
  });

  it.each([
    ['no JSON', '{"cmd":', 400, 'INVALID_BODY'],
    ['a list', '[1]', 400, 'INVALID_BODY'],
    ['text', '"x"', 400, 'INVALID_BODY'],
    ['nothing', '', 400, 'INVALID_BODY'],
    ['no cmd', '{}', 200, 'CODE-0004'],
    ['an unknown cmd', '{"cmd":"sessions.explode"}', 200, 'CODE-0004'],
    ['a cmd of the prototype', '{"cmd":"toString"}', 200, 'CODE-0004'],
  ])('a body with %s – the error body of the contract', async (_what, body, status, code) => {
    app = await RunningApp.start();
    const answer = await app.send(body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      data: 'error',
      code,
      solution: { verified: false },
      timeElapsed: expect.any(Number),
    });
    expect(answer.body.error).toMatch(new RegExp(`^${code}: .*[.?]$`));
    expect(answer.body.info).toBe(`${app.url}/docs/errors#${code}`);
  });

  it.each([
    ['', 'got no body.'],
    ['null', 'got null.'],
    ['[]', 'got a list.'],
    ['7', 'got a number.'],
    ['{"cmd":"request.get', 'got JSON that ends too early.'],
    ["{'cmd':'request.get','postData':'hush'}", 'got text that is not JSON from character 2 on.'],
    ['hush', 'got text that is not JSON.'],
  ])('the body %s – told in words of ours, and nothing of it is repeated', async (body, said) => {
    app = await RunningApp.start();
    const { error } = JSON.parse((await raw(`${app.url}/api/v1`, { body })).body);
    expect(error).toBe(`INVALID_BODY: expected a JSON object as the body; ${said}`);
  });

  it('a body over the limit – 413; an unknown path – 404', async () => {
    app = await RunningApp.start({ MOORING_BODY_LIMIT: '1KB' });
    const large = await app.send({ cmd: 'sessions.list', filler: 'x'.repeat(2000) });
    expect([large.status, large.body.code]).toEqual([413, 'BODY_TOO_LARGE']);
    const lost = await app.get('/nowhere?key=secret');
    expect([lost.status, lost.body.code]).toEqual([404, 'NOT_FOUND']);
    expect(lost.text).not.toContain('secret');
  });

  it('keys – each way in works; none or a wrong one is 401; owners do not see each other', async () => {
    app = await RunningApp.start({ MOORING_API_KEYS: 'one, two' });
    for (const key of [undefined, 'three', '']) {
      const answer = await app.send({ cmd: 'sessions.list' }, key === undefined ? {} : { key });
      expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHORIZED']);
    }
    await app.ok({ cmd: 'sessions.create', session: 'x' }, { key: 'one' });
    for (const headers of [{ authorization: 'Bearer one' }, { 'x-api-key': 'one' }]) {
      expect((await app.get('/api/v1/balance', headers)).body).toEqual({ balance: 79 });
    }
    expect((await app.ok({ cmd: 'sessions.list' }, { key: 'two' })).sessions).toEqual([]);
    expect((await app.ok({ cmd: 'sessions.active', session: 'x' }, { key: 'two' })).active).toBe(false);
    await app.ok({ cmd: 'sessions.destroy', session: 'x' }, { key: 'two' });
    expect((await app.ok({ cmd: 'sessions.active', session: 'x' }, { key: 'one' })).active).toBe(true);
    expect((await app.get('/metrics')).status).toBe(401);
    expect((await app.get('/metrics?key=two')).status).toBe(200);
    for (const path of ['/livez', '/readyz', '/docs', '/docs/errors', '/openapi.json'])
      expect((await app.get(path)).status, path).toBe(200);
  });

  it('without keys – no page of another site, and no other name than loopback, gets in', async () => {
    app = await RunningApp.start();
    const body = JSON.stringify({ cmd: 'sessions.list' });
    const { host } = new URL(app.url);
    for (const headers of [
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { host: 'evil.example' },
      { host: `evil.example:${host.split(':')[1]}`, origin: 'http://evil.example' },
    ]) {
      expect((await raw(`${app.url}/api/v1`, { headers, body })).status, JSON.stringify(headers)).toBe(401);
    }
    for (const headers of [{}, { origin: `http://${host}` }, { host: `localhost:${host.split(':')[1]}` }]) {
      expect((await raw(`${app.url}/api/v1`, { headers, body })).status, JSON.stringify(headers)).toBe(200);
    }
  });

  it.each(['forwarded', 'x-forwarded-for', 'X-Forwarded-Proto'])(
    'without keys – behind a proxy that says so (%s) – nobody gets in, and the sentence says what to set',
    async (header) => {
      app = await RunningApp.start();
      const refused = await raw(`${app.url}/api/v1`, {
        headers: { [header]: 'for=1' },
        body: '{"cmd":"sessions.list"}',
      });
      expect(refused.status).toBe(401);
      expect(JSON.parse(refused.body).error).toContain('Set MOORING_API_KEYS');
      await app.close();
      app = await RunningApp.start({ MOORING_API_KEYS: 'k' });
      const taken = await raw(`${app.url}/api/v1?key=k`, {
        headers: { [header]: 'x' },
        body: '{"cmd":"sessions.list"}',
      });
      expect(taken.status).toBe(200);
    },
  );

  it('a wrong method for a path that is served – 405 with the methods that are; an unknown path – 404', async () => {
    app = await RunningApp.start();
    for (const [method, path, allow] of [
      ['GET', '/api/v1', 'POST'],
      ['PUT', '/api/v1/', 'POST'],
      ['DELETE', '/api/v1?key=secret', 'POST'],
      ['POST', '/api/v1/balance', 'GET, HEAD'],
      ['POST', '/livez', 'GET, HEAD'],
      ['POST', '/files/token/name.png', 'GET, HEAD'],
      ['PATCH', '/docs', 'GET, HEAD'],
      ['GET', '/v1/key', 'POST'],
    ] as const) {
      const response = await fetch(`${app.url}${path}`, { method, ...(method === 'GET' ? {} : { body: '{"broken' }) });
      const body = (await response.json()) as Record<string, unknown>;
      expect([response.status, response.headers.get('allow')], `${method} ${path}`).toEqual([405, allow]);
      expect(body).toMatchObject({ data: 'error', code: 'METHOD_NOT_ALLOWED', solution: { verified: false } });
      expect(JSON.stringify(body)).not.toContain('secret');
    }
    const { error } = (await app.get('/api/v1')).body;
    expect(error).toBe('METHOD_NOT_ALLOWED: expected POST for this path; got GET.');
    expect((await app.get('/api/v2')).body).toMatchObject({
      code: 'NOT_FOUND',
      error: expect.stringMatching(/^NOT_FOUND: /),
    });
    expect((await fetch(`${app.url}/livez`, { method: 'HEAD' })).status).toBe(200);
  });

  it('with keys – the key is what counts', async () => {
    app = await RunningApp.start({ MOORING_API_KEYS: 'k' });
    const headers = { origin: 'http://dashboard.example', host: 'mooring.example' };
    expect((await raw(`${app.url}/api/v1?key=k`, { headers, body: '{"cmd":"sessions.list"}' })).status).toBe(200);
  });

  it('broken types and paths – are answered in the shape of the contract, and repeat no key', async () => {
    app = await RunningApp.start();
    for (const type of ['foo', ';;', 'a/b/c']) {
      expect(
        (await raw(`${app.url}/api/v1`, { headers: { 'content-type': type }, body: '{"cmd":"sessions.list"}' })).status,
      ).toBe(200);
    }
    const broken = await raw(`${app.url}/%zz?key=secret`, { method: 'GET' });
    expect(JSON.parse(broken.body)).toMatchObject({ data: 'error', code: 'NOT_FOUND' });
    expect(broken.body).not.toContain('secret');
  });

  it('a command that is refused – is told with the session it named', async () => {
    app = await RunningApp.start();
    expect((await app.send({ cmd: 'request.get', session: 'x', url: 'nope' })).body.session).toBe('x');
  });

  it('an unforeseen failure – CODE-10000 with a reference, and no detail of it', async () => {
    const engine = new FakeEngine();
    engine.newContext = () => Promise.reject(new Error('secret detail'));
    app = await RunningApp.start({}, engine);
    const { body } = await app.send({ cmd: 'sessions.create' });
    const { code, error, requestId } = body;
    expect(code).toBe('CODE-10000');
    expect(error.endsWith(`under ${requestId}.`)).toBe(true);
    expect(error).not.toContain('secret');
    expect((await app.get('/api/v1/balance')).body).toEqual({ balance: 100 });
  });
});

describe('health', () => {
  it('/livez and /readyz – say what runs', async () => {
    app = await RunningApp.start();
    expect((await app.get('/livez')).body).toEqual({ status: 'ok', version: '0.0.0-test' });
    expect((await app.get('/readyz')).body).toEqual({
      status: 'ok',
      version: '0.0.0-test',
      engine: { name: 'fake', version: '1.2.3.4' },
    });
  });

  it('/readyz – the browser does not work – 503 with the reason, from one check for many callers', async () => {
    const engine = new FakeEngine();
    let checks = 0;
    engine.check = async () => {
      checks += 1;
      throw new Error('no page opens');
    };
    app = await RunningApp.start({}, engine);
    const answers = await Promise.all([1, 2, 3].map(() => app.get('/readyz')));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(answers[0]?.body).toMatchObject({ status: 'unavailable', reason: 'no page opens' });
    expect(checks).toBe(1);
  });

  it('/metrics – sessions by state, endings, commands', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    await app.ok({ cmd: 'sessions.destroy', session: 'x' });
    await app.fails('CODE-0004', { cmd: 'nope' });
    const { text } = await app.get('/metrics');
    for (const line of [
      'mooring_sessions{state="open"} 0',
      'mooring_session_endings_total{reason="destroyed"} 1',
      'mooring_session_create_seconds_count 1',
      'mooring_slot_wait_seconds_count 1',
      'mooring_command_seconds_count{cmd="sessions.create",outcome="success"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });
});

describe('draining', () => {
  it('running commands finish; new ones are told DRAINING; then the door is closed', async () => {
    const origin = new Origin();
    await origin.start();
    app = await RunningApp.start({ MOORING_DRAIN_TIMEOUT: '10s' });
    const running = app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang`, timeout: 1000 });
    await expect.poll(() => origin.count('/hang')).toBe(1);
    const closing = app.close();
    const refused = await app.send({ cmd: 'sessions.create' });
    expect([refused.status, refused.body.code]).toEqual([503, 'DRAINING']);
    expect((await app.get('/readyz')).status).toBe(503);
    expect((await running).body.code).toBe('CODE-0025');
    await closing;
    await expect(app.get('/livez')).rejects.toThrow();
    await origin.close();
  });

  it('a command that does not finish – is given up when the time is over', async () => {
    const origin = new Origin();
    await origin.start();
    app = await RunningApp.start({ MOORING_DRAIN_TIMEOUT: '200ms' });
    const running = app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang` });
    await expect.poll(() => origin.count('/hang')).toBe(1);
    await app.close();
    expect((await running).body.code).toBe('DRAINING');
    await origin.close();
  });
});

describe('the documents', () => {
  it('/openapi.json – a valid OpenAPI 3.1 document with every command, told apart by cmd, with examples', async () => {
    app = await RunningApp.start();
    const { body } = await app.get('/openapi.json');
    const validation = await new Validator().validate(structuredClone(body));
    expect(validation).toMatchObject({ valid: true });
    expect(body.openapi).toBe('3.1.0');
    const content = body.paths['/api/v1'].post.requestBody.content['application/json'];
    expect(content.schema.discriminator.propertyName).toBe('cmd');
    expect(Object.keys(content.schema.discriminator.mapping)).toEqual(commandNames);
    expect(Object.keys(content.examples)).toEqual(commandNames);
    for (const name of commandNames) {
      const schema = body.components.schemas[content.schema.discriminator.mapping[name].split('/').at(-1)];
      const cmd = (schema.properties ?? schema.allOf[1].properties).cmd;
      expect(cmd.const).toBe(name);
    }
  });

  it('/openapi.json – named parts, lenient forms, and what callers may send without a cast', async () => {
    app = await RunningApp.start({ MOORING_API_KEYS: 'k' });
    const { body, text } = await app.get('/openapi.json');
    const { schemas } = body.components;
    for (const name of ['Solution', 'Cookie', 'Fingerprint', 'SessionRow', 'RequestFields', 'CookieInput'])
      expect(schemas).toHaveProperty(name);
    expect(schemas.RequestGet.allOf[0].$ref).toBe('#/components/schemas/RequestFields');
    expect(schemas.RequestReply.properties).toMatchObject({ created: { const: true }, warnings: { type: 'array' } });
    const { properties } = schemas.RequestFields;
    expect(properties.fullPage.type).toEqual(['boolean', 'string']);
    expect(properties.timeout.type).toEqual(['integer', 'string']);
    expect(properties.markdown.type).toBe('boolean');
    expect(properties.cookies.anyOf[0].type).toBe('string');
    expect(schemas.CookieInput.anyOf[1].required).toEqual(['key', 'value']);
    for (const name of ['cloudflareBypass', 'profileId', 'mustExist', 'dontChangeProxy'])
      expect(properties).toHaveProperty(name);
    const actions = schemas.BrowserAction.oneOf.map(
      (action: { properties: { type: { const: string } } }) => action.properties.type.const,
    );
    expect(actions).toEqual(expect.arrayContaining(['click', 'if', 'while', 'solve_captcha', 'discord_login']));
    expect(text).not.toContain('starts_with');
    expect(text).not.toContain('$defs');
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(schemas).toHaveProperty(name ?? '');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/v1', '/v1/{key}', '/livez', '/readyz', '/metrics', '/', '/health', '/docs']),
    );
    expect(body.paths['/files/{token}/{name}'].get.security).toEqual([]);
    expect(body.paths['/livez'].get.security).toEqual([]);
    expect(body.servers[0].url).toBe(app.url);
  });
});
