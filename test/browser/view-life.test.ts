import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { MemorySnapshotStore } from '../support/memory-snapshot-store.js';
import { Origin } from '../support/origin.js';
import { near, type Person, PersonsBrowser } from '../support/person.js';
import { browserProcesses, descendantsOf, rendererProcesses } from '../support/processes.js';
import { Relay } from '../support/relay.js';
import { RunningApp } from '../support/start-app.js';
import { RawWatcher } from '../support/watching.js';

const origin = new Origin();
const people = new PersonsBrowser();
/** The page's own colours, at places of its window. */
const deskColour = near([204, 238, 221]);
let app: RunningApp;
/** It has no browser, and waits for nobody for long. */
let hurried: RunningApp;
let session = '';

beforeAll(async () => {
  await origin.start();
  app = await RunningApp.startWith({
    engine: chromiumEngine(await chosenChromium()),
    store: new MemorySnapshotStore({ limitBytes: 1e7, limitPerOwnerBytes: 1e7 }),
    heartbeatMs: 2000,
  });
  hurried = await RunningApp.startWith({ controlIdleMs: 1000, heartbeatMs: 500 });
});
beforeEach(() => {
  session = randomUUID();
});
afterEach(async () => {
  await people.leave();
  for (const server of [app, hurried]) await server.ok({ cmd: 'sessions.destroy', session });
});
afterAll(async () => {
  await app?.close();
  await hurried?.close();
  await origin.close();
});

const link = async (fields: Record<string, unknown> = { control: true }, server = app): Promise<string> =>
  (await server.ok({ cmd: 'sessions.view', session, ...fields })).solution.viewUrl;
const openDesk = (rest: Record<string, unknown> = {}): Promise<unknown> =>
  app.ok({ cmd: 'request.get', session, url: `${origin.url}/desk`, ...rest });
const shown = async (): Promise<{ currentUrl: string; innerText: string }> =>
  (await app.ok({ cmd: 'request.get', session, keepSamePage: true })).solution;
const stateOf = async (server = app): Promise<string | undefined> =>
  (await server.ok({ cmd: 'sessions.list' })).sessions.find((row: { session: string }) => row.session === session)
    ?.state;
const seesDesk = (person: Person): Promise<void> =>
  expect.poll(() => person.colour(0.9, 0.1), { timeout: 20_000 }).toSatisfy(deskColour);

it('a session that sleeps – its picture comes when it wakes; who takes control wakes it, at its page', async () => {
  await openDesk({ persist: true, session_ttl: 4 });
  const person = await people.open(await link());
  await seesDesk(person);
  const asleep = person.page.getByText('This session is asleep. Taking control wakes it.');
  await asleep.waitFor();
  expect(await stateOf()).toBe('asleep');
  await shown();
  await asleep.waitFor({ state: 'hidden' });
  await seesDesk(person);
  await asleep.waitFor();
  await person.take();
  await person.see();
  await seesDesk(person);
  expect(await person.page.getByLabel('Address').inputValue()).toBe(`${origin.url}/desk`);
  await person.click(0.2, 0.1);
  await person.page.keyboard.type('awake');
  await person.give();
  expect((await shown()).innerText).toContain('text=awake;');
});

it.runIf(process.platform === 'linux')('who watches – the browser draws for them behind everything else', async () => {
  await openDesk();
  await seesDesk(await people.open(await link()));
  const priorities = descendantsOf(process.pid)
    .filter(({ command }) => command.includes('--type=gpu-process'))
    .flatMap(({ id }) => readdirSync(`/proc/${id}/task`).map((thread) => ({ id, thread })))
    .filter(({ id, thread }) => readFileSync(`/proc/${id}/task/${thread}/comm`, 'utf8').startsWith('VizCompositor'))
    .map(({ thread }) => getPriority(Number(thread)));
  // The person's own browser has such a thread too.
  expect(priorities).toContain(getPriority() + 5);
});

it('two watch, one has control – the other sees what is done, who does it, and can do nothing', async () => {
  await openDesk();
  const [first, second] = await Promise.all([people.open(await link()), people.open(await link())]);
  await Promise.all([first, second].map((person) => person.see()));
  await first.page.getByText('You are watching. 1 other watches too.').waitFor();
  await first.take();
  await second.page.getByText('Somebody else has control. 1 other watches too.').waitFor();
  expect(await second.button('Take control').isDisabled()).toBe(true);
  await second.click(0.7, 0.1);
  const address = (person: Person): Promise<string> => person.page.getByLabel('Address').inputValue();
  expect(await second.page.getByLabel('Address').getAttribute('readonly')).not.toBeNull();
  await first.click(0.2, 0.7);
  await expect.poll(() => address(second)).toBe(`${origin.url}/missing`);
  await expect.poll(() => second.colour(0.9, 0.1)).toSatisfy(near([255, 255, 255]));
  await first.button('Back').click();
  await seesDesk(second);
  await first.give();
  await second.take();
  await first.page.getByText('Somebody else has control.').waitFor();
  await second.give();
  expect((await shown()).innerText).not.toContain('click');
});

