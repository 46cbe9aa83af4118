import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { RunningApp } from '../support/start-app.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  const suite = new EngineSuite(engine, { session: 'files' });
  const { origin, body, get } = suite;

  async function fetchLink(link: string) {
    const answer = await fetch(link);
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  }

  describe('upload', () => {
    const files = [
      { name: 'a.txt', type: 'text/plain', base64: Buffer.from('first').toString('base64') },
      { name: 'b.csv', base64: Buffer.from('1,2').toString('base64') },
    ];
    const chosen = { type: 'execute_js', code: 'new Promise((r) => setTimeout(() => r(chosen.textContent), 100))' };

    it('sets files on an input', async () => {
      covers('action', 'upload');
      const browserActions = [{ type: 'upload', cssSelector: '#input', files }, chosen];
      const { solution } = await get('/files-page', { browserActions });
      expect(solution.javascriptReturn).toEqual(['a.txt|text/plain|first;b.csv|application/octet-stream|1,2;']);
    });

    it('chooses one file where a button opens the chooser', async () => {
      const browserActions = [{ type: 'upload', cssSelector: '#chooser', files: files[0] }, chosen];
      expect((await get('/files-page', { browserActions })).solution.javascriptReturn).toEqual([
        'a.txt|text/plain|first;',
      ]);
    });

    it('bad base64, no element – say so', async () => {
      const upload = (action: object) =>
        body('/files-page', { browserActions: [{ type: 'upload', timeout: 500, ...action }] });
      const error = await suite.app.fails(
        'INVALID_PARAMETER',
        upload({ cssSelector: '#input', files: { name: 'x', base64: '%' } }),
      );
      expect(error).toContain('browserActions[0].files[0].base64');
      await suite.app.fails('CODE-0027', upload({ cssSelector: '#nowhere', files }));
    });
  });

  describe('download', () => {
    it.each(['#file', '#tab'])(
      '%s – clicks and waits: name, type, size, base64; the page stays',
      async (cssSelector) => {
        covers('action', 'download');
        const { solution } = await get('/files-page', { browserActions: [{ type: 'download', cssSelector }] });
        expect(solution.downloads).toEqual([
          {
            name: 'data.zip',
            type: 'application/zip',
            size: 13,
            base64: Buffer.from('PK-not-really').toString('base64'),
          },
        ]);
        expect(solution.currentUrl).toBe(`${origin.url}/files-page`);
      },
    );

    it('a file that an earlier action led to, or that the page made itself', async () => {
      const { solution } = await get('/files-page', {
        browserActions: [
          // Firefox does not tell over BiDi of a file that the page made itself.
          { type: 'click', cssSelector: engine.name === 'firefox' ? '#file' : '#blob' },
          { type: 'click', cssSelector: '#file' },
          { type: 'download' },
          { type: 'download' },
        ],
      });
      const names = solution.downloads.map(({ name }: { name: string }) => name);
      if (engine.name === 'firefox') expect(names).toEqual(['data.zip', 'data(1).zip']);
      else {
        expect(names).toEqual(['notes.txt', 'data.zip']);
        expect(Buffer.from(solution.downloads[0].base64, 'base64').toString()).toBe('made here');
      }
    });

    it('link – a link in place of base64, only to be saved', async () => {
      const browserActions = [{ type: 'download', cssSelector: '#file', link: true }];
      const [file] = (await get('/files-page', { browserActions })).solution.downloads;
      expect(file.base64).toBeUndefined();
      const { headers, bytes } = await fetchLink(file.url);
      expect(bytes.toString()).toBe('PK-not-really');
      expect(headers.get('content-disposition')).toBe('attachment; filename="data.zip"');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    });

    it('a click leads to a file and nobody takes it – the reply warns, with its name; not when it is taken', async () => {
      const click = { type: 'click', cssSelector: '#file' };
      const { solution, warnings } = await get('/files-page', { browserActions: [click] });
      expect(solution.downloads).toBeUndefined();
      expect(warnings).toEqual([
        expect.stringMatching(/a file \(data(\(\d+\))?\.zip\), which was discarded: use the action `download`/),
      ]);
      const taken = await get('/files-page', { browserActions: [click, { type: 'download' }] });
      expect(taken.warnings).toBeUndefined();
    });

    it('goto – to a file – adds it too', async () => {
      const { solution } = await get('/', { browserActions: [{ type: 'goto', url: `${origin.url}/file` }] });
      expect(solution.downloads).toMatchObject([{ name: 'data.zip', type: 'application/zip', size: 13 }]);
      expect(solution.currentUrl).toBe(`${origin.url}/`);
    });

    it('the file that the request itself led to – is the first', async () => {
      const { solution } = await get('/file', { browserActions: [{ type: 'download', timeout: 2000 }] });
      expect(solution.downloads).toMatchObject([{ name: 'data.zip', type: 'application/zip', size: 13 }]);
    });

    it('fields about a page – are not answered from the page before, and the reply says so', async () => {
      await get('/article');
      const { solution, warnings } = await get('/pdf', {
        pdf: true,
        cssSelector: 'p',
        markdown: true,
        screenshot: true,
      });
      expect(Buffer.from(solution.base64Response, 'base64').toString()).toContain("the site's own");
      for (const field of ['cssSelector', 'markdown', 'screenshot']) expect(solution[field]).toBeUndefined();
      expect(warnings).toHaveLength(4);
      expect(warnings.join()).toContain('the answer is no page');
    });

    it('a file that the page hands out while it loads – is there for the action', async () => {
      const browserActions = [{ type: 'download', timeout: 5000 }];
      const { solution } = await get('/file-while-loading', { browserActions });
      expect(solution.downloads).toMatchObject([{ name: 'data.zip', size: 13 }]);
    });

    it('none comes – CODE-0025 with its place; one that never ends – too', async () => {
      const none = await suite.app.fails(
        'CODE-0025',
        body('/', { browserActions: [{ type: 'download', timeout: 300 }] }),
      );
      expect(none).toContain('browserActions[0]');
      await suite.app.fails(
        'CODE-0025',
        body('/', {
          browserActions: [
            { type: 'execute_js', code: "location.href = '/endless-file'", dontReturnValue: true },
            { type: 'download', timeout: 500 },
          ],
        }),
      );
      // Over BiDi a download that began cannot be ended but with its session.
      if (engine.name !== 'firefox') await expect.poll(() => origin.closed).toContain('/endless-file');
    });
  });

  describe('links', () => {
    it('screenshotUpload – a link to the PNG; the session takes it along', async () => {
      covers('request', 'screenshotUpload');
      const { solution } = await get('/', { session: 'short', screenshotUpload: true });
      expect(solution.screenshot).toBeUndefined();
      const { status, headers, bytes } = await fetchLink(solution.screenshotUrl);
      expect([status, headers.get('content-type')]).toEqual([200, 'image/png']);
      expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1280, 1024]);
      await suite.app.ok({ cmd: 'sessions.destroy', session: 'short' });
      expect((await fetchLink(solution.screenshotUrl)).status).toBe(404);
    });

    it('closeAfterUse – the link outlives the session, or it would be good for nothing', async () => {
      const { solution } = await get('/', { session: 'once', screenshotUpload: true, closeAfterUse: true });
      await sleep(100);
      expect((await fetchLink(solution.screenshotUrl)).status).toBe(200);
    });

    it('no room – no link, and a warning', async () => {
      const small = await RunningApp.start({ MOORING_FILES_LIMIT: '100B' }, await engine.create());
      try {
        const { solution, warnings } = await small.ok(body('/', { screenshotUpload: true }));
        expect(solution.screenshotUrl).toBeUndefined();
        expect(warnings[0]).toContain('MOORING_FILES_LIMIT');
      } finally {
        await small.close();
      }
    });

    it('a link that nobody gave – 404', async () => {
      expect((await suite.app.get(`/files/${'0'.repeat(32)}/video.webm`)).status).toBe(404);
    });
  });

  describe('video', () => {
    it('a film that a browser plays, as long as the request, with what moved', async () => {
      covers('request', 'video');
      const { solution } = await get('/ticks', {
        video: true,
        browserActions: [
          { type: 'wait', wait: 3000 },
          { type: 'goto', url: `${origin.url}/tall` },
          { type: 'wait', wait: 300 },
        ],
      });
      const { headers, bytes } = await fetchLink(solution.videoUrl);
      expect(headers.get('content-type')).toBe('video/webm');
      const code = `(async () => {
        const video = document.createElement('video');
        video.muted = true;
        video.src = 'data:video/webm;base64,${bytes.toString('base64')}';
        document.body.append(video);
        await new Promise((resolve, reject) => { video.onloadeddata = resolve; video.onerror = () => reject(new Error(video.error.message)); });
        const pixels = async (at) => {
          video.currentTime = at;
          await new Promise((resolve) => { video.onseeked = resolve; });
          const canvas = document.createElement('canvas');
          canvas.width = video.videoWidth; canvas.height = video.videoHeight;
          canvas.getContext('2d').drawImage(video, 0, 0);
          return canvas.toDataURL();
        };
        return [video.duration, video.videoWidth > 100, (await pixels(0.1)) !== (await pixels(2.9))];
      })()`;
      const { solution: played } = await get('/', {
        session: 'player',
        browserActions: [{ type: 'execute_js', code }],
      });
      const [duration, hasSize, moves] = played.javascriptReturn[0];
      expect(duration).toBeGreaterThan(3);
      expect([hasSize, moves]).toEqual([true, true]);
    });

    it('of a request that fails – is there too', async () => {
      const { body: answer } = await suite.app.send(
        body('/ticks', {
          video: true,
          browserActions: [
            { type: 'wait', wait: 2500 },
            { type: 'click', cssSelector: '#no', timeout: 300 },
          ],
        }),
      );
      expect(answer.code).toBe('CODE-0027');
      expect((await fetchLink(answer.solution.videoUrl)).bytes.length).toBeGreaterThan(1000);
    });
  });
});
