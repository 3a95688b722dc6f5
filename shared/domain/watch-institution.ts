/**
 * Watching an institution: its breaker, and whether it has balance checks, after a refresh that has ended; and telling when
 * the breaker opens and closes.
 */
import { afterAnswer, afterFailure, type BankSays, type Breaker, type JudgedJob } from './breaker.ts';
import { institutionEvent } from './event.ts';
import type { StoredTrouble } from './institutions-ports.ts';
import { withAnswer, withRefusal } from './not-supported.ts';
import type { RefreshDeps } from './ports.ts';
import type { Trouble } from './trouble.ts';

/** What watching needs. */
export type WatchDeps = Pick<RefreshDeps, 'breakers' | 'breakerRules' | 'supportRules' | 'events'>;

/** What the end of a refresh says of the institution. `no_checks`: MX may have no balance checks there. */
export type InstitutionSays = BankSays | 'no_checks';

/** What telling needs. */
export type TellDeps = Pick<WatchDeps, 'breakers' | 'events'>;

type Said = Exclude<InstitutionSays, 'nothing'>;

/** How often a breaker that another function has changed is read again. */
const MAX_RACES = 3;

/**
 * Puts what a job has shown into what is kept of its institution, and tells of a change. A bank without trouble costs no
 * write, and neither does what is known already: a further failure while the breaker is open, a further refusal.
 */
export async function watchInstitution(
  deps: WatchDeps,
  code: string,
  says: InstitutionSays,
  job: JudgedJob,
): Promise<void> {
  if (says === 'nothing' || !(await mayBeNews(deps, code, says, job))) return;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const stored = await deps.breakers.read(code);
    const next = await troubleNow(deps, code, { stored, says, job });
    if (next.breaker === stored.breaker && next.checks === stored.checks) return;
    if (!(await deps.breakers.write(code, next, stored.version))) continue;
    await tellChanges(deps, code, { ...next, version: stored.version + 1 });
    return;
  }
}

/** By what is remembered of all institutions, which costs no request. */
async function mayBeNews({ breakers }: WatchDeps, code: string, says: Said, { endedAt }: JudgedJob): Promise<boolean> {
  const isOpen = (await breakers.open()).has(code);
  if (says === 'fails') return !isOpen;
  const notSupported = (await breakers.notSupported()).get(code);
  if (says === 'answers') return isOpen || notSupported !== undefined;
  return notSupported === undefined || endedAt >= notSupported.until;
}

async function troubleNow(
  deps: WatchDeps,
  code: string,
  { stored, says, job }: { readonly stored: StoredTrouble; readonly says: Said; readonly job: JudgedJob },
): Promise<Trouble> {
  const { breaker, checks } = stored;
  const { breakerRules, supportRules } = deps;
  const lastAnswerAt = says === 'answers' ? null : await deps.breakers.lastAnswerAt(code);
  switch (says) {
    case 'answers':
      return { breaker: afterAnswer(breaker, job, breakerRules), checks: withAnswer(checks, job.endedAt) };
    case 'fails':
      return { breaker: afterFailure(breaker, job, lastAnswerAt, breakerRules), checks };
    case 'no_checks':
      return { breaker, checks: withRefusal(checks, job, lastAnswerAt, supportRules) };
  }
}

/** Publishes the changes of a breaker that have yet to be told, and forgets them. Told twice after a crash in between. */
export async function tellChanges(deps: TellDeps, code: string, stored: StoredTrouble): Promise<void> {
  const { untold } = stored.breaker;
  if (untold.length === 0) return;
  for (const change of untold) await deps.events.publish(institutionEvent(code, change));
  await settle(deps, code, stored);
}

async function settle({ breakers }: Pick<WatchDeps, 'breakers'>, code: string, stored: StoredTrouble): Promise<void> {
  const told = new Set(stored.breaker.untold.map(({ at, to }) => `${to} ${at}`));
  let current = stored;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const left: Breaker = {
      ...current.breaker,
      untold: current.breaker.untold.filter(({ at, to }) => !told.has(`${to} ${at}`)),
    };
    if (await breakers.write(code, { ...current, breaker: left }, current.version)) return;
    current = await breakers.read(code);
  }
}

/** Tells what is left to be told of every institution: its function may have crashed, or the bus was away. */
export async function tellAllChanges(deps: TellDeps): Promise<number> {
  const codes = await deps.breakers.untold();
  for (const code of codes) await tellChanges(deps, code, await deps.breakers.read(code));
  return codes.length;
}
