import { z } from 'zod';
import { logLevels } from '../log-level.js';
import {
  countSchema,
  durationSchema,
  hostAndPortSchema,
  keysSchema,
  pathSchema,
  privateNetworksSchema,
  sizeSchema,
  stateKeysSchema,
  switchSchema,
  textSchema,
  waitOrOffSchema,
  waitSchema,
} from './value-schemas.js';

/** The groups of settings, in the order in which they are listed. */
export const settingGroups = [
  'Listening',
  'Sessions',
  'Network and proxies',
  'Browsers',
  'HTTP limits',
  'Files',
  'State',
  'Log',
] as const;
export type SettingGroup = (typeof settingGroups)[number];

/** One setting: everything there is to know about it, in one row. */
export interface Setting<T> {
  /** What it is listed under. */
  readonly group: SettingGroup;
  /** Names in the environment; the first that is set counts. */
  readonly env: readonly [string, ...string[]];
  readonly schema: z.ZodType<T>;
  /** Shape and unit, as `docs/reference/settings.md` prints it. */
  readonly shape: string;
  readonly sentence: string;
  /** The default as text; `undefined` where there is none. */
  readonly default: string | undefined;
}

const setting = <T>(row: Setting<T>): Setting<T> => row;

/** What a process of a browser may need for a plain page. */
const minPageMemoryBytes = 100 * 1024 ** 2;

