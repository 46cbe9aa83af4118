import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../util/duration.js';

/** A text that is not empty. */
export const textSchema = (what: string) => z.string({ error: `expected ${what}` }).min(1, `expected ${what}`);

const durationExpected = 'expected a duration such as 200s, 15m or 500ms';

export const durationSchema = z.string({ error: durationExpected }).transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && Number.isSafeInteger(ms)) return ms;
  context.addIssue({ code: 'custom', message: durationExpected });
  return z.NEVER;
});

/** A wait that a timer holds: longer than zero, at most a day. */
export const waitSchema = durationSchema.refine(
  (ms) => ms > 0 && ms <= 86_400_000,
  'expected more than 0 and at most 1d',
);

const waitOrOffExpected = 'expected a duration of at most 1d such as 10s, or off';

/** A wait, or nothing to be waited for. */
export const waitOrOffSchema = z.string({ error: waitOrOffExpected }).transform((text, context) => {
  if (text.trim().toLowerCase() === 'off') return undefined;
  const { data } = waitSchema.safeParse(text);
  if (data !== undefined) return data;
  context.addIssue({ code: 'custom', message: waitOrOffExpected });
  return z.NEVER;
});

const sizeExpected = 'expected a size such as 32MB';

export const sizeSchema = z.union([z.string(), z.number()], { error: sizeExpected }).transform((value, context) => {
  const match = /^(\d+)\s*(B|KB|MB|GB)?$/i.exec(String(value).trim());
  const factor = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[(match?.[2] ?? 'B').toUpperCase()];
  const bytes = match && factor ? Number(match[1]) * factor : 0;
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  context.addIssue({ code: 'custom', message: sizeExpected });
  return z.NEVER;
});

export const countSchema = (min: number, max: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], { error: `expected a whole number` })
    .refine((n) => Number.isInteger(n) && n >= min && n <= max, `expected a whole number from ${min} to ${max}`);

export const listSchema = z
  .union([z.string().transform((text) => text.split(',')), z.array(z.string())], { error: 'expected a list of texts' })
  .transform((items) => items.map((item) => item.trim()).filter((item) => item !== ''));

/** API keys. An empty list, which an unset variable in a script makes, would accept every caller. */
export const keysSchema = listSchema.refine(
  (keys) => keys.length > 0,
  'expected at least one key; leave it out to accept any',
);

const stateKeysExpected = 'expected one or two keys of 64 hex digits, comma-separated';

/** Keys of 32 bytes, in hex. */
export const stateKeysSchema = listSchema.refine(
  (keys) => (keys.length === 1 || keys.length === 2) && keys.every((key) => /^[0-9a-f]{64}$/i.test(key)),
  stateKeysExpected,
);

export const pathSchema = textSchema('a path').transform((path) =>
  resolve(path.startsWith('~/') ? join(homedir(), path.slice(2)) : path),
);

/** `deny`, `named`, or networks. */
export const privateNetworksSchema = listSchema.transform((items, context) => {
  const text = items.join(',');
  if (text === 'deny') return { kind: 'deny' as const };
  if (text === 'named') return { kind: 'named' as const };
  if (items.length > 0 && items.every(isCidr)) return { kind: 'listed' as const, cidrs: items };
  context.addIssue({ code: 'custom', message: 'expected deny, named, or CIDRs such as 10.0.0.0/8' });
  return z.NEVER;
});

function isCidr(text: string): boolean {
  const [, address = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
}

export const switchSchema = z
  .union([z.boolean(), z.enum(['on', 'off'])], { error: 'expected on or off' })
  .transform((value) => value === true || value === 'on');

const hostAndPort = 'host:port such as example.com:443';

/** `host:port`. */
export const hostAndPortSchema = textSchema(hostAndPort).transform((text, context) => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) > 0 && Number(port) < 65536) return { host, port: Number(port) };
  context.addIssue({ code: 'custom', message: `expected ${hostAndPort}` });
  return z.NEVER;
});
