import { afterAll, beforeAll, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { RunningApp } from '../support/start-app.js';

/** The page of one server, looked at through another. */
let shown: RunningApp;
let app: RunningApp;
beforeAll(async () => {
  shown = await RunningApp.start();
  app = await RunningApp.start({}, chromiumEngine(await chosenChromium()));
});
afterAll(async () => {
  await app?.close();
  await shown?.close();
});

/** What a script finds on the page after these actions. */
async function found(code: string, actions: readonly object[] = [], path = '/docs'): Promise<unknown> {
  const { solution } = await app.ok({
    cmd: 'request.get',
    session: 'reader',
    url: `${shown.url}${path}`,
    browserActions: [...actions, { type: 'execute_js', code }],
  });
  return solution.javascriptReturn.at(-1);
}

const searchFor = (text: string) => ({ type: 'type', cssSelector: '#search input', text });
const visible = (selector: string) =>
  `[...document.querySelectorAll('${selector}')].filter((element) => element.checkVisibility()).map((element) => element.id)`;

it('/docs – a search – leaves the fields that fit, in their sections', async () => {
  expect(await found(visible('main .field[id]'), [searchFor('forcenewproxy')])).toEqual([
    expect.stringMatching(/\/forceNewProxy$/),
  ]);
  expect(await found('document.querySelector("#search output").textContent')).toBe('');
  expect(await found('document.querySelector("#search output").textContent', [searchFor('forcenewproxy')])).toBe(
    '1 field in 1 section',
  );
});

it('/docs – a search for an action – shows it whole', async () => {
  const ids = await found(visible('main section'), [searchFor('wait_for_cookie')]);
  expect(ids).toEqual(['action.wait_for_cookie']);
  expect(await found(visible('#action\\\\.wait_for_cookie .field'), [searchFor('wait_for_cookie')])).toHaveLength(4);
});

it('/docs – a search that finds nothing – says so', async () => {
  expect(await found(visible('main section, #none'), [searchFor('qwertz')])).toEqual(['none']);
});

it('/docs – a link to what the search has hidden – ends the search', async () => {
  const ids = await found(visible('#solution'), [
    searchFor('forcenewproxy'),
    { type: 'execute_js', code: 'location.hash = "#solution"' },
    { type: 'wait_for_function', code: 'document.querySelector("#search input").value === ""' },
  ]);
  expect(ids).toEqual(['solution']);
});

it.each(['/docs', '/docs/errors'])('%s – 390 pixels wide – nothing is wider than the screen', async (path) => {
  const viewport = { type: 'set_viewport', width: 390, height: 800 };
  expect(await found('document.documentElement.scrollWidth', [viewport], path)).toBe(390);
});

it('/docs – on a phone – the contents open and close', async () => {
  const actions = [
    { type: 'set_viewport', width: 390, height: 800 },
    { type: 'click', cssSelector: 'label[for=menu]' },
    { type: 'click', cssSelector: 'nav a[href="#solution"]' },
  ];
  expect(await found(visible('nav'), actions.slice(0, 2))).toHaveLength(1);
  expect(await found(visible('nav'), actions)).toEqual([]);
});
