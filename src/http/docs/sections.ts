import { type Content, type Example, type Operation, type ReferenceDocument, schemaNameOfCommand } from './document.js';
import { groupedFields, titleOfGroup } from './field-groups.js';
import { commonFields, FieldLists, type Fields, type Schema, schemaNameOf } from './fields.js';
import { code, escapeHtml, prose, readableJson } from './html.js';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly summary?: string;
  readonly html: string;
}
/** Where a named schema is explained, if not in a section of its own. */
const anchors: Readonly<Record<string, string>> = {
  RequestFields: 'request-fields',
  BrowserAction: 'browserActions',
  Solution: 'solution',
  Error: 'errors',
  Progress: 'event-stream',
  SessionEvent: 'session-events',
};

/** The sections of the reference. A field is explained in the section that is made first; later ones link to it. */
export class DocsSections {
  readonly #document: ReferenceDocument;
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #address: string;
  readonly #query: string;
  readonly #lists: FieldLists;
  /** Named schemas that something links to. */
  readonly #referred = new Set<string>();

  /** @param query what the address of a command ends with, `?key=…` */
  constructor(document: ReferenceDocument, address: string, query: string) {
    this.#document = document;
    this.#schemas = document.components.schemas;
    this.#address = address;
    this.#query = query;
    this.#lists = new FieldLists((name) => {
      this.#referred.add(name);
      return anchors[name] ?? `shape.${name}`;
    });
  }

  get commandNames(): string[] {
    return Object.keys(this.#requestExamples());
  }

  /** An example for each command, by its name. */
  #requestExamples(): Readonly<Record<string, Example>> {
    return this.#document.paths['/api/v1']?.post?.requestBody?.content['application/json']?.examples ?? {};
  }

  #replyContent(type: string): Content {
    return this.#document.paths['/api/v1']?.post?.responses[200]?.content?.[type] ?? {};
  }

  start(): Section {
    const examples = this.#requestExamples();
    const first = ['sessions.create', 'request.get', 'sessions.destroy'].flatMap((name) => examples[name] ?? []);
    const html = `<p>Post a JSON object to <code>/api/v1</code>; its <code>cmd</code> names the command. A session is a browser tab with cookies, storage and a proxy of its own. It stays where it is between requests.</p>
${first.map(({ value }) => this.#curl(value)).join('')}
<p>A key, if this server needs one, goes as <code>?key=</code>, <code>Authorization: Bearer</code> or <code>x-api-key</code>.</p>
<p>Names of fields are matched in any case. Flags and numbers may be sent as text (<code>"true"</code>, <code>"5000"</code>).</p>`;
    return { id: 'start', title: 'Send a command', html };
  }

  command(name: string): Section {
    const example = this.#requestExamples()[name];
    const schema = this.#schemas[schemaNameOfCommand(name)] ?? {};
    const shared = schema.allOf?.flatMap(({ $ref }) => $ref ?? [])[0];
    const { cmd: _cmd, ...fields } = schema.properties ?? {};
    const list = shared === undefined ? this.#groupedList(name, fields, schema.required) : '';
    const text = schema.description ?? example?.description;
    const html = `${text === undefined ? '' : `<p>${prose(text)}</p>`}
${shared === undefined ? list || '<p>It has no fields.</p>' : `<p>Its fields are those of <a href="#request-fields">every request</a>.</p>`}
<h4>Request</h4>${example ? this.#curl(example.value) : ''}${this.#reply(name)}`;
    return { id: name, title: name, summary: example?.summary ?? '', html };
  }

  /** Commands with the same reply, as the verbs are, show it once. */
  #reply(name: string): string {
    const schema = this.#replySchema(name);
    const { examples = {} } = this.#replyContent('application/json');
    const [first = name] = Object.keys(examples).filter((other) => this.#replySchema(other) === schema);
    if (first !== name) return `<p>The reply is that of <a href="#${first}">${code(first)}</a>.</p>`;
    const list = this.#lists.list({
      id: `${name}/reply`,
      fields: schema.properties ?? {},
      required: schema.required,
      direction: 'returned',
      scope: 'reply',
    });
    return `<h4>Reply</h4><pre>${escapeHtml(readableJson(examples[name]?.value))}</pre>${list}`;
  }

  /** The schema of a command's reply; the verbs share one. */
  #replySchema(name: string): Schema {
    return this.#schemas[`${schemaNameOfCommand(name)}Reply`] ?? this.#schemas.RequestReply ?? {};
  }

  /** The fields of a command under a heading for each group, then links to those that are explained elsewhere. */
  #groupedList(id: string, fields: Fields, required: readonly string[] | undefined): string {
    const { own, shared } = this.#partition(Object.entries(fields));
    const groups = groupedFields(own);
    const lists = groups.map(([group, ownFields]) => {
      const heading = groups.length > 1 ? `<h4>${escapeHtml(titleOfGroup(group))}</h4>` : '';
      return `${heading}${this.#lists.list({ id, fields: ownFields, required })}`;
    });
    return [...lists, this.#lists.list({ id, fields: shared, required })].join('');
  }

  #partition(entries: readonly [string, Schema][]): { own: Fields; shared: Fields } {
    const isShared = ([name, schema]: [string, Schema]): boolean => this.#lists.explains(name, schema, '');
    return {
      own: Object.fromEntries(entries.filter((entry) => !isShared(entry))),
      shared: Object.fromEntries(entries.filter(isShared)),
    };
  }

  requestFields(): Section[] {
    const { properties = {}, required } = this.#schemas.RequestFields ?? {};
    const entries = Object.entries(properties);
    const { own, shared } = this.#partition(entries.filter(([, { deprecated }]) => !deprecated));
    const sections = groupedFields(own).map(([group, fields]): Section => {
      const id = `request-fields.${group}`;
      return { id, title: titleOfGroup(group), html: this.#lists.list({ id, fields, required }) };
    });
    const intro = `<p>For <code>request.get</code>, <code>.post</code>, <code>.put</code>, <code>.delete</code> and <code>.patch</code>, and for each request of a <a href="#request.batch"><code>request.batch</code></a>.</p>`;
    const id = 'request-fields.options';
    const options: Section = {
      id,
      title: 'Options of the session',
      summary: 'As for sessions.create, for a request that opens its session',
      html: this.#lists.list({ id, fields: shared, required }),
    };
    return [
      { id: 'request-fields', title: 'Every request', html: intro },
      ...sections,
      ...(Object.keys(shared).length === 0 ? [] : [options]),
      withoutEffect(entries),
    ];
  }

  actions(): Section[] {
    const forms = this.#schemas.BrowserAction?.oneOf ?? [];
    const common = commonFields(forms);
    const list = this.#lists.list({ id: 'browserActions', fields: common, scope: 'action' });
    const example = [
      { type: 'type', cssSelector: '[name=user]', text: 'anna' },
      { type: 'click', cssSelector: 'text=Log in', waitForSelector: '.account' },
    ];
    const intro = `<p>The field <code>browserActions</code> of a request: what to do on the page, in order. Each has a <code>type</code>.</p>
<pre>${escapeHtml(`"browserActions": [\n${example.map((action) => `  ${JSON.stringify(action)}`).join(',\n')}\n]`)}</pre><h4>Fields of every action</h4>${list}`;
    const sections = forms.map((form): Section => {
      const { type, ...fields } = form.properties ?? {};
      const name = String(type?.const);
      const id = `action.${name}`;
      const own = Object.fromEntries(Object.entries(fields).filter(([field]) => !(field in common)));
      return {
        id,
        title: name,
        summary: form.description ?? '',
        html: this.#lists.list({ id, fields: own, required: form.required, scope: 'action' }),
      };
    });
    return [{ id: 'browserActions', title: 'How to act', html: intro }, ...sections];
  }

  solution(): Section {
    const { properties = {}, required } = this.#schemas.Solution ?? {};
    const html = `<p>What a request brought back. Some fields come only if they were asked for, as their text says; <code>filter</code> leaves only those that it names.</p>${this.#lists.list({ id: 'solution', fields: properties, required, direction: 'returned' })}`;
    return { id: 'solution', title: 'solution', summary: 'Everything it can hold', html };
  }

  replies(): Section[] {
    const names = Object.keys(this.#replyContent('application/json').examples ?? {});
    const schemas = [...new Set(names.map((name) => this.#replySchema(name)))];
    const common = commonFields(schemas);
    const required = schemas.flatMap((schema) => schema.required ?? []);
    const error = this.#schemas.Error ?? {};
    const { code: _code, ...errorFields } = error.properties ?? {};
    const list = (id: string, fields: Fields, names: readonly string[] | undefined) =>
      this.#lists.list({ id, fields, required: names, direction: 'returned', scope: 'reply' });
    return [
      {
        id: 'replies',
        title: 'Every reply',
        summary: 'The fields that replies have in common',
        html: list('replies', common, required),
      },
      {
        id: 'errors',
        title: 'Errors',
        summary: 'When a command fails',
        html: `<p>A command that was understood answers 200 also when it fails: <code>data</code> is <code>"error"</code> then, and <code>code</code> one of <a href="/docs/errors">these codes</a>.</p>${list('errors', errorFields, error.required)}`,
      },
    ];
  }

  eventStream(): Section {
    const request = this.#requestExamples()['request.get']?.value ?? {};
    const { schema = {} } = this.#replyContent('text/event-stream');
    const forms = this.#schemas.Progress?.oneOf ?? [];
    const lists = forms.map(({ properties: { type, ...fields } = {}, required }) => {
      const name = String(type?.const);
      return `<h4>Event ${code(name)}</h4>${this.#lists.list({ id: `event-stream/${name}`, fields, required, direction: 'returned', scope: 'event' })}`;
    });
    const html = `<p>${prose(schema.description ?? '')}</p>
${this.#curl(request, { options: "-N -H 'Accept: text/event-stream' " })}<pre>${escapeHtml(sampleEvents)}</pre>${lists.join('')}`;
    return { id: 'event-stream', title: 'Progress of a command', summary: 'With Accept: text/event-stream', html };
  }

  sessionEvents(): Section {
    const forms = this.#schemas.SessionEvent?.oneOf ?? [];
    const common = commonFields(forms);
    const list = (id: string, fields: Fields, required: Schema['required']): string =>
      this.#lists.list({ id, fields, required, direction: 'returned', scope: id });
    const lists = forms.map(({ properties = {}, required, description = '' }) => {
      const own = Object.entries(properties).filter(([name]) => name !== 'kind' && !(name in common));
      const name = String(properties.kind?.const);
      return `<h4>${code(name)}</h4><p>${prose(description)}</p>${list(`session-events/${name}`, Object.fromEntries(own), required)}`;
    });
    const html = `<p>What <a href="#sessions.events"><code>sessions.events</code></a> tells. Each has a <code>kind</code>.</p>${list('session-events', common, Object.keys(common))}${lists.join('')}`;
    return { id: 'session-events', title: 'Events of a session', summary: 'Each kind, and what it says', html };
  }

  /** What is served besides commands, a section each, those that take a body first. */
  routes(tag: string): Section[] {
    return (['post', 'get'] as const).flatMap((method) =>
      Object.entries(this.#document.paths).flatMap(([path, item]): Section[] => {
        const operation = item[method];
        if (!operation?.tags.includes(tag) || path === '/api/v1') return [];
        const id = `${method}${path}`;
        const title = `${method.toUpperCase()} ${path}`;
        return [{ id, title, summary: operation.summary, html: this.#route(id, path, operation) }];
      }),
    );
  }

  #route(id: string, path: string, { description, requestBody, responses }: Operation): string {
    const sent = requestBody?.content['application/json']?.schema;
    const body = this.#resolved(sent);
    const fields = body
      ? `<h4>Request</h4>${this.#dialectExample(path)}${this.#lists.list({ id, fields: body.properties ?? {}, required: body.required, scope: sent?.$ref ?? id })}`
      : '';
    const replies = Object.entries(responses).map(([status, response]) => {
      const { schema, example } = response.content?.['application/json'] ?? {};
      const returned = this.#resolved(schema);
      const isError = schema?.$ref?.endsWith('/Error') === true;
      const list =
        returned?.properties && !isError
          ? this.#lists.list({
              id: `${id}/${status}`,
              fields: returned.properties,
              required: returned.required,
              direction: 'returned',
              scope: schema?.$ref ?? id,
            })
          : '';
      const sample = example === undefined ? '' : `<pre>${escapeHtml(readableJson(example))}</pre>`;
      return `<p><strong>${status}</strong> ${prose(response.description)}${isError ? ' (<a href="#errors">error</a>)' : ''}</p>${sample}${list}`;
    });
    return `${description === undefined ? '' : `<p>${prose(description)}</p>`}${fields}<h4>Reply</h4>${replies.join('\n')}`;
  }

  #dialectExample(path: string): string {
    const value = { cmd: 'request.get', url: 'https://example.com/', session: 'my-session-id', maxTimeout: 60_000 };
    return path.includes('{') ? '' : this.#curl(value, { path });
  }

  #resolved(schema: Schema | undefined): Schema | undefined {
    return schema?.$ref === undefined ? schema : this.#schemas[schemaNameOf(schema.$ref)];
  }

  /** The named schemas that other sections link to; explaining one may lead to the next. */
  shapes(): Section[] {
    const sections: Section[] = [];
    for (const name of this.#referred) {
      if (anchors[name] !== undefined) continue;
      const schema = this.#schemas[name] ?? {};
      const id = `shape.${name}`;
      const forms = schema.anyOf ?? schema.oneOf ?? [schema];
      const lists = forms.map((form) =>
        this.#lists.list({ id, fields: form.properties ?? {}, required: form.required }),
      );
      sections.push({ id, title: name, summary: schema.description ?? '', html: lists.join('<p>Or:</p>') });
    }
    return sections;
  }

  #curl(body: Readonly<Record<string, unknown>>, { options = '', path = '/api/v1' } = {}): string {
    const text = readableJson(body).replaceAll("'", "'\\''");
    return `<pre class="shell">${escapeHtml(`curl -s ${options}'${this.#address}${path}${this.#query}' -d '${text}'`)}</pre>`;
  }
}

/** The fields that are accepted without effect, by the reason. */
function withoutEffect(entries: readonly [string, Schema][]): Section {
  const reasons = new Map<string, string[]>();
  for (const [name, { deprecated, description = '' }] of entries) {
    if (!deprecated) continue;
    reasons.set(description, [...(reasons.get(description) ?? []), name]);
  }
  const rows = [...reasons].map(
    ([reason, names]) => `<div class="field"><dt>${names.map(code).join(' ')}</dt><dd>${prose(reason)}</dd></div>`,
  );
  return {
    id: 'request-fields.no-effect',
    title: 'Without effect',
    summary: 'Accepted, so that existing code runs; a warning in the reply says so',
    html: `<dl class="fields">${rows.join('')}</dl>`,
  };
}

const sampleEvents = `event: navigation
data: {"type":"navigation","url":"https://example.com/","statusCode":200,"elapsedMs":96}

event: reply
data: {"solution":{…},"data":"success","session":"my-session-id","timeElapsed":112,"requestId":"5f0c1f9be2a84d17"}`;
