/**
 * `<live-view src="/view/<token>">`: a session as it happens, and with a link that allows it, in a person's hands. Made
 * without a framework; the page at that address and the dashboard use this same element.
 *
 * Attributes: `src`, the link of `sessions.view`; `rate`, the most pictures a second (10); `bare`, the picture alone, without
 * the bar. Property `state`: what the server said last. Event `statechange`: `state` is another.
 */

const reconnectMs = [500, 1000, 2000, 5000, 10_000];
const moveEveryMs = 33;
const resizeAfterMs = 200;
const doubleClickMs = 500;
const doubleClickPixels = 6;
/** A tap, not a drag, if the finger stays within it. */
const tapPixels = 8;
const noticeMs = 8000;
/** The input that asked for control is done if it comes within this time. */
const firstInputMs = 1000;
/** A connection that says nothing for so long is lost; for so many times what the server says it lets pass, once it said it. */
const silenceMs = 10_000;
const silences = 2.5;
const askTimeoutMs = 5000;
const chunkBytes = 512 * 1024;

const styles = new CSSStyleSheet();
styles.replaceSync(`
  :host {
    --surface: light-dark(#ffffff, #16181d); --field: light-dark(#f1f3f6, #22262e); --line: light-dark(#d5dae1, #343a45);
    --ink: light-dark(#1a1d23, #e8eaee); --muted: light-dark(#5a6270, #a3abb8); --accent: light-dark(#0b57c2, #8ab6ff);
    --on-accent: light-dark(#ffffff, #0d1b30); --stage: light-dark(#e4e8ed, #0c0e11); --danger: light-dark(#a8201a, #ff9c94);
    display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); min-height: 12rem; height: 100%; overflow: hidden;
    color: var(--ink); background: var(--surface); font: 0.875rem/1.4 system-ui, sans-serif;
  }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  button, input, textarea { font: inherit; color: inherit; }
  button {
    min-height: 2.25rem; padding: 0 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--field);
    cursor: pointer; white-space: nowrap;
  }
  button:hover:not(:disabled) { border-color: var(--muted); }
  button:disabled { opacity: 0.45; cursor: default; }
  button.main { background: var(--accent); border-color: transparent; color: var(--on-accent); font-weight: 600; }
  :is(button, input, textarea, .file):focus-visible, .file:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; }
  .bar { border-bottom: 1px solid var(--line); }
  .row { display: flex; gap: 0.5rem; align-items: center; padding: 0.5rem; }
  .go { width: 2.25rem; padding: 0; display: inline-grid; place-items: center; flex: none; }
  .go svg { width: 1.125rem; height: 1.125rem; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
  form { flex: 1 1 8rem; min-width: 0; }
  .address {
    width: 100%; height: 2.25rem; padding: 0 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem;
    background: var(--field); text-overflow: ellipsis;
  }
  .address:read-only { color: var(--muted); }
  .tabs { display: flex; gap: 0.25rem; padding: 0.5rem 0.5rem 0; overflow-x: auto; }
  .tab { display: flex; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--field); flex: 0 1 14rem; min-width: 6rem; }
  .tab.shown { border-color: var(--accent); box-shadow: inset 0 -2px var(--accent); }
  .tab button { border: 0; background: none; min-height: 2rem; }
  .tab .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; text-align: left; }
  .tab .close { padding: 0 0.5rem; color: var(--muted); }
  .stage { position: relative; min-height: 0; background: var(--stage); overflow: hidden; }
  canvas { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
  :host([data-yours]) canvas { touch-action: none; }
  .keys {
    position: absolute; width: 1px; height: 1.25rem; padding: 0; border: 0; resize: none; overflow: hidden;
    opacity: 0; caret-color: transparent; pointer-events: none; white-space: pre;
  }
  .focused::after { content: ''; position: absolute; inset: 0; border: 3px solid var(--accent); pointer-events: none; }
  .veil { position: absolute; inset: 0; display: grid; place-content: center; padding: 1rem; text-align: center; color: var(--muted); }
  .veil.over { background: color-mix(in srgb, var(--stage) 75%, transparent); color: var(--ink); }
  .veil.over p { padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--surface); }
  .veil p { margin: 0; max-width: 32rem; overflow-wrap: anywhere; white-space: pre-line; }
  .ask {
    position: absolute; top: 1rem; left: 50%; translate: -50% 0; width: min(26rem, calc(100% - 2rem)); max-height: calc(100% - 2rem);
    overflow: auto; padding: 1rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--surface);
    box-shadow: 0 0.75rem 2.5rem rgb(0 0 0 / 0.3);
  }
  .ask h2 { margin: 0 0 0.5rem; font-size: 1rem; }
  .ask p { margin: 0 0 0.75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
  .ask input { width: 100%; min-height: 2.25rem; margin-bottom: 0.75rem; padding: 0.375rem 0.5rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--field); }
  ::file-selector-button {
    min-height: 1.5rem; margin-inline-end: 0.5rem; padding: 0 0.5rem; border: 1px solid var(--line); border-radius: 0.375rem;
    background: var(--surface); color: inherit; font: inherit; cursor: pointer;
  }
  .buttons { display: flex; gap: 0.5rem; justify-content: flex-end; }
  .notice {
    position: absolute; bottom: 0.75rem; left: 50%; translate: -50% 0; width: max-content; max-width: calc(100% - 1.5rem);
    padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface);
    overflow-wrap: anywhere; box-shadow: 0 0.25rem 1rem rgb(0 0 0 / 0.2);
  }
  .foot { display: flex; min-height: 2rem; gap: 1rem; justify-content: space-between; padding: 0.375rem 0.75rem; border-top: 1px solid var(--line); color: var(--muted); font-size: 0.8125rem; }
  .foot .who { overflow-wrap: anywhere; }
  @media (max-width: 34rem) {
    .row { flex-wrap: wrap; }
    form { order: 1; flex-basis: 100%; }
    .hand { margin-left: auto; }
    .hint { display: none; }
  }
`);

