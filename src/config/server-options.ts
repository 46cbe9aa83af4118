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
   * The keys that are let in. None: any key is taken, and the server stays on loopback.
   *
   * Shape: list, comma-separated.
   */
  readonly apiKeys?: string | readonly string[] | undefined;
  /**
   * The key that reads `/metrics`, and no other. Absent: every key reads them, and proxies of the pool are numbered,
   * not named, where keys are set.
   *
   * Shape: key.
   */
  readonly metricsKey?: string | undefined;
  /**
   * How long a session lives after its last request (`session_ttl` of a session goes first).
   *
   * Shape: duration.
   * @defaultValue `'200s'`
   */
  readonly idleTimeout?: string | undefined;
  /**
   * The longest life of a session, however busy. `maxLifetime` of a session can only shorten it.
   *
   * Shape: duration.
   */
  readonly maxLifetime?: string | undefined;
  /**
   * How many sessions may be open at once.
   *
   * Shape: count.
   * @defaultValue `100`
   */
  readonly maxSessions?: number | string | undefined;
  /**
   * How many sessions one key may have open at once. Absent: all; four fifths of them where several keys are set.
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
   * How many may wait for a slot at once; one key can have half of these places.
   *
   * Shape: count.
   * @defaultValue `1000`
   */
  readonly queueLimit?: number | string | undefined;
  /**
   * How many requests one session holds at once, the running one included.
   *
   * Shape: count.
   * @defaultValue `32`
   */
  readonly laneLimit?: number | string | undefined;
  /**
   * The time for a request whose caller names no `timeout`. It begins when its page does: such a request may wait
   * four times as long for a place.
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
   * What sessions may reach besides public addresses: nothing; hosts that the caller itself names in `url` or
   * `proxy`; or these networks. Absent: `deny` where keys are set, else `named`.
   *
   * Shape: `deny`, `named`, or CIDRs, comma-separated.
   */
  readonly privateNetworks?: string | readonly string[] | undefined;
  /**
   * The proxy pool: a list of `{url, class, country, weight, maxSessions}`. Read again when it changes.
   *
   * Shape: file, JSON or YAML.
   */
  readonly proxies?: string | undefined;
  /**
   * Whether one connection is made through a proxy before a session is given to its caller.
   *
   * Shape: `on` `off`.
   * @defaultValue `'on'`
   */
  readonly proxyCheck?: boolean | 'on' | 'off' | undefined;
  /**
   * Where that connection leads. Nothing is sent over it.
   *
   * Shape: host:port.
   * @defaultValue `'example.com:443'`
   */
  readonly proxyCheckTarget?: string | undefined;
  /**
   * How long that connection may take.
   *
   * Shape: duration.
   * @defaultValue `'5s'`
   */
  readonly proxyCheckTimeout?: string | undefined;
  /**
   * More authorities that may certify `https://` proxies, besides those that Node knows.
   *
   * Shape: file, PEM.
   */
  readonly proxyCa?: string | undefined;
  /**
   * How long a site, or a proxy with the tunnel behind it, may take until a connection stands.
   *
   * Shape: duration.
   * @defaultValue `'10s'`
   */
  readonly connectTimeout?: string | undefined;
  /**
   * Whether an identity that no browser of this server has by itself is refused, not told in `warnings`.
   *
   * Shape: `on` `off`.
   * @defaultValue `'off'`
   */
  readonly engineStrict?: boolean | 'on' | 'off' | undefined;
  /**
   * How many user agents besides its own each engine gives a browser process; more of them share one, which is told
   * in `warnings`. `auto`: what a quarter of the memory holds, at 40 MB each for Chromium and 450 MB for Firefox.
   *
   * Shape: count, `auto`.
   * @defaultValue `'auto'`
   */
  readonly maxBrowsers?: 'auto' | number | string | undefined;
  /**
   * How many sessions share one browser process: what a crash of it can take along.
   *
   * Shape: count.
   * @defaultValue `50`
   */
  readonly sessionsPerBrowser?: number | string | undefined;
  /**
   * The most memory that the process of a page may hold; it is ended then, and its session goes on with its cookies.
   * Linux alone.
   *
   * Shape: size.
   * @defaultValue `'2GB'`
   */
  readonly pageMemory?: string | number | undefined;
  /**
   * The largest HTTP body that the server takes.
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
   * How long a caller may take nothing of its response before its connection is closed.
   *
   * Shape: duration.
   * @defaultValue `'30s'`
   */
  readonly writeTimeout?: string | undefined;
  /**
   * How much memory the bodies of all running commands may take together, and their replies as much again; what
   * finds no room waits, then is told CODE-0001. `auto`: an eighth of the heap, or one body and one reply if that is
   * more.
   *
   * Shape: size, `auto`.
   * @defaultValue `'auto'`
   */
  readonly bufferLimit?: 'auto' | string | number | undefined;
  /**
   * How many HTTP connections there may be at once.
   *
   * Shape: count.
   * @defaultValue `2000`
   */
  readonly maxConnections?: number | string | undefined;
  /**
   * How many of them one address may have. Behind a reverse proxy all callers have its address.
   *
   * Shape: count.
   * @defaultValue `1000`
   */
  readonly maxConnectionsPerAddress?: number | string | undefined;
  /**
   * How much a reply carries: pages, files, pictures and all else, of a batch together.
   *
   * Shape: size.
   * @defaultValue `'32MB'`
   */
  readonly responseLimit?: string | number | undefined;
  /**
   * How much disk films, screenshots and downloads that replies link to may take together.
   *
   * Shape: size.
   * @defaultValue `'1GB'`
   */
  readonly filesLimit?: string | number | undefined;
  /**
   * How much of it one key may take. Absent: half, where there is more than one key.
   *
   * Shape: size.
   */
  readonly filesLimitPerKey?: string | number | undefined;
  /**
   * How long such a link is good; it ends with its session in any case.
   *
   * Shape: duration.
   * @defaultValue `'1h'`
   */
  readonly filesKeep?: string | undefined;
  /**
   * Where the server keeps what it must find again, and the scratch folders of its browsers.
   *
   * Shape: folder.
   * @defaultValue `'~/.local/share/mooring'`
   */
  readonly dataDir?: string | undefined;
  /**
   * Where the embedded browser is unpacked, once. May be deleted at any time.
   *
   * Shape: folder.
   * @defaultValue `'~/.cache/mooring'`
   */
  readonly cacheDir?: string | undefined;
  /**
   * The Chromium binary to run. Absent: the best one found (`npm run browsers` lists them).
   *
   * Shape: file.
   */
  readonly chromium?: string | undefined;
  /**
   * Which build is preferred: the headless shell, small and quick, or the whole browser, with plugins, PDF viewer
   * and codecs. Without a shell the whole browser runs too.
   *
   * Shape: `shell` `full`.
   * @defaultValue `'shell'`
   */
  readonly chromiumFlavour?: 'shell' | 'full' | undefined;
  /**
   * Whether Chromium runs in its sandbox, which it cannot as root. `auto`: always, but for root on a loopback
   * address; as root on any other the server does not start.
   *
   * Shape: `auto` `on` `off`.
   * @defaultValue `'auto'`
   */
  readonly sandbox?: 'auto' | 'on' | 'off' | undefined;
  /**
   * The Firefox binary for sessions that wish for Firefox. Absent: the best one found, if there is one.
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
