import { describe, expect, it } from 'vitest';
import { type ThumbnailLimits, Thumbnails } from '../../../../src/attach/view/thumbnails.js';
import type { Thumbnail, ThumbnailOptions } from '../../../../src/engine/thumbnail.js';
import type { Session } from '../../../../src/sessions/session.js';

const never = new Promise<never>(() => {});

/** A session as far as its picture is concerned. */
class Pictured {
  readonly life = new AbortController();
  state: Session['state'] = 'open';
  lastAccessedAt = 1;
  url = 'http://site.example/1';
  hasDocument = true;
  /** What each picture was to be. */
  readonly asked: ThumbnailOptions[] = [];
  look = async (): Promise<Thumbnail | undefined> => ({
    jpeg: Buffer.from(`${this.url} ${this.asked.length}`),
    title: 'A shop',
  });

  get ended(): AbortSignal {
    return this.life.signal;
  }

  get page() {
    return {
      url: this.url,
      document: this.hasDocument ? {} : undefined,
      thumbnail: async (options: ThumbnailOptions, signal: AbortSignal): Promise<Thumbnail | undefined> => {
        this.asked.push(options);
        const late = new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
        return Promise.race([this.look(), late]);
      },
    };
  }
}

class Pictures {
  readonly open = new Map<string, Pictured>();
  readonly asleep = new Set<string>();
  readonly thumbnails: Thumbnails;

  constructor(limits: Partial<ThumbnailLimits> = {}) {
    this.thumbnails = new Thumbnails({
      sessions: {
        openNow: (owner, id) => this.open.get(`${owner} ${id}`) as unknown as Session, // as much of one as is used
        isActive: (owner, id) => this.open.has(`${owner} ${id}`) || this.asleep.has(`${owner} ${id}`),
      },
      limits,
    });
  }

  add(id: string, owner = 'anna'): Pictured {
    const session = new Pictured();
    this.open.set(`${owner} ${id}`, session);
    return session;
  }

  async find(id: string, owner = 'anna'): Promise<string | undefined> {
    return (await this.thumbnails.find(owner, id))?.jpeg.toString();
  }
}

