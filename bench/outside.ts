import { Agent, request } from 'node:http';
import { Origin } from '../test/support/origin.js';

const agent = new Agent({ keepAlive: true });

function fetchOnce(url: string, proxy: string | undefined): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = proxy
      ? request(proxy, { path: url, headers: { host: new URL(url).host }, agent })
      : request(url, { agent });
    outgoing.on('response', (response) => {
      response.resume();
      response.once('end', () => resolve(performance.now() - startedAt));
      response.once('error', reject);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

const origin = new Origin();
process.on('message', async ({ url, times, proxy }: { url: string; times: number; proxy?: string }) => {
  const results: number[] = [];
  for (let i = 0; i < times; i++) results.push(await fetchOnce(url, proxy));
  process.send?.(results);
});
process.once('disconnect', () => process.exit(0));
process.send?.(await origin.start());
