// Printed from settings.ts by `npm run generate`.

/**
 * Options of `createServer`: the settings under their names in the config file, their values as they are written there
 * (`'200s'`, `'32MB'`). If omitted, a setting has its default.
 */
export interface ServerOptions {
  /**
   * The port that the server listens on.
   *
   * Shape: port; `0` = any free one.
   * @defaultValue `8191`
   */
  readonly port?: number | string | undefined;
  /**
   * The address that the server listens on. Any but a loopback address needs `apiKeys`.
   *
   * Shape: address.
   * @defaultValue `'127.0.0.1'`
   */
  readonly host?: string | undefined;
  /**
   * The API keys that are accepted. If omitted, any key is, and the server stays on loopback.
   *
   * Shape: list, comma-separated.
   */
  readonly apiKeys?: string | readonly string[] | undefined;
  /**
   * The key that drains the server (`POST /admin/drain`), and nothing else. If omitted, the first of `apiKeys` does;
   * without keys, every caller.
   *
   * Shape: key.
   */
  readonly adminKey?: string | undefined;
  /**
   * The key that reads `/metrics`, and nothing else. If omitted, every API key reads them; where API keys are set,
   * proxies of the pool are numbered there, not named.
   *
   * Shape: key.
   */
  readonly metricsKey?: string | undefined;
  /**
   * How long a session lives after its last request. `session_ttl` of a session takes precedence.
   *
   * Shape: duration.
   * @defaultValue `'200s'`
   */
  readonly idleTimeout?: string | undefined;
  /**
   * How long after its last request the page of a session is paused: no timers, no animation, no processor time. The
   * next request lets it go on. `off`: never. Chromium only; `keepRunning` of a session takes precedence.
   *
   * Shape: duration, `off`.
   * @defaultValue `'10s'`
   */
  readonly pauseAfter?: string | undefined;
  /**
   * The longest life of a session, however busy. `maxLifetime` of a session can only shorten it.
   *
   * Shape: duration.
   */
  readonly maxLifetime?: string | undefined;
  /**
   * How long a session with `persist` is kept after its last request.
   *
   * Shape: duration.
   * @defaultValue `'30d'`
   */
  readonly persistTtl?: string | undefined;
  /**
   * Whether sessions survive the crash of their browser or tab: the next request finds them with their cookies,
   * storage and address. A session whose browser crashes three times in a row under its own requests ends in any
   * case.
   *
   * Shape: `on` `off`.
   * @defaultValue `'on'`
   */
  readonly crashRestore?: boolean | 'on' | 'off' | undefined;
  /**
   * Maximum number of open sessions; those that sleep do not count. `auto`: as many as three quarters of the memory
   * hold, at 20 MB each (50 MB with the full Chromium). When memory runs short, or all are in use, sessions that
   * rest are put to sleep. With a number, only those with `persist` are.
   *
   * Shape: count, `auto`.
   * @defaultValue `'auto'`
   */
  readonly maxSessions?: 'auto' | number | string | undefined;
  /**
   * Maximum number of open sessions of one key. If omitted, all; four fifths of them where several keys are set.
   *
   * Shape: count.
   */
  readonly maxSessionsPerKey?: number | string | undefined;
  /**
   * How long `sessions.create` waits for a free slot. A request that opens its session waits as long as its own
   * `timeout`.
   *
   * Shape: duration.
   * @defaultValue `'30s'`
   */
  readonly queueTimeout?: string | undefined;
  /**
   * Maximum number of requests that wait for a slot. One key can have half of these places.
   *
   * Shape: count.
   * @defaultValue `1000`
   */
  readonly queueLimit?: number | string | undefined;
  /**
   * Maximum number of requests that one session holds, the running one included.
   *
   * Shape: count.
   * @defaultValue `32`
   */
  readonly laneLimit?: number | string | undefined;
  /**
   * The time for a request without `timeout`. It begins when the page does: such a request may wait four times as
   * long for a place.
   *
   * Shape: duration.
   * @defaultValue `'60s'`
   */
  readonly requestTimeout?: string | undefined;
  /**
   * How long running commands may go on after SIGTERM.
   *
   * Shape: duration.
   * @defaultValue `'30s'`
   */
  readonly drainTimeout?: string | undefined;
  /**
   * What sessions may reach besides public addresses. `deny`: nothing; `named`: hosts that the caller itself names
   * in `url` or `proxy`; or these networks. If omitted, `deny` where keys are set, else `named`.
   *
   * Shape: `deny`, `named`, or CIDRs, comma-separated.
   */
  readonly privateNetworks?: string | readonly string[] | undefined;
  /**
   * The file of the proxy pool. It is a list of `{url, class, country, weight, maxSessions}`, and is read again when
   * it changes.
   *
   * Shape: file, JSON or YAML.
   */
  readonly proxies?: string | undefined;
  /**
   * Whether a proxy is tried before its session is given to the caller. One connection is made through it.
   *
   * Shape: `on` `off`.
   * @defaultValue `'on'`
   */
  readonly proxyCheck?: boolean | 'on' | 'off' | undefined;
  /**
   * Where the connection of the proxy check leads. Nothing is sent over it.
   *
   * Shape: host:port.
   * @defaultValue `'example.com:443'`
   */
  readonly proxyCheckTarget?: string | undefined;
  /**
   * How long the proxy check may take.
   *
   * Shape: duration.
   * @defaultValue `'5s'`
   */
  readonly proxyCheckTimeout?: string | undefined;
  /**
   * Additional certificate authorities for `https://` proxies.
   *
   * Shape: file, PEM.
   */
  readonly proxyCa?: string | undefined;
  /**
   * How long a connection to a site may take, the tunnel through its proxy included.
   *
   * Shape: duration.
   * @defaultValue `'10s'`
   */
  readonly connectTimeout?: string | undefined;
  /**
   * Whether an identity that no browser of this server has of its own is refused. If off, `warnings` say so.
   *
   * Shape: `on` `off`.
   * @defaultValue `'off'`
   */
  readonly engineStrict?: boolean | 'on' | 'off' | undefined;
  /**
   * Maximum number of non-default user agents with a browser process of their own, for each engine. More of them
   * share one, and `warnings` say so. `auto`: what a quarter of the memory holds, at 40 MB each for Chromium and 450
   * MB for Firefox.
   *
   * Shape: count, `auto`.
   * @defaultValue `'auto'`
   */
  readonly maxBrowsers?: 'auto' | number | string | undefined;
  /**
   * Maximum number of sessions that share one browser process, and end if it crashes.
   *
   * Shape: count.
   * @defaultValue `50`
   */
  readonly sessionsPerBrowser?: number | string | undefined;
  /**
   * The most memory that the process of a page may hold. Beyond it the page is ended; its session goes on with its
   * cookies. Linux only.
   *
   * Shape: size.
   * @defaultValue `'2GB'`
   */
  readonly pageMemory?: string | number | undefined;
  /**
   * The largest HTTP body that is accepted.
   *
   * Shape: size.
   * @defaultValue `'32MB'`
   */
  readonly bodyLimit?: string | number | undefined;
  /**
   * How long an HTTP request may take to arrive, its body included.
   *
   * Shape: duration.
   * @defaultValue `'60s'`
   */
  readonly bodyTimeout?: string | undefined;
  /**
   * How long a caller may read nothing of its response before the connection is closed.
   *
   * Shape: duration.
   * @defaultValue `'30s'`
   */
  readonly writeTimeout?: string | undefined;
  /**
   * Memory for the bodies of all running commands, and as much again for their replies. What finds no room waits,
   * then gets CODE-0001. `auto`: an eighth of the heap, or one body and one reply if that is more.
   *
   * Shape: size, `auto`.
   * @defaultValue `'auto'`
   */
  readonly bufferLimit?: 'auto' | string | number | undefined;
  /**
   * Maximum number of HTTP connections.
   *
   * Shape: count.
   * @defaultValue `2000`
   */
  readonly maxConnections?: number | string | undefined;
  /**
   * Maximum number of HTTP connections from one address. Behind a reverse proxy all callers have its address.
   *
   * Shape: count.
   * @defaultValue `1000`
   */
  readonly maxConnectionsPerAddress?: number | string | undefined;
  /**
   * The largest reply: pages, files, pictures and all else, of a batch together.
   *
   * Shape: size.
   * @defaultValue `'32MB'`
   */
  readonly responseLimit?: string | number | undefined;
  /**
   * Disk space for the videos, screenshots and downloads that replies link to.
   *
   * Shape: size.
   * @defaultValue `'1GB'`
   */
  readonly filesLimit?: string | number | undefined;
  /**
   * Disk space for the files of one key. If omitted, half of it all where there is more than one key.
   *
   * Shape: size.
   */
  readonly filesLimitPerKey?: string | number | undefined;
  /**
   * How long links to files are valid. They end with their session in any case.
   *
   * Shape: duration.
   * @defaultValue `'1h'`
   */
  readonly filesKeep?: string | undefined;
  /**
   * Folder for what the server must find again, and for the scratch folders of its browsers.
   *
   * Shape: folder.
   * @defaultValue `'~/.local/share/mooring'`
   */
  readonly dataDir?: string | undefined;
  /**
   * Folder in which the embedded browser is unpacked, once. It may be deleted at any time.
   *
   * Shape: folder.
   * @defaultValue `'~/.cache/mooring'`
   */
  readonly cacheDir?: string | undefined;
  /**
   * The key that stored sessions are encrypted with (AES-256-GCM). Of two, the first encrypts, and both decrypt. If
   * omitted, they are stored unencrypted.
   *
   * Shape: 64 hex digits; two, comma-separated, while one replaces the other.
   */
  readonly stateKey?: string | readonly string[] | undefined;
  /**
   * Disk space for stored sessions.
   *
   * Shape: size.
   * @defaultValue `'10GB'`
   */
  readonly stateLimit?: string | number | undefined;
  /**
   * Disk space for the stored sessions of one API key. If omitted, half of it all where there is more than one key.
   *
   * Shape: size.
   */
  readonly stateLimitPerKey?: string | number | undefined;
  /**
   * Whether a session counts as stored only when it would survive a power failure. If off, it survives the end of
   * the server at any moment; a power failure can cost what was stored in the last half minute.
   *
   * Shape: `on` `off`.
   * @defaultValue `'off'`
   */
  readonly stateSync?: boolean | 'on' | 'off' | undefined;
  /**
   * The Chromium binary to run. If omitted, the best one found (`mooring browsers` lists them).
   *
   * Shape: file.
   */
  readonly chromium?: string | undefined;
  /**
   * The build of Chromium that is preferred. `shell`: the headless shell, small and quick; `full`: the whole
   * browser, with plugins, PDF viewer and codecs. If there is no shell, the whole browser runs.
   *
   * Shape: `shell` `full`.
   * @defaultValue `'shell'`
   */
  readonly chromiumFlavour?: 'shell' | 'full' | undefined;
  /**
   * Whether Chromium runs in its sandbox, which it cannot as root. `auto`: always, except as root on a loopback
   * address; as root on any other the server does not start.
   *
   * Shape: `auto` `on` `off`.
   * @defaultValue `'auto'`
   */
  readonly sandbox?: 'auto' | 'on' | 'off' | undefined;
  /**
   * The Firefox binary for sessions that ask for Firefox. If omitted, the best one found, if any.
   *
   * Shape: file.
   */
  readonly firefox?: string | undefined;
  /**
   * What is logged, as JSON lines on stderr.
   *
   * Shape: `trace` `debug` `info` `warn` `error` `fatal` `silent`.
   * @defaultValue `'info'`
   */
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' | undefined;
  /**
   * Whether a line is logged for each command (at `info`): who, what, where to, how it ended, how long it took.
   *
   * Shape: `on` `off`.
   * @defaultValue `'on'`
   */
  readonly requestLog?: boolean | 'on' | 'off' | undefined;
}