const icon = (path) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;

const template = document.createElement('template');
template.innerHTML = `
  <div class="bar" role="group" aria-label="Page">
    <div class="tabs" hidden></div>
    <div class="row">
      <button class="go" data-go="back" aria-label="Back" title="Back">${icon('M15 5l-7 7 7 7')}</button>
      <button class="go" data-go="forward" aria-label="Forward" title="Forward">${icon('M9 5l7 7-7 7')}</button>
      <button class="go" data-go="reload" aria-label="Reload" title="Reload">${icon('M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6')}</button>
      <form><input class="address" aria-label="Address" autocomplete="off" autocapitalize="off" spellcheck="false" inputmode="url" readonly></form>
      <button class="hand main" hidden>Take control</button>
    </div>
  </div>
  <div class="stage">
    <canvas role="img" aria-label="Live view" width="1" height="1"></canvas>
    <textarea class="keys" rows="1" tabindex="-1" autocapitalize="off" autocomplete="off" autocorrect="off" spellcheck="false"
      aria-label="Keyboard input to the page" aria-description="F6 leaves the page"></textarea>
    <div role="status"><div class="veil"><p>Connecting…</p></div></div>
    <div class="ask" hidden></div>
    <div role="status"><div class="notice" hidden></div></div>
  </div>
  <div class="foot"><span class="who"></span><span class="hint"></span></div>
`;

const titles = {
  alert: 'The page says',
  confirm: 'The page asks',
  prompt: 'The page asks',
  beforeunload: 'Leave this page?',
};
const isWithin = (a, b, limit) => Math.hypot(a.x - b.x, a.y - b.y) <= limit;

export class LiveView extends HTMLElement {
  static observedAttributes = ['src', 'rate', 'bare'];

