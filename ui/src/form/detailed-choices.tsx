import type { FieldKind } from './form-fields.js';

type Choice = Readonly<Record<string, unknown>>;

interface DetailedChoicesProps {
  readonly field: Extract<FieldKind, { kind: 'detailedChoices' }>;
  readonly chosen: readonly Choice[];
  readonly onChange: (value: readonly Choice[] | undefined) => void;
}

/** A box for each choice, and its numbers beside it once it is chosen. */
export function DetailedChoices({ field: { name, values, details }, chosen, onChange }: DetailedChoicesProps) {
  const find = (value: string): Choice | undefined => chosen.find((choice) => choice[name] === value);
  const put = (value: string, choice: Choice | undefined): void => {
    const next = values.map((one) => (one === value ? choice : find(one))).filter((one) => one !== undefined);
    onChange(next.length === 0 ? undefined : next);
  };
  const setDetail = (value: string, detail: string, number: number | undefined): void => {
    const { [detail]: _old, ...rest } = find(value) ?? {};
    put(value, number === undefined ? rest : { ...rest, [detail]: number });
  };
  return (
    <div class="choices detailed">
      {values.map((value) => {
        const choice = find(value);
        return (
          <div key={value}>
            <label>
              <input
                type="checkbox"
                checked={choice !== undefined}
                onChange={() => put(value, choice ? undefined : { [name]: value })}
              />
              {value}
            </label>
            {choice
              ? details.map((detail) => (
                  <label key={detail.name} class="detail" title={detail.description}>
                    {detail.name}
                    <input
                      type="number"
                      min={detail.min}
                      max={detail.max}
                      aria-label={`${value}: ${detail.name}`}
                      value={choice[detail.name] === undefined ? '' : String(choice[detail.name])}
                      onInput={({ currentTarget }) =>
                        setDetail(
                          value,
                          detail.name,
                          currentTarget.value === '' ? undefined : currentTarget.valueAsNumber,
                        )
                      }
                    />
                  </label>
                ))
              : null}
          </div>
        );
      })}
    </div>
  );
}
