/** Names to values of a process environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a browser needs of the environment to find programs, fonts, a screen and its language. */
const names = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TZ', 'LANG', 'LANGUAGE'],
  ...['DISPLAY', 'XAUTHORITY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CHROME_DEVEL_SANDBOX'],
]);
const prefixes = ['LC_', 'XDG_', 'FONTCONFIG_'];

/** The environment that a browser is started with: nothing of the server's own, its keys least of all. */
export function browserEnvironment(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))),
  );
}
