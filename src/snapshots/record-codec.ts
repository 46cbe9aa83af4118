import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { MooringError } from '../errors.js';
import { blockOverhead, openBlock, sealBlock, tagOf } from './sealed-block.js';
import type { SnapshotHead, StoredSession } from './snapshot-store.js';
import type { StateKey, StateKeys } from './state-keys.js';

const deflateAsync = promisify(deflate);
const inflateAsync = promisify(inflate);

/** What came of reading a record. */
export type Decoded<T> =
  | { readonly kind: 'value'; readonly value: T }
  /** It is whole, and was stored with a key that is not known here, or by a newer version. */
  | { readonly kind: 'foreign'; readonly why: 'key' | 'version' }
  /** @property what a part of a sentence: "its body was changed" */
  | { readonly kind: 'damage'; readonly what: string };

/** How much of a record holds its preamble and, nearly always, its head. */
export const headReadBytes = 1024;

const magic = 'MSR';
const format = 1;
const preambleBytes = 28;
const keyIdBytes = 8;
const compressFromBytes = 1024;
/** Beyond it a body is no session. It also bounds what a compressed one unpacks to. */
const maxBodyBytes = 256 * 1024 ** 2;

interface Preamble {
  readonly bytes: Buffer;
  readonly key: StateKey | undefined;
  readonly isCompressed: boolean;
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/**
 * Sessions as bytes, and back.
 *
 * ```
 * preamble  magic 3 · format 1 · sealed 1 · compressed 1 · 0 2 · key ID 8 · head length 4 · body length 4 · checksum 4
 * head      a block (`sealed-block.ts`) of JSON, bound to the preamble and the address
 * body      a block of JSON, deflated where that is shorter; bound to the preamble, the address and the head
 * ```
 *
 * Lengths are those of blocks, big-endian. The checksum (of SHA-256) tells a damaged preamble from one that names another key.
 */
export class RecordCodec {
  readonly #keys: StateKeys;

  constructor(keys: StateKeys) {
    this.#keys = keys;
  }

  /**
   * The record of a session. Its text is made at once; it is compressed beside the main thread.
   *
   * @throws MooringError `STATE_NOT_KEPT` if the session is too large to be one
   */
  async encode(address: string, { head, body }: StoredSession): Promise<Buffer> {
    const headText = Buffer.from(JSON.stringify(head));
    const bodyText = textOf(body);
    const packed = bodyText.length < compressFromBytes ? bodyText : await deflateAsync(bodyText, { level: 1 });
    const isCompressed = packed.length < bodyText.length;
    const content = isCompressed ? packed : bodyText;

    const key = this.#keys.sealing;
    const preamble = Buffer.alloc(preambleBytes);
    preamble.write(magic, 'latin1');
    preamble.writeUInt8(format, 3);
    preamble.writeUInt8(key ? 1 : 0, 4);
    preamble.writeUInt8(isCompressed ? 1 : 0, 5);
    key?.id.copy(preamble, 8);
    preamble.writeUInt32BE(headText.length + blockOverhead(key), 16);
    preamble.writeUInt32BE(content.length + blockOverhead(key), 20);
    checksumOf(preamble).copy(preamble, 24);

    const binding = [preamble, Buffer.from(address)];
    const headBlock = sealBlock(headText, binding, key);
    return Buffer.concat([preamble, headBlock, sealBlock(content, [...binding, tagOf(headBlock)], key)]);
  }

  /**
   * How many bytes of a record are needed for its head; `undefined` where its first bytes do not tell.
   *
   * @param start the beginning of a record
   */
  headEnd(start: Buffer): number | undefined {
    const preamble = this.#preamble(start);
    return preamble.kind === 'value' ? preambleBytes + preamble.value.headBytes : undefined;
  }

  /**
   * The head of a record.
   *
   * @param start the record up to `headEnd` at least
   * @param recordBytes how long the whole record is
   */
  decodeHead(address: string, start: Buffer, recordBytes: number): Decoded<SnapshotHead> {
    const preamble = this.#preamble(start);
    if (preamble.kind !== 'value') return preamble;
    const { bytes, key, headBytes, bodyBytes } = preamble.value;
    const expectedBytes = preambleBytes + headBytes + bodyBytes;
    if (recordBytes !== expectedBytes)
      return damaged(`it has ${recordBytes} bytes where ${expectedBytes} were written`);
    const block = start.subarray(preambleBytes, preambleBytes + headBytes);
    const content = openBlock(block, [bytes, Buffer.from(address)], key);
    if (!content) return damaged('its head was changed');
    return { kind: 'value', value: JSON.parse(content.toString()) as SnapshotHead }; // as `encode` wrote it
  }

  /** A whole record. */
  async decode(address: string, record: Buffer): Promise<Decoded<StoredSession>> {
    const head = this.decodeHead(address, record, record.length);
    if (head.kind !== 'value') return head;
    const preamble = this.#preamble(record);
    if (preamble.kind !== 'value') return preamble;
    const { bytes, key, isCompressed, headBytes } = preamble.value;
    const bodyStart = preambleBytes + headBytes;
    const headTag = tagOf(record.subarray(0, bodyStart));
    const content = openBlock(record.subarray(bodyStart), [bytes, Buffer.from(address), headTag], key);
    if (!content) return damaged('its body was changed');
    const text = isCompressed ? await inflateAsync(content, { maxOutputLength: maxBodyBytes }) : content;
    const body = JSON.parse(text.toString()) as StoredSession['body']; // as `encode` wrote it
    return { kind: 'value', value: { head: head.value, body } };
  }

  #preamble(start: Buffer): Decoded<Preamble> {
    const bytes = start.subarray(0, preambleBytes);
    if (bytes.length < preambleBytes || bytes.toString('latin1', 0, 3) !== magic) return damaged('it has no beginning');
    if (!checksumOf(bytes).equals(bytes.subarray(24))) return damaged('its beginning was changed');
    if (bytes.readUInt8(3) !== format) return { kind: 'foreign', why: 'version' };
    const isSealed = bytes.readUInt8(4) === 1;
    const key = isSealed ? this.#keys.find(bytes.subarray(8, 8 + keyIdBytes)) : undefined;
    if (isSealed && !key) return { kind: 'foreign', why: 'key' };
    return {
      kind: 'value',
      value: {
        bytes,
        key,
        isCompressed: bytes.readUInt8(5) === 1,
        headBytes: bytes.readUInt32BE(16),
        bodyBytes: bytes.readUInt32BE(20),
      },
    };
  }
}

const checksumOf = (preamble: Buffer): Buffer =>
  createHash('sha256').update(preamble.subarray(0, 24)).digest().subarray(0, 4);

const damaged = (what: string) => ({ kind: 'damage', what }) as const;

function textOf(body: StoredSession['body']): Buffer {
  let text: Buffer | undefined;
  try {
    text = Buffer.from(JSON.stringify(body));
  } catch (error) {
    // Longer than a string can be.
    if (!(error instanceof RangeError)) throw error;
  }
  if (text && text.length <= maxBodyBytes) return text;
  const size = text ? `${text.length} bytes` : 'more than a text holds';
  throw new MooringError('STATE_NOT_KEPT', `expected a state of at most ${maxBodyBytes} bytes; got ${size}.`);
}
