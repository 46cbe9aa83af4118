import { useState } from 'preact/hooks';
import { type ApiError, asApiError, post, succeeded } from '../api.js';
import { Failure } from '../shell/notice.js';

interface LoginProps {
  /** Why it is asked for, a sentence. */
  readonly why: string;
  readonly onDone: () => void;
}

/** Asks for a key, which the server makes a cookie of that no script can read. */
export function Login({ why, onDone }: LoginProps) {
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement; // it is set on a form
    const key = String(new FormData(form).get('key') ?? '').trim();
    setBusy(true);
    try {
      await succeeded(await post('/ui/login', { key }));
      onDone();
    } catch (cause) {
      setError(asApiError(cause));
      form.querySelector('input')?.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="login" onSubmit={(event) => void onSubmit(event)}>
      <p class="muted">{why}</p>
      <label>
        Key
        <input name="key" type="password" autocomplete="current-password" required maxLength={4096} autofocus />
      </label>
      {error ? <Failure error={error} /> : null}
      <button class="primary" type="submit" disabled={isBusy}>
        Sign in
      </button>
    </form>
  );
}
