import { useEffect, useState } from 'preact/hooks';

const saidMs = 2000;

/** Copies a text. Where the browser gives no clipboard (plain HTTP from another machine) there is no button. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), saidMs);
    return () => clearTimeout(timer);
  }, [isDone]);
  if (!navigator.clipboard) return null;
  const onClick = (): void => void navigator.clipboard.writeText(text).then(() => setDone(true));
  return (
    <button type="button" class="quiet" aria-label={`Copy ${what}`} onClick={onClick}>
      <span aria-live="polite">{isDone ? 'Copied' : 'Copy'}</span>
    </button>
  );
}
