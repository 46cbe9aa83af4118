import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Attaching } from '../support/attaching.js';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { PersonsBrowser } from '../support/person.js';
import { PlacedShop, places } from '../support/placed-shop.js';
import { RunningApp } from '../support/start-app.js';

const shop = new PlacedShop();
let app: RunningApp;
const clients = new Attaching(() => app);
const people = new PersonsBrowser();

beforeAll(async () => {
  await shop.start();
  app = await RunningApp.start({}, chromiumEngine(await chosenChromium()));
});
afterEach(async () => {
  await clients.end();
  await people.leave();
});
afterAll(async () => {
  await app?.close();
  await shop.close();
});

/** What a page shows. */
interface Seen {
  readonly url: string;
  readonly text: string;
}

/** Somebody at the page of a session. What each step does leads to another page; it is done when that is there. */
interface AtWork {
  see(): Promise<Seen>;
  logIn(): Promise<void>;
  search(): Promise<void>;
  pageOn(): Promise<void>;
  keep(): Promise<void>;
  leave(): Promise<void>;
}

async function byHttp(session: string): Promise<AtWork> {
  const ask = async (rest: Record<string, unknown>) =>
    (await app.ok({ cmd: 'request.get', session, ...rest })).solution;
  const act = async (...browserActions: Record<string, unknown>[]): Promise<void> =>
    void (await ask({ keepSamePage: true, browserActions }));
  const click = (cssSelector: string) => ({ type: 'click', cssSelector });
  const type = (cssSelector: string, text: string) => ({ type: 'type', cssSelector, text });
  return {
    async see() {
      const { currentUrl, innerText } = await ask({ keepSamePage: true });
      return { url: currentUrl, text: innerText };
    },
    async logIn() {
      const browserActions = [type('[name=user]', 'anna'), type('[name=password]', 'secret'), click('button')];
      await ask({ url: `${shop.url}/login`, browserActions });
    },
    search: () => act(type('[name=q]', 'rope'), { type: 'keyboard', value: 'enter' }),
    pageOn: () => act(click('#next')),
    keep: () => act(click('#keep')),
    leave: async () => {},
  };
}

async function byPlaywright(session: string): Promise<AtWork> {
  const { page, browser } = await clients.playwright(session);
  return {
    see: async () => ({ url: page.url(), text: await page.innerText('body') }),
    async logIn() {
      await page.goto(`${shop.url}/login`);
      await page.fill('[name=user]', 'anna');
      await page.fill('[name=password]', 'secret');
      await page.click('button');
      await page.waitForURL('**/account');
    },
    async search() {
      await page.fill('[name=q]', 'rope');
      await page.press('[name=q]', 'Enter');
      await page.waitForURL('**/search?q=rope');
    },
    async pageOn() {
      await page.click('#next');
      await page.waitForURL('**page=2');
    },
    async keep() {
      await page.click('#keep');
      await page.waitForURL('**/kept');
    },
    leave: () => browser.close(),
  };
}

async function byPuppeteer(session: string): Promise<AtWork> {
  const { page, browser } = await clients.puppeteer(session);
  const andArrive = async (act: () => Promise<void>): Promise<void> =>
    void (await Promise.all([page.waitForNavigation(), act()]));
  return {
    see: async () => ({ url: page.url(), text: await page.$eval('body', (body) => body.innerText) }),
    async logIn() {
      await page.goto(`${shop.url}/login`);
      await page.type('[name=user]', 'anna');
      await page.type('[name=password]', 'secret');
      await andArrive(() => page.click('button'));
    },
    async search() {
      await page.type('[name=q]', 'rope');
      await andArrive(() => page.keyboard.press('Enter'));
    },
    pageOn: () => andArrive(() => page.click('#next')),
    keep: () => andArrive(() => page.click('#keep')),
    leave: () => browser.disconnect(),
  };
}

