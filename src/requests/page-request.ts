import { ActionResults } from '../actions/action-context.js';
import type { EgressRequest } from '../egress/session-proxy.js';
import type {
  CookieToSet,
  DocumentReadLimits,
  EngineContext,
  EnginePage,
  NavigationResult,
  PageRecording,
  StepLimits,
} from '../engine/engine.js';
import { MooringError, settingName } from '../errors.js';
import type { RequestReply } from '../protocol/commands/request.js';
import type { Solution } from '../protocol/replies/solution.js';
import { revivePage } from '../sessions/revive-page.js';
import type { LeasedSession } from '../sessions/session-lease.js';
import type { PagePlace } from '../snapshots/browser-state.js';
import { abortable, settledWithin } from '../util/deadline.js';
import { cookiesToSet } from './http-request.js';
import {
  extractFrom,
  idleWarnings,
  loadingOf,
  noPageWarnings,
  pdfOf,
  screenshotOf,
  splitActions,
  unusedWarnings,
  watchOptionsOf,
} from './page-options.js';
import { type ArtifactContent, type PageRequestParts, PageVisit, stepLimits } from './page-visit.js';
import { filterSolution, readSolution, resultFields, toBase64, watchFields } from './solution.js';

const defaultAbortWaitMs = 45_000;
/** How long the end of a video may hold back the reply to a request that failed, of the time that it has left. */
const longestVideoEndMs = 10_000;
/** How much longer it may, after that time. */
const videoGraceMs = 1200;

/**
 * One request on a session's page, with the session's turn at hand.
 *
 * ```
 * cookies ─▶ actions before ─▶ navigation ─▶ what is to be waited for ─▶ actions ─▶ reading
 * ```
 *
 * If it fails once the page shows something, the error takes along what was known by then.
 */
export class PageRequest {
  readonly #parts: PageRequestParts;
  readonly #results: ActionResults;
  readonly #warnings: string[];

  constructor(parts: PageRequestParts) {
    this.#parts = parts;
    this.#results = new ActionResults(parts.maxBytes);
    this.#warnings = [...parts.http.warnings, ...idleWarnings(parts.command.request)];
  }

