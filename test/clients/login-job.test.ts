import Scrappey from 'scrappey';
import ScrappeyWrapper from 'scrappey-wrapper';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;

beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start(
    { MOORING_API_KEYS: 'key-1', MOORING_PRIVATE_NETWORKS: '127.0.0.0/8' },
    chromiumEngine(await chosenChromium()),
  );
});
afterAll(async () => {
  await app?.close();
  await origin.close();
});

/** What the job needs of a client. */
interface Client {
  create(options: Record<string, unknown>): Promise<{ session: string; data: string }>;
  get(
    options: Record<string, unknown>,
  ): Promise<{ solution: { innerText: string; statusCode: number; verified: boolean } }>;
  post(options: Record<string, unknown>): Promise<{ solution: { innerText: string; currentUrl: string } }>;
  destroy(session: unknown): Promise<{ data: string }>;
}

const clients: Record<string, () => Client> = {
  'scrappey@1.2.4': () => {
    const client = new Scrappey('key-1');
    client.baseUrl = `${app.url}/api/v1`;
    return {
      create: (options) => client.createSession(options),
      get: (options) => client.getRequest(options),
      post: (options) => client.postRequest(options),
      destroy: (session) => client.destroySession(session),
    };
  },
  'scrappey-wrapper@1.0.8': () => {
    const client = new ScrappeyWrapper('key-1');
    client.baseUrl = `${app.url}/api/v1`;
    return {
      create: (options) => client.createSession(options),
      get: (options) => client.get(options),
      post: (options) => client.post(options),
      destroy: (session) => client.destroySession(session),
    };
  },
  fetch: () => {
    const send = (cmd: string) => async (body: Record<string, unknown>) =>
      (await app.send({ cmd, ...body }, { key: 'key-1' })).body;
    return {
      create: send('sessions.create'),
      get: send('request.get'),
      post: send('request.post'),
      destroy: (session) => send('sessions.destroy')({ session }),
    };
  },
};

describe.each(Object.entries(clients))('%s', (_name, createClient) => {
  it('log in, search, page through – one session stays where it was left', async () => {
    const client = createClient();
    const { session } = await client.create({ session: `job-${Date.now()}` });
    const refused = await client.get({ session, url: `${origin.url}/orders` });
    expect(refused.solution).toMatchObject({ verified: true, statusCode: 401 });
    const loggedIn = await client.post({ session, url: `${origin.url}/login`, postData: 'user=anna&password=secret' });
    expect(loggedIn.solution.innerText).toContain('Account of anna');
    expect(loggedIn.solution.currentUrl).toBe(`${origin.url}/account`);
    for (const page of [1, 2]) {
      const orders = await client.get({ session, url: `${origin.url}/orders?page=${page}` });
      expect(orders.solution.innerText).toBe(`Order ${page}-1\nOrder ${page}-2`);
    }
    expect((await client.destroy(session)).data).toBe('success');
  });

  it('JSON by POST – reaches the site as JSON', async () => {
    const client = createClient();
    const reply = await client.post({
      url: `${origin.url}/echo`,
      customHeaders: { 'content-type': 'application/json' },
      postData: JSON.stringify({ email: 'a@b.example' }),
    });
    expect(JSON.parse(reply.solution.innerText)).toMatchObject({ method: 'POST', body: '{"email":"a@b.example"}' });
  });

  it('an error – arrives as a reply, not as an exception of the client', async () => {
    const client = createClient();
    expect(await client.get({ url: 'http://127.0.0.1:9/' })).toMatchObject({ data: 'error', code: 'CODE-0006' });
  });
});

it('a wrong key – is a 401 that the balance call shows', async () => {
  expect((await app.get('/api/v1/balance?key=wrong')).status).toBe(401);
  expect((await app.get('/api/v1/balance?key=key-1')).body.balance).toBeGreaterThan(0);
});
