import { useState } from 'preact/hooks';
import { useDashboard } from '../dashboard.js';
import { shownBytes, shownCount, shownLatency } from '../format.js';
import type { MetricsHistory } from '../metrics.js';
import { usePoll } from '../poll.js';
import { PollFailure } from '../shell/notice.js';
import { Sparkline } from '../shell/sparkline.js';

/** How the whole server does. */
export function OverviewPage() {
  const { metrics } = useDashboard();
  const { value, error } = usePoll(metrics);
  return (
    <>
      <div class="title">
        <h1>Overview</h1>
        <p class="muted">The whole server, every key.</p>
      </div>
      {error?.code === 'UNAUTHORIZED' ? <MetricsKey /> : <PollFailure poll={metrics} />}
      {value ? <Figures metrics={value} /> : null}
    </>
  );
}

const states = ['open', 'busy', 'attached', 'paused', 'asleep', 'opening', 'queued'];

function Figures({ metrics }: { readonly metrics: MetricsHistory }) {
  const sessions = metrics.valuesBy('mooring_sessions', 'state');
  const [p50, p95] = [metrics.requestLatency(0.5), metrics.requestLatency(0.95)];
  const memory = metrics.value('mooring_browser_memory_bytes');
  const own = metrics.value('process_resident_memory_bytes');
  const rate = metrics.requestRate;
  const span = p50?.isRecent === false ? 'since the server began' : 'last minute';
  return (
    <div class="overview">
      <section>
        <h2>Sessions</h2>
        <dl class="figures">
          {states
            .filter((state) => sessions.has(state))
            .map((state) => (
              <Figure key={state} name={state} value={shownCount(sessions.get(state) ?? 0)} />
            ))}
        </dl>
      </section>
      <section>
        <h2>Requests</h2>
        <dl class="figures">
          <Figure
            name="a second"
            value={rate === undefined ? '–' : rate.toFixed(rate < 10 ? 1 : 0)}
            note="last minute"
          />
          <Figure name="p50" value={p50 ? shownLatency(p50.seconds) : '–'} note={span} />
          <Figure name="p95" value={p95 ? shownLatency(p95.seconds) : '–'} note={span} />
        </dl>
        <Sparkline values={metrics.requestRates} label="Requests a second, last minute" />
      </section>
      <section>
        <h2>Browsers</h2>
        <dl class="figures">
          <Figure name="running" value={shownCount(metrics.value('mooring_browsers') ?? 0)} />
          <Figure name="their memory" value={memory === undefined ? '–' : shownBytes(memory)} />
          <Figure name="server's memory" value={own === undefined ? '–' : shownBytes(own)} />
          <Figure name="crashed" value={shownCount(metrics.value('mooring_browser_crashes_total') ?? 0)} />
          <Figure
            name="failed to start"
            value={shownCount(metrics.value('mooring_browser_launch_failures_total') ?? 0)}
          />
        </dl>
      </section>
      <section>
        <h2>Failures by code</h2>
        {metrics.failures.length === 0 ? (
          <p class="muted">None since the server began.</p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Code</th>
                <th scope="col" class="number">
                  Count
                </th>
              </tr>
            </thead>
            <tbody>
              {metrics.failures.map(([code, count]) => (
                <tr key={code}>
                  <th scope="row">
                    <a href={`/docs/errors#${code}`}>{code}</a>
                  </th>
                  <td class="number">{shownCount(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section class="wide">
        <h2>Commands since the server began</h2>
        <table>
          <thead>
            <tr>
              <th scope="col">Command</th>
              <th scope="col" class="number">
                Count
              </th>
              <th scope="col" class="number">
                Failed
              </th>
              <th scope="col" class="number">
                p50
              </th>
              <th scope="col" class="number">
                p95
              </th>
            </tr>
          </thead>
          <tbody>
            {metrics.commands.map(({ cmd, count, failed, p50: half, p95: most }) => (
              <tr key={cmd}>
                <th scope="row">{cmd}</th>
                <td class="number">{shownCount(count)}</td>
                <td class="number">{shownCount(failed)}</td>
                <td class="number">{half === undefined ? '–' : shownLatency(half)}</td>
                <td class="number">{most === undefined ? '–' : shownLatency(most)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}

function Figure({ name, value, note }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
      {note === undefined ? null : <dd class="note">{note}</dd>}
    </div>
  );
}

/** Where metrics have a key of their own. It is kept in this tab alone. */
function MetricsKey() {
  const dashboard = useDashboard();
  const [key, setKey] = useState('');
  const isWrong = dashboard.metricsKey !== '';
  return (
    <form
      class="login"
      onSubmit={(event) => {
        event.preventDefault();
        dashboard.metricsKey = key;
        dashboard.metrics.refresh();
      }}
    >
      <p class="muted">
        The metrics of this server have a key of their own (<code>MOORING_METRICS_KEY</code>). This tab keeps it until
        it is closed.
      </p>
      <label>
        Metrics key
        <input
          type="password"
          autocomplete="off"
          required
          maxLength={4096}
          value={key}
          onInput={({ currentTarget }) => setKey(currentTarget.value)}
        />
      </label>
      {isWrong ? (
        <p class="problem" role="alert">
          This was another key.
        </p>
      ) : null}
      <button type="submit">Show the metrics</button>
    </form>
  );
}
