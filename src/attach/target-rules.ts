import { allowedUrl, isWebUrl } from './allowed-url.js';
import type { Params } from './client-command.js';
import { ProtocolError, protocolErrors } from './protocol-error.js';

/** What a rule may ask about the target that a command is for. */
export interface RuleScope {
  readonly contextId: string;
  /** The device that the target presents: the parameters of `Emulation.setDeviceMetricsOverride`. */
  readonly device: Params | undefined;
  /** Whether the client has this session. */
  ownsSession(sessionId: unknown): boolean;
  /** Whether this target is of the session's context. */
  ownsTarget(targetId: unknown): boolean;
  /** Takes note that the client goes to this URL. @throws MooringError when it must not */
  goTo(url: URL): void;
}

/** What becomes of a command: it is sent with these parameters, or answered with this. */
export type Ruling =
  | { readonly kind: 'send'; readonly params: Params; readonly method?: string }
  | { readonly kind: 'answer'; readonly result: Params };

type Rule = (params: Params, scope: RuleScope) => Ruling;

/** The kinds of targets with rules of their own. */
export type TargetKind = 'page' | 'worker' | 'tab';

/** @returns undefined for a type that clients do not get */
export function targetKindOf(type: string): TargetKind | undefined {
  if (type === 'page' || type === 'iframe') return 'page';
  if (type === 'tab') return 'tab';
  return ['worker', 'shared_worker', 'service_worker'].includes(type) ? 'worker' : undefined;
}

const send = (params: Params): Ruling => ({ kind: 'send', params });
/** For what would contradict the identity, or is decided already: clients send it as they connect, so it is no error. */
const withoutEffect: Rule = () => ({ kind: 'answer', result: {} });
const pass: Rule = send;

const passing = (domain: string, methods: string): Record<string, Rule> =>
  Object.fromEntries(methods.split(' ').map((method) => [`${domain}.${method}`, pass]));

/** Domains that reach nothing outside the target that they are sent to. */
const wholeDomains: Readonly<Record<TargetKind, ReadonlySet<string>>> = {
  page: new Set(
    (
      'Accessibility Animation Audits CSS CacheStorage Console DOM DOMDebugger DOMSnapshot DOMStorage Debugger ' +
      'EventBreakpoints IndexedDB Inspector LayerTree Log Media Overlay Performance PerformanceTimeline Profiler Runtime ' +
      'Schema ServiceWorker WebAuthn'
    ).split(' '),
  ),
  worker: new Set('Console Debugger Inspector Log Performance Profiler Runtime Schema'.split(' ')),
  tab: new Set(),
};

const noPaths = (place: string): ProtocolError =>
  new ProtocolError(
    `expected no files by their paths in \`${place}\`: the browser runs on another machine than the client, whose disk is out of reach. Send their content (Playwright: \`setInputFiles({ name, mimeType, buffer })\`).`,
  );

const filesRule: Rule = (params) => {
  if (!Array.isArray(params.files) || params.files.length > 0) throw noPaths('files');
  return send(params);
};

const dragRule: Rule = (params) => {
  const { files } = (params.data ?? {}) as { readonly files?: unknown }; // checked below
  if (files !== undefined && !(Array.isArray(files) && files.length === 0)) throw noPaths('data.files');
  return send(params);
};

const navigateRule: Rule = (params, scope) => {
  // Chromium's own sentence: clients look for it.
  if (typeof params.url === 'string' && !URL.canParse(params.url))
    throw new ProtocolError('Cannot navigate to invalid URL');
  const url = allowedUrl(params.url);
  scope.goTo(url);
  return send(params);
};

/** The browser would load another URL in place of one that the page asked for. */
const continueRule: Rule = (params) => {
  if (params.url !== undefined && !isWebUrl(allowedUrl(params.url)))
    throw new ProtocolError('expected `url` to start with http:// or https://.');
  return send(params);
};

