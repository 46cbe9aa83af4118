import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineSuite } from '../support/engine-suite.js';
import { near, type Person, PersonsBrowser } from '../support/person.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe.skipIf(engine.skip)(`What a person does in the live view on ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'handled', settings: { MOORING_BODY_LIMIT: '1MB' } });
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

  /** Runs a script in the page as it is. @returns what it gives */
  const run = async (code: string): Promise<unknown> => {
    const browserActions = [{ type: 'execute_js', code }];
    const body = { cmd: 'request.get', session, keepSamePage: true, browserActions };
    return (await suite.app.ok(body)).solution.javascriptReturn[0];
  };
  /** A page with these elements; `note` writes down what happens to them. */
  const show = async (elements: string, script = '', options: Record<string, unknown> = {}): Promise<void> => {
    await suite.get('/', { session, ...options });
    const style =
      'body { margin: 0 } body * { position: fixed; margin: 0 } body .tall { position: absolute; height: 4000px; width: 50px }';
    await run(`document.body.innerHTML = ${JSON.stringify(`<style>${style}</style>${elements}`)};
      globalThis.noted = [];
      const note = (what) => noted.push(what);
      globalThis.find = (id) => document.getElementById(id);
      ${script}
      'shown'`);
  };
  const noted = async (): Promise<string[]> => JSON.parse(String(await run('JSON.stringify(noted)')));
  const scrolled = async (): Promise<number> => Number(await run('scrollY'));
  const box = (left: number, top: number, width: number, height: number): string =>
    `left:${left}vw;top:${top}vh;width:${width}vw;height:${height}vh;`;

  const enter = async (options: Parameters<PersonsBrowser['open']>[1] = {}): Promise<Person> => {
    const { solution } = await suite.app.ok({ cmd: 'sessions.view', session, control: true });
    const person = await people.open(solution.viewUrl, options);
    await person.see();
    return person;
  };
  const takeOver = async (options: Parameters<PersonsBrowser['open']>[1] = {}): Promise<Person> => {
    const person = await enter(options);
    await person.take();
    return person;
  };

  it('the wheel – scrolls what is under the mouse', async () => {
    const inner = `<div id="inner" style="${box(50, 0, 50, 50)}overflow:scroll"><p class="tall">inner</p></div>`;
    await show(`<p class="tall">outer</p>${inner}`);
    const person = await takeOver();
    await person.turnWheel(0.75, 0.25, 300);
    await person.give();
    await expect.poll(() => run('find("inner").scrollTop')).toBeGreaterThan(0);
    expect(await scrolled()).toBe(0);
    await person.take();
    await person.turnWheel(0.25, 0.75, 300.5);
    await person.give();
    await expect.poll(scrolled).toBeGreaterThan(0);
  });

  it('the mouse – drags a slider, selects text, drops what can be dropped', async () => {
    await show(
      `<input id="slider" type="range" min="0" max="100" value="0" style="${box(10, 10, 80, 10)}">
      <p id="words" style="${box(0, 40, 100, 10)}font:5vh monospace;white-space:nowrap">words to select</p>
      <p id="thing" draggable="true" style="${box(10, 70, 20, 10)}background:#cde">thing</p>
      <div id="basket" style="${box(60, 70, 30, 20)}background:#edc"></div>`,
      `find('thing').ondragstart = (event) => event.dataTransfer.setData('text/plain', 'the thing');
      find('basket').ondragover = (event) => event.preventDefault();
      find('basket').ondrop = (event) => { event.preventDefault(); note('dropped ' + event.dataTransfer.getData('text/plain')); };`,
    );
    const person = await takeOver({ permissions: ['clipboard-read', 'clipboard-write'] });
    await person.drag([0.11, 0.15], [0.5, 0.15]);
    await person.drag([0.2, 0.75], [0.75, 0.8]);
    await person.drag([0.001, 0.43], [0.999, 0.43]);
    await person.page.keyboard.press('Control+c');
    await expect.poll(() => person.page.evaluate(() => navigator.clipboard.readText())).toBe('words to select');
    await person.give();
    const value = Number(await run('find("slider").value'));
    expect(value).toBeGreaterThan(30);
    expect(value).toBeLessThan(70);
    if (isChromium) expect(await noted()).toContain('dropped the thing');
  });

  it('a finger on a page for the mouse – scrolls it, and taps', async () => {
    await show(
      `<p class="tall">tall</p><button id="button" style="${box(60, 10, 30, 20)}">press</button>`,
      "find('button').onclick = (event) => note('click ' + event.isTrusted)",
    );
    const person = await enter({ hasTouch: true });
    await person.tap(0.75, 0.2);
    await person.button('Give back').waitFor();
    await person.swipe([0.3, 0.8], [0.3, 0.3]);
    await person.give();
    await expect.poll(noted).toEqual(['click true']);
    await expect.poll(scrolled).toBeGreaterThan(0);
  });

  it('text – is pasted, composed, given up, and refused if it is too long', async () => {
    await show(
      `<textarea id="text" style="${box(0, 0, 50, 50)}"></textarea>`,
      `for (const name of ['compositionstart', 'compositionend']) find('text').addEventListener(name, ({ data }) => {
        note(name + ' ' + data);
        document.body.style.background = name === 'compositionstart' ? 'rgb(200, 30, 30)' : '';
      });`,
    );
    const person = await takeOver({ permissions: ['clipboard-read', 'clipboard-write'] });
    const paste = async (text: string): Promise<void> => {
      await person.page.evaluate((it) => navigator.clipboard.writeText(it), text);
      await person.page.keyboard.press('Control+v');
    };
    await person.click(0.25, 0.25);
    await paste('two\nlines ');
    await paste('x'.repeat(100_001));
    await person.page.getByText('The text is too long').waitFor();
    const typist = await person.page.context().newCDPSession(person.page);
    const compose = (text: string) =>
      typist.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
    await compose('か');
    await compose('かん');
    if (isChromium) await expect.poll(() => person.colour(0.9, 0.9)).toSatisfy(near([200, 30, 30]));
    await compose('');
    await person.page.keyboard.type('a');
    await compose('ni');
    await typist.send('Input.insertText', { text: '你' });
    await person.page.keyboard.type('!');
    await person.give();
    expect(await run('find("text").value')).toBe('two\nlines a你!');
    if (isChromium)
      expect(await noted()).toEqual(['compositionstart ', 'compositionend ', 'compositionstart ', 'compositionend 你']);
  });

  it('files – one, none, or too large ones', async () => {
    await show(
      `<input id="file" type="file" style="${box(0, 0, 50, 50)}background:#cde">`,
      "find('file').onchange = ({ target }) => note([...target.files].map(({ name, type, size }) => [name, type, size].join(' ')).join())",
    );
    const person = await takeOver();
    const input = person.page.getByLabel('File', { exact: true });
    const ask = async (): Promise<void> => {
      await person.click(0.1, 0.25);
      await input.waitFor();
    };
    const isAnswered = () => input.waitFor({ state: 'detached' });
    // Firefox does not ask again after a chooser that nobody answered.
    if (isChromium) {
      await ask();
      await person.button('Cancel').click();
      await isAnswered();
      await ask();
      await person.page.keyboard.press('Escape');
      await isAnswered();
      await ask();
      await input.setInputFiles({ name: 'large.bin', mimeType: 'text/plain', buffer: Buffer.alloc(1024 ** 2 + 1) });
      await person.page.getByText('The files are too large: at most 1 MB in all can be chosen.').waitFor();
      await isAnswered();
    }
    await ask();
    // More than one message carries.
    await input.setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.alloc(1024 ** 2, 'a') });
    await isAnswered();
    await person.give();
    await expect.poll(noted).toEqual([`a.txt text/plain ${1024 ** 2}`]);
  });

  it('dialogs – are accepted, dismissed, answered; one that is open when the person leaves is dismissed', async () => {
    await show(
      `<button id="ask" style="${box(0, 0, 50, 50)}">ask</button>`,
      `let asked = 0;
      const asks = [
        () => alert('hello\\nyou'), () => confirm('sure?'), () => confirm('sure?'),
        () => prompt('name?', 'nobody'), () => prompt('name?', 'nobody'), () => prompt('name?', 'nobody'),
      ];
      find('ask').onclick = () => note(String(asks[asked++ % asks.length]()));`,
    );
    const person = await takeOver();
    const dialog = person.page.getByRole('alertdialog');
    const answer = async (name: string, button: string, text?: string): Promise<void> => {
      await person.click(0.25, 0.25);
      await dialog.getByText(name).waitFor();
      if (text !== undefined) await dialog.getByLabel('Answer').fill(text);
      await dialog.getByRole('button', { name: button, exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
    };
    await answer('hello', 'OK');
    await answer('sure?', 'OK');
    await answer('sure?', 'Cancel');
    await answer('name?', 'OK', 'Anna');
    await answer('name?', 'OK');
    await answer('name?', 'Cancel');
    await person.click(0.25, 0.25);
    await dialog.getByText('hello').waitFor();
    await person.give();
    await expect.poll(noted).toEqual(['undefined', 'true', 'false', 'Anna', 'nobody', 'null', 'undefined']);
  });

  it('a page that asks before it is left – stays, or is left', async () => {
    await show(`<input id="text" style="${box(0, 0, 50, 50)}">`, 'onbeforeunload = (event) => event.preventDefault()');
    const person = await takeOver();
    const address = person.page.getByLabel('Address', { exact: true });
    await person.click(0.25, 0.25);
    await person.page.keyboard.type('a');
    for (const [button, path] of [
      ['Stay', '/'],
      ['Leave', '/text'],
    ] as const) {
      await address.fill(`${suite.origin.url}/text`);
      await address.press('Enter');
      await person.page.getByRole('alertdialog').getByText('Leave this page?').waitFor();
      await person.button(button).click();
      await expect.poll(() => address.inputValue()).toBe(`${suite.origin.url}${path}`);
    }
    await person.give();
    expect(await run('document.body.innerText')).toContain('one <b>two</b>');
  });

  if (isChromium) {
    it('a phone – is tapped and swiped, by a finger and by the mouse', async () => {
      await show(
        `<p class="tall">tall</p><button id="button" style="${box(60, 10, 30, 20)}">press</button>`,
        "for (const name of ['touchstart', 'touchend', 'mousedown', 'click']) find('button').addEventListener(name, (event) => note(name + ' ' + event.isTrusted))",
        { device: ['mobile'], browser: [{ name: 'chrome' }] },
      );
      const tapped = ['touchstart true', 'touchend true', 'mousedown true', 'click true'];
      const person = await takeOver({ hasTouch: true });
      await person.tap(0.75, 0.2);
      await person.swipe([0.3, 0.8], [0.3, 0.3]);
      await person.give();
      await expect.poll(noted).toEqual(tapped);
      await expect.poll(scrolled).toBeGreaterThan(0);
      await run('scrollTo(0, 0); noted.length = 0; 0');
      await person.take();
      await person.click(0.75, 0.2);
      await person.drag([0.3, 0.8], [0.3, 0.3]);
      await person.give();
      await expect.poll(noted).toEqual(tapped);
      await expect.poll(scrolled).toBeGreaterThan(0);
    });
  }
});