/** Every setting. `docs/reference/settings.md` is printed from here. */
export const settings = {
  port: setting({
    group: 'Listening',
    env: ['MOORING_PORT', 'PORT'],
    schema: countSchema(0, 65535),
    shape: 'port; `0` = any free one',
    default: '8191',
    sentence: 'The port that the server listens on.',
  }),
  host: setting({
    group: 'Listening',
    env: ['MOORING_HOST'],
    schema: textSchema('an address'),
    shape: 'address',
    default: '127.0.0.1',
    sentence: 'The address that the server listens on. Any but a loopback address needs `MOORING_API_KEYS`.',
  }),
  apiKeys: setting({
    group: 'Listening',
    env: ['MOORING_API_KEYS'],
    schema: keysSchema,
    shape: 'list, comma-separated',
    default: undefined,
    sentence: 'The API keys that are accepted. If omitted, any key is, and the server stays on loopback.',
  }),
  adminKey: setting({
    group: 'Listening',
    env: ['MOORING_ADMIN_KEY'],
    schema: textSchema('a key').optional(),
    shape: 'key',
    default: undefined,
    sentence:
      'The key that drains the server (`POST /admin/drain`), and nothing else. If omitted, the first of `MOORING_API_KEYS` ' +
      'does; without keys, every caller.',
  }),
  metricsKey: setting({
    group: 'Listening',
    env: ['MOORING_METRICS_KEY'],
    schema: textSchema('a key').optional(),
    shape: 'key',
    default: undefined,
    sentence:
      'The key that reads `/metrics`, and nothing else. If omitted, every API key reads them; where API keys are ' +
      'set, proxies of the pool are numbered there, not named.',
  }),
  idleTimeoutMs: setting({
    group: 'Sessions',
    env: ['MOORING_IDLE_TIMEOUT'],
    schema: durationSchema.refine((ms) => ms > 0, 'expected more than 0'),
    shape: 'duration',
    default: '200s',
    sentence: 'How long a session lives after its last request. `session_ttl` of a session takes precedence.',
  }),
  pauseAfterMs: setting({
    group: 'Sessions',
    env: ['MOORING_PAUSE_AFTER'],
    schema: waitOrOffSchema,
    shape: 'duration, `off`',
    default: '10s',
    sentence:
      'How long after its last request the page of a session is paused: no timers, no animation, no processor time. The next request lets it go on. `off`: never. Chromium only; `keepRunning` of a session takes precedence.',
  }),
  maxLifetimeMs: setting({
    group: 'Sessions',
    env: ['MOORING_MAX_LIFETIME'],
    schema: durationSchema.refine((ms) => ms > 0, 'expected more than 0').optional(),
    shape: 'duration',
    default: undefined,
    sentence: 'The longest life of a session, however busy. `maxLifetime` of a session can only shorten it.',
  }),
  persistTtlMs: setting({
    group: 'Sessions',
    env: ['MOORING_PERSIST_TTL'],
    schema: durationSchema.refine((ms) => ms > 0, 'expected more than 0'),
    shape: 'duration',
    default: '30d',
    sentence: 'How long a session with `persist` is kept after its last request.',
  }),
  crashRestore: setting({
    group: 'Sessions',
    env: ['MOORING_CRASH_RESTORE'],
    schema: switchSchema,
    shape: '`on` `off`',
    default: 'on',
    sentence:
      'Whether sessions survive the crash of their browser or tab: the next request finds them with their cookies, storage and ' +
      'address. A session whose browser crashes three times in a row under its own requests ends in any case.',
  }),
  maxSessions: setting({
    group: 'Sessions',
    env: ['MOORING_MAX_SESSIONS'],
    schema: z.union([z.literal('auto').transform(() => undefined), countSchema(1, 100_000)], {
      error: 'expected auto or a whole number from 1 to 100000',
    }),
    shape: 'count, `auto`',
    default: 'auto',
    sentence:
      'Maximum number of open sessions; those that sleep do not count. `auto`: as many as three quarters of the memory hold, ' +
      'at 20 MB each (50 MB with the full Chromium). When memory runs short, or all are in use, sessions that rest are put to ' +
      'sleep. With a number, only those with `persist` are.',
  }),
  maxSessionsPerKey: setting({
    group: 'Sessions',
    env: ['MOORING_MAX_SESSIONS_PER_KEY'],
    schema: countSchema(1, 100_000).optional(),
    shape: 'count',
    default: undefined,
    sentence:
      'Maximum number of open sessions of one key. If omitted, all; four fifths of them where several keys are set.',
  }),
  queueTimeoutMs: setting({
    group: 'Sessions',
    env: ['MOORING_QUEUE_TIMEOUT'],
    schema: waitSchema,
    shape: 'duration',
    default: '30s',
    sentence:
      'How long `sessions.create` waits for a free slot. A request that opens its session waits as long as its own ' +
      '`timeout`.',
  }),
  queueLimit: setting({
    group: 'Sessions',
    env: ['MOORING_QUEUE_LIMIT'],
    schema: countSchema(1, 100_000),
    shape: 'count',
    default: '1000',
    sentence: 'Maximum number of requests that wait for a slot. One key can have half of these places.',
  }),
  laneLimit: setting({
    group: 'Sessions',
    env: ['MOORING_LANE_LIMIT'],
    schema: countSchema(1, 100_000),
    shape: 'count',
    default: '32',
    sentence: 'Maximum number of requests that one session holds, the running one included.',
  }),
  requestTimeoutMs: setting({
    group: 'Sessions',
    env: ['MOORING_REQUEST_TIMEOUT'],
    schema: waitSchema,
    shape: 'duration',
    default: '60s',
    sentence:
      'The time for a request without `timeout`. It begins when the page does: such a request may wait four times ' +
      'as long for a place.',
  }),
  drainTimeoutMs: setting({
    group: 'Sessions',
    env: ['MOORING_DRAIN_TIMEOUT'],
    schema: waitSchema,
    shape: 'duration',
    default: '30s',
    sentence: 'How long running commands may go on after SIGTERM.',
  }),
  privateNetworks: setting({
    group: 'Network and proxies',
    env: ['MOORING_PRIVATE_NETWORKS'],
    schema: privateNetworksSchema.optional(),
    shape: '`deny`, `named`, or CIDRs, comma-separated',
    default: undefined,
    sentence:
      'What sessions may reach besides public addresses. `deny`: nothing; `named`: hosts that the caller itself ' +
      'names in `url` or `proxy`; or these networks. If omitted, `deny` where keys are set, else `named`.',
  }),
  proxies: setting({
    group: 'Network and proxies',
    env: ['MOORING_PROXIES'],
    schema: pathSchema.optional(),
    shape: 'file, JSON or YAML',
    default: undefined,
    sentence:
      'The file of the proxy pool. It is a list of `{url, class, country, weight, maxSessions}`, and is read again ' +
      'when it changes.',
  }),
  proxyCheck: setting({
    group: 'Network and proxies',
    env: ['MOORING_PROXY_CHECK'],
    schema: switchSchema,
    shape: '`on` `off`',
    default: 'on',
    sentence: 'Whether a proxy is tried before its session is given to the caller. One connection is made through it.',
  }),
  proxyCheckTarget: setting({
    group: 'Network and proxies',
    env: ['MOORING_PROXY_CHECK_TARGET'],
    schema: hostAndPortSchema,
    shape: 'host:port',
    default: 'example.com:443',
    sentence: 'Where the connection of the proxy check leads. Nothing is sent over it.',
  }),
  proxyCheckTimeoutMs: setting({
    group: 'Network and proxies',
    env: ['MOORING_PROXY_CHECK_TIMEOUT'],
    schema: waitSchema,
    shape: 'duration',
    default: '5s',
    sentence: 'How long the proxy check may take.',
  }),
  proxyCa: setting({
    group: 'Network and proxies',
    env: ['MOORING_PROXY_CA'],
    schema: pathSchema.optional(),
    shape: 'file, PEM',
    default: undefined,
    sentence: 'Additional certificate authorities for `https://` proxies.',
  }),
  connectTimeoutMs: setting({
    group: 'Network and proxies',
    env: ['MOORING_CONNECT_TIMEOUT'],
    schema: waitSchema,
    shape: 'duration',
    default: '10s',
    sentence: 'How long a connection to a site may take, the tunnel through its proxy included.',
  }),
  engineStrict: setting({
    group: 'Browsers',
    env: ['MOORING_ENGINE_STRICT'],
    schema: switchSchema,
    shape: '`on` `off`',
    default: 'off',
    sentence:
      'Whether an identity that no browser of this server has of its own is refused. If off, `warnings` say so.',
  }),
  maxBrowsers: setting({
    group: 'Browsers',
    env: ['MOORING_MAX_BROWSERS'],
    schema: z.union([z.literal('auto').transform(() => undefined), countSchema(1, 1000)], {
      error: 'expected auto or a whole number from 1 to 1000',
    }),
    shape: 'count, `auto`',
    default: 'auto',
    sentence:
      'Maximum number of non-default user agents with a browser process of their own, for each engine. More of ' +
      'them share one, and `warnings` say so. `auto`: what a quarter of the memory holds, at 40 MB each for ' +
      'Chromium and 450 MB for Firefox.',
  }),
  sessionsPerBrowser: setting({
    group: 'Browsers',
    env: ['MOORING_SESSIONS_PER_BROWSER'],
    schema: countSchema(1, 10_000),
    shape: 'count',
    default: '50',
    sentence: 'Maximum number of sessions that share one browser process, and end if it crashes.',
  }),
  pageMemoryBytes: setting({
    group: 'Browsers',
    env: ['MOORING_PAGE_MEMORY'],
    schema: sizeSchema.refine(
      (bytes) => bytes >= minPageMemoryBytes,
      'expected at least 100MB, which a plain page needs',
    ),
    shape: 'size',
    default: '2GB',
    sentence:
      'The most memory that the process of a page may hold. Beyond it the page is ended; its session goes on with ' +
      'its cookies. Linux only.',
  }),
  bodyLimitBytes: setting({
    group: 'HTTP limits',
    env: ['MOORING_BODY_LIMIT'],
    schema: sizeSchema,
    shape: 'size',
    default: '32MB',
    sentence: 'The largest HTTP body that is accepted.',
  }),
  bodyTimeoutMs: setting({
    group: 'HTTP limits',
    env: ['MOORING_BODY_TIMEOUT'],
    schema: waitSchema,
    shape: 'duration',
    default: '60s',
    sentence: 'How long an HTTP request may take to arrive, its body included.',
  }),
  writeTimeoutMs: setting({
    group: 'HTTP limits',
    env: ['MOORING_WRITE_TIMEOUT'],
    schema: waitSchema,
    shape: 'duration',
    default: '30s',
    sentence: 'How long a caller may read nothing of its response before the connection is closed.',
  }),
  bufferLimitBytes: setting({
    group: 'HTTP limits',
    env: ['MOORING_BUFFER_LIMIT'],
    schema: z.union([z.literal('auto').transform(() => undefined), sizeSchema], {
      error: 'expected auto or a size such as 512MB',
    }),
    shape: 'size, `auto`',
    default: 'auto',
    sentence:
      'Memory for the bodies of all running commands, and as much again for their replies. What finds no room ' +
      'waits, then gets CODE-0001. `auto`: an eighth of the heap, or one body and one reply if that is more.',
  }),
  maxConnections: setting({
    group: 'HTTP limits',
    env: ['MOORING_MAX_CONNECTIONS'],
    schema: countSchema(1, 1_000_000),
    shape: 'count',
    default: '2000',
    sentence: 'Maximum number of HTTP connections.',
  }),
  maxConnectionsPerAddress: setting({
    group: 'HTTP limits',
    env: ['MOORING_MAX_CONNECTIONS_PER_ADDRESS'],
    schema: countSchema(1, 1_000_000),
    shape: 'count',
    default: '1000',
    sentence:
      'Maximum number of HTTP connections from one address. Behind a reverse proxy all callers have its address.',
  }),
  responseLimitBytes: setting({
    group: 'HTTP limits',
    env: ['MOORING_RESPONSE_LIMIT'],
    schema: sizeSchema,
    shape: 'size',
    default: '32MB',
    sentence: 'The largest reply: pages, files, pictures and all else, of a batch together.',
  }),
  filesLimitBytes: setting({
    group: 'Files',
    env: ['MOORING_FILES_LIMIT'],
    schema: sizeSchema,
    shape: 'size',
    default: '1GB',
    sentence: 'Disk space for the videos, screenshots and downloads that replies link to.',
  }),
  filesLimitPerKeyBytes: setting({
    group: 'Files',
    env: ['MOORING_FILES_LIMIT_PER_KEY'],
    schema: sizeSchema.optional(),
    shape: 'size',
    default: undefined,
    sentence: 'Disk space for the files of one key. If omitted, half of it all where there is more than one key.',
  }),
  filesKeepMs: setting({
    group: 'Files',
    env: ['MOORING_FILES_KEEP'],
    schema: waitSchema,
    shape: 'duration',
    default: '1h',
    sentence: 'How long links to files are valid. They end with their session in any case.',
  }),
  dataDir: setting({
    group: 'Files',
    env: ['MOORING_DATA_DIR'],
    schema: pathSchema,
    shape: 'folder',
    default: '~/.local/share/mooring',
    sentence: 'Folder for what the server must find again, and for the scratch folders of its browsers.',
  }),
  cacheDir: setting({
    group: 'Files',
    env: ['MOORING_CACHE_DIR'],
    schema: pathSchema,
    shape: 'folder',
    default: '~/.cache/mooring',
    sentence: 'Folder in which the embedded browser is unpacked, once. It may be deleted at any time.',
  }),
  stateKey: setting({
    group: 'State',
    env: ['MOORING_STATE_KEY'],
    schema: stateKeysSchema.optional(),
    shape: '64 hex digits; two, comma-separated, while one replaces the other',
    default: undefined,
    sentence:
      'The key that stored sessions are encrypted with (AES-256-GCM). Of two, the first encrypts, and both decrypt. If ' +
      'omitted, they are stored unencrypted.',
  }),
  stateLimitBytes: setting({
    group: 'State',
    env: ['MOORING_STATE_LIMIT'],
    schema: sizeSchema,
    shape: 'size',
    default: '10GB',
    sentence: 'Disk space for stored sessions.',
  }),
  stateLimitPerKeyBytes: setting({
    group: 'State',
    env: ['MOORING_STATE_LIMIT_PER_KEY'],
    schema: sizeSchema.optional(),
    shape: 'size',
    default: undefined,
    sentence:
      'Disk space for the stored sessions of one API key. If omitted, half of it all where there is more than one key.',
  }),
  stateSync: setting({
    group: 'State',
    env: ['MOORING_STATE_SYNC'],
    schema: switchSchema,
    shape: '`on` `off`',
    default: 'off',
    sentence:
      'Whether a session counts as stored only when it would survive a power failure. If off, it survives the end of ' +
      'the server at any moment; a power failure can cost what was stored in the last half minute.',
  }),
  chromium: setting({
    group: 'Browsers',
    env: ['MOORING_CHROMIUM'],
    schema: pathSchema.optional(),
    shape: 'file',
    default: undefined,
    sentence: 'The Chromium binary to run. If omitted, the best one found (`mooring browsers` lists them).',
  }),
  chromiumFlavour: setting({
    group: 'Browsers',
    env: ['MOORING_CHROMIUM_FLAVOUR'],
    schema: z.enum(['shell', 'full'], { error: 'expected shell or full' }),
    shape: '`shell` `full`',
    default: 'shell',
    sentence:
      'The build of Chromium that is preferred. `shell`: the headless shell, small and quick; `full`: the whole ' +
      'browser, with plugins, PDF viewer and codecs. If there is no shell, the whole browser runs.',
  }),
  sandbox: setting({
    group: 'Browsers',
    env: ['MOORING_SANDBOX'],
    schema: z.enum(['auto', 'on', 'off'], { error: 'expected auto, on or off' }),
    shape: '`auto` `on` `off`',
    default: 'auto',
    sentence:
      'Whether Chromium runs in its sandbox, which it cannot as root. `auto`: always, except as root on a loopback ' +
      'address; as root on any other the server does not start.',
  }),
  firefox: setting({
    group: 'Browsers',
    env: ['MOORING_FIREFOX'],
    schema: pathSchema.optional(),
    shape: 'file',
    default: undefined,
    sentence: 'The Firefox binary for sessions that ask for Firefox. If omitted, the best one found, if any.',
  }),
  logLevel: setting({
    group: 'Log',
    env: ['MOORING_LOG_LEVEL'],
    schema: z.enum(logLevels, { error: `expected one of ${logLevels.join(', ')}` }),
    shape: logLevels.map((level) => `\`${level}\``).join(' '),
    default: 'info',
    sentence: 'What is logged, as JSON lines on stderr.',
  }),
  requestLog: setting({
    group: 'Log',
    env: ['MOORING_REQUEST_LOG'],
    schema: switchSchema,
    shape: '`on` `off`',
    default: 'on',
    sentence:
      'Whether a line is logged for each command (at `info`): who, what, where to, how it ended, how long it took.',
  }),
};