/** In a browser, with a link: what they see is the picture, and what they read they copy. */
async function byAPerson(session: string): Promise<AtWork> {
  const { solution } = await app.ok({ cmd: 'sessions.view', session, control: true });
  const person = await people.open(solution.viewUrl, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = person;
  await person.take();
  await person.see();
  const address = page.getByLabel('Address', { exact: true });
  const click = (name: keyof typeof places): Promise<void> => {
    const [x, y] = places[name];
    return person.click(x, y);
  };
  const arrive = (path: string): Promise<void> =>
    expect.poll(() => address.inputValue(), { message: path }).toBe(`${shop.url}${path}`);
  const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
  return {
    async see() {
      await page.evaluate(() => navigator.clipboard.writeText(''));
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Control+c');
      await expect.poll(copied).not.toBe('');
      return { url: await address.inputValue(), text: await copied() };
    },
    async logIn() {
      await address.fill(`${shop.url}/login`);
      await address.press('Enter');
      await arrive('/login');
      await click('user');
      await page.keyboard.type('anna');
      await page.keyboard.press('Tab');
      await page.keyboard.type('secret');
      await click('logIn');
      await arrive('/account');
    },
    async search() {
      await click('query');
      await page.keyboard.type('rope');
      await page.keyboard.press('Enter');
      await arrive('/search?q=rope');
    },
    async pageOn() {
      await click('next');
      await arrive('/search?q=rope&page=2');
    },
    async keep() {
      await click('keep');
      await arrive('/kept');
    },
    /** They go on watching. */
    leave: () => person.give(),
  };
}

const hands = { HTTP: byHttp, Playwright: byPlaywright, Puppeteer: byPuppeteer, 'a person': byAPerson };
type Hand = keyof typeof hands;

/** The job, and what whoever comes next finds. */
const steps = [
  ['logIn', '/account', ['Account:', 'sid=anna-1']],
  ['search', '/search?q=rope', ['Search:', 'sid=anna-1', 'rope 1']],
  ['pageOn', '/search?q=rope&page=2', ['Search:', 'sid=anna-1', 'searched=rope', 'rope 2']],
  ['keep', '/kept', ['Kept:', 'sid=anna-1', 'searched=rope', 'kept=rope-2']],
] as const;

describe('one job in one session: log in, search, page on, keep', { timeout: 180_000 }, () => {
  /** Each takes over from each other once, and all of it is done by each. */
  const orders: [Hand, Hand, Hand, Hand][] = [
    ['HTTP', 'Playwright', 'a person', 'Puppeteer'],
    ['Playwright', 'Puppeteer', 'HTTP', 'a person'],
    ['Puppeteer', 'a person', 'Playwright', 'HTTP'],
    ['a person', 'HTTP', 'Puppeteer', 'Playwright'],
    ['HTTP', 'HTTP', 'HTTP', 'HTTP'],
    ['Playwright', 'Playwright', 'Playwright', 'Playwright'],
    ['Puppeteer', 'Puppeteer', 'Puppeteer', 'Puppeteer'],
    ['a person', 'a person', 'a person', 'a person'],
  ];

  it.each(orders.map((order) => [order.join(', '), order] as const))(
    '%s – each finds the page and the cookies that the one before left',
    async (name, order) => {
      const session = name.replaceAll(/\W+/g, '-');
      await app.ok({ cmd: 'sessions.create', session });
      const expectLeft = ({ url, text }: Seen, step: number, by: string): void => {
        const [, path, texts] = steps[step] ?? steps[0];
        expect(url, by).toBe(`${shop.url}${path}`);
        for (const part of texts) expect(text, by).toContain(part);
      };
      for (const [i, [step]] of steps.entries()) {
        const hand = order[i] ?? 'HTTP';
        const worker = await hands[hand](session);
        if (i > 0) expectLeft(await worker.see(), i - 1, `${hand} before ${step}`);
        await worker[step]();
        expectLeft(await worker.see(), i, `${hand} after ${step}`);
        await worker.leave();
      }
      const { solution } = await app.ok({ cmd: 'request.get', session, keepSamePage: true });
      expectLeft({ url: solution.currentUrl, text: solution.innerText }, steps.length - 1, 'at the end');
      expect(solution.cookies.map(({ name, value }: { name: string; value: string }) => `${name}=${value}`)).toEqual(
        expect.arrayContaining(['sid=anna-1', 'searched=rope', 'kept=rope-2']),
      );
      const { downloads } = (
        await app.ok({
          cmd: 'request.get',
          session,
          url: `${shop.url}/search?q=rope`,
          browserActions: [{ type: 'download', cssSelector: '.invoices' }],
        })
      ).solution;
      expect(downloads).toMatchObject([{ name: 'invoices.csv', type: 'text/csv' }]);
      await app.ok({ cmd: 'sessions.destroy', session });
    },
  );
});
