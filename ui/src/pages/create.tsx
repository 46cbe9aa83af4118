import { useState } from 'preact/hooks';
import { type Body, send } from '../api.js';
import { useDashboard } from '../dashboard.js';
import { FieldInput } from '../form/field-input.js';
import { formFieldsOf, grouped } from '../form/form-fields.js';
import { snippetsOf } from '../form/snippets.js';
import type { Command } from '../openapi.js';
import { goTo, pathOf } from '../router.js';
import { capitalized } from '../session/session-facts.js';
import { CopyButton } from '../shell/copy-button.js';
import { Failure } from '../shell/notice.js';
import { Tabs } from '../shell/tabs.js';
import { useCommands } from '../shell/use-commands.js';
import { useWork } from '../shell/use-work.js';

const command = 'sessions.create';

/** Makes a session with any option that the server documents. */
export function CreatePage() {
  const { commands, error, retry } = useCommands();
  const create = commands?.find(({ name }) => name === command);
  return (
    <>
      <div class="title">
        <h1>Create a session</h1>
      </div>
      {error ? (
        <Failure error={error}>
          <button type="button" onClick={retry}>
            Try now
          </button>
        </Failure>
      ) : null}
      {create ? <CreateForm create={create} /> : null}
    </>
  );
}

/** Groups that most people need are open. */
const openGroups = ['session', 'identity'];

function CreateForm({ create }: { readonly create: Command }) {
  const { whoami, sessions } = useDashboard();
  const [options, setOptions] = useState<Body>({});
  const [problems, setProblems] = useState<Readonly<Record<string, string | undefined>>>({});
  const { isBusy, error, run } = useWork();
  const groups = grouped(formFieldsOf(create.schema));
  const order = groups.flatMap(([, fields]) => fields.map(({ name }) => name));
  const given = order.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
  const body: Body = { cmd: command, ...Object.fromEntries(given) };
  const hasProblem = Object.values(problems).some((problem) => problem !== undefined);
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (hasProblem) return;
    void run(async (signal) => {
      const { session } = await send<{ readonly session: string }>(body, signal);
      sessions.refresh();
      goTo(pathOf({ page: 'session', id: session }));
    });
  };
  return (
    <form class="create" onSubmit={onSubmit}>
      <div class="groups">
        {groups.map(([group, fields]) => (
          <details key={group} open={openGroups.includes(group)}>
            <summary>
              <h2>{capitalized(group)}</h2>
              <Given count={fields.filter(({ name }) => options[name] !== undefined).length} />
            </summary>
            {fields.map((field) => (
              <FieldInput
                key={field.name}
                field={field}
                value={options[field.name]}
                onChange={(value) => setOptions((old) => ({ ...old, [field.name]: value }))}
                onProblem={(problem) => setProblems((old) => ({ ...old, [field.name]: problem }))}
              />
            ))}
          </details>
        ))}
      </div>
      <section class="code-side" aria-label="The same in code">
        {error ? <Failure error={error} /> : null}
        <div class="buttons">
          <button class="primary" type="submit" disabled={isBusy || hasProblem}>
            {isBusy ? 'Creating…' : 'Create'}
          </button>
        </div>
        <Tabs
          label="Language"
          tabs={snippetsOf(body, location.origin, whoami.wantsKey).map(({ name, code }) => ({
            name,
            content: (
              <div class="code">
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too */}
                <pre tabIndex={0}>{code}</pre>
                <CopyButton text={code} what={`the ${name} code`} />
              </div>
            ),
          }))}
        />
      </section>
    </form>
  );
}

function Given({ count }: { readonly count: number }) {
  return count === 0 ? null : <span class="tag">{count} set</span>;
}