type Value<S> = S extends Setting<infer T> ? T : never;

/** The settings after parsing; durations in milliseconds, sizes in bytes. */
export type Config = { readonly [K in keyof typeof settings]: Value<(typeof settings)[K]> };

/** The key of a setting in the table, with its unit. */
export type SettingKey = keyof typeof settings;

export const settingKeys = Object.keys(settings) as SettingKey[]; // its own keys

/** One row, whatever its value. */
export const settingRow = (key: SettingKey): Setting<unknown> => settings[key];

/** The name of a setting in the config file and in the options of `createServer`: its key without the unit. */
export const fileName = (key: string): string => key.replace(/(Ms|Bytes)$/, '');

/** The name of a setting on the command line, without its dashes: `idle-timeout`. */
export const flagName = (key: string): string =>
  fileName(key).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const secrets: ReadonlySet<SettingKey> = new Set(['apiKeys', 'adminKey', 'metricsKey', 'stateKey']);

/** Whether values of this setting never appear in messages. */
export const isSecret = (key: SettingKey): boolean => secrets.has(key);

/** A setting as texts for a table, names in backticks. */
export interface SettingText {
  readonly group: SettingGroup;
  readonly env: string;
  readonly flag: string;
  /** Its name in the config file and in the options of `createServer`. */
  readonly file: string;
  readonly shape: string;
  readonly default: string;
  readonly sentence: string;
}

/** Every setting, in the order of the table. */
export function settingRows(): SettingText[] {
  return Object.entries(settings).map(([name, row]) => ({
    group: row.group,
    env: row.env.map((variable) => `\`${variable}\``).join(' or '),
    flag: `\`--${flagName(name)}\``,
    file: `\`${fileName(name)}\``,
    shape: row.shape,
    default: row.default === undefined ? 'none' : `\`${row.default}\``,
    sentence: row.sentence,
  }));
}
