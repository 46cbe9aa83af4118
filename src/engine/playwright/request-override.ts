import type { CDPSession } from 'playwright-core';
import type { NavigationRequest } from '../engine.js';

/** Whether a navigation needs more than the address bar can do. */
export function needsOverride(request: NavigationRequest): boolean {
  return request.method !== 'GET' || request.body !== undefined || Object.keys(request.headers).length > 0;
}

/**
 * Gives the next navigation of the main frame another method, body and headers:
 *
 * ```
 * goto ─▶ browser pauses the document's request ─▶ continue with method, body, headers ─▶ network
 * ```
 *
 * Over a protocol session of our own rather than the driver's routing, which switches the HTTP cache off for the page
 * and would ask about every asset. Only requests for documents pause, and only until ours has come by; redirects keep
 * what the network stack makes of them (a 303 after POST is a GET).
 *
 * @returns a function that ends the pausing
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Fetch/
 */
export async function overrideNextNavigation(
  cdp: CDPSession,
  mainFrameId: string,
  request: NavigationRequest,
): Promise<() => Promise<void>> {
  let done = false;
  const stop = async (): Promise<void> => {
    if (done) return;
    done = true;
    cdp.off('Fetch.requestPaused', onPaused);
    await cdp.send('Fetch.disable').catch(() => {}); // fails only with the page, which then has no requests either
  };
  const onPaused = async (event: {
    requestId: string;
    frameId: string;
    request: { headers: Record<string, string> };
  }): Promise<void> => {
    if (done || event.frameId !== mainFrameId) {
      await cdp.send('Fetch.continueRequest', { requestId: event.requestId }).catch(() => {}); // the page went meanwhile
      return;
    }
    await cdp
      .send('Fetch.continueRequest', {
        requestId: event.requestId,
        method: request.method,
        headers: mergeHeaders(event.request.headers, request.headers),
        ...(request.body === undefined ? {} : { postData: Buffer.from(request.body).toString('base64') }),
      })
      .catch(() => {}); // the page went meanwhile; goto says so
    await stop();
  };
  cdp.on('Fetch.requestPaused', onPaused);
  await cdp.send('Fetch.enable', {
    patterns: [{ urlPattern: '*', resourceType: 'Document', requestStage: 'Request' }],
  });
  return stop;
}

function mergeHeaders(
  own: Readonly<Record<string, string>>,
  over: Readonly<Record<string, string>>,
): { name: string; value: string }[] {
  const merged = new Map(Object.entries(own).map(([name, value]) => [name.toLowerCase(), { name, value }]));
  for (const [name, value] of Object.entries(over)) merged.set(name.toLowerCase(), { name, value });
  return [...merged.values()];
}
