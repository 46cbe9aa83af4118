import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Program } from '../support/program.js';

const root = join(import.meta.dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const isOffline =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT)\b/;

let folder: string;
let files: string[];
let whyNot: string | undefined;

const run = (program: string, args: readonly string[], cwd = folder): SpawnSyncReturns<string> =>
  spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...process.env, npm_config_update_notifier: 'false' } });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-package-'));
  const packed = run('npm', ['pack', '--json', '--pack-destination', folder], root);
  const text = packed.stdout.slice(packed.stdout.search(/^\[/m));
  const [tarball] = JSON.parse(text) as { filename: string; files: { path: string }[] }[];
  if (!tarball) throw new Error(packed.stderr);
  files = tarball.files.map(({ path }) => path);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const install = ['install', '--omit=dev', '--prefer-offline', '--fetch-retries=0', '--no-audit', '--no-fund'];
  const { status, stderr } = run('npm', [...install, join(folder, tarball.filename)]);
  if (status === 0) return;
  if (!isOffline.test(stderr)) throw new Error(stderr);
  whyNot = `no package registry is reached from here: ${isOffline.exec(stderr)?.[0]}`;
  console.info(`The package is not installed: ${whyNot}.`);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

it('the tarball – has the program, the types, the licence, and nothing of the workshop', () => {
  for (const path of [
    'dist/index.js',
    'dist/index.d.ts',
    'dist/cli/mooring.cjs',
    'dist/ui/index.html',
    'view/live-view.js',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'docs/terminal.svg',
    'docs/guides/library.md',
    'examples/shop.mjs',
  ])
    expect(files).toContain(path);
  expect(
    files.filter(
      (path) =>
        !/^(dist\/.+\.(c?js|d\.c?ts|json)|dist\/ui\/(index\.html|assets\/.+\.(css|js|svg))|view\/[^/]+\.(html|css|js)|docs\/.+\.(md|json|svg|png)|examples\/.+|[A-Z]+\.md|LICENSE|package\.json)$/.test(
          path,
        ),
    ),
  ).toEqual([]);
});

describe('installed in an empty folder', () => {
  beforeEach(({ skip }) => skip(whyNot !== undefined, whyNot));

  it('brings no tools of development', () => {
    const names = readdirSync(join(folder, 'node_modules'));
    expect(names).toContain('mooring');
    expect(names.filter((name) => /^(typescript|vitest|publint|fast-check|@biomejs)$/.test(name))).toEqual([]);
  });

  it('import – starts nothing, says nothing, and loads neither server nor browser driver', () => {
    const code = `import('mooring').then((it) => console.log(JSON.stringify([Object.keys(it), Object.keys(require.cache)])))`;
    const { status, stdout, stderr } = run(process.execPath, ['-e', code]);
    expect([status, stderr]).toEqual([0, '']);
    const [names, loaded] = JSON.parse(stdout) as [string[], string[]];
    expect(names.sort()).toEqual(['ConfigError', 'StartError', 'createServer']);
    expect(loaded.filter((path) => /playwright|fastify|pino|undici/.test(path))).toEqual([]);
  });

  it('createServer – serves, and its program ends by itself once it is closed', () => {
    const code = `
      import { createServer } from 'mooring';
      const server = createServer({ port: 0, logLevel: 'silent', dataDir: 'data' });
      const address = await server.start();
      const body = JSON.stringify({ cmd: 'sessions.create' });
      const reply = await (await fetch(address + '/api/v1', { method: 'POST', body })).json();
      console.log(reply.data);
      await server.close();`;
    const { status, stdout, stderr } = run(process.execPath, ['--input-type=module', '-e', code]);
    expect([status, stdout, stderr]).toEqual([0, 'success\n', '']);
  });

  it('npx mooring --version, --help – are answered; what is misspelt is refused with the nearest name', () => {
    expect(run('npx', ['mooring', '--version']).stdout).toBe(`${version}\n`);
    expect(run('npx', ['mooring', '--help']).stdout).toContain('--idle-timeout <duration>');
    const { status, stdout, stderr } = run('npx', ['mooring', 'serve', '--prot', '0']);
    expect([status, stdout, stderr]).toEqual([2, '', 'mooring: --prot is not a flag. Did you mean `--port`?\n']);
  });

  it('npx mooring browsers – lists what it can run', () => {
    const { status, stdout } = run('npx', ['mooring', 'browsers']);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^ {2}\* {2}Chromium {2}\d/m)]);
  });

  it('npx mooring serve --port 0 – takes precedence over the environment, serves and makes a session', async () => {
    const program = new Program({
      command: ['npx', 'mooring', 'serve', '--port', '0', '--log-level', 'warn'],
      cwd: folder,
      env: { MOORING_PORT: '1', MOORING_LOG_LEVEL: 'loud' },
    });
    try {
      const { body } = await program.send({ cmd: 'sessions.create', session: 'first' });
      expect(body).toMatchObject({ data: 'success', session: 'first' });
    } finally {
      await program.end();
    }
  });

  it('TypeScript – sees the types, without those of Node', () => {
    writeFileSync(
      join(folder, 'program.mts'),
      `import { ConfigError, createServer, type MooringServer, type ServerOptions, StartError } from 'mooring';
const options: ServerOptions = { port: 8422, idleTimeout: '15m', apiKeys: ['k'], logLevel: 'silent', requestLog: false };
const server: MooringServer = createServer(options);
const address: Promise<string> = server.start();
const closed: Promise<void> = server.close();
const errors: Error[] = [new ConfigError(['no']), new StartError('no')];
// @ts-expect-error: a misspelt option
createServer({ prot: 8422 });
// @ts-expect-error: a level that there is not
createServer({ logLevel: 'loud' });
export { address, closed, errors };
`,
    );
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--module',
      'nodenext',
      '--target',
      'es2023',
    ];
    const { status, stdout } = run(process.execPath, [compiler, ...flags, '--types', '', 'program.mts']);
    expect([status, stdout]).toEqual([0, '']);
  });
});
