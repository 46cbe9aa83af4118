import type { RequestCommand } from '../protocol/commands/request.js';
import type { DomainHosts } from '../protocol/values/domain-list.js';
import type { HttpRequest } from './http-request.js';

/** A request that was checked as far as that needs no session. */
export interface PreparedRequest {
  readonly command: RequestCommand;
  /** Where it may go, over the rules of its session. */
  readonly domains: DomainHosts;
  /** What the browser is to send. */
  readonly http: HttpRequest;
}
