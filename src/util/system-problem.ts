/** What the system says of files and addresses, for people. */
const sentences: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EADDRNOTAVAIL: 'this machine has no such address',
  EEXIST: 'a file of that name is in the way',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the file system takes',
  EIO: 'the disk fails',
  EISDIR: 'it is a folder',
  EMFILE: 'too many files are open',
  ENOENT: 'it is not there, or cannot be made there',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a file is in the way',
  ENOTFOUND: 'the name is not known',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
};

/** Why the system refused something; undefined if it is no error of the system, or none that is expected. */
export function systemProblem(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && Object.hasOwn(sentences, code) ? `${sentences[code]} (${code})` : undefined;
}
