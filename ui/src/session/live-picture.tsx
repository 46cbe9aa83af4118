import type { SessionRow } from '../api.js';
import { useCommands } from '../shell/use-commands.js';
import { LiveView } from './live-view.js';
import { Snapshot } from './snapshot.js';

/** The session's page: live where the server can show it so, else a picture when one is asked for. */
export function LivePicture({ row }: { readonly row: SessionRow }) {
  const { commands } = useCommands();
  if (!commands) return <section class="picture" aria-label="Page" />;
  const isLive = commands.some(({ name }) => name === 'sessions.view');
  return isLive ? <LiveView row={row} /> : <Snapshot row={row} />;
}
