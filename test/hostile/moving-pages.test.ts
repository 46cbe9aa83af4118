import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineSuite } from '../support/engine-suite.js';
import { faultOf, MovingSite, movingAsks, movingKinds } from '../support/moving-site.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

/** How often each kind of page is asked each thing; `MOVING_ROUNDS=1000` asks so many times in all, on each engine. */
const rounds = Number(process.env.MOVING_ROUNDS ?? 0);
const asks = Object.entries(movingAsks);

/** Every reply is of one document, whatever the page does meanwhile. */
describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  const suite = new EngineSuite(engine, {
    session: 'moving',
    settings: { MOORING_PRIVATE_NETWORKS: '127.0.0.0/8' },
  });
  const site = new MovingSite();
  beforeAll(() => site.start());
  afterAll(() => site.close());

  let run = 0;
  const ask = async (kind: string, fields: Record<string, unknown>): Promise<string | undefined> => {
    run += 1;
    const url = site.urlOf(kind, run);
    const { body } = await suite.app.send({ cmd: 'request.get', session: 'moving', url, timeout: 30_000, ...fields });
    const fault = faultOf(kind, body);
    return fault === undefined ? undefined : `${kind}: ${fault}`;
  };
  // In a PDF of Firefox the link that tells the number is packed.
  const asked = asks.filter(([name]) => name !== 'pdf' || engine.name !== 'firefox');

  if (rounds > 0)
    it(`${rounds} rounds – every reply of one document`, { timeout: rounds * 5000 }, async () => {
      const faults: string[] = [];
      const startedAt = performance.now();
      for (let i = 0; i < rounds; i++) {
        const kind = movingKinds[i % movingKinds.length] ?? '';
        const [name, fields] = asked[Math.floor(i / movingKinds.length) % asked.length] ?? ['', {}];
        const fault = await ask(kind, fields);
        if (fault !== undefined) faults.push(`${name} ${fault}`);
      }
      const ms = (performance.now() - startedAt) / rounds;
      console.info(`${engine.name}: ${rounds} rounds, ${Math.round(ms)} ms each, ${faults.length} faults`);
      expect(faults).toEqual([]);
    });
  else
    it.each(movingKinds)('a page that moves by %s – every reply of one document', async (kind) => {
      for (const [, fields] of asked) expect(await ask(kind, fields)).toBeUndefined();
    });

  it('a batch of pages that move – each result of one document', async () => {
    const kinds = ['load', 'timer-8', 'refresh', 'form'];
    const requests = kinds.map((kind, i) => ({ url: site.urlOf(kind, 10_000 + i), screenshot: true }));
    const { results } = await suite.app.ok({ cmd: 'request.batch', session: 'moving', requests });
    for (const [i, result] of results.entries()) expect(faultOf(kinds[i] ?? '', result)).toBeUndefined();
  });

  it('a page that goes where nothing answers – CODE-0006, with what was known', async () => {
    const { body } = await suite.app.send({
      cmd: 'request.get',
      session: 'moving',
      url: site.urlOf('dead', 1),
      browserActions: [{ type: 'wait', wait: 500 }],
    });
    expect(body).toMatchObject({ code: 'CODE-0006', partial: true, solution: { verified: false } });
    expect(body.error).toMatch(/refused|REFUSED/);
  });

  it('a page that goes on for ever – is held at one document, and the reply says so', async () => {
    const url = site.urlOf('forever', 1);
    const { solution, warnings } = await suite.app.ok({ cmd: 'request.get', session: 'moving', url });
    expect(solution.responseHeaders['x-document']).toBe(/document (\d+)/.exec(solution.innerText)?.[1]);
    expect(warnings.join()).toContain('kept going on');
  });
});
