import type { SessionRow } from '../api.js';

/** Never by colour alone. */
export function StateBadge({ row }: { readonly row: Pick<SessionRow, 'state' | 'waiting'> }) {
  return (
    <span class={`badge ${row.state}`}>
      {row.state}
      {row.waiting > 0 ? <span class="waiting"> +{row.waiting} waiting</span> : null}
    </span>
  );
}
