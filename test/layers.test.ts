import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Who may import whom, and which packages. Type imports count. `engine/engine.ts` is named by itself where only the port
 * may be seen, and `commands/executor.ts` where only the executor may.
 */
const table: Record<string, { folders: string[]; packages: string[] }> = {
  errors: { folders: [], packages: [] },
  util: { folders: ['errors'], packages: [] },
  'start-error': { folders: [], packages: [] },
  version: { folders: [], packages: [] },
  // What it gives is loaded when it is started.
  index: { folders: ['config', 'server', 'start-error'], packages: [] },
  'log-level': { folders: [], packages: [] },
  'log-error': { folders: ['errors'], packages: [] },
  logger: { folders: ['log-error', 'log-level'], packages: ['pino'] },
  config: { folders: ['errors', 'log-level', 'util'], packages: ['zod', 'yaml'] },
  protocol: { folders: ['errors', 'util/network-error-name.ts'], packages: ['zod', 'ipaddr.js', 'i18n-iso-countries'] },
  artifacts: { folders: [], packages: [] },
  egress: {
    folders: ['protocol', 'errors', 'util'],
    packages: ['socks', 'ipaddr.js', 'tldts', 'yaml', 'zod', 'undici'],
  },
  identity: { folders: ['errors'], packages: ['fingerprint-generator'] },
  snapshots: { folders: ['errors', 'util'], packages: [] },
  engine: {
    folders: ['identity', 'snapshots', 'errors', 'util'],
    packages: ['playwright-core', 'tar-fs', 'mediabunny'],
  },
  sessions: {
    folders: ['engine/engine.ts', 'egress', 'identity', 'snapshots', 'protocol', 'errors', 'util'],
    packages: [],
  },
  actions: { folders: ['engine/engine.ts', 'protocol', 'errors', 'util'], packages: [] },
  requests: {
    folders: [
      'actions',
      'engine/engine.ts',
      'egress/session-proxy.ts',
      'egress/http-client.ts',
      'sessions',
      'snapshots',
      'identity',
      'artifacts',
      'protocol',
      'errors',
      'util',
    ],
    packages: ['tough-cookie'],
  },
  attach: {
    folders: [
      'engine/engine.ts',
      'engine/live-page.ts',
      'engine/thumbnail.ts',
      'egress/session-proxy.ts',
      'identity',
      'sessions',
      'errors',
      'util',
    ],
    packages: ['zod'],
  },
  commands: {
    folders: [
      'requests',
      'attach/attach-tickets.ts',
      'attach/view/view-links.ts',
      'engine/engine.ts',
      'sessions',
      'identity',
      'artifacts',
      'protocol',
      'errors',
      'util',
    ],
    packages: [],
  },
  observability: {
    folders: ['engine/browser-pool.ts', 'sessions', 'protocol', 'errors', 'logger', 'util'],
    packages: ['prom-client'],
  },
  http: {
    folders: [
      'commands/executor.ts',
      'attach/attach-tickets.ts',
      'attach/client-socket.ts',
      'attach/view/thumbnails.ts',
      'attach/view/view-links.ts',
      'artifacts',
      'observability',
      'protocol',
      'errors',
      'logger',
      'util',
    ],
    packages: ['fastify', 'ws'],
  },
};
/** Which rooms of `engine/playwright` each of them may import. */
const playwrightRooms: Record<string, string[]> = {
  injected: [],
  driver: [],
  channel: ['driver', 'injected'],
  navigation: ['channel', 'driver', 'injected'],
  page: ['navigation', 'channel', 'driver', 'injected'],
  browsers: ['channel', 'driver', 'injected'],
  state: ['channel', 'driver', 'injected'],
};
const anything = new Set(['app', 'server', 'session-store', 'cli']);

/** The rooms of `protocol/`, each with those that it may import. Files beside them are of no room. */
const protocolRooms: Record<string, string[]> = {
  replies: [],
  fields: ['replies'],
  values: ['fields'],
  names: ['fields'],
  commands: ['fields', 'names', 'replies', 'values'],
  dialects: ['commands', 'fields', 'names', 'replies'],
  openapi: ['commands', 'dialects', 'fields', 'names', 'replies'],
};

const root = join(import.meta.dirname, '..', 'src');

interface SourceFile {
  readonly path: string;
  readonly imports: string[];
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesOf(join(folder, entry.name))
      : entry.name.endsWith('.ts')
        ? [join(folder, entry.name)]
        : [],
  );
}

