import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { StateKey } from './state-keys.js';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** How many bytes a block has beyond its content. */
export const blockOverhead = (key: StateKey | undefined): number => tagBytes + (key ? nonceBytes : 0);

/** The last bytes of a block, which prove its content. */
export const tagOf = (block: Buffer): Buffer => block.subarray(-tagBytes);

/**
 * Content that shows when it was changed. With a key: nonce, ciphertext, tag (AES-256-GCM, a fresh 96-bit nonce each).
 * Without: the content, then a checksum (half a SHA-256).
 *
 * @param binding what the block belongs to: it opens with the same binding only
 */
export function sealBlock(content: Buffer, binding: readonly Buffer[], key: StateKey | undefined): Buffer {
  if (!key) return Buffer.concat([content, checksum(content, binding)]);
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key.secret, nonce).setAAD(Buffer.concat(binding));
  return Buffer.concat([nonce, sealing.update(content), sealing.final(), sealing.getAuthTag()]);
}

/** The content of a block; `undefined` if it was changed, or belongs to something else. */
export function openBlock(block: Buffer, binding: readonly Buffer[], key: StateKey | undefined): Buffer | undefined {
  if (block.length < blockOverhead(key)) return undefined;
  const tag = tagOf(block);
  if (!key) {
    const content = block.subarray(0, -tagBytes);
    return checksum(content, binding).equals(tag) ? content : undefined;
  }
  const opening = createDecipheriv(cipher, key.secret, block.subarray(0, nonceBytes), { authTagLength: tagBytes });
  opening.setAAD(Buffer.concat(binding)).setAuthTag(tag);
  const content = opening.update(block.subarray(nonceBytes, -tagBytes));
  try {
    return Buffer.concat([content, opening.final()]);
  } catch {
    return undefined; // the tag does not fit: Node has no code for it
  }
}

const checksum = (content: Buffer, binding: readonly Buffer[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of binding) hash.update(part);
  return hash.update(content).digest().subarray(0, tagBytes);
};