const resourceRule: Rule = (params) => {
  if (!isWebUrl(allowedUrl(params.url))) throw new ProtocolError('expected `url` to start with http:// or https://.');
  return send(params);
};

const identityHeader = /^(user-agent|accept-language|sec-ch-.*)$/i;

/** Those that say who the browser is stay as the session has them. */
const headersRule: Rule = (params) => {
  const { headers } = params;
  if (typeof headers !== 'object' || headers === null) return send(params); // the browser says what is wrong
  const kept = Object.entries(headers).filter(([name]) => !identityHeader.test(name));
  return send({ ...params, headers: Object.fromEntries(kept) });
};

/** A viewport as the client likes it, on the device that the session presents. */
const metricsRule: Rule = (params, { device }) => {
  if (!device) return { kind: 'answer', result: {} };
  const { width, height } = params;
  const size = isSize(width) && isSize(height) ? { width, height } : {};
  return { kind: 'send', method: 'Emulation.setDeviceMetricsOverride', params: { ...device, ...size } };
};

const isSize = (value: unknown): value is number => typeof value === 'number' && value > 0 && value <= 10_000_000;

/** Fills in the context, or checks it. @throws ProtocolError */
export function ofContext(params: Params, contextId: string): Params {
  const { browserContextId = contextId } = params;
  if (browserContextId !== contextId)
    throw new ProtocolError('expected `browserContextId` absent: a client sees one context, that of its session.');
  return { ...params, browserContextId };
}

const contextRule: Rule = (params, { contextId }) => send(ofContext(params, contextId));

const autoAttachRule: Rule = (params) => send({ ...params, flatten: true });

const detachRule: Rule = (params, scope) => {
  if (!scope.ownsSession(params.sessionId))
    throw new ProtocolError('No session with given id', protocolErrors.invalidParams);
  return send({ sessionId: params.sessionId });
};

const ownTargetRule: Rule = (params, scope) => {
  if (params.targetId !== undefined && !scope.ownsTarget(params.targetId))
    throw new ProtocolError('No target with given id found', protocolErrors.invalidParams);
  return send(params);
};

const targetRules: Readonly<Record<string, Rule>> = {
  'Target.setAutoAttach': autoAttachRule,
  'Target.detachFromTarget': detachRule,
  'Target.getTargetInfo': ownTargetRule,
};

const networkRules: Readonly<Record<string, Rule>> = {
  ...passing(
    'Network',
    'enable disable clearBrowserCache clearBrowserCookies deleteCookies emulateNetworkConditions ' +
      'emulateNetworkConditionsByRule overrideNetworkState getAllCookies getCookies getCertificate getRequestPostData ' +
      'getResponseBody getSecurityIsolationStatus replayXHR searchInResponseBody setAcceptedEncodings ' +
      'clearAcceptedEncodingsOverride setBlockedURLs setBypassServiceWorker setCacheDisabled setCookie setCookies ' +
      'streamResourceContent enableReportingApi',
  ),
  'Network.setExtraHTTPHeaders': headersRule,
  'Network.setUserAgentOverride': withoutEffect,
  'Network.loadNetworkResource': resourceRule,
  ...passing(
    'Fetch',
    'enable disable failRequest fulfillRequest continueResponse continueWithAuth getResponseBody takeResponseBodyAsStream',
  ),
  'Fetch.continueRequest': continueRule,
  // A handle is known to the target alone that gave it.
  ...passing('IO', 'read close resolveBlob'),
};

const identityRules: Readonly<Record<string, Rule>> = Object.fromEntries(
  (
    'setUserAgentOverride setLocaleOverride setTimezoneOverride setTouchEmulationEnabled setHardwareConcurrencyOverride ' +
    'setNavigatorOverrides'
  )
    .split(' ')
    .map((method) => [`Emulation.${method}`, withoutEffect]),
);

const heapRules = passing('HeapProfiler', 'enable disable collectGarbage getObjectByHeapObjectId getHeapObjectId');