  /** @throws MooringError */
  async run(): Promise<RequestReply> {
    const { command, domains, leased, deadline, maxBytes } = this.#parts;
    const { request } = command;
    const { signal } = deadline;
    using egress = leased.egress.beginRequest(domains);
    const shown = request.keepSamePage ? (leased.usePage() ?? (await this.#revived(egress))) : undefined;
    const stays = shown?.document ? shown : undefined;
    const url = stays ? stays.url : request.url;
    if (url === undefined) throw nothingShown(leased, shown);
    if (request.keepSamePage && !stays && leased.pageLoss)
      this.#warnings.push('The page that the session showed is gone, since its tab failed: `url` was gone to instead.');
    const unset = await setCookies(leased.context, cookiesToSet(request, url), signal);
    this.#warnings.push(...unset.map((name) => `The cookie ${name} was not taken by the browser.`));
    const page = stays ?? (await leased.openPage(signal));
    deadline.begin();
    using watch = await page.watch(watchOptionsOf(request, maxBytes), signal);
    const recording = request.video && !request.onlyStatusCode ? page.record(maxBytes) : undefined;
    try {
      const visit = new PageVisit(this.#parts, page, watch, egress, this.#results);
      const solution = await this.#visit(visit, stays, url, recording);
      const warnings = [
        ...this.#warnings,
        ...watch.dialogs.map(dialogWarning),
        ...watch.unclaimed.map(discardedWarning),
      ];
      return {
        solution: filterSolution(solution, request.filter),
        data: 'success',
        session: command.session,
        ...(warnings.length > 0 ? { warnings } : {}),
      };
    } finally {
      recording?.stop().catch(() => {}); // it has been, or is not wanted
    }
  }

  /** The page that was lost, gone to again. */
  async #revived(egress: EgressRequest): Promise<EnginePage | undefined> {
    const { leased, deadline, maxBytes } = this.#parts;
    const { lostPlace } = leased;
    if (!lostPlace) return undefined;
    const page = await revivePage(leased, egress, stepLimits(deadline), maxBytes);
    if (page) leased.noteRestored([]);
    else this.#warnings.push(notRevived(lostPlace));
    return page;
  }

  async #visit(
    visit: PageVisit,
    stays: EnginePage | undefined,
    url: string,
    recording: PageRecording | undefined,
  ): Promise<Partial<Solution>> {
    const { request } = this.#parts.command;
    const { before, after } = splitActions(request.browserActions ?? []);
    if (before.length > 0) await visit.act(before);
    if (stays?.document) {
      this.#warnings.push(...unusedWarnings(request));
      visit.result = stays.document;
    } else await visit.load(url);
    this.#parts.leased.pageStarted();
    try {
      await this.#follow(visit, after.length > 0);
      await this.#settle(visit);
      if (after.length > 0) await visit.act(after);
      await this.#awaitTraffic(visit);
      return await this.#read(visit, recording);
    } catch (error) {
      if (!(error instanceof MooringError)) throw error;
      const known = { ...visit.soFar(), ...(await this.#endVideo(visit, recording)), verified: false };
      throw error.after({ solution: known });
    }
  }

  /** Goes with a page that goes on by itself; actions that come after it keep half of the time. */
  async #follow({ result, page }: PageVisit, hasActions: boolean): Promise<void> {
    if (result.kind !== 'document') return;
    const limits = this.#readLimits();
    const isThere = await page.follow({ ...limits, timeoutMs: hasActions ? limits.timeoutMs / 2 : limits.timeoutMs });
    if (!isThere) this.#warnings.push(heldWarnings.late);
  }

  /** What is to be over before the actions. */
  async #settle({ page, watch, result, actor }: PageVisit): Promise<void> {
    const { request } = this.#parts.command;
    if (result.kind !== 'document') {
      this.#warnings.push(...noPageWarnings(request));
      return;
    }
    if (result.brokeOff)
      this.#warnings.push('The connection broke off before the page was complete; the reply shows what had come.');
    else if (!result.loaded)
      this.#warnings.push('The page had not finished loading when the time was over; the reply shows it as it stood.');
    if (request.dontLoadMainSite)
      this.#warnings.push('The site was not loaded: `statusCode` is that of an empty page in its place.');
    if (request.waitForUrl !== undefined) await page.waitForUrl(request.waitForUrl, this.#limits());
    if (request.blockCookieBanners) await watch.untilNoBanner(this.#limits());
    if (request.removeIframes) await actor.removeFrames(this.#limits());
    if (request.mouseMovements || request.forceMouseMovement) await actor.wander(this.#limits());
  }

  async #awaitTraffic({ watch }: PageVisit): Promise<void> {
    const { request } = this.#parts.command;
    if (request.waitForAbortOnDetection && request.abortOnDetection) {
      const { timeoutMs, signal } = this.#limits();
      const waitMs = Math.min(timeoutMs, request.waitForAbortOnDetectionTimeout ?? defaultAbortWaitMs);
      if (!(await watch.untilAborted({ timeoutMs: waitMs, signal })))
        this.#warnings.push(`No request of \`abortOnDetection\` came within ${Math.round(waitMs)} ms.`);
    }
    if (request.interceptFetchRequest === undefined || request.onlyStatusCode) return;
    if (await watch.untilCaptured(this.#limits())) return;
    const patterns = [request.interceptFetchRequest].flat();
    const missing = patterns.filter((_pattern, i) => watch.captured[i] === undefined);
    throw new MooringError(
      'INTERCEPTED_RESPONSE_MISSING',
      `\`interceptFetchRequest\`: expected an answer from ${missing.join(', ')} in the time of the request; there was none.`,
    );
  }

  async #read(visit: PageVisit, recording: PageRecording | undefined): Promise<Partial<Solution>> {
    const { request } = this.#parts.command;
    const { page, watch, egress } = visit;
    const { value, held } = await page.readOneDocument(
      (document) => this.#readDocument(visit, document),
      this.#readLimits(),
    );
    if (held && !this.#warnings.includes(heldWarnings[held])) this.#warnings.push(heldWarnings[held]);
    if (request.onlyStatusCode) return value.solution;
    const { solution, screenshot } = value;
    return {
      ...solution,
      ...resultFields(this.#results),
      ...watchFields(watch, request),
      ...(egress.blocked.length > 0 ? { blocked: [...egress.blocked] } : {}),
      ...(screenshot && request.screenshot ? { screenshot: toBase64(screenshot) } : {}),
      ...(screenshot && request.screenshotUpload
        ? await this.#link(visit, 'screenshotUrl', { name: 'screenshot.png', type: 'image/png', bytes: screenshot })
        : {}),
      ...(recording ? await this.#video(visit, await recording.stop()) : {}),
    };
  }

  /** Everything that is said of one document. It may have to be read again. */
  async #readDocument(
    visit: PageVisit,
    document: NavigationResult | undefined,
  ): Promise<{ solution: Partial<Solution>; screenshot?: Uint8Array | undefined }> {
    const { command, leased, deadline, maxBytes } = this.#parts;
    const { request } = command;
    const { signal } = deadline;
    const { page } = visit;
    const isPage = visit.result.kind === 'document';
    if (isPage && !document) throw visit.noDocument();
    const result = (isPage && document) || visit.result;
    if (request.onlyStatusCode) {
      const currentUrl = isPage ? page.url : result.url;
      return { solution: { verified: true, statusCode: result.status, currentUrl } };
    }
    // Of a file, or of nothing, there is nothing to be seen: the page is the one before.
    const wanted = isPage ? request : {};
    const extracted = await extractFrom(page, wanted, signal);
    const listsRedirects = request.listAllRedirects ?? false;
    const always = await readSolution({
      page,
      context: leased.context,
      result,
      listsRedirects,
      filter: request.filter,
      maxBytes,
      signal,
    });
    const screenshot = await screenshotOf(page, wanted, maxBytes, signal);
    const pdf = await pdfOf(page, wanted, maxBytes, signal);
    return {
      solution: { ...always, ...extracted, ...(pdf ? { base64Response: toBase64(pdf) } : {}) },
      screenshot,
    };
  }

  /** The video of a request that failed, if it is there at once. */
  async #endVideo(visit: PageVisit, recording: PageRecording | undefined): Promise<Partial<Solution>> {
    if (!recording) return {};
    let video: Partial<Solution> = {};
    const ending = recording.stop().then(async (bytes) => {
      video = await this.#video(visit, bytes);
    });
    await settledWithin(abortable(ending, this.#parts.deadline.signal), longestVideoEndMs);
    await settledWithin(ending, videoGraceMs);
    return video;
  }

  async #video(visit: PageVisit, bytes: Uint8Array | undefined): Promise<Partial<Solution>> {
    if (!bytes) {
      this.#warnings.push('`video`: the page gave no picture.');
      return {};
    }
    return this.#link(visit, 'videoUrl', { name: 'video.webm', type: 'video/webm', bytes });
  }

  async #link(
    visit: PageVisit,
    field: 'screenshotUrl' | 'videoUrl',
    file: ArtifactContent,
  ): Promise<Partial<Solution>> {
    const link = await visit.keepArtifact(file);
    if (link !== undefined) return { [field]: link };
    this.#warnings.push(
      `\`${field}\` is missing: this server had no room for the file (${settingName('filesLimit')}, ${settingName('filesLimitPerKey')}, or its disk).`,
    );
    return {};
  }

  #limits(): StepLimits {
    return stepLimits(this.#parts.deadline);
  }

  #readLimits(): DocumentReadLimits {
    return { ...this.#limits(), loadState: loadingOf(this.#parts.command.request).loadState };
  }
}

const notRevived = ({ url, method }: PagePlace): string =>
  `The session's page (${url}) came by ${method} and was not sent again: the session shows no page until it goes to one.`;

/** What is said of a page that did not stand still. */
const heldWarnings = {
  moving: 'The page kept going on to other documents by itself. It was held at one of them, which the reply shows.',
  late: 'The page was on its way to another address when the time was over. The reply shows the document before it.',
} as const;

/** There is no page to stay on. */
function nothingShown({ pageLoss, lostPlace }: LeasedSession, shown: EnginePage | undefined): MooringError {
  if (lostPlace) {
    const detail = `\`keepSamePage\`: expected a page that can be shown again, or \`url\` to go to. ${notRevived(lostPlace)}`;
    return new MooringError('INVALID_PARAMETER', detail);
  }
  if (pageLoss) {
    return new MooringError(
      'BROWSER_FAILED',
      '`keepSamePage`: expected the page that the session showed, but its tab failed and is gone; go to a `url`, the cookies are kept.',
      { cause: pageLoss },
    );
  }
  const why = shown?.failure
    ? `its last navigation failed (${shown.failure.detail})`
    : shown
      ? `it shows ${shown.url}, which is no page of a site.`
      : 'it shows none yet.';
  return new MooringError(
    'INVALID_PARAMETER',
    `\`keepSamePage\`: expected a session that shows a page, or \`url\` to go to; ${why}`,
  );
}

const dialogWarning = ({ type, message }: { readonly type: string; readonly message: string }): string =>
  `The page showed a dialog (${type}: ${JSON.stringify(message)}); it was ${type === 'beforeunload' ? 'accepted' : 'dismissed'}.`;

const discardedWarning = (name: string): string =>
  `The page handed out a file (${name}), which was discarded: use the action \`download\` to get it.`;

/** Sets cookies. @returns the names of those that the browser silently left out */
async function setCookies(
  context: EngineContext,
  cookies: readonly CookieToSet[],
  signal: AbortSignal,
): Promise<string[]> {
  if (cookies.length === 0) return [];
  await context.addCookies(cookies, signal);
  const there = new Set((await context.cookies(undefined, signal)).map(({ name }) => name));
  const now = Date.now() / 1000;
  return cookies
    .filter(({ name, expires = -1 }) => !there.has(name) && (expires === -1 || expires > now))
    .map(({ name }) => name);
}
