import { expect, it } from 'vitest';
import { isPageProcess } from '../../../src/engine/playwright/browsers/driver-browser.js';

it.each([
  ['/usr/lib/chromium/chromium-headless-shell --type=renderer --headless=old --no-sandbox', true],
  ['/usr/lib/firefox-esr/firefox-esr -contentproc -isForBrowser -appDir /usr/lib/firefox-esr/browser 3 tab', true],
  ['/usr/lib/chromium/chromium --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US', false],
  ['/usr/lib/chromium/chromium --type=zygote --no-sandbox', false],
  [
    '/usr/lib/firefox-esr/firefox-esr -contentproc -parentBuildID 1 -appDir /usr/lib/firefox-esr/browser 2 socket',
    false,
  ],
  ['/usr/lib/firefox-esr/firefox-esr -contentproc -ipcHandle 0 1 forkserver', false],
])('isPageProcess – %s – %s', (command, expected) => {
  expect(isPageProcess(command)).toBe(expected);
});