const rules: Readonly<Record<TargetKind, Readonly<Record<string, Rule>>>> = {
  page: {
    ...targetRules,
    ...networkRules,
    ...identityRules,
    ...heapRules,
    ...passing(
      'Page',
      'enable disable addScriptToEvaluateOnNewDocument removeScriptToEvaluateOnNewDocument addScriptToEvaluateOnLoad ' +
        'removeScriptToEvaluateOnLoad bringToFront captureScreenshot captureSnapshot close createIsolatedWorld ' +
        'getAppManifest getFrameTree getLayoutMetrics getNavigationHistory getResourceContent getResourceTree ' +
        'handleJavaScriptDialog navigateToHistoryEntry resetNavigationHistory printToPDF reload searchInResource ' +
        'setBypassCSP setDocumentContent setInterceptFileChooserDialog setLifecycleEventsEnabled startScreencast ' +
        'stopScreencast screencastFrameAck setFontFamilies setFontSizes stopLoading',
    ),
    'Page.navigate': navigateRule,
    'Page.setDownloadBehavior': withoutEffect,
    'DOM.setFileInputFiles': filesRule,
    ...passing(
      'Input',
      'cancelDragging dispatchKeyEvent dispatchMouseEvent dispatchTouchEvent emulateTouchFromMouseEvent imeSetComposition ' +
        'insertText setIgnoreInputEvents setInterceptDrags synthesizePinchGesture synthesizeScrollGesture ' +
        'synthesizeTapGesture',
    ),
    'Input.dispatchDragEvent': dragRule,
    ...passing(
      'Emulation',
      'clearGeolocationOverride clearIdleOverride resetPageScaleFactor setAutoDarkModeOverride setCPUThrottlingRate ' +
        'setDefaultBackgroundColorOverride setDisabledImageTypes setDocumentCookieDisabled setEmitTouchEventsForMouse ' +
        'setEmulatedMedia setEmulatedVisionDeficiency setFocusEmulationEnabled setGeolocationOverride setIdleOverride ' +
        'setPageScaleFactor setScriptExecutionDisabled setScrollbarsHidden',
    ),
    'Emulation.setDeviceMetricsOverride': metricsRule,
    'Emulation.clearDeviceMetricsOverride': metricsRule,
    ...passing('Security', 'enable disable setIgnoreCertificateErrors'),
    ...passing(
      'Storage',
      'getStorageKey getStorageKeyForFrame getUsageAndQuota clearDataForOrigin clearDataForStorageKey',
    ),
    'Storage.getCookies': contextRule,
    'Storage.setCookies': contextRule,
    'Storage.clearCookies': contextRule,
    'Browser.getWindowForTarget': ownTargetRule,
    // The size of the window is the device's.
    'Browser.setWindowBounds': withoutEffect,
    'Browser.setContentsSize': withoutEffect,
  },
  worker: {
    ...targetRules,
    ...networkRules,
    ...identityRules,
    ...heapRules,
  },
  tab: {
    ...targetRules,
    ...passing('Runtime', 'runIfWaitingForDebugger'),
  },
};

/** Not allowed although their domain is. */
const refused = new Set(['DOM.getFileInfo']);

/**
 * What becomes of a command for a page, worker or tab. What no rule allows is refused: new methods of browsers are, too.
 *
 * @throws ProtocolError when it is refused
 */
export function ruleOnTarget(kind: TargetKind, method: string, params: Params, scope: RuleScope): Ruling {
  const rule = Object.hasOwn(rules[kind], method) ? rules[kind][method] : undefined;
  if (rule) return rule(params, scope);
  const domain = method.slice(0, Math.max(0, method.indexOf('.')));
  if (wholeDomains[kind].has(domain) && !refused.has(method)) return send(params);
  throw notAllowed(method);
}

/** The answer to a command that a client may not send. */
export const notAllowed = (method: string): ProtocolError =>
  new ProtocolError(
    `'${method.slice(0, 100)}' is not allowed: a client that is attached reaches its own session alone, not the browser or its machine.`,
    protocolErrors.unknownMethod,
  );
