/** Watching an institution: its breaker after a refresh that has ended, and telling when it opens and closes. */
import { afterAnswer, afterFailure, type BankSays, type Breaker, type JudgedJob } from './breaker.ts';
import { institutionEvent } from './event.ts';
import type { StoredBreaker } from './institutions-ports.ts';
import type { RefreshDeps } from './ports.ts';

/** What watching needs. */
export type WatchDeps = Pick<RefreshDeps, 'breakers' | 'breakerRules' | 'events'>;

/** How often a breaker that another function has changed is read again. */
const MAX_RACES = 3;

/**
 * Puts what a job has shown into the breaker of its institution, and tells of a change. A bank without trouble costs no
 * write, and an open breaker none for each further failure.
 */
export async function watchInstitution(deps: WatchDeps, code: string, says: BankSays, job: JudgedJob): Promise<void> {
  if (says === 'nothing') return;
  const isOpen = (await deps.breakers.open()).has(code);
  if (isOpen === (says === 'fails')) return;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const { breaker, version } = await deps.breakers.read(code);
    const next =
      says === 'answers'
        ? afterAnswer(breaker, job)
        : afterFailure(breaker, job, await deps.breakers.lastAnswerAt(code), deps.breakerRules);
    if (next === breaker) return;
    if (!(await deps.breakers.write(code, next, version))) continue;
    await tellChanges(deps, code, { breaker: next, version: version + 1 });
    return;
  }
}

/** Publishes the changes of a breaker that have yet to be told, and forgets them. Told twice after a crash in between. */
export async function tellChanges(deps: WatchDeps, code: string, stored: StoredBreaker): Promise<void> {
  const { untold } = stored.breaker;
  if (untold.length === 0) return;
  for (const change of untold) await deps.events.publish(institutionEvent(code, change));
  await settle(deps, code, stored);
}

async function settle(
  { breakers }: Pick<WatchDeps, 'breakers'>,
  code: string,
  { breaker, version }: StoredBreaker,
): Promise<void> {
  const told = new Set(breaker.untold.map(({ at, to }) => `${to} ${at}`));
  let current: StoredBreaker = { breaker, version };
  for (let race = 0; race < MAX_RACES; race += 1) {
    const left: Breaker = {
      ...current.breaker,
      untold: current.breaker.untold.filter(({ at, to }) => !told.has(`${to} ${at}`)),
    };
    if (await breakers.write(code, left, current.version)) return;
    current = await breakers.read(code);
  }
}

/** Tells what is left to be told of every institution: its function may have crashed, or the bus was away. */
export async function tellAllChanges(deps: WatchDeps): Promise<number> {
  const codes = await deps.breakers.untold();
  for (const code of codes) await tellChanges(deps, code, await deps.breakers.read(code));
  return codes.length;
}
