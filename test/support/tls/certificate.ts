import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate for the tests' own servers on loopback; its key is no secret. */
export const certificate = {
  key: readFileSync(join(import.meta.dirname, 'key.pem')),
  cert: readFileSync(join(import.meta.dirname, 'cert.pem')),
};

/** The switch that makes Chromium trust that one key. */
export function trustSwitch(): string {
  const spki = new X509Certificate(certificate.cert).publicKey.export({ type: 'spki', format: 'der' });
  return `--ignore-certificate-errors-spki-list=${createHash('sha256').update(spki).digest('base64')}`;
}
