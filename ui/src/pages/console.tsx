import { useId, useState } from 'preact/hooks';
import { sendRaw } from '../api.js';
import { type ConsoleEntry, useDashboard } from '../dashboard.js';
import { parsed } from '../form/json-input.js';
import { shownTime } from '../format.js';
import type { Command } from '../openapi.js';
import { CopyButton } from '../shell/copy-button.js';
import { JsonView } from '../shell/json-view.js';
import { Failure } from '../shell/notice.js';
import { useCommands } from '../shell/use-commands.js';
import { useWork } from '../shell/use-work.js';

const keptEntries = 50;
const firstText = pretty({ cmd: 'sessions.list' });

/** Sends any command, and shows its reply as it came. */
export function ConsolePage() {
  const dashboard = useDashboard();
  const { commands = [], error: loadError, retry } = useCommands();
  const [history, setHistory] = useState(dashboard.history);
  const [text, setText] = useState(history[0]?.text ?? firstText);
  const [shown, setShown] = useState<ConsoleEntry | undefined>(history[0]);
  const { isBusy, error, run } = useWork();
  const ids = { command: useId(), text: useId(), problem: useId() };
  const result = parsed(text);
  const body = 'value' in result ? asBody(result.value) : undefined;
  const problem = 'problem' in result ? result.problem : body ? undefined : 'Expected a JSON object.';
  const current = commands.find(({ name }) => name === body?.cmd);

  const submit = (): void => {
    if (!body) return;
    void run(async (signal) => {
      const at = Date.now();
      const startedAt = performance.now();
      const reply = await sendRaw(body, signal);
      const ms = Math.round(performance.now() - startedAt);
      const entry = { number: (dashboard.history[0]?.number ?? 0) + 1, text, reply, at, ms };
      dashboard.history = [entry, ...dashboard.history].slice(0, keptEntries);
      setHistory(dashboard.history);
      setShown(entry);
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit();
  };
  return (
    <>
      <div class="title">
        <h1>Console</h1>
      </div>
      {loadError ? (
        <Failure error={loadError}>
          <button type="button" onClick={retry}>
            Try now
          </button>
        </Failure>
      ) : null}
      <div class="console">
        <form
          class="request"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <label for={ids.command}>Command</label>
          <select
            id={ids.command}
            value={current?.name ?? ''}
            onChange={({ currentTarget }) => setText(exampleText(commands, currentTarget.value, text))}
          >
            {current ? null : <option value="">…</option>}
            {commands.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          {current ? (
            <p class="hint">
              {current.summary}. <a href={`/docs#${current.name}`}>Its fields</a>
            </p>
          ) : null}
          <label for={ids.text}>Body</label>
          <textarea
            id={ids.text}
            class="mono"
            rows={12}
            spellcheck={false}
            value={text}
            aria-invalid={problem !== undefined}
            aria-describedby={ids.problem}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          <p class="problem" id={ids.problem} aria-live="polite">
            {problem ?? ''}
          </p>
          <div class="buttons">
            <button class="primary" type="submit" disabled={isBusy || problem !== undefined}>
              {isBusy ? 'Running…' : 'Send'}
            </button>
            <span class="muted">Ctrl + Enter</span>
          </div>
          {error ? <Failure error={error} /> : null}
        </form>
        <section class="reply" aria-label="Reply" aria-live="polite" aria-busy={isBusy}>
          {shown ? <Reply entry={shown} /> : <p class="empty">The reply appears here.</p>}
        </section>
        {history.length > 0 ? (
          <section class="history">
            <h2>History of this tab</h2>
            <ol>
              {history.map((entry) => (
                <li key={entry.number}>
                  <button
                    type="button"
                    class="quiet"
                    aria-pressed={entry === shown}
                    onClick={() => {
                      setText(entry.text);
                      setShown(entry);
                    }}
                  >
                    <span class="number muted">{shownTime(entry.at)}</span> {nameOf(entry)}{' '}
                    <span class={isFailure(entry) ? 'bad' : 'muted'}>
                      {isFailure(entry) ? String(entry.reply.code) : 'success'}
                    </span>
                  </button>
                </li>
              ))}
            </ol>
          </section>
        ) : null}
      </div>
    </>
  );
}

function Reply({ entry }: { readonly entry: ConsoleEntry }) {
  return (
    <>
      <p class="reply-head">
        <span class={isFailure(entry) ? 'badge failed' : 'badge open'}>
          {isFailure(entry) ? String(entry.reply.code) : 'success'}
        </span>
        <span class="number muted">{entry.ms} ms</span>
        <CopyButton text={pretty(entry.reply)} what="the reply" />
      </p>
      <JsonView value={entry.reply} />
    </>
  );
}

const isFailure = ({ reply }: ConsoleEntry): boolean => reply.data === 'error';
const nameOf = ({ text }: ConsoleEntry): string => {
  const result = parsed(text);
  const { cmd, session } = ('value' in result && asBody(result.value)) || {};
  return [cmd, session].filter((part) => typeof part === 'string').join(' ');
};

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function asBody(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : undefined; // as checked
}

/** The example of a command, on the session that the text names now. */
function exampleText(commands: readonly Command[], name: string, text: string): string {
  const example = commands.find((command) => command.name === name)?.example ?? { cmd: name };
  const old = parsed(text);
  const { session } = ('value' in old && asBody(old.value)) || {};
  return pretty('session' in example && typeof session === 'string' ? { ...example, session } : example);
}
