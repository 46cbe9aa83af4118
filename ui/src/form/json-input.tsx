import { useState } from 'preact/hooks';

interface JsonInputProps {
  readonly id: string;
  readonly hintId: string;
  readonly onChange: (value: unknown) => void;
  readonly onProblem: (problem: string | undefined) => void;
}

/** JSON, typed or from a file. */
export function JsonInput({ id, hintId, onChange, onProblem }: JsonInputProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const read = (next: string): void => {
    setText(next);
    const result = next.trim() === '' ? { value: undefined } : parsed(next);
    const found = 'problem' in result ? result.problem : undefined;
    setProblem(found);
    onProblem(found);
    onChange('value' in result ? result.value : undefined);
  };
  const onFile = async (input: HTMLInputElement): Promise<void> => {
    const [file] = input.files ?? [];
    if (file) read(await file.text());
    input.value = '';
  };
  return (
    <>
      <textarea
        id={id}
        aria-describedby={hintId}
        aria-invalid={problem !== undefined}
        rows={2}
        spellcheck={false}
        placeholder="JSON"
        value={text}
        onInput={({ currentTarget }) => read(currentTarget.value)}
      />
      <label class="file">
        From a file
        <input
          type="file"
          accept=".json,application/json"
          onChange={({ currentTarget }) => void onFile(currentTarget)}
        />
      </label>
      {problem === undefined ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

export function parsed(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: `Expected JSON; ${error instanceof Error ? error.message : String(error)}` };
  }
}