const sources: SourceFile[] = filesOf(root).map((path) => ({
  path: relative(root, path).split(sep).join('/'),
  imports: [
    ...readFileSync(path, 'utf8').matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|import\('([^']+)'\)/gms),
  ].map((match) => match[1] ?? match[2] ?? ''),
}));

const folderOf = (path: string): string =>
  path.includes('/') ? (path.split('/', 1)[0] ?? '') : path.replace(/\.ts$/, '');
const targetOf = (from: string, specifier: string): string =>
  normalize(join(dirname(from), specifier))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts');

describe('the import table', () => {
  it('knows every folder', () => {
    const folders = new Set(sources.map(({ path }) => folderOf(path)));
    expect([...folders].filter((folder) => !(folder in table) && !anything.has(folder))).toEqual([]);
  });

  it.each(sources)('$path – imports only what its folder may', ({ path, imports }) => {
    const folder = folderOf(path);
    if (anything.has(folder)) return;
    const rule = table[folder];
    for (const specifier of imports) {
      if (specifier.startsWith('node:')) continue;
      if (!specifier.startsWith('.')) {
        expect(rule?.packages, `${path} imports ${specifier}`).toContain(specifier);
        continue;
      }
      const target = targetOf(path, specifier);
      const allowed =
        folderOf(target) === folder || rule?.folders.some((entry) => entry === folderOf(target) || entry === target);
      expect(allowed, `${path} imports ${target}`).toBe(true);
    }
  });

  it('the rooms of protocol – import down', () => {
    const roomOf = (path: string) => /^protocol\/([^/]+)\//.exec(path)?.[1];
    for (const { path, imports } of sources) {
      const room = roomOf(path);
      if (room === undefined) continue;
      const targets = imports.filter((name) => name.startsWith('.')).map((name) => roomOf(targetOf(path, name)));
      const others = targets.filter((target) => target !== undefined && target !== room);
      expect(protocolRooms, path).toHaveProperty(room);
      for (const target of others) expect(protocolRooms[room], `${path} imports protocol/${target}`).toContain(target);
    }
  });

  it('has no cycles', () => {
    const edges = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports.filter((name) => name.startsWith('.')).map((name) => targetOf(path, name)),
      ]),
    );
    const done = new Set<string>();
    const visit = (path: string, trail: string[]): void => {
      expect(trail, `a cycle: ${[...trail, path].join(' → ')}`).not.toContain(path);
      if (done.has(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
  });

  it.each(Object.entries(playwrightRooms))('engine/playwright/%s – imports only rooms below it', (room, below) => {
    const base = 'engine/playwright/';
    const inside = sources.filter(({ path }) => path.startsWith(`${base}${room}/`));
    expect(inside.length).toBeGreaterThan(0);
    const targets = inside.flatMap(({ path, imports }) =>
      imports.filter((name) => name.startsWith('.')).map((name) => targetOf(path, name)),
    );
    const rooms = targets
      .filter((target) => target.startsWith(base))
      .map((target) => target.slice(base.length).split('/'))
      .flatMap(([name = '', file]) => (file === undefined ? [] : [name]));
    expect([...new Set(rooms)].filter((name) => name !== room && !below.includes(name))).toEqual([]);
  });

  it('engine/executables knows no driver', () => {
    const finders = sources.filter(({ path }) => path.startsWith('engine/executables/'));
    const targets = finders.flatMap(({ path, imports }) => imports.map((name) => targetOf(path, name)));
    expect(targets.filter((target) => target.startsWith('engine/playwright/'))).toEqual([]);
  });

  it('in the engine the DOM is touched by injected/ alone', () => {
    const users = sources.filter(({ path }) => {
      if (!path.startsWith('engine/') || path.startsWith('engine/playwright/injected/')) return false;
      const code = readFileSync(join(root, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|\s\/\/ .*/g, '');
      return /\b(HTML\w*Element|XPathResult|XMLSerializer)\b|(^|[^.#\w'"`-])(document|window)\.\w/m.test(code);
    });
    expect(users.map(({ path }) => path)).toEqual([]);
  });

  it('no module keeps state in a variable of its own', () => {
    const keepers = sources.filter(({ path }) => /^(export )?let /m.test(readFileSync(join(root, path), 'utf8')));
    expect(keepers.map(({ path }) => path)).toEqual([]);
  });

  it('process is touched by cli and config alone', () => {
    const users = filesOf(root)
      .filter((path) => /\bprocess\.(env|argv|exit|on|once|stdout|cwd|kill)\b/.test(readFileSync(path, 'utf8')))
      .map((path) => relative(root, path));
    expect(users.filter((path) => !/^(cli|config)\//.test(path))).toEqual([]);
  });
});
