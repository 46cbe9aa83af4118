import { describe, expect, it } from 'vitest';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  const suite = new EngineSuite(engine, { session: 'around' });
  const { origin, body, get } = suite;

  it('dialogs – are dismissed and told; beforeunload does not hold the next request up', async () => {
    const { solution, warnings } = await get('/dialogs');
    expect(solution.innerText.trim()).toBe('falsenull');
    expect(warnings.map((text: string) => /\((.*?)\)/.exec(text)?.[1])).toEqual([
      'alert: "hello"',
      'confirm: "sure?"',
      'prompt: "name?"',
    ]);
    expect((await get('/')).solution.innerText).toContain('Welcome');
  });

  it('dialogs without end – the answer comes, and the session goes on', async () => {
    const { body: answer } = await suite.app.send(body('/alerts-forever', { timeout: 8000 }));
    if (answer.data === 'error') expect(answer.code).toBe('CODE-0025');
    else expect(answer.solution.statusCode).toBe(200);
    expect(answer.timeElapsed).toBeLessThan(20_000);
    expect((await get('/')).solution.innerText).toContain('Welcome');
  });

  it('popups – are told, not followed, and closed when the session goes elsewhere', async () => {
    const { solution } = await get('/opens-tabs', {
      browserActions: [
        { type: 'click', cssSelector: '#tab' },
        { type: 'wait', wait: 300 },
      ],
    });
    expect(solution.currentUrl).toBe(`${origin.url}/opens-tabs`);
    expect(solution.popups).toEqual([`${origin.url}/text`]);
    const stays = await suite.app.ok({ cmd: 'request.get', session: 'around', keepSamePage: true });
    expect(stays.solution.popups).toEqual([`${origin.url}/text`]);
    expect((await get('/')).solution.popups).toBeUndefined();
  });

  it('popups – no more than ten stay', async () => {
    const { solution } = await get('/opens-tabs', {
      browserActions: [
        { type: 'click', cssSelector: '#many' },
        { type: 'wait', wait: 1000 },
      ],
    });
    expect(solution.popups.length).toBeLessThanOrEqual(10);
    expect((await get('/')).solution.statusCode).toBe(200);
  });

  it('a page that closes itself – fails clearly or stays, and the session goes on with its cookies', async () => {
    await get('/set-cookie');
    const { body: answer } = await suite.app.send(
      body('/closes-itself', { browserActions: [{ type: 'wait', wait: 500 }], timeout: 8000 }),
    );
    if (answer.data === 'error') expect(answer.code).toBe('CODE-0026');
    expect((await get('/')).solution.cookieString).toBe('a=1; b=2');
  });
});
