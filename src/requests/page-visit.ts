import type { ActionResults } from '../actions/action-context.js';
import { runActions } from '../actions/action-runner.js';
import type { ArtifactStore, ArtifactToKeep } from '../artifacts/artifact-store.js';
import type { EgressRequest } from '../egress/session-proxy.js';
import type {
  DownloadedFile,
  EnginePage,
  NavigationRequest,
  NavigationResult,
  PageActor,
  PageWatch,
  StepLimits,
} from '../engine/engine.js';
import { errorMessage, MooringError, wireCodeOfError } from '../errors.js';
import type { BrowserAction } from '../protocol/actions.js';
import type { Solution } from '../protocol/replies/solution.js';
import type { LeasedSession } from '../sessions/session-lease.js';
import type { Deadline } from '../util/deadline.js';
import { attemptsOf, loadingOf } from './page-options.js';
import type { PreparedRequest } from './prepared-request.js';
import type { RequestCaller } from './request-caller.js';
import { isNetworkFailure, withRetries } from './retries.js';
import { resultFields, watchFields } from './solution.js';

/** What a request on a page is made of. */
export interface PageRequestParts extends PreparedRequest {
  readonly leased: LeasedSession;
  readonly deadline: Deadline;
  readonly caller: Pick<RequestCaller, 'owner' | 'baseUrl' | 'onProgress'>;
  readonly files: ArtifactStore;
  /** The largest page, file or screenshot that a reply carries. */
  readonly maxBytes: number;
}

export type ArtifactContent = Omit<ArtifactToKeep, 'owner' | 'until'>;

/** What is sent to get a page. */
type PageToGet = Omit<NavigationRequest, 'url' | 'loadTimeoutMs' | 'maxBodyBytes'>;

/** The part of the time that is kept for reading the page once it shows something. */
const readReserveMs = (remainingMs: number): number => Math.min(3000, remainingMs * 0.2);

/** The page while a request is on it: where it goes, and what is done there. */
export class PageVisit {
  readonly page: EnginePage;
  readonly watch: PageWatch;
  readonly egress: EgressRequest;
  readonly actor: PageActor;
  readonly #parts: PageRequestParts;
  readonly #results: ActionResults;
  #result: NavigationResult | undefined;
  #isFileTaken = false;

  constructor(
    parts: PageRequestParts,
    page: EnginePage,
    watch: PageWatch,
    egress: EgressRequest,
    results: ActionResults,
  ) {
    this.#parts = parts;
    this.page = page;
    this.watch = watch;
    this.egress = egress;
    this.#results = results;
    this.actor = page.actor();
  }

  /** The navigation that the request is about. */
  get result(): NavigationResult {
    if (!this.#result) throw new Error('nothing was loaded yet');
    return this.#result;
  }

  set result(result: NavigationResult) {
    this.#result = result;
  }

  /** The page may stand elsewhere by now. */
  get #shown(): NavigationResult {
    return this.result.kind === 'document' ? (this.page.document ?? this.result) : this.result;
  }

  /** Where the page stands, and the status that it came with. */
  get location(): Pick<Solution, 'statusCode' | 'currentUrl'> {
    const { kind, status, url } = this.#shown;
    // After a `goto` that failed the browser shows a page of its own.
    const shows = kind === 'document' && !/^(chrome-error|about):/.test(this.page.url);
    return { statusCode: status, currentUrl: shows ? this.page.url : url };
  }

  /** Why there is no document to be read. */
  noDocument(): MooringError {
    const { failure, url } = this.page;
    if (failure) return this.#explained(failure);
    return new MooringError('NO_RESPONSE', `expected a page of a site; the page went to ${url}, which is none.`);
  }

