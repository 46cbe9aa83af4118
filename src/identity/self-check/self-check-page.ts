/**
 * The pages of the self-check: each context says how it appears, and the first page brings it together. They are served
 * inside of the session's own port under this name, which every browser takes for a secure one.
 */
export const selfCheckHost = 'identity.localhost';

/** What one context says of itself; what it does not have is absent. */
export interface ContextReport {
  readonly userAgent: string;
  readonly appVersion: string;
  readonly platform: string;
  readonly languages: readonly string[];
  readonly hardwareConcurrency?: number;
  readonly deviceMemory?: number;
  readonly timezone: string;
  readonly locale: string;
  /** The high-entropy values too. */
  readonly userAgentData?: Readonly<Record<string, unknown>>;
  readonly vendor?: string;
  readonly productSub?: string;
  readonly maxTouchPoints?: number;
  readonly screen?: Readonly<Record<'width' | 'height' | 'availWidth' | 'availHeight' | 'colorDepth', number>>;
  readonly viewport?: Readonly<Record<'width' | 'height', number>>;
  readonly devicePixelRatio?: number;
  readonly pointer?: 'coarse' | 'fine' | 'none';
  readonly hover?: boolean;
  readonly webdriver?: boolean;
  /** How many. */
  readonly plugins?: number;
  /** Whether there is a `window.chrome`. */
  readonly chrome?: boolean;
  /** What WebGL says of the graphics; null: there is no WebGL. */
  readonly graphics?: { readonly vendor: string; readonly renderer: string } | null;
}

/** A context, or why it said nothing. */
export type ContextAnswer = ContextReport | { readonly failed: string };

export const contextNames = ['page', 'frame', 'popup', 'worker', 'sharedWorker', 'serviceWorker'] as const;
export type ContextName = (typeof contextNames)[number];
export type ContextReports = Readonly<Record<ContextName, ContextAnswer>>;

/** Runs in every context. */
async function probe(): Promise<unknown> {
  const scope = globalThis as unknown as Record<string, unknown>;
  const own = navigator as unknown as Record<string, unknown>;
  const data = own.userAgentData as
    | { getHighEntropyValues(names: string[]): Promise<Record<string, unknown>> }
    | undefined;
  const hints = ['architecture', 'bitness', 'model', 'platformVersion', 'fullVersionList', 'wow64'];
  const { timeZone, locale } = new Intl.DateTimeFormat().resolvedOptions();
  const isPage = 'document' in scope;
  const graphics = (): unknown => {
    const context = document.createElement('canvas').getContext('webgl');
    if (!context) return null;
    const named = context.getExtension('WEBGL_debug_renderer_info');
    return {
      vendor: context.getParameter(named ? named.UNMASKED_VENDOR_WEBGL : context.VENDOR),
      renderer: context.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : context.RENDERER),
    };
  };
  const media = (query: string): boolean => isPage && matchMedia(query).matches;
  return {
    userAgent: navigator.userAgent,
    appVersion: navigator.appVersion,
    platform: navigator.platform,
    languages: [...navigator.languages],
    hardwareConcurrency: navigator.hardwareConcurrency,
    deviceMemory: own.deviceMemory,
    timezone: timeZone,
    locale,
    userAgentData: data && (await data.getHighEntropyValues(hints)),
    ...(isPage
      ? {
          vendor: navigator.vendor,
          productSub: navigator.productSub,
          maxTouchPoints: navigator.maxTouchPoints,
          screen: {
            width: screen.width,
            height: screen.height,
            availWidth: screen.availWidth,
            availHeight: screen.availHeight,
            colorDepth: screen.colorDepth,
          },
          viewport: { width: innerWidth, height: innerHeight },
          devicePixelRatio,
          pointer: media('(pointer: coarse)') ? 'coarse' : media('(pointer: fine)') ? 'fine' : 'none',
          hover: media('(hover: hover)'),
          webdriver: navigator.webdriver,
          plugins: navigator.plugins.length,
          chrome: 'chrome' in scope,
          graphics: graphics(),
        }
      : {}),
  };
}

/** Runs in the first page. */
async function collect(probeHere: () => Promise<unknown>): Promise<unknown> {
  const within = <T>(what: string, work: (done: (value: T) => void) => unknown): Promise<T | { failed: string }> =>
    new Promise((resolve) => {
      setTimeout(() => resolve({ failed: `${what} said nothing within 4 seconds` }), 4000);
      const fail = (error: unknown): void => resolve({ failed: String(error) });
      try {
        Promise.resolve(work(resolve)).catch(fail);
      } catch (error) {
        fail(error);
      }
    });
  const fromWindow = (done: (value: unknown) => void, path: string): void =>
    addEventListener('message', (event) => {
      const { from, report } = (event.data ?? {}) as { from?: string; report?: unknown };
      if (from === path) done(report);
    });
  const [page, frame, popup, worker, sharedWorker, serviceWorker] = await Promise.all([
    within('the page', async (done) => done(await probeHere())),
    within('the frame', (done) => {
      fromWindow(done, '/frame');
      const element = document.createElement('iframe');
      element.src = '/frame';
      document.body.append(element);
    }),
    within('the popup', (done) => {
      fromWindow(done, '/popup');
      if (!open('/popup')) throw new Error('the browser opened none');
    }),
    within('the worker', (done) => {
      new Worker('/worker.js').onmessage = (event) => done(event.data);
    }),
    within('the shared worker', (done) => {
      const { port } = new SharedWorker('/shared-worker.js');
      port.onmessage = (event) => done(event.data);
    }),
    within('the service worker', async (done) => {
      const registration = await navigator.serviceWorker.register('/service-worker.js');
      await navigator.serviceWorker.ready;
      navigator.serviceWorker.onmessage = (event) => done(event.data);
      registration.active?.postMessage('report');
    }),
    fetch('/fetch'),
  ]);
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
  return { page, frame, popup, worker, sharedWorker, serviceWorker };
}

const html = (script: string): string =>
  `<!doctype html><html><head><title>Self-check</title><meta name="viewport" content="width=device-width"></head><body><script>${script}</script></body></html>`;
const report = (path: string): string =>
  html(
    `const probe = ${probe}; probe().then((report) => (opener ?? parent).postMessage({ from: '${path}', report }, '*'));`,
  );

/** The expression that gives the reports of every context, in the first page. */
export const collectExpression = 'collected';

/** The pages and scripts by their path. */
export const selfCheckFiles: Readonly<Record<string, { readonly type: string; readonly body: string }>> = {
  '/': { type: 'text/html', body: html(`const probe = ${probe}; const collected = (${collect})(probe);`) },
  '/frame': { type: 'text/html', body: report('/frame') },
  '/popup': { type: 'text/html', body: report('/popup') },
  '/worker.js': { type: 'text/javascript', body: `(${probe})().then(postMessage);` },
  '/shared-worker.js': {
    type: 'text/javascript',
    body: `onconnect = ({ ports: [port] }) => (${probe})().then((report) => port.postMessage(report));`,
  },
  '/service-worker.js': {
    type: 'text/javascript',
    body: `onmessage = ({ source }) => (${probe})().then((report) => source.postMessage(report));`,
  },
  '/fetch': { type: 'text/plain', body: 'fetched' },
};
