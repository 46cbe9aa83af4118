import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineSuite } from '../support/engine-suite.js';
import { near, PersonsBrowser } from '../support/person.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe.skipIf(engine.skip)(`A person in the live view on ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'shown', settings: { MOORING_PAUSE_AFTER: '300ms' } });
  const { origin } = suite;
  const people = new PersonsBrowser();
  const isChromium = !suiteName(engine).startsWith('firefox');
  let session = '';
  beforeEach(() => {
    session = randomUUID();
  });
  afterEach(async () => {
    await people.leave();
    await suite.app.ok({ cmd: 'sessions.destroy', session });
  });

  const link = async (fields: Record<string, unknown> = {}): Promise<string> =>
    (await suite.app.ok({ cmd: 'sessions.view', session, ...fields })).solution.viewUrl;
  /** What the page wrote down, read by a command. */
  const notes = async (): Promise<string> =>
    (await suite.app.ok({ cmd: 'request.get', session, keepSamePage: true })).solution.innerText;
  const stateOf = async (): Promise<string | undefined> =>
    (await suite.app.ok({ cmd: 'sessions.list' })).sessions.find((row: { session: string }) => row.session === session)
      ?.state;

  it('sees the page as it changes, and keeps it running', async () => {
    await suite.get('/desk', { session });
    const person = await people.open(await link());
    await person.see();
    expect(await person.picture.getAttribute('aria-label')).toBe(`Live view of ${session}`);
    await expect.poll(() => person.colour(0.9, 0.1)).toSatisfy(near([204, 238, 221]));
    const code = 'document.body.innerHTML = "<div style=\\"position:fixed;inset:0;background:rgb(200,30,30)\\">"';
    await suite.app.ok({
      cmd: 'request.get',
      session,
      keepSamePage: true,
      browserActions: [{ type: 'execute_js', code }],
    });
    await expect.poll(() => person.colour(0.5, 0.5)).toSatisfy(near([200, 30, 30]));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await stateOf()).toBe('open');
    await people.leave();
    if (isChromium) await expect.poll(stateOf).toBe('paused');
  });

  it('takes control, types, scrolls, double-clicks, and gives back', async () => {
    await suite.get('/desk', { session });
    const person = await people.open(await link({ control: true }));
    await person.see();
    await person.take();
    expect(await stateOf()).toBe('attached');
    await person.click(0.2, 0.1);
    await person.page.keyboard.type('Grüße!');
    await person.page.keyboard.press('Backspace');
    await person.click(0.7, 0.1, { clickCount: 2 });
    await person.click(0.7, 0.1, { button: 'right' });
    await person.give();
    const text = await notes();
    expect(text).toContain('text=Grüße!');
    expect(text).toMatch(/text=Grüße;[^=]*$/);
    // Of Firefox the driver makes two single clicks.
    if (isChromium) expect(text).toContain('dblclick;');
    expect(text).toContain('contextmenu;');
    const { events } = await suite.app.ok({ cmd: 'sessions.events', session });
    const kinds = events.map(({ kind, by }: { kind: string; by?: string }) => `${kind} ${by ?? ''}`);
    expect(kinds).toEqual(expect.arrayContaining(['attach view', 'detach view']));
  });

  it('clicks on the picture: that takes control, and is done', async () => {
    await suite.get('/desk', { session });
    const person = await people.open(await link({ control: true }));
    await person.see();
    await person.click(0.7, 0.1);
    await person.button('Give back').waitFor();
    await person.give();
    expect(await notes()).toContain('click;');
  });

  it('pastes, composes, and copies what is selected', async () => {
    await suite.get('/desk', { session });
    const person = await people.open(await link({ control: true }), {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await person.see();
    await person.take();
    await person.click(0.2, 0.1);
    await person.page.evaluate(() => navigator.clipboard.writeText('from outside'));
    await person.page.keyboard.press('Control+v');
    await person.page.keyboard.press('Control+a');
    await person.page.evaluate(() => navigator.clipboard.writeText(''));
    await person.page.keyboard.press('Control+c');
    await expect.poll(() => person.page.evaluate(() => navigator.clipboard.readText())).toBe('from outside');
    await person.page.keyboard.press('Control+x');
    const typist = await person.page.context().newCDPSession(person.page);
    await typist.send('Input.imeSetComposition', { text: 'かん', selectionStart: 2, selectionEnd: 2 });
    await typist.send('Input.insertText', { text: '感' });
    await person.give();
    const text = await notes();
    expect(text).toContain('text=from outside;');
    expect(text).toMatch(/text=感; $|text=感;?$/m);
    if (isChromium) expect(text).toContain('composes;');
  });

  it('chooses a file from their own machine', async () => {
    await suite.get('/desk', { session });
    const person = await people.open(await link({ control: true }));
    await person.see();
    await person.take();
    await person.click(0.2, 0.25);
    const input = person.page.getByLabel('Files', { exact: true });
    await input.setInputFiles([
      { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('first') },
      { name: 'b.txt', mimeType: 'text/plain', buffer: Buffer.from('') },
    ]);
    await input.waitFor({ state: 'detached' });
    await person.give();
    await expect.poll(notes).toMatch(/file a\.txt=first; file b\.txt=;/);
  });

  it('answers dialogs by keyboard', async () => {
    await suite.get('/desk', { session });
    const person = await people.open(await link({ control: true }));
    await person.see();
    await person.take();
    await person.click(0.2, 0.4);
    await person.page.getByRole('alertdialog').getByText('sure?').waitFor();
    await person.page.keyboard.press('Enter');
    await person.page.getByLabel('Answer').fill('Anna');
    await person.page.keyboard.press('Enter');
    await person.page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await person.give();
    expect(await notes()).toContain('asked true Anna;');
  });

  it('goes elsewhere, back, and into a tab that opened', async () => {
    await suite.get('/desk', { session });
    const person = await people.open(await link({ control: true }));
    await person.see();
    await person.take();
    const address = person.page.getByLabel('Address');
    await person.click(0.2, 0.7);
    await expect.poll(() => address.inputValue()).toBe(`${origin.url}/missing`);
    await person.button('Back').click();
    await expect.poll(() => address.inputValue()).toBe(`${origin.url}/desk`);
    await address.fill('file:///etc/passwd');
    await address.press('Enter');
    await person.page.getByText('expected an address with http or https').waitFor();
    await address.fill(`${origin.url}/text`.replace('http://', 'http://'));
    await address.press('Enter');
    await expect.poll(() => person.page.title()).toContain(session);
    await expect.poll(() => address.inputValue()).toBe(`${origin.url}/text`);
    await address.fill(`${origin.url}/desk`);
    await address.press('Enter');
    await expect.poll(() => person.colour(0.9, 0.1)).toSatisfy(near([204, 238, 221]));
    await person.click(0.2, 0.55);
    await expect.poll(() => address.inputValue()).toBe(`${origin.url}/text`);
    await person.page.getByRole('button', { name: /^Close / }).click();
    await expect.poll(() => address.inputValue()).toBe(`${origin.url}/desk`);
    await person.click(0.2, 0.7);
    await expect.poll(() => address.inputValue()).toBe(`${origin.url}/missing`);
    await person.give();
    const { solution } = await suite.app.ok({ cmd: 'request.get', session, keepSamePage: true });
    expect(solution.currentUrl).toBe(`${origin.url}/missing`);
    expect(solution.statusCode).toBe(404);
  });

  it('holds the lane: commands wait, or are told who is there', async () => {
    await suite.get('/desk', { session });
    const person = await people.open(await link({ control: true }));
    await person.see();
    await person.take();
    const hurried = suite.body('/text', { session, timeout: 500 });
    expect(await suite.app.fails('SESSION_BUSY', hurried)).toContain('a person has taken session');
    const patient = suite.solution('/text', { session });
    await person.give();
    expect((await patient).statusCode).toBe(200);
  });

  it('others watch: they see who controls, and a link without control sends nothing', async () => {
    await suite.get('/desk', { session });
    const [first, second, third] = await Promise.all([
      people.open(await link({ control: true })),
      people.open(await link({ control: true })),
      people.open(await link()),
    ]);
    await Promise.all([first, second, third].map((person) => person.see()));
    await first.take();
    await second.page.getByText('Somebody else has control.').waitFor();
    await third.page.getByText('Somebody else has control.').waitFor();
    expect(await third.button('Take control').count()).toBe(0);
    await third.click(0.7, 0.1);
    await first.page.close();
    await second.button('Take control').and(second.page.locator(':enabled')).waitFor();
    expect(await notes()).not.toContain('click');
  });

  if (isChromium) {
    it('a phone – takes fingers', async () => {
      await suite.get('/desk', { session, device: ['mobile'], browser: [{ name: 'chrome' }] });
      const person = await people.open(await link({ control: true }));
      await person.see();
      await person.take();
      await person.click(0.7, 0.1);
      await person.give();
      await expect.poll(notes).toMatch(/touchstart; touchend;.* click;/);
    });
  }

  it('the session ends – the view says so', async () => {
    await suite.get('/desk', { session });
    const url = await link();
    const person = await people.open(url);
    await person.see();
    await suite.app.ok({ cmd: 'sessions.destroy', session });
    await person.page.getByText(/SESSION_ENDED/).waitFor();
    expect((await fetch(url)).status).toBe(404);
  });
});
