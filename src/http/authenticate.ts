import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { MooringError, settingName } from '../errors.js';
import { digestOf, type Owner, ownerOfKey } from './key-owner.js';
import { UiPass } from './ui-pass.js';

/** Finds out who sends a request: a name for the key, which is never kept or logged itself. */
export type Authenticate = (request: FastifyRequest) => Owner;

/**
 * @param keys the keys that are let in; with none, any key is taken, and each is an owner of its own
 * @returns a function that names the owner, or throws `UNAUTHORIZED`. A page of the dashboard shows its cookie instead of a key
 */
export function createAuthenticate(keys: readonly string[]): Authenticate {
  const digests = keys.map(digestOf);
  const pass = new UiPass(keys);
  return (request) => {
    const key = keyOf(request);
    const visitor = key === undefined ? pass.ownerOf(request) : undefined;
    if (visitor !== undefined) return visitor;
    if (digests.length === 0) return key === undefined ? 'nobody' : ownerOfKey(key);
    if (key === undefined) {
      throw new MooringError(
        'UNAUTHORIZED',
        'expected a key as `?key=`, `Authorization: Bearer` or `x-api-key` (or `/v1/<key>`); there was none.',
      );
    }
    const digest = digestOf(key);
    // Every key is compared, and digests are of one length: the time tells nothing.
    const known = digests.filter((candidate) => timingSafeEqual(candidate, digest));
    if (known.length === 0) throw new MooringError('UNAUTHORIZED', 'expected a key of this server; got another.');
    return ownerOfKey(key);
  };
}

/**
 * Keeps web pages out of a server that wants no key. A page in a browser on this machine could post commands to it,
 * or, by a name that it makes resolve to loopback, read the answers too.
 *
 * @throws MooringError `UNAUTHORIZED`
 */
export function assertNoForeignPage(request: Pick<FastifyRequest, 'headers'>, wantsKey: boolean): void {
  if (wantsKey) return;
  const { host = '', origin, 'sec-fetch-site': site } = request.headers;
  const forwarded = Object.keys(request.headers).find(
    (name) => name === 'forwarded' || name.startsWith('x-forwarded-'),
  );
  if (forwarded !== undefined) {
    throw new MooringError(
      'UNAUTHORIZED',
      `expected a request from this machine, for this server has no keys; the header \`${forwarded}\` says that a proxy passes it on. Set ${settingName('apiKeys')} to use it behind one.`,
    );
  }
  const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
  if (!isLoopbackName(hostname)) {
    throw new MooringError(
      'UNAUTHORIZED',
      `expected a request to a loopback address, for this server has no keys; set ${settingName('apiKeys')} to use it under another name.`,
    );
  }
  if (site === 'cross-site' || (origin !== undefined && origin !== `http://${host}`)) {
    throw new MooringError(
      'UNAUTHORIZED',
      `expected a request that no page of another site makes, for this server has no keys; set ${settingName('apiKeys')} to let pages use it.`,
    );
  }
}

const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);

function keyOf(request: FastifyRequest): string | undefined {
  const query = (request.query as Record<string, unknown>).key; // Fastify parses every query into an object
  if (typeof query === 'string' && query !== '') return query;
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const header = request.headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  return basicPassword(request.headers.authorization) ?? pathKey(request);
}

/** `http://anyone:key@host/`: the password; without one, the user. */
function basicPassword(header = ''): string | undefined {
  const encoded = /^Basic\s+(\S+)\s*$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return password || user || undefined;
}

/** `/v1/<key>`, for clients that know nothing but an address. */
function pathKey(request: FastifyRequest): string | undefined {
  const { key } = request.params as { key?: string }; // of the one route that has it; Fastify makes an object of any
  return key === undefined || key === '' ? undefined : key;
}
