import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Takeover, type TakeoverOptions } from '../../../../src/attach/view/takeover.js';
import type { LivePage } from '../../../../src/engine/live-page.js';
import type { OpenTurn } from '../../../../src/sessions/session-manager.js';

/** What a takeover asks of a session that shows a page. */
function openTurn(over: AbortSignal, onGivenBack: () => void, shown: { page: object | undefined }): OpenTurn {
  const nothing = { name() {}, [Symbol.dispose]() {} };
  const session = {
    over,
    get page() {
      return shown.page;
    },
    lostPlace: { url: 'https://a.test/', method: 'POST' },
    openPage: async () => {},
    pageStarted() {},
    egress: { beginRequest: () => nothing },
    events: { add() {} },
    usePage: () => shown.page,
    keep: async () => {},
  };
  return { session, lease: { [Symbol.dispose]: onGivenBack } } as unknown as OpenTurn; // as much as is asked for
}

describe('Takeover', () => {
  const told: string[] = [];
  const shown: { page: object | undefined } = { page: {} };
  let live: LivePage | undefined;
  const givenBack = vi.fn();
  const minutes = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 60_000);
  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
    shown.page = {};
    live = undefined;
    givenBack.mockReset();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function begin(
    life = new AbortController(),
  ): Promise<{ readonly turn: Takeover; readonly done: Promise<void> }> {
    const options: TakeoverOptions = {
      sessions: { takeOver: async () => openTurn(life.signal, givenBack, shown), assertUrl() {} },
      target: { owner: 'anna', session: 'taken' },
      live: () => live,
      viewport: () => undefined,
      tell: (message) => void told.push(message.text),
      onChange() {},
    };
    const turn = new Takeover(options);
    const done = turn.run();
    await vi.advanceTimersByTimeAsync(0);
    expect(turn.isHeld).toBe(true);
    return { turn, done };
  }

  it('two minutes without input – gives the session back, and tells the person', async () => {
    const { turn, done } = await begin();
    await minutes(1.9);
    turn.input({ type: 'mouse', action: 'move', x: 0, y: 0, button: 'left', clicks: 1 });
    await minutes(1.9);
    expect(turn.isHeld).toBe(true);
    expect(told).toEqual([]);
    await minutes(0.2);
    await done;
    expect(turn.isHeld).toBe(false);
    expect(told).toEqual(['You did nothing for a while: the session was given back.']);
    expect(givenBack).toHaveBeenCalledOnce();
  });

  it('given back, or the session ends – the turn is over at once, and nothing is told later', async () => {
    const first = await begin();
    first.turn.end();
    first.turn.end();
    await first.done;
    const life = new AbortController();
    const second = await begin(life);
    life.abort(new Error('the session has ended'));
    await second.done;
    await minutes(5);
    expect(givenBack).toHaveBeenCalledTimes(2);
    expect(told).toEqual([]);
  });

  it('a page that crashes as soon as it is shown – is shown again three times, and no more', async () => {
    const { turn, done } = await begin();
    shown.page = undefined;
    turn.pageChanged();
    await minutes(1);
    const again = 'The page crashed. Give an address to go on.'; // it came by POST, which is not sent twice
    expect(told).toEqual([again, again, again, 'The page crashed again. Give an address to go on.']);
    expect(turn.isHeld).toBe(true);
    turn.end();
    await done;
  });

  it.each([
    ['in time', 100, ['a', 'https://a.test/']],
    ['after it was given back', 10_000, ['a']],
  ])('an address – the keys before it are done %s, %i ms – %j is done', async (_when, ms, expected) => {
    const done: string[] = [];
    const control = {
      insertText: async (text: string) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        done.push(text);
      },
      goTo: async (url: string) => void done.push(url),
      release: async () => {},
    };
    live = { control: () => control } as unknown as LivePage; // as much as is used
    const { turn, done: over } = await begin();
    turn.input({ type: 'text', text: 'a' });
    turn.input({ type: 'address', url: 'https://a.test/' });
    if (ms === 100) await vi.advanceTimersByTimeAsync(ms);
    turn.end();
    await vi.advanceTimersByTimeAsync(ms);
    await over;
    expect(done).toEqual(expected);
  });
});
