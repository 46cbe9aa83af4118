import { z } from 'zod';
import { exampleSolution } from './solution.js';

const brandsSchema = z.array(z.object({ brand: z.string(), version: z.string() }));

export const fingerprintSchema = z
  .object({
    browser: z.object({ name: z.enum(['chrome', 'firefox', 'safari']), version: z.int().describe('The major.') }),
    operatingSystem: z.enum(['windows', 'macos', 'linux', 'android', 'ios']),
    device: z.enum(['desktop', 'mobile']),
    userAgent: z.string().describe('The user agent that sites see.'),
    userAgentData: z
      .object({
        brands: brandsSchema,
        fullVersionList: brandsSchema,
        platform: z.string(),
        platformVersion: z.string(),
        architecture: z.string(),
        bitness: z.string(),
        model: z.string(),
        mobile: z.boolean(),
        wow64: z.boolean(),
      })
      .optional()
      .describe('What client hints say; absent: a browser that has none.'),
    platform: z.string().describe('`navigator.platform`.'),
    languages: z.array(z.string()).describe('The best first.'),
    timezone: z.string().describe("IANA name: the session's own, or the machine's."),
    screen: z.object({ width: z.int(), height: z.int(), devicePixelRatio: z.number() }),
    viewport: z.object({ width: z.int(), height: z.int() }),
    maxTouchPoints: z.int(),
    hardwareConcurrency: z.int().optional().describe('Absent: as the machine has it.'),
    webdriver: z
      .boolean()
      .describe('`navigator.webdriver`: true, as in every browser that is driven; other browsers say false.'),
    engine: z
      .object({
        name: z.string(),
        version: z.string(),
        build: z.string().describe('Which build of it: `shell`, `full`, …'),
      })
      .describe('The browser that really runs.'),
    warnings: z.array(z.string()).describe('Where the two differ, a sentence each.'),
  })
  .meta({ id: 'Fingerprint' });
/** How the session appears to a site, and what really runs. */
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** One as the reference shows it. */
export const exampleFingerprint = {
  browser: { name: 'chrome', version: 156 },
  operatingSystem: 'linux',
  device: 'desktop',
  userAgent: exampleSolution.userAgent,
  platform: 'Linux x86_64',
  languages: ['en-US', 'en'],
  timezone: 'UTC',
  screen: { width: 1280, height: 1024, devicePixelRatio: 1 },
  viewport: { width: 1280, height: 1024 },
  maxTouchPoints: 0,
  webdriver: true,
  engine: { name: 'chromium', version: '156.0.8078.79', build: 'shell' },
  warnings: [],
};
