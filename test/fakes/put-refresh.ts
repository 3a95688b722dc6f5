/** Puts a refresh into a table of refreshes as the service would have left it, running or ended. */
import type { Refreshes } from '../../shared/domain/ports.ts';
import type { Refresh } from '../../shared/domain/refresh.ts';

/** Writes `refresh` by the steps that write one. */
export async function putRefresh(refreshes: Pick<Refreshes, 'put' | 'end'>, refresh: Refresh): Promise<void> {
  if (refresh.status === 'running') return refreshes.put(refresh);
  const { status: _, result, challenges: __, ...facts } = refresh;
  const running = { ...facts, status: 'running', challenges: [], result: null } as const;
  await refreshes.put(running);
  await refreshes.end({ refresh: running, end: result, details: result });
}
