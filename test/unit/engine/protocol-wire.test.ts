import { describe, expect, it } from 'vitest';
import type { WireMessage } from '../../../src/engine/playwright/driver/driver-transport.js';
import { ProtocolWire, type WireClient } from '../../../src/engine/playwright/driver/protocol-wire.js';

/** A browser as far as sessions go; `sent` lists what it was told. */
class FakeBrowser {
  readonly sent: WireMessage[] = [];
  readonly wire = new ProtocolWire({
    toBrowser: (message) => {
      if (this.isGone) throw new Error('the pipe is closed');
      this.sent.push(message);
    },
    overrides: (sessionId) => [{ id: 1, method: 'Emulation.setUserAgentOverride', sessionId }],
  });
  isGone = false;

  /** @returns whether the driver gets the message */
  tell(message: WireMessage): boolean {
    return !this.wire.incoming(message);
  }

  attach(sessionId: string, targetId: string, parent?: string, waitingForDebugger = false): boolean {
    const targetInfo = { targetId, type: 'page', browserContextId: 'context' };
    const params = { sessionId, targetInfo, waitingForDebugger };
    return this.tell({ method: 'Target.attachedToTarget', params, ...(parent ? { sessionId: parent } : {}) });
  }

  answer(method: string, result: Record<string, unknown> = {}): boolean {
    const asked = this.sent.findLast((message) => message.method === method);
    return this.tell({ id: asked?.id ?? -1, result, ...(asked?.sessionId ? { sessionId: asked.sessionId } : {}) });
  }

  async open(told: WireMessage[] = []): Promise<WireClient> {
    const opening = this.wire.open({ contextId: 'context', onMessage: (message) => void told.push(message) });
    this.answer('Target.attachToBrowserTarget', { sessionId: 'whole' });
    return opening;
  }

  methods(): (string | undefined)[] {
    return this.sent.map(({ method }) => method);
  }
}

describe('ProtocolWire', () => {
  it('what is of a client’s session – goes to the client, under its own IDs; the rest to the driver', async () => {
    const browser = new FakeBrowser();
    const told: WireMessage[] = [];
    const client = await browser.open(told);
    expect(browser.attach('mine', 'page', 'whole')).toBe(false);
    client.send({ id: 7, method: 'Runtime.evaluate', sessionId: 'mine' });
    expect(browser.sent.at(-1)?.id).toBeGreaterThan(1e9);
    expect(browser.answer('Runtime.evaluate', { a: 1 })).toBe(false);
    expect(browser.tell({ method: 'Page.loadEventFired', sessionId: 'mine' })).toBe(false);
    expect(told.slice(1)).toEqual([
      { id: 7, result: { a: 1 }, sessionId: 'mine' },
      { method: 'Page.loadEventFired', sessionId: 'mine' },
    ]);
    expect(browser.tell({ method: 'Page.loadEventFired', sessionId: 'theirs' })).toBe(true);
    expect(browser.tell({ id: 5, result: {} })).toBe(true);
    expect(browser.wire.exempt()?.('mine')).toBe(true);
    expect(browser.wire.exempt()?.('theirs')).toBe(false);
  });

  it('a new tab – waits for the client that wants it to, and for no other', async () => {
    const browser = new FakeBrowser();
    const client = await browser.open();
    const run = { id: 3, method: 'Runtime.runIfWaitingForDebugger', sessionId: 'driver' };
    browser.attach('driver', 'page', undefined, true);
    expect(browser.wire.keepsBack(run)).toBe(false);

    client.holdsNewTabs = true;
    browser.attach('driver-2', 'page-2', undefined, true);
    const second = { ...run, sessionId: 'driver-2' };
    expect(browser.wire.keepsBack(second)).toBe(true);
    expect(client.isHeld('page-2')).toBe(true);
    browser.attach('mine', 'page-2', 'whole');
    client.send({ id: 1, method: run.method, sessionId: 'mine' });
    expect(client.isHeld('page-2')).toBe(false);
    expect(browser.sent).toContainEqual(second);
    // The identity is there before it runs.
    const last = browser.sent.findIndex(({ method, sessionId }) => method === run.method && sessionId === 'driver-2');
    expect(browser.sent[last - 1]).toMatchObject({ method: 'Emulation.setUserAgentOverride', sessionId: 'driver-2' });
  });

  it('a dialog – is the client’s if it listens, and dismissed if it leaves', async () => {
    const browser = new FakeBrowser();
    const client = await browser.open();
    browser.attach('driver', 'page');
    browser.attach('mine', 'page', 'whole');
    const opens = (sessionId: string): boolean => browser.tell({ method: 'Page.javascriptDialogOpening', sessionId });
    expect(opens('driver')).toBe(true);
    client.send({ id: 1, method: 'Page.enable', sessionId: 'mine' });
    expect(opens('driver')).toBe(false);
    opens('mine');
    const closing = client.close();
    browser.answer('Target.detachFromTarget');
    await closing;
    expect(browser.sent).toContainEqual(
      expect.objectContaining({ method: 'Page.handleJavaScriptDialog', params: { accept: false }, sessionId: 'mine' }),
    );
    expect(opens('driver')).toBe(true);
  });

  it('a client that leaves – is told nothing more; what the driver had said is said again', async () => {
    const browser = new FakeBrowser();
    const told: WireMessage[] = [];
    const client = await browser.open(told);
    browser.attach('driver', 'page');
    const device = { id: 2, method: 'Emulation.setDeviceMetricsOverride', params: { width: 5 }, sessionId: 'driver' };
    browser.wire.noteSaid(device);
    browser.wire.noteSaid({ method: 'Browser.setDownloadBehavior', params: { browserContextId: 'context' } });
    expect(client.deviceOf('page')).toEqual({ width: 5 });
    const asked = client.ask('Browser.getVersion');
    const closing = client.close();
    expect(client.close()).toBe(closing);
    await expect(asked).rejects.toThrow('the client has left');
    browser.answer('Target.detachFromTarget');
    await closing;
    expect(browser.methods().slice(-3)).toEqual([
      'Browser.setDownloadBehavior',
      'Emulation.setUserAgentOverride',
      'Emulation.setDeviceMetricsOverride',
    ]);
    client.send({ id: 9, method: 'Browser.getVersion' });
    expect(browser.wire.exempt()).toBeUndefined();
    expect(told).toEqual([]);
  });

  it('a browser that is gone – answers with an error, and the client can leave', async () => {
    const browser = new FakeBrowser();
    const told: WireMessage[] = [];
    const client = await browser.open(told);
    browser.isGone = true;
    client.send({ id: 4, method: 'Browser.getVersion' });
    expect(told).toMatchObject([{ id: 4, error: { message: 'the browser is gone' } }]);
    await client.close();
  });
});
