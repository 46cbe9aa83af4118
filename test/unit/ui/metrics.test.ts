import { describe, expect, it } from 'vitest';
import { MetricsHistory, parseMetrics, quantile } from '../../../ui/src/metrics.js';

const look = (answered: number, failed: number): string =>
  `# HELP mooring_command_seconds Commands.
# TYPE mooring_command_seconds histogram
mooring_command_seconds_bucket{le="0.1",cmd="request.get",outcome="success"} ${answered / 2}
mooring_command_seconds_bucket{le="0.2",cmd="request.get",outcome="success"} ${answered}
mooring_command_seconds_bucket{le="+Inf",cmd="request.get",outcome="success"} ${answered}
mooring_command_seconds_count{cmd="request.get",outcome="success"} ${answered}
mooring_command_seconds_count{cmd="request.get",outcome="CODE-0006"} ${failed}
mooring_command_seconds_count{cmd="sessions.list",outcome="success"} 1000
mooring_command_seconds_count{cmd="sessions.list",outcome="cancelled"} 3
mooring_sessions{state="open"} 4
mooring_sessions{state="asleep"} 2
process_resident_memory_bytes 1.5e+08
`;

describe('the text of /metrics', () => {
  it('labels with quotes, backslashes, commas and lines – as they were', () => {
    expect(parseMetrics('a_total{x="q\\"u,o}te",y="b\\\\s\\nn"} 3')).toEqual([
      { name: 'a_total', labels: { x: 'q"u,o}te', y: 'b\\s\nn' }, value: 3 },
    ]);
  });

  it('comments, and what cannot be read – left out', () => {
    expect(parseMetrics('# HELP a b\n\nnonsense\nup 1\n')).toEqual([{ name: 'up', labels: {}, value: 1 }]);
  });
});

describe('what is made of looks at it', () => {
  const history = new MetricsHistory().with(look(10, 0), 0).with(look(30, 5), 10_000);

  it('requests a second – those of requests alone, between the looks', () => {
    expect(history.requestRate).toBe(2.5);
    expect(history.requestRates).toEqual([2.5]);
    expect(new MetricsHistory().with(look(10, 0), 0).requestRate).toBeUndefined();
  });

  it('a server that began anew – no rate below nothing', () => {
    expect(history.with(look(0, 0), 20_000).requestRates).toEqual([2.5, 0]);
  });

  it('latency – of the last minute, or since the server began if nothing came', () => {
    expect(history.requestLatency(0.5)).toEqual({ seconds: 0.1, isRecent: true });
    expect(history.requestLatency(1)?.seconds).toBeCloseTo(0.2);
    const quiet = new MetricsHistory().with(look(10, 0), 0).with(look(10, 0), 10_000);
    expect(quiet.requestLatency(0.5)).toEqual({ seconds: 0.1, isRecent: false });
    expect(new MetricsHistory().requestLatency(0.5)).toBeUndefined();
  });

  it('values by label; failures by code, without those whose caller had gone', () => {
    expect(Object.fromEntries(history.valuesBy('mooring_sessions', 'state'))).toEqual({ open: 4, asleep: 2 });
    expect(history.value('process_resident_memory_bytes')).toBe(150_000_000);
    expect(history.value('no_such')).toBeUndefined();
    expect(history.failures).toEqual([['CODE-0006', 5]]);
    expect(history.commands.map(({ cmd, count, failed }) => [cmd, count, failed])).toEqual([
      ['sessions.list', 1003, 0],
      ['request.get', 35, 5],
    ]);
  });

  it('looks older than a minute – go, but for the one at which the minute begins', () => {
    const long = Array.from({ length: 100 }, (_, i) => i * 2000).reduce(
      (old, at) => old.with(look(10, 0), at),
      new MetricsHistory(),
    );
    expect(long.spanMs).toBe(60_000);
  });
});

it('quantile – within the bucket; beyond the last bound, that bound; of nothing, undefined', () => {
  const inf = Number.POSITIVE_INFINITY;
  expect(
    quantile(
      new Map([
        [1, 0],
        [2, 10],
        [inf, 10],
      ]),
      0.5,
    ),
  ).toBe(1.5);
  expect(
    quantile(
      new Map([
        [1, 0],
        [inf, 10],
      ]),
      0.5,
    ),
  ).toBe(1);
  expect(quantile(new Map([[inf, 0]]), 0.5)).toBeUndefined();
});
