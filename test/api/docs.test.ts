import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { wireCodes } from '../../src/errors.js';
import { commandNames } from '../../src/protocol/commands.js';
import { RunningApp } from '../support/start-app.js';

let app: RunningApp;
afterEach(() => app.close());

interface Schema {
  readonly properties: Record<string, { readonly const?: string; readonly deprecated?: boolean }>;
  readonly oneOf: readonly Schema[];
}

/** The page of a new server, and what its OpenAPI document says it has to show. */
async function readDocs(settings: Record<string, string> = {}) {
  app = await RunningApp.start(settings);
  const { text, headers } = await app.get('/docs');
  const { body } = await app.get('/openapi.json');
  const schemas: Record<string, Schema> = body.components.schemas;
  return { text, headers, schemas, paths: Object.keys(body.paths) };
}

/** One section of the page, with what is in it. */
function section(text: string, id: string): string {
  const start = text.indexOf(`<section id="${id}">`);
  expect(start, `a section ${id}`).toBeGreaterThan(-1);
  return text.slice(start, text.indexOf('</section>', start));
}

const namesIn = (schema: Schema | undefined): string[] => Object.keys(schema?.properties ?? {});
const labelled = (name: string): string => `<code>${name}</code>`;

describe('/docs', () => {
  it('its examples go to the address that it was read at', async () => {
    const { text } = await readDocs();
    expect(text).toContain(`curl -s '${app.url}/api/v1' -d`);
    expect(text).toContain(`curl -s -N -H 'Accept: text/event-stream' '${app.url}/api/v1' -d`);
    expect(text).toContain(`curl -s '${app.url}/v1' -d`);
    expect(text).not.toContain(':8191');
    expect(text).not.toContain('mooring.invalid');
  });

  it('its examples show where a key goes if the server wants one', async () => {
    const { text } = await readDocs({ MOORING_API_KEYS: 'hush' });
    expect(text).toContain(`curl -s '${app.url}/api/v1?key=YOUR_KEY' -d`);
    expect(text).not.toContain('hush');
  });

  it('every command and every field of a request – shown, what matters first', async () => {
    const { text, schemas } = await readDocs();
    for (const name of commandNames) expect(text).toContain(`<section id="${name}">`);
    expect(section(text, 'sessions.create')).toContain('It ends 200 seconds after its last request');
    for (const name of namesIn(schemas.RequestFields)) expect(text).toContain(labelled(name));
    const places = ['sessions.create', 'request.get', 'request-fields', 'browserActions', 'sessions.list'];
    const order = places.map((id) => text.indexOf(`<section id="${id}">`));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('a field that several commands share – explained once, linked from the others', async () => {
    const { text } = await readDocs();
    expect(text.match(/id="[^"]+\/proxyCountry"/g)).toHaveLength(1);
    for (const id of ['request.batch', 'sessions.proxy'])
      expect(section(text, id)).toContain('<a href="#sessions.create/proxyCountry">');
  });

  it('every browser action – with its fields', async () => {
    const { text, schemas } = await readDocs();
    const actions = schemas.BrowserAction?.oneOf ?? [];
    expect(actions.length).toBeGreaterThan(20);
    const shared = section(text, 'browserActions');
    for (const action of actions) {
      const html = section(text, `action.${action.properties.type?.const}`);
      for (const name of namesIn(action).filter((field) => field !== 'type'))
        expect(html + shared).toContain(labelled(name));
    }
    expect(section(text, 'action.click')).toContain('<code>cssSelector</code></a> <em>required</em>');
  });

  it('fields that take one of several forms – every form', async () => {
    const { text, schemas } = await readDocs();
    const create = section(text, 'sessions.create');
    const browser = create.slice(create.indexOf('id="sessions.create/browser"'));
    for (const part of ['&quot;safari&quot;', 'minVersion', 'maxVersion', 'or a list of them'])
      expect(browser).toContain(part);
    const filter = text.slice(text.search(/id="[^"]+\/filter"/));
    for (const name of namesIn(schemas.Solution)) expect(filter).toContain(labelled(name));
    const cookies = text.slice(text.search(/id="request-fields[^"]+\/cookies"/));
    expect(cookies.slice(0, 400)).toMatch(/string .*list \(<a href="#shape\.CookieInput">CookieInput<\/a> \| string\)/);
    for (const name of ['name', 'key', 'sameSite'])
      expect(section(text, 'shape.CookieInput')).toContain(labelled(name));
  });

  it('everything that a solution can hold, and what is in its lists', async () => {
    const { text, schemas } = await readDocs();
    const html = section(text, 'solution');
    for (const name of namesIn(schemas.Solution)) expect(html).toContain(`id="solution/${name}"`);
    for (const name of ['size', 'responseHeaders', 'reason']) expect(html).toContain(labelled(name)); // downloads, exchanges, blocked
    expect(section(text, 'errors')).toContain('id="errors/retryAfterMs"');
  });

  it('the event stream, the FlareSolverr dialect, balance, files and every other route', async () => {
    const { text, schemas, paths } = await readDocs();
    expect(section(text, 'event-stream')).toContain('event: reply');
    for (const form of schemas.Progress?.oneOf ?? []) {
      const id = `event-stream/${form.properties.type?.const}`;
      for (const name of namesIn(form).filter((field) => field !== 'type'))
        expect(section(text, 'event-stream')).toMatch(new RegExp(`(id="${id}|#event-stream/\\w+)/${name}"`));
    }
    for (const name of namesIn(schemas.DialectCommand)) expect(section(text, 'post/v1')).toContain(labelled(name));
    for (const path of paths.filter((path) => path !== '/api/v1')) expect(text).toMatch(`${path}</a></h3>`);
    expect(section(text, 'get/api/v1/balance')).toContain('{&quot;balance&quot;:100}');
  });

  it('every link within the page leads somewhere, and every address is there once', async () => {
    const { text } = await readDocs();
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of text.matchAll(/ href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('loads nothing from elsewhere, and its policy lets its own script and style alone run', async () => {
    const { text, headers } = await readDocs();
    expect(text).not.toMatch(/\ssrc=|@import|url\(|<link(?! rel="icon" href="data:,")|\son\w+=|\sstyle=/);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    for (const tag of ['script', 'style']) {
      const sources = [...text.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))];
      expect(sources).toHaveLength(1);
      const hash = createHash('sha256')
        .update(sources[0]?.[1] ?? '')
        .digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
  });
});

describe('/docs/errors', () => {
  it('a row for each code', async () => {
    app = await RunningApp.start();
    const { text, headers } = await app.get('/docs/errors');
    for (const code of wireCodes) expect(text).toContain(`<tr id="${code}">`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
