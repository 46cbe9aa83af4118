import { useCallback, useEffect, useState } from 'preact/hooks';
import { type ApiError, asApiError } from '../api.js';
import { useDashboard } from '../dashboard.js';
import type { Command } from '../openapi.js';

export interface Commands {
  readonly commands: readonly Command[] | undefined;
  readonly error: ApiError | undefined;
  readonly retry: () => void;
}

/** The commands of this server. */
export function useCommands(): Commands {
  const dashboard = useDashboard();
  const [commands, setCommands] = useState<readonly Command[]>();
  const [error, setError] = useState<ApiError>();
  const load = useCallback(() => {
    setError(undefined);
    dashboard.commands().then(setCommands, (cause) => setError(asApiError(cause)));
  }, [dashboard]);
  useEffect(load, [load]);
  return { commands, error, retry: load };
}
