import { createHash } from 'node:crypto';

/** A name for who has a key, which tells nothing of the key: it stands in logs and in the names of folders. */
export type Owner = string;

export const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();

export const ownerOfKey = (key: string): Owner => digestOf(key).toString('hex', 0, 8);
