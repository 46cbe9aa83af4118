import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Attaching } from '../support/attaching.js';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;
const clients = new Attaching(() => app);

beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start({}, chromiumEngine(await chosenChromium()));
});
afterEach(() => clients.end());
afterAll(async () => {
  await app?.close();
  await origin.close();
});

/** The steps of the job; each gives what the page says. */
interface Steps {
  login(session: string): Promise<string>;
  visit(session: string, path: string): Promise<string>;
}

const byHttp: Steps = {
  async login(session) {
    const postData = 'user=anna&password=secret';
    const body = { cmd: 'request.post', session, url: `${origin.url}/login`, postData };
    return (await app.ok(body)).solution.innerText;
  },
  async visit(session, path) {
    return (await app.ok({ cmd: 'request.get', session, url: `${origin.url}${path}` })).solution.innerText;
  },
};

const byPlaywright: Steps = {
  async login(session) {
    const { page, browser } = await clients.playwright(session);
    await page.goto(`${origin.url}/login`);
    await page.fill('[name=user]', 'anna');
    await page.fill('[name=password]', 'secret');
    await Promise.all([page.waitForURL('**/account'), page.$eval('form', (form: HTMLFormElement) => form.submit())]);
    const text = await page.innerText('body');
    await browser.close();
    return text;
  },
  async visit(session, path) {
    const { page, browser } = await clients.playwright(session);
    await page.goto(`${origin.url}${path}`);
    const text = await page.innerText('body');
    await browser.close();
    return text;
  },
};

const byPuppeteer: Steps = {
  async login(session) {
    const { page, browser } = await clients.puppeteer(session);
    await page.goto(`${origin.url}/login`);
    await page.type('[name=user]', 'anna');
    await page.type('[name=password]', 'secret');
    await Promise.all([page.waitForNavigation(), page.$eval('form', (form) => form.submit())]);
    const text = await page.$eval('body', (body) => body.innerText);
    await browser.disconnect();
    return text;
  },
  async visit(session, path) {
    const { page, browser } = await clients.puppeteer(session);
    await page.goto(`${origin.url}${path}`);
    const text = await page.$eval('body', (body) => body.innerText);
    await browser.disconnect();
    return text;
  },
};

describe('one job in one session, by HTTP, Playwright and Puppeteer', () => {
  const orders: [string, Steps, Steps, Steps][] = [
    ['HTTP, Playwright, Puppeteer', byHttp, byPlaywright, byPuppeteer],
    ['Playwright, Puppeteer, HTTP', byPlaywright, byPuppeteer, byHttp],
    ['Puppeteer, HTTP, Playwright', byPuppeteer, byHttp, byPlaywright],
  ];

  it.each(orders)('%s – each goes on where the one before has left', async (name, first, second, third) => {
    const session = name.replaceAll(/\W+/g, '-');
    await app.ok({ cmd: 'sessions.create', session });
    expect(await first.login(session)).toContain('anna');
    expect(await second.visit(session, '/orders?page=1')).toBe('Order 1-1\nOrder 1-2');
    const text = await third.visit(session, '/orders?page=2');
    expect(text).toBe('Order 2-1\nOrder 2-2');
    // And whoever comes next sees the page that was left.
    const { solution } = await app.ok({ cmd: 'request.get', session, keepSamePage: true });
    expect(solution.currentUrl).toBe(`${origin.url}/orders?page=2`);
    expect(solution.innerText).toBe(text);
    await app.ok({ cmd: 'sessions.destroy', session });
  });
});
