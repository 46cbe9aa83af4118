import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { snippetsOf } from '../../../ui/src/form/snippets.js';

const hostile = `it's "quoted" \\ $HOME \`id\` \n line`;
const body = { cmd: 'sessions.create', session: hostile, persist: true, nothing: null, list: [1, { a: [] }] };
const codeOf = (name: string, wantsKey = false): string =>
  snippetsOf(body, 'http://127.0.0.1:8191', wantsKey).find((snippet) => snippet.name === name)?.code ?? '';

it('curl – a shell gives it the body as it is, whatever is in it', () => {
  const { stdout } = spawnSync('sh', ['-c', `curl() { for last; do :; done; printf %s "$last"; }; ${codeOf('curl')}`], {
    encoding: 'utf8',
  });
  expect(JSON.parse(stdout)).toEqual(body);
});

it('JavaScript – sends the body as it is', async () => {
  const sent: unknown[] = [];
  const fetch = async (_url: string, { body: text }: { body: string }) => {
    sent.push(JSON.parse(text));
    return { json: async () => ({ data: 'success' }) };
  };
  const run = new Function('fetch', 'console', `return (async () => { ${codeOf('JavaScript')} })();`);
  await run(fetch, { log: () => {} });
  expect(sent).toEqual([body]);
});

it('Python – has its own words for true and nothing', () => {
  const code = codeOf('Python');
  expect(code).toContain('"persist": True,');
  expect(code).toContain('"nothing": None,');
  expect(code).toContain('"a": [],');
});

it.each(['curl', 'JavaScript', 'Python'])(
  '%s – where the server wants a key – reads it from the environment',
  (name) => {
    expect(codeOf(name, true)).toContain('MOORING_KEY');
    expect(codeOf(name)).not.toContain('KEY');
  },
);
