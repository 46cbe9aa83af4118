import type { Device } from './identity.js';

/** Which parts of an identity a browser can present. What it cannot is left out of the identity, or reported. */
export interface PresentationCapabilities {
  readonly devices: readonly Device[];
  /** Which lists of languages. `all`: every one. `one`: `en-US, en`, or one language alone. */
  readonly languages: 'all' | 'one';
  /** Whether it presents another number of cores than the machine has. */
  readonly hardwareConcurrency: boolean;
  /** What service workers say of language and time zone. Their scripts are always requested in the machine's language. */
  readonly serviceWorkerLocale: 'identity' | 'machine';
}

/** Of a browser in which everything can be overridden. */
export const fullPresentation: PresentationCapabilities = {
  devices: ['desktop', 'mobile'],
  languages: 'all',
  hardwareConcurrency: true,
  serviceWorkerLocale: 'identity',
};