  /** What the server said last; undefined: nothing yet. */
  state = undefined;
  #root = this.attachShadow({ mode: 'open' });
  #socket;
  #retries = 0;
  #retryTimer;
  #silenceMs = silenceMs;
  #silenceTimer;
  #isOver = false;
  /** Why nothing comes. */
  #trouble;
  #hasPicture = false;
  /** Of what is shown: a picture that was on its way when it ended is not of what comes next. */
  #era = 0;
  #resizer = new ResizeObserver(() => this.#resizeSoon());
  #resizeTimer;
  #noticeTimer;
  #asked = '';
  #tabs = '';
  #pointer;
  #lastClick = { x: 0, y: 0, at: 0, clicks: 0, button: '' };
  #move;
  #moveTimer;
  #wheel;
  #held = new Set();
  #first;
  #onVisible = () => this.#tellWindow();

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [styles];
    this.#root.append(template.content.cloneNode(true));
    this.#listen();
  }

  connectedCallback() {
    this.#resizer.observe(this.#find('.stage'));
    document.addEventListener('visibilitychange', this.#onVisible);
    this.#connect();
  }

  disconnectedCallback() {
    this.#resizer.disconnect();
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#disconnect();
  }

  attributeChangedCallback(name, before, after) {
    if (name === 'bare') {
      this.#find('.bar').hidden = after !== null;
      this.#find('.foot').hidden = after !== null;
    } else if (name === 'rate') this.#tellWindow();
    else if (this.isConnected && before !== after) {
      this.#disconnect();
      this.#isOver = false;
      this.#connect();
    }
  }

  /** Asks for control. */
  take() {
    this.#send({ type: 'take' });
  }

  /** Gives control back. */
  give() {
    this.#send({ type: 'give' });
  }

  get #isMine() {
    return this.state?.control === 'yours';
  }

  get #isFree() {
    return this.state?.control === 'free' && this.state.mayControl;
  }

  #find(selector) {
    return this.#root.querySelector(selector);
  }

  // The connection

  #connect() {
    const src = this.getAttribute('src');
    if (!src || this.#socket || this.#isOver) return;
    const url = new URL(src, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.pathname = `${url.pathname.replace(/\/$/, '')}/live`;
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#silenceMs = silenceMs;
    this.#expectMore(url);
    socket.addEventListener('open', () => {
      this.#retries = 0;
      this.#tellWindow();
    });
    socket.addEventListener('message', ({ data }) => {
      if (socket !== this.#socket) return;
      this.#expectMore(url);
      if (typeof data === 'string') this.#receive(JSON.parse(data));
      else void this.#draw(data, socket);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (socket !== this.#socket) return;
      this.#disconnect();
      if (!this.#isOver) void this.#lost(url, code, reason);
    });
  }

  #disconnect() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** A connection that is gone without a goodbye says nothing, for minutes. */
  #expectMore(url) {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      this.#disconnect();
      if (!this.#isOver) void this.#lost(url);
    }, this.#silenceMs);
  }

  async #lost(url, code, reason) {
    if (code === 1008 || code === 1013) {
      this.#end(reason);
      return;
    }
    this.#stopShowing('The connection was lost. Trying again…');
    const page = url.href.replace(/^ws/, 'http').replace(/\/live$/, '');
    const signal = AbortSignal.timeout(askTimeoutMs);
    const answer = await fetch(page, { method: 'HEAD', signal }).catch(() => undefined);
    if (!this.isConnected || this.#socket) return;
    if (answer?.status === 404) this.#end('This link was never given, or its time or session is over.');
    else {
      const waitMs = reconnectMs[Math.min(this.#retries++, reconnectMs.length - 1)];
      this.#retryTimer = setTimeout(() => this.#connect(), waitMs);
    }
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive(message) {
    if (message.type === 'state') {
      this.#trouble = undefined;
      this.#show(message);
    }
    if (message.type === 'notice') this.#notice(message.text);
    else if (message.type === 'copied') void this.#copied(message.text);
    else if (message.type === 'alive') this.#silenceMs = message.everyMs * silences;
    else if (message.type === 'over') this.#end(message.text);
  }

  #end(text) {
    this.#isOver = true;
    this.#stopShowing(text || 'This view is over.');
  }

  #stopShowing(why) {
    this.#trouble = why;
    this.#forgetPicture();
    this.#show({ ...this.state, control: 'free', mayControl: false, dialogs: [], choosers: [] });
  }

  // What is shown

  async #draw(blob, socket) {
    const era = this.#era;
    const picture = await createImageBitmap(blob).catch(() => undefined);
    if (socket !== this.#socket) return;
    if (picture && era === this.#era) {
      const canvas = this.#find('canvas');
      if (canvas.width !== picture.width) canvas.width = picture.width;
      if (canvas.height !== picture.height) canvas.height = picture.height;
      canvas.getContext('2d').drawImage(picture, 0, 0);
      this.#hasPicture = true;
      this.#showVeil();
    }
    picture?.close();
    this.#send({ type: 'taken' });
  }

  #show(state) {
    const before = this.state;
    this.state = state;
    const { session = '', control, mayControl, tabs = [] } = state;
    const isMine = control === 'yours';
    this.toggleAttribute('data-yours', isMine);
    this.#find('canvas').setAttribute('aria-label', session ? `Live view of ${session}` : 'Live view');
    const address = this.#find('.address');
    address.readOnly = !isMine;
    if (this.#root.activeElement !== address || !isMine) this.#showAddress();
    for (const button of this.#root.querySelectorAll('.go')) button.disabled = !isMine || state.state !== 'open';
    const hand = this.#find('.hand');
    hand.hidden = !mayControl;
    hand.textContent = isMine ? 'Give back' : control === 'waiting' ? 'Cancel' : 'Take control';
    hand.classList.toggle('main', control === 'free');
    hand.disabled = control === 'others';
    const keys = this.#find('.keys');
    keys.tabIndex = isMine ? 0 : -1;
    keys.readOnly = !isMine;
    if (!isMine && this.#root.activeElement === keys && before?.control === 'yours') this.#leavePage();
    this.#showTabs(tabs, state.shownTab, isMine);
    this.#showQuestion(state);
    this.#showFoot(state);
    if (state.state !== 'open') this.#forgetPicture();
    this.#showVeil();
    if (isMine && before?.control !== 'yours') this.#begin();
    if (!isMine) this.#held.clear();
    this.dispatchEvent(new CustomEvent('statechange'));
  }

  /** Where the page is, not where somebody wants it to go. */
  #showAddress() {
    const { url = '' } = this.state ?? {};
    this.#find('.address').value = url === 'about:blank' ? '' : url;
  }

  /** The focus goes to where control is given and taken. */
  #leavePage() {
    const hand = this.#find('.hand');
    if (hand.hidden || hand.disabled) this.#find('.keys').blur();
    else hand.focus();
  }

  #showFoot({ control, watchers = 0 }) {
    const who = {
      yours: 'You have control: commands of the session wait.',
      others: 'Somebody else has control.',
      waiting: 'Waiting for the command that runs…',
      free: 'You are watching.',
    };
    const others = watchers - 1;
    const company = others > 0 ? ` ${others} other${others > 1 ? 's' : ''} watch${others > 1 ? '' : 'es'} too.` : '';
    this.#find('.who').textContent = this.#trouble === undefined ? `${who[control] ?? ''}${company}` : '';
    this.#find('.hint').textContent = control === 'yours' ? 'F6 leaves the page' : '';
  }

  #showTabs(tabs, shownTab, isMine) {
    const shown = JSON.stringify([tabs, shownTab, isMine]);
    if (shown === this.#tabs) return;
    this.#tabs = shown;
    const list = this.#find('.tabs');
    const focused = this.#root.activeElement;
    const focusedTab = list.contains(focused) ? focused.parentElement.dataset.tab : undefined;
    list.hidden = tabs.length < 2;
    list.replaceChildren(
      ...tabs.map(({ id, url }, i) => {
        const tab = document.createElement('div');
        tab.className = id === shownTab ? 'tab shown' : 'tab';
        tab.dataset.tab = id;
        const name = document.createElement('button');
        name.className = 'name';
        name.textContent = labelOf(url);
        name.title = url;
        name.disabled = !isMine;
        if (id === shownTab) name.setAttribute('aria-current', 'true');
        name.addEventListener('click', () => this.#send({ type: 'tab', tab: id }));
        tab.append(name);
        if (i > 0 && isMine) {
          const close = document.createElement('button');
          close.className = 'close';
          close.textContent = '×';
          close.setAttribute('aria-label', `Close ${labelOf(url)}`);
          close.addEventListener('click', () => this.#send({ type: 'tab', tab: id, close: true }));
          tab.append(close);
        }
        return tab;
      }),
    );
    if (focusedTab === undefined || !isMine) return;
    const tabOf = (id) => [...list.children].find((tab) => tab.dataset.tab === id);
    if (list.hidden) this.#find('.keys').focus();
    else (tabOf(focusedTab) ?? tabOf(shownTab))?.querySelector('.name').focus();
  }

  #showQuestion({ dialogs = [], choosers = [] }) {
    const [dialog] = dialogs;
    const [chooser] = choosers;
    const key = dialog ? `dialog ${dialog.id}` : chooser ? `files ${chooser.id}` : '';
    if (key === this.#asked) return;
    this.#asked = key;
    const ask = this.#find('.ask');
    ask.hidden = key === '';
    ask.replaceChildren();
    if (dialog) this.#askDialog(ask, dialog);
    else if (chooser) this.#askFiles(ask, chooser);
    else if (this.#isMine) this.#find('.keys').focus();
  }

  #askDialog(ask, { id, kind, message, text }) {
    const answer = (accept) => this.#send({ type: 'dialog', id, accept, text: field?.value ?? '' });
    const field = kind === 'prompt' ? element('input', { ariaLabel: 'Answer', value: text }) : undefined;
    const ok = element('button', { className: 'main', textContent: kind === 'beforeunload' ? 'Leave' : 'OK' });
    ok.addEventListener('click', () => answer(true));
    const cancel = element('button', { textContent: kind === 'beforeunload' ? 'Stay' : 'Cancel' });
    cancel.addEventListener('click', () => answer(false));
    field?.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.isComposing) answer(true);
    });
    ask.onkeydown = (event) => {
      if (event.key === 'Escape') answer(false);
    };
    const title = titles[kind] ?? titles.alert;
    const said = message || (kind === 'beforeunload' ? 'What you entered may be lost.' : '');
    this.#question(ask, 'alertdialog', title, said, [
      ...(field ? [field] : []),
      buttons(kind === 'alert' ? [ok] : [cancel, ok]),
    ]);
    (field ?? ok).focus();
    field?.select();
  }

  #askFiles(ask, { id, isMultiple }) {
    const input = element('input', { type: 'file', multiple: isMultiple, ariaLabel: isMultiple ? 'Files' : 'File' });
    input.addEventListener('change', () => void this.#sendFiles(id, [...input.files]));
    const cancel = element('button', { textContent: 'Cancel' });
    cancel.addEventListener('click', () => this.#send({ type: 'files', id, files: [] }));
    ask.onkeydown = (event) => {
      if (event.key === 'Escape') cancel.click();
    };
    const title = isMultiple ? 'The page asks for files' : 'The page asks for a file';
    this.#question(ask, 'dialog', title, 'It gets the content of what you choose.', [input, buttons([cancel])]);
    input.focus();
  }

  #question(ask, role, title, text, rest) {
    const heading = element('h2', { id: 'title', textContent: title });
    ask.setAttribute('role', role);
    ask.setAttribute('aria-labelledby', 'title');
    ask.append(heading, ...(text ? [element('p', { textContent: text })] : []), ...rest);
  }

  async #sendFiles(id, files) {
    this.#send({ type: 'files', id, files: files.map(({ name, type, size }) => ({ name, type, size })) });
    for (const file of files)
      for (let at = 0; at < file.size; at += chunkBytes) {
        const chunk = await file.slice(at, at + chunkBytes).arrayBuffer();
        if (this.#socket?.readyState !== WebSocket.OPEN) return;
        this.#socket.send(chunk);
      }
  }

  #forgetPicture() {
    this.#era += 1;
    this.#hasPicture = false;
  }

  /** Says why there is no picture, or none that is of now. */
  #showVeil() {
    const veil = this.#find('.veil');
    const text = this.#trouble ?? (this.#hasPicture ? '' : this.#whyNoPicture());
    veil.hidden = text === '';
    veil.firstElementChild.textContent = text;
    veil.classList.toggle('over', this.#find('canvas').width > 1);
  }

  #whyNoPicture() {
    const { state, mayControl, control } = this.state ?? {};
    if (state === 'asleep')
      return `This session is asleep.${mayControl && control === 'free' ? ' Taking control wakes it.' : ''}`;
    if (state === 'blank') return 'This session shows no page yet.';
    return state ? 'Waiting for a picture…' : 'Connecting…';
  }

  #notice(text) {
    const notice = this.#find('.notice');
    notice.textContent = text;
    notice.hidden = false;
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => {
      notice.hidden = true;
    }, noticeMs);
  }

  // The window

  #resizeSoon() {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#tellWindow(), resizeAfterMs);
  }

  #tellWindow() {
    const { width, height } = this.#find('.stage').getBoundingClientRect();
    const wanted = Number(this.getAttribute('rate') ?? 10);
    const rate = document.hidden ? 0 : Math.min(Math.max(Number.isFinite(wanted) ? wanted : 10, 0), 30);
    const pixels = (length) => Math.min(20_000, Math.round(length * devicePixelRatio));
    this.#send({ type: 'window', width: pixels(width), height: pixels(height), rate });
  }

  // The hands

  #listen() {
    const canvas = this.#find('canvas');
    const keys = this.#find('.keys');
    this.#find('.hand').addEventListener('click', () => {
      if (this.#isFree) this.take();
      else this.give();
    });
    for (const button of this.#root.querySelectorAll('.go'))
      button.addEventListener('click', () => this.#send({ type: 'go', to: button.dataset.go }));
    this.#find('form').addEventListener('submit', (event) => {
      event.preventDefault();
      const address = this.#find('.address');
      if (!this.#isMine || address.value.trim() === '') return;
      this.#send({ type: 'address', url: address.value });
      keys.focus();
    });
    this.#find('.address').addEventListener('blur', () => this.#showAddress());
    this.#find('.address').addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing) this.#showAddress();
    });
    canvas.addEventListener('pointerdown', (event) => this.#onDown(event));
    canvas.addEventListener('pointermove', (event) => this.#onMove(event));
    canvas.addEventListener('pointerup', (event) => this.#onUp(event));
    canvas.addEventListener('pointercancel', (event) => this.#onUp(event));
    canvas.addEventListener('contextmenu', (event) => {
      if (this.#isMine) event.preventDefault();
    });
    canvas.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    keys.addEventListener('focus', () => this.#find('.stage').classList.add('focused'));
    keys.addEventListener('blur', () => {
      this.#find('.stage').classList.remove('focused');
      for (const key of this.#held) this.#send({ type: 'key', action: 'up', key });
      this.#held.clear();
    });
    keys.addEventListener('keydown', (event) => this.#onKeyDown(event));
    keys.addEventListener('keyup', (event) => this.#onKeyUp(event));
    keys.addEventListener('compositionupdate', ({ data }) =>
      this.#send({ type: 'compose', text: data.slice(0, 1000) }),
    );
    keys.addEventListener('compositionend', ({ data }) => {
      this.#send(data === '' ? { type: 'compose', text: '' } : { type: 'text', text: data });
      keys.value = '';
    });
    keys.addEventListener('input', (event) => this.#onInput(event));
    keys.addEventListener('paste', (event) => {
      event.preventDefault();
      const text = event.clipboardData.getData('text/plain');
      if (text.length > 100_000) this.#notice('The text is too long to be pasted.');
      else if (text !== '') this.#send({ type: 'text', text });
    });
    for (const name of ['copy', 'cut'])
      keys.addEventListener(name, (event) => {
        event.preventDefault();
        this.#send({ type: 'copy', cut: name === 'cut' });
      });
  }

  /** Control has come: what asked for it is done, if it was just now. */
  #begin() {
    if (!this.#asked) this.#find('.keys').focus();
    const first = this.#first;
    this.#first = undefined;
    if (first && performance.now() - first.at < firstInputMs) for (const message of first.messages) this.#send(message);
  }

  /** Sends input, or asks for control with it. */
  #input(message) {
    if (this.#first && performance.now() - this.#first.at > firstInputMs) this.#first = undefined;
    if (this.#isMine) this.#send(message);
    else if (this.#first) this.#first.messages.push(message);
    else if (this.#isFree && message.type === 'mouse' && message.action === 'down') {
      this.#first = { at: performance.now(), messages: [message] };
      this.take();
    }
  }

  /** Where in the picture an event is, as parts of its sides; the picture has bars beside it. */
  #placeOf({ clientX, clientY }) {
    const canvas = this.#find('canvas');
    const box = canvas.getBoundingClientRect();
    const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
    const part = (at, start, length, pixels) => (at - start - (length - pixels * scale) / 2) / (pixels * scale);
    const x = part(clientX, box.left, box.width, canvas.width);
    const y = part(clientY, box.top, box.height, canvas.height);
    const isInside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
    return { x: Math.min(Math.max(x, 0), 1), y: Math.min(Math.max(y, 0), 1), isInside, scale };
  }

  #onDown(event) {
    const { x, y, isInside } = this.#placeOf(event);
    if (!isInside || event.button === 1 || (!this.#isMine && !this.#isFree)) return;
    event.preventDefault();
    const { left, top } = this.#find('.stage').getBoundingClientRect();
    const keys = this.#find('.keys');
    keys.style.left = `${event.clientX - left}px`;
    keys.style.top = `${event.clientY - top}px`;
    keys.focus({ preventScroll: true });
    this.#find('canvas').setPointerCapture(event.pointerId);
    const button = event.button === 2 ? 'right' : 'left';
    const at = { x: event.clientX, y: event.clientY };
    const last = this.#lastClick;
    const isAgain =
      event.timeStamp - last.at < doubleClickMs && isWithin(last, at, doubleClickPixels) && last.button === button;
    const clicks = isAgain ? (last.clicks % 3) + 1 : 1;
    this.#lastClick = { ...at, at: event.timeStamp, clicks, button };
    // A finger on a page for the mouse scrolls it, or clicks.
    const isScroll = event.pointerType === 'touch' && !this.state.touch;
    this.#pointer = { id: event.pointerId, button, clicks, isScroll, from: at, last: at, isMoved: false };
    if (!isScroll) this.#input({ type: 'mouse', action: 'down', x, y, button, clicks });
    else if (!this.#isMine) {
      this.#first = { at: performance.now(), messages: [] };
      this.take();
    }
  }

  #onMove(event) {
    if (!this.#isMine) return;
    const { x, y, isInside, scale } = this.#placeOf(event);
    const pointer = this.#pointer;
    if (pointer?.isScroll) {
      const at = { x: event.clientX, y: event.clientY };
      if (!pointer.isMoved && isWithin(pointer.from, at, tapPixels)) return;
      this.#scroll(x, y, (pointer.last.x - at.x) / scale, (pointer.last.y - at.y) / scale);
      pointer.isMoved = true;
      pointer.last = at;
    } else if (isInside || pointer) {
      this.#move = { type: 'mouse', action: 'move', x, y };
      this.#moveTimer ??= setTimeout(() => this.#flushMove(), moveEveryMs);
    }
  }

  #onUp(event) {
    const pointer = this.#pointer;
    if (!pointer || pointer.id !== event.pointerId) return;
    this.#pointer = undefined;
    const { x, y } = this.#placeOf(event);
    const { button, clicks } = pointer;
    this.#flushMove();
    if (pointer.isScroll) {
      if (pointer.isMoved || event.type === 'pointercancel') return;
      this.#input({ type: 'mouse', action: 'down', x, y, button, clicks });
    }
    this.#input({ type: 'mouse', action: 'up', x, y, button, clicks });
  }

  #flushMove() {
    clearTimeout(this.#moveTimer);
    this.#moveTimer = undefined;
    if (this.#move && this.#isMine) this.#send(this.#move);
    this.#move = undefined;
  }

  #onWheel(event) {
    if (!this.#isMine) return;
    event.preventDefault();
    const { x, y } = this.#placeOf(event);
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    this.#scroll(x, y, event.deltaX * unit, event.deltaY * unit);
  }

  #scroll(x, y, dx, dy) {
    const before = this.#wheel;
    this.#wheel = { x, y, dx: (before?.dx ?? 0) + dx, dy: (before?.dy ?? 0) + dy };
    if (before) return;
    setTimeout(() => {
      const wheel = this.#wheel;
      this.#wheel = undefined;
      const bound = (delta) => Math.min(Math.max(delta, -5000), 5000);
      if (this.#isMine) this.#send({ type: 'wheel', x: wheel.x, y: wheel.y, dx: bound(wheel.dx), dy: bound(wheel.dy) });
    }, moveEveryMs);
  }

  #onKeyDown(event) {
    if (event.key === 'F6') {
      event.preventDefault();
      this.#leavePage();
      return;
    }
    if (!this.#isMine || event.isComposing || ['Process', 'Dead', 'Unidentified'].includes(event.key)) return;
    const isShortcut = event.ctrlKey || event.metaKey;
    if (isShortcut && !event.getModifierState('AltGraph') && /^[cxv]$/i.test(event.key)) return; // copy, cut, paste
    const isCharacter = [...event.key].length === 1;
    if (isCharacter && (event.getModifierState('AltGraph') || (event.altKey && !isShortcut))) {
      event.preventDefault();
      this.#send({ type: 'text', text: event.key });
      return;
    }
    const key = nameOf(event.key);
    if (!isCharacter && !knownKeys.has(key)) return;
    event.preventDefault();
    this.#held.add(key);
    this.#send({ type: 'key', action: 'down', key });
  }

  #onKeyUp(event) {
    const key = nameOf(event.key);
    if (!this.#held.delete(key)) return;
    event.preventDefault();
    this.#send({ type: 'key', action: 'up', key });
  }

  /** Keyboards on a screen send no keys. */
  #onInput(event) {
    if (event.isComposing || !this.#isMine) return;
    const keys = this.#find('.keys');
    if (event.inputType === 'deleteContentBackward') this.#press('Backspace');
    else if (event.inputType === 'insertLineBreak') this.#press('Enter');
    else if (event.data && event.inputType !== 'insertCompositionText') this.#send({ type: 'text', text: event.data });
    keys.value = '';
  }

  #press(key) {
    this.#send({ type: 'key', action: 'down', key });
    this.#send({ type: 'key', action: 'up', key });
  }

  async #copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.#notice('Copied.');
    } catch {
      this.#notice(`Copy this: ${text.slice(0, 300)}`);
    }
  }
}

const knownKeys = new Set(
  'Enter Tab Backspace Delete Escape ArrowLeft ArrowRight ArrowUp ArrowDown Home End PageUp PageDown Shift Control'.split(
    ' ',
  ),
);
const nameOf = (key) => (key === 'Meta' ? 'Control' : key);

const element = (name, properties) => Object.assign(document.createElement(name), properties);

function buttons(all) {
  const row = element('div', { className: 'buttons' });
  row.append(...all);
  return row;
}

function labelOf(url) {
  if (!URL.canParse(url) || url === 'about:blank') return 'New tab';
  const { host, pathname } = new URL(url);
  return `${host}${pathname === '/' ? '' : pathname}` || url;
}

customElements.define('live-view', LiveView);