  /** What is known without asking the page. */
  soFar(): Partial<Solution> {
    return {
      ...this.location,
      ...resultFields(this.#results),
      ...watchFields(this.watch, this.#parts.command.request),
    };
  }

  /** Goes where the request is to go. */
  async load(url: string): Promise<void> {
    const { http, command, deadline } = this.#parts;
    const { warnings: _warnings, ...sent } = http;
    const toGet: PageToGet = { ...sent, ...loadingOf(command.request) };
    this.#result = await withRetries(attemptsOf(command.request, http), () =>
      this.#goto(url, toGet, stepLimits(deadline)),
    );
  }

  async act(actions: readonly BrowserAction[]): Promise<void> {
    const { leased, deadline, caller } = this.#parts;
    await runActions(actions, {
      page: this.page,
      actor: this.actor,
      context: leased.context,
      nextDownload: (limits) => this.#nextDownload(limits),
      results: this.#results,
      deadline,
      goto: (url, limits) => this.#gotoAction(url, limits),
      keepArtifact: (file) => this.keepArtifact(file),
      onDone: (action, place, elapsedMs, error) => {
        const over = { action: action.type, place, elapsedMs: Math.round(elapsedMs) };
        caller.onProgress({
          type: 'action',
          ...over,
          ...(error === undefined ? {} : { error: errorMessage(error) }),
        });
        leased.events.add('action', {
          ...over,
          selector: 'cssSelector' in action ? action.cssSelector : undefined,
          outcome: error === undefined ? 'success' : wireCodeOfError(error),
        });
      },
    });
  }

  /** Keeps a file as long as the session lives, or its time if the request ends the session. @returns its link, if there is room */
  async keepArtifact(file: ArtifactContent): Promise<string | undefined> {
    const { files, caller, command, leased } = this.#parts;
    const until = command.request.closeAfterUse ? {} : { until: leased.ended };
    // A disk that is full or gone is no reason to lose what the request has brought.
    const path = await files.add({ ...file, owner: caller.owner, ...until }).catch(() => undefined);
    return path === undefined ? undefined : `${caller.baseUrl}/files/${path}`;
  }

  /** The file that the request itself led to comes first. */
  async #nextDownload(limits: StepLimits): Promise<Omit<DownloadedFile, 'url'>> {
    const file = this.#result && !this.#isFileTaken ? await fileOf(this.#result) : undefined;
    if (!file) return this.watch.nextDownload(limits);
    this.#isFileTaken = true;
    return file;
  }

  async #gotoAction(url: string, limits: StepLimits): Promise<void> {
    try {
      const file = await fileOf(await this.#goto(url, { method: 'GET', headers: {} }, limits));
      if (file) this.#results.addDownload(file);
    } catch (error) {
      // Given up alone, it would hold the next action back.
      if (limits.signal.aborted && !this.#parts.deadline.signal.aborted) await this.page.settle();
      throw error;
    }
  }

  /** Navigates, and tells the caller of it. */
  async #goto(url: string, request: PageToGet, { timeoutMs, signal }: StepLimits): Promise<NavigationResult> {
    const startedAt = performance.now();
    this.egress.name(url);
    try {
      const whole = { ...request, url, loadTimeoutMs: timeoutMs, maxBodyBytes: this.#parts.maxBytes };
      const result = await this.page.navigate(whole, signal);
      this.#parts.caller.onProgress({
        type: 'navigation',
        url: result.url,
        statusCode: result.status,
        elapsedMs: Math.round(performance.now() - startedAt),
      });
      return result;
    } catch (error) {
      throw error instanceof MooringError ? this.#explained(error, url) : error;
    }
  }

  /** The failure as the session's proxy saw it, which knows more than the browser. */
  #explained(error: MooringError, url?: string): MooringError {
    const failedUrl = error.url ?? url;
    return (isNetworkFailure(error) && failedUrl !== undefined && this.egress.failure(failedUrl)) || error;
  }
}

/** The file that a navigation led to, if it did. */
async function fileOf(result: NavigationResult): Promise<ArtifactContent | undefined> {
  const { kind, body: bytes, fileName: name = '', headers } = result;
  if (kind !== 'download' || !bytes) return undefined;
  const { 'content-type': type = 'application/octet-stream' } = (await headers).response;
  return { name, type, bytes };
}

/** How long a step on the page may take, so that there is time left to read the page. */
export const stepLimits = (deadline: Deadline): StepLimits => ({
  timeoutMs: deadline.remainingMs - readReserveMs(deadline.remainingMs),
  signal: deadline.signal,
});
