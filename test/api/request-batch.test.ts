import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;
beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start();
});
afterAll(async () => {
  await app.close();
  await origin.close();
});

const at = (path: string): string => `${origin.url}${path}`;

describe('request.batch', () => {
  it('the whole job – in one turn, answered once', async () => {
    covers('batch', 'requests');
    const body = await app.ok({
      cmd: 'request.batch',
      session: 'job',
      requests: [
        {
          cmd: 'request.post',
          url: at('/login'),
          postData: { user: 'anna', password: 'secret' },
          filter: ['currentUrl'],
        },
        { url: at('/orders?page=1'), filter: ['statusCode'] },
        { url: at('/orders?page=2'), filter: 'statusCode' },
        { keepSamePage: true, filter: ['currentUrl'] },
      ],
    });
    expect(body).toMatchObject({ data: 'success', session: 'job', timeElapsed: expect.any(Number) });
    expect(body.results.map(({ solution }: { solution: unknown }) => solution)).toEqual([
      { currentUrl: at('/account') },
      { statusCode: 200 },
      { statusCode: 200 },
      { currentUrl: at('/orders?page=2') },
    ]);
    expect((await app.ok({ cmd: 'sessions.active', session: 'job' })).active).toBe(true);
  });

  it('one fails – its code and place, and what the others brought', async () => {
    const { body } = await app.send({
      cmd: 'request.batch',
      session: 'fails',
      requests: [{ url: at('/missing'), filter: 'statusCode' }, { url: at('/reset') }, { url: at('/never-asked') }],
    });
    expect(body).toMatchObject({
      data: 'error',
      code: 'CODE-0006',
      partial: true,
      results: [{ solution: { statusCode: 404 } }],
    });
    expect(body.error).toContain('`requests[1]`: expected a usable HTTP response');
    expect(origin.count('/never-asked')).toBe(0);
  });

  it('another caller – comes before or after, never between', async () => {
    const batch = app.ok({
      cmd: 'request.batch',
      session: 'lane',
      requests: [1, 2, 3].map((n) => ({ url: at(`/orders?batch=${n}`) })),
    });
    await app.ok({ cmd: 'request.get', session: 'lane', url: at('/orders?other') });
    await batch;
    const order = origin.seen.map(({ path }) => path).filter((path) => /batch|other/.test(path));
    expect(order.join()).toMatch(/batch=1,\/orders\?batch=2,\/orders\?batch=3/);
  });

  it('the time for all of them – ends the batch', async () => {
    const { body } = await app.send({
      cmd: 'request.batch',
      session: 'time',
      timeout: 2000,
      requests: [{ url: at('/') }, { url: at('/hang') }],
    });
    expect(body).toMatchObject({ code: 'CODE-0025', results: [{}] });
  });

  it('closeAfterUse – ends the session with it', async () => {
    await app.ok({ cmd: 'request.batch', session: 'close', requests: [{ url: at('/') }], closeAfterUse: true });
    expect((await app.ok({ cmd: 'sessions.active', session: 'close' })).active).toBe(false);
  });

  it.each([
    [{ requests: [] }, 'INVALID_PARAMETER', '`requests`'],
    [{}, 'INVALID_PARAMETER', '`requests`'],
    [{ requests: [{ cmd: 'sessions.list' }] }, 'CODE-0004', '`requests[0].cmd`'],
    [{ requests: [{ url: 'http://a/' }, { url: 'nope' }] }, 'INVALID_PARAMETER', '`requests[1].url`: expected'],
    [{ requests: [{ url: 'http://a/', session: 'x' }] }, 'INVALID_PARAMETER', '`requests[0].session`'],
    [{ requests: [{ url: 'http://a/', model: 'x' }] }, 'UNSUPPORTED_PARAMETER', '`requests[0].model`'],
  ])('%j – %s, and no session is opened', async (fields, code, sentence) => {
    expect(await app.fails(code, { cmd: 'request.batch', session: 'none', ...fields })).toContain(sentence);
    expect((await app.ok({ cmd: 'sessions.active', session: 'none' })).active).toBe(false);
  });
});