it('the network of a person is gone – control comes back, they are told, and see it again when it is there', async () => {
  await openDesk();
  const network = new Relay(app.url);
  await network.start();
  try {
    const person = await people.open(network.through(await link()));
    await person.see();
    await person.take();
    network.vanish();
    expect((await shown()).currentUrl).toBe(`${origin.url}/desk`);
    expect(await stateOf()).not.toBe('attached');
    await person.page.getByText('The connection was lost. Trying again…').waitFor();
    expect(await person.button('Give back').count()).toBe(0);
    network.comeBack();
    await person.page.locator('live-view .veil').waitFor({ state: 'hidden' });
    await seesDesk(person);
    await person.take();
    await person.give();
  } finally {
    await people.leave();
    await network.close();
  }
});

it('the session ends under a person – they are told, control is gone, and the link leads to a page that says so', async () => {
  await openDesk();
  const url = await link();
  const person = await people.open(url);
  await person.see();
  await person.take();
  await app.ok({ cmd: 'sessions.destroy', session });
  await person.page.getByText(/SESSION_ENDED/).waitFor();
  for (const name of ['Give back', 'Take control']) expect(await person.button(name).count()).toBe(0);
  const late = await people.open(url);
  await late.page.getByRole('heading', { name: 'This link shows nothing any more' }).waitFor();
  expect((await fetch(url)).headers.get('content-type')).toContain('application/json');
});

describe('what dies under a person', () => {
  /** The process of the session's page, not of the person's own browser. */
  let renderer = 0;
  const takeDesk = async (fields: Record<string, unknown> = {}): Promise<Person> => {
    await app.ok({ cmd: 'sessions.create', session, ...fields });
    const person = await people.open(await link());
    const before = rendererProcesses();
    await openDesk();
    renderer = rendererProcesses().find((id) => !before.includes(id)) ?? 0;
    expect(renderer).not.toBe(0);
    await person.see();
    await person.take();
    return person;
  };

  it('the tab – it is shown again, where the person had gone, and they still have it', async () => {
    const person = await takeDesk();
    await person.click(0.2, 0.7);
    const address = person.page.getByLabel('Address');
    await expect.poll(() => address.inputValue()).toBe(`${origin.url}/missing`);
    await expect.poll(() => person.colour(0.9, 0.1)).toSatisfy(near([255, 255, 255]));
    process.kill(renderer, 'SIGKILL');
    await person.page.getByText('The page crashed. It is loaded again.').waitFor();
    await expect.poll(() => address.inputValue(), { timeout: 20_000 }).toBe(`${origin.url}/missing`);
    expect(await person.button('Give back').count()).toBe(1);
    await address.fill(`${origin.url}/desk`);
    await address.press('Enter');
    await seesDesk(person);
    await person.click(0.2, 0.1);
    await person.page.keyboard.type('again');
    await person.give();
    expect((await shown()).innerText).toContain('text=again;');
  });

  it('the browser – of a session that lasts – they are told that it sleeps, and taking control wakes it', async () => {
    const person = await takeDesk({ persist: true });
    const browser = browserProcesses().find((id) => descendantsOf(id).some((one) => one.id === renderer)) ?? 0;
    process.kill(browser, 'SIGKILL');
    await person.page.getByText('This session is asleep. Taking control wakes it.').waitFor();
    expect(await person.button('Give back').count()).toBe(0);
    await person.take();
    await seesDesk(person);
    await person.give();
    expect((await shown()).currentUrl).toBe(`${origin.url}/desk`);
  });
});

describe('who is not there', () => {
  const watchers: RawWatcher[] = [];
  beforeEach(() => hurried.ok({ cmd: 'sessions.create', session }));
  afterEach(async () => {
    for (const watcher of watchers.splice(0)) await watcher.leave();
  });
  const watch = async (url: string, isSilent = false): Promise<RawWatcher> => {
    const watcher = await RawWatcher.open(url, {}, { autoPong: !isSilent });
    watchers.push(watcher);
    return watcher;
  };

  it('a person who does nothing – is told, and has control no longer', async () => {
    const person = await people.open(await link({ control: true }, hurried));
    await person.take();
    await person.page.getByText('You did nothing for a while: the session was given back.').waitFor();
    await person.button('Take control').waitFor();
    await expect.poll(() => stateOf(hurried)).toBe('open');
    // What they type now goes nowhere.
    expect(await person.page.evaluate('document.querySelector("live-view").shadowRoot.activeElement.className')).toBe(
      'hand main',
    );
    await person.page.keyboard.type('late');
    expect(await stateOf(hurried)).toBe('open');
    await person.page.keyboard.press('Enter');
    await person.button('Give back').waitFor();
  });

  it('a watcher that answers no pings – is gone, and so is its control', async () => {
    const other = await watch(await link({ control: true }, hurried));
    const silent = await watch(await link({ control: true }, hurried), true);
    silent.send({ type: 'take' });
    await expect.poll(() => silent.state?.control).toBe('yours');
    await expect.poll(() => silent.closed).toBe(1006);
    await expect.poll(() => other.state).toMatchObject({ watchers: 1, control: 'free' });
    expect(await stateOf(hurried)).toBe('open');
  });

  it('a link whose time is over – takes control with it', async () => {
    const person = await watch(await link({ control: true, ttl: 2 }, hurried));
    const move = setInterval(() => person.send({ type: 'mouse', action: 'move', x: 0, y: 0 }), 100);
    person.send({ type: 'take' });
    await expect.poll(() => person.state?.control).toBe('yours');
    expect(await person.closed).toBe(1000);
    clearInterval(move);
    await expect.poll(() => stateOf(hurried)).toBe('open');
  });
});