describe('thumbnails', () => {
  it('nothing has happened since – the same picture; the page is not asked again', async () => {
    const pictures = new Pictures();
    const session = pictures.add('a');
    expect(await pictures.find('a')).toBe('http://site.example/1 1');
    expect(await pictures.find('a')).toBe('http://site.example/1 1');
    expect(session.asked).toEqual([{ maxWidth: 240, maxHeight: 240, quality: 60, isInUse: false }]);
  });

  it.each<[string, Partial<Pictured>]>([
    ['a request has ended', { lastAccessedAt: 2 }],
    ['the page has gone elsewhere', { url: 'http://site.example/2' }],
    ['the page stands still now', { state: 'paused' }],
  ])('%s – a new picture, once', async (_what, now) => {
    const pictures = new Pictures();
    const session = pictures.add('a');
    await pictures.find('a');
    Object.assign(session, now);
    expect(await pictures.find('a')).toBe(`${session.url} 2`);
    expect(await pictures.find('a')).toBe(`${session.url} 2`);
  });

  it.each(['busy', 'attached'] as const)('%s – the page is told; a new one when the last is old', async (state) => {
    for (const [inUseMs, taken] of [
      [60_000, 1],
      [0, 2],
    ] as const) {
      const pictures = new Pictures({ inUseMs });
      const session = pictures.add('a');
      session.state = state;
      await pictures.find('a');
      session.lastAccessedAt += 1; // it is the time that it is now
      await pictures.find('a');
      expect(session.asked.map(({ isInUse }) => isInUse)).toEqual(Array(taken).fill(true));
    }
  });

  it('asked for twice at once – taken once', async () => {
    const pictures = new Pictures();
    const session = pictures.add('a');
    expect(await Promise.all([pictures.find('a'), pictures.find('a')])).toEqual(
      Array(2).fill('http://site.example/1 1'),
    );
    expect(session.asked.length).toBe(1);
  });

  it('something happens while one is taken – who asks afterwards gets another', async () => {
    const pictures = new Pictures();
    const session = pictures.add('a');
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { look } = session;
    session.look = () => released.then(look);
    const first = pictures.find('a');
    await expect.poll(() => session.asked.length).toBe(1);
    session.lastAccessedAt += 1;
    const second = pictures.find('a');
    release();
    expect([await first, await second]).toEqual(['http://site.example/1 1', 'http://site.example/1 2']);
  });

  it('no page, or no such session – nothing is asked; another owner has no such session', async () => {
    const pictures = new Pictures();
    const session = pictures.add('a');
    session.hasDocument = false;
    pictures.asleep.add('anna b');
    expect([await pictures.find('a'), await pictures.find('b')]).toEqual([undefined, undefined]);
    expect(session.asked).toEqual([]);
    await expect(pictures.find('c')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(pictures.find('a', 'bert')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('it fell asleep – as it looked last, until it ends', async () => {
    const pictures = new Pictures();
    const session = pictures.add('a');
    const before = await pictures.find('a');
    pictures.open.clear();
    pictures.asleep.add('anna a');
    expect(await pictures.find('a')).toBe(before);
    expect(pictures.thumbnails.bytes).toBeGreaterThan(0);
    session.life.abort();
    expect(pictures.thumbnails.bytes).toBe(0);
    expect(await pictures.find('a')).toBeUndefined();
  });

  it('one that ends while its picture is taken – it is not kept', async () => {
    const pictures = new Pictures();
    const session = pictures.add('a');
    session.look = async () => {
      session.life.abort();
      return { jpeg: Buffer.from('late'), title: '' };
    };
    expect(await pictures.find('a')).toBeUndefined();
    expect(pictures.thumbnails.bytes).toBe(0);
  });

  it('a page that hangs, fails, gives none or a huge one – as it looked last', async () => {
    const pictures = new Pictures({ takingMs: 30, maxBytesEach: 1000 });
    const session = pictures.add('a');
    const before = await pictures.find('a');
    for (const look of [
      () => never,
      () => Promise.reject(new Error('gone')),
      async () => undefined,
      async () => ({ jpeg: Buffer.alloc(1001), title: '' }),
    ]) {
      session.look = look;
      session.lastAccessedAt += 1;
      expect(await pictures.find('a')).toBe(before);
    }
  });

  it('many at once – two are taken at a time, of one owner after another; who waits too long goes without', async () => {
    const pictures = new Pictures({ takingMs: 60_000, waitingMs: 40 });
    const sessions = ['a', 'b', 'c'].map((id) => pictures.add(id));
    let release = (): void => {};
    const released = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    for (const session of sessions) session.look = () => released;
    const found = sessions.map((_, i) => pictures.find('abc'[i] ?? ''));
    expect(await found[2]).toBeUndefined();
    expect(sessions.map(({ asked }) => asked.length)).toEqual([1, 1, 0]);
    release();
    await Promise.all(found);
  });

  it('more than fit, by number or bytes – those go that were asked for longest ago', async () => {
    for (const limits of [{ max: 2 }, { maxBytes: 50 }]) {
      const pictures = new Pictures(limits);
      const sessions = ['a', 'b', 'c'].map((id) => pictures.add(id));
      for (const id of 'abac') await pictures.find(id);
      expect(pictures.thumbnails.bytes).toBe(46);
      await pictures.find('a');
      expect(sessions.map(({ asked }) => asked.length)).toEqual([1, 1, 1]);
      await pictures.find('b');
      expect(sessions.map(({ asked }) => asked.length)).toEqual([1, 2, 1]);
    }
  });

  it('a title – at most 200 characters, whatever they are; another one is another picture', async () => {
    const pictures = new Pictures();
    const session = pictures.add('a');
    session.look = async () => ({ jpeg: Buffer.from('same'), title: `${'x'.repeat(199)}😀` });
    const first = await pictures.thumbnails.find('anna', 'a');
    expect(first?.title).toBe(`${'x'.repeat(199)}�`);
    session.look = async () => ({ jpeg: Buffer.from('same'), title: 'another' });
    session.lastAccessedAt += 1;
    expect((await pictures.thumbnails.find('anna', 'a'))?.hash).not.toBe(first?.hash);
  });
});
