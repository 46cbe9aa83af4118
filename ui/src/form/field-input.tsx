import { useId } from 'preact/hooks';
import { Prose } from '../shell/prose.js';
import { DetailedChoices } from './detailed-choices.js';
import type { FormField } from './form-fields.js';
import { JsonInput } from './json-input.js';

interface InputProps {
  readonly field: FormField;
  /** Undefined: it is left out. */
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  /** Told when what is entered is no value; undefined: it is one. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** One field with its name, its input and what it is for. */
export function FieldInput(props: InputProps) {
  const { name, description, field } = props.field;
  const [id, hintId] = [useId(), useId()];
  const isGroup = field.kind === 'choices' || field.kind === 'detailedChoices';
  const hint = (
    <p class="hint" id={hintId}>
      <Prose text={description} />
    </p>
  );
  if (isGroup)
    return (
      <fieldset class="field" aria-describedby={hintId}>
        <legend>{name}</legend>
        <Control {...props} id={id} hintId={hintId} />
        {hint}
      </fieldset>
    );
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <Control {...props} id={id} hintId={hintId} />
      {hint}
    </div>
  );
}

interface ControlProps extends InputProps {
  readonly id: string;
  readonly hintId: string;
}

function Control({ field: { field, isRequired }, value, onChange, onProblem, id, hintId }: ControlProps) {
  const common = { id, 'aria-describedby': hintId, required: isRequired };
  switch (field.kind) {
    case 'yesNo':
      return (
        <select
          {...common}
          value={value === undefined ? '' : String(value)}
          onChange={({ currentTarget }) =>
            onChange(currentTarget.value === '' ? undefined : currentTarget.value === 'true')
          }
        >
          <option value="">default</option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      );
    case 'number':
      return (
        <input
          {...common}
          type="number"
          min={field.min}
          max={field.max}
          value={value === undefined ? '' : String(value)}
          onInput={({ currentTarget }) =>
            onChange(currentTarget.value === '' ? undefined : currentTarget.valueAsNumber)
          }
        />
      );
    case 'text':
      return (
        <input
          {...common}
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={field.maxLength}
          placeholder={field.example}
          value={typeof value === 'string' ? value : ''}
          onInput={({ currentTarget: input }) => {
            // The attribute `pattern` reads expressions in another way (with the flag `v`) than JSON Schema has them.
            const fits = input.value === '' || new RegExp(field.pattern ?? '', 'u').test(input.value);
            input.setCustomValidity(fits ? '' : `Expected what fits ${field.pattern}`);
            onChange(input.value === '' ? undefined : input.value);
          }}
        />
      );
    case 'choice':
      return (
        <select
          {...common}
          value={typeof value === 'string' ? value : ''}
          onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
        >
          <option value="">default</option>
          {field.values.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      );
    case 'choices':
      return <Choices values={field.values} chosen={Array.isArray(value) ? value : []} onChange={onChange} />;
    case 'detailedChoices':
      return <DetailedChoices field={field} chosen={Array.isArray(value) ? value : []} onChange={onChange} />;
    case 'lines':
      return (
        <textarea
          {...common}
          rows={2}
          spellcheck={false}
          placeholder="one a line"
          onInput={({ currentTarget }) => onChange(linesIn(currentTarget.value))}
        />
      );
    case 'json':
      return <JsonInput id={id} hintId={hintId} onChange={onChange} onProblem={onProblem} />;
  }
}

function linesIn(text: string): readonly string[] | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const given = lines.filter((line) => line !== '');
  return given.length === 0 ? undefined : given;
}

interface ChoicesProps {
  readonly values: readonly string[];
  readonly chosen: readonly unknown[];
  readonly onChange: (value: unknown) => void;
}

function Choices({ values, chosen, onChange }: ChoicesProps) {
  const toggle = (one: string): void => {
    const next = values.filter((value) => (value === one ? !chosen.includes(value) : chosen.includes(value)));
    onChange(next.length === 0 ? undefined : next);
  };
  return (
    <div class="choices">
      {values.map((one) => (
        <label key={one}>
          <input type="checkbox" checked={chosen.includes(one)} onChange={() => toggle(one)} />
          {one}
        </label>
      ))}
    </div>
  );
}
