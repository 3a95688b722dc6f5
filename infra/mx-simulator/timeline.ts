import { importFromBank, moveBalance } from './accounts.ts';
import { createChallenge } from './challenges.ts';
import { nextChangeOf, setBusy, setStatus, startJob } from './job.ts';
import { accountsOf } from './members.ts';
import type { Job } from './running-job.ts';
import type { JobEnd } from './scenarios.ts';
import { sendAggregation, sendBalance } from './webhooks.ts';
import type { Member, World } from './world.ts';
import { shownTime } from './world.ts';

/** Runs everything that is due up to `now`, in the order of time over all members. */
export function advance(world: World, now: number): void {
  while (world.nextChangeAt <= now) {
    let first: Member | null = null;
    let firstAt = Number.POSITIVE_INFINITY;
    for (const member of world.busy) {
      const at = nextChangeOf(member);
      if (at < firstAt) {
        first = member;
        firstAt = at;
      }
    }
    if (first === null || firstAt > now) {
      world.nextChangeAt = firstAt;
      return;
    }
    change(world, first, firstAt);
  }
}

function change(world: World, member: Member, at: number): void {
  const { job } = member;
  if (job === null) {
    member.backgroundAt = null;
    // MX does not aggregate a member that is switched off or needs new credentials; the next time is planned anyway.
    if (!member.backgroundDisabled && !member.needsUpdatedCredentials) {
      startJob(world, member, { kind: 'aggregation', at, isBackground: true });
    } else planNextBackground(world, member, at);
    return;
  }
  const step = job.steps.shift();
  switch (step?.what) {
    case 'ask':
      member.challenges = [createChallenge(world.random.guids, member.scenario.challenge ?? 'TEXT')];
      job.steps = [{ at: at + world.settings.challengeSeconds * 1000, what: 'expire' }];
      setStatus(world, member, 'CHALLENGED', at);
      break;
    case 'expire':
      job.end = { status: 'EXPIRED', errorCode: 2003 };
      endJob(world, member, job, at);
      break;
    case 'interim':
      member.shown.isBeingAggregated = member.scenario.interim?.idle !== true;
      setStatus(world, member, member.scenario.interim?.status ?? 'DELAYED', at);
      break;
    case 'resume':
      member.shown.isBeingAggregated = true;
      break;
    case 'import-first':
      importAccounts(world, member, { job, at, which: 'first' });
      break;
    default:
      endJob(world, member, job, at);
  }
}

function endJob(world: World, member: Member, job: Job, at: number): void {
  const end = countDenied(member, job.end);
  const isGood = end.status === 'CONNECTED';
  member.job = null;
  member.challenges = [];
  member.jobsEnded += 1;
  member.shown.isBeingAggregated = false;
  member.isAuthenticated = isGood || end.status === 'LOCKED' || end.status === 'IMPEDED';
  if (job.kind === 'balance') member.conflictDone = false;
  if (end.errorCode !== null)
    member.shown.error = { code: end.errorCode, asText: member.scenario.errorAsText === true };
  else if (!isGood || !member.scenario.keepsOldError) member.shown.error = null;
  if (isGood) {
    if (job.kind === 'aggregation' || world.settings.balanceJobsMoveSuccess) member.shown.successAt = at;
    member.hasProcessedAccounts = true;
    importAccounts(world, member, { job, at, which: job.lengthMs > 0 ? 'rest' : 'all' });
  }
  setStatus(world, member, end.status, at);
  if (isGood && job.kind === 'balance' && !job.balanceWebhookSent) sendBalance(world, member, at, at);
  if (isGood && job.kind === 'aggregation') sendAggregation(world, member, job, at);
  planAfter(world, member, job, at);
}

function planAfter(world: World, member: Member, job: Job, at: number): void {
  const { followedBySeconds } = member.scenario;
  if (job.kind === 'balance' && followedBySeconds !== undefined) member.backgroundAt = at + followedBySeconds * 1000;
  // A background aggregation planned for a time during the job starts when the job ends, not in the past.
  if (member.backgroundAt !== null) member.backgroundAt = Math.max(member.backgroundAt, at);
  planNextBackground(world, member, at);
}

function planNextBackground(world: World, member: Member, at: number): void {
  const every = world.settings.backgroundEverySeconds;
  if (member.backgroundAt === null && every > 0) member.backgroundAt = at + every * 1000;
  if (member.backgroundAt === null) world.busy.delete(member);
  else setBusy(world, member);
}

/** Spreads the first background aggregations of all members that have none planned over the time between two. */
export function planAllBackgrounds(world: World): void {
  const every = world.settings.backgroundEverySeconds;
  if (every <= 0) return;
  for (const member of world.members.values()) {
    if (member.backgroundAt !== null) continue;
    member.backgroundAt = world.now() + Math.ceil(world.random.order.next() * every * 1000);
    setBusy(world, member);
  }
}

/** MX facts 3.1: after three denied logins in a row the member is PREVENTED until new credentials are entered. */
function countDenied(member: Member, end: JobEnd): JobEnd {
  if (end.status === 'CONNECTED') member.deniedInRow = 0;
  if (end.status === 'DENIED') member.deniedInRow += 1;
  if (end.status !== 'PREVENTED' && !(end.status === 'DENIED' && member.deniedInRow >= 3)) return end;
  member.needsUpdatedCredentials = true;
  return { status: 'PREVENTED', errorCode: end.errorCode ?? 2005 };
}

/** Accounts that a job brings at an instant. */
interface Import {
  readonly job: Job;
  readonly at: number;
  readonly which: 'first' | 'rest' | 'all';
}

/** MX facts 3.4: accounts arrive one by one. The first comes before the job ends, the others with its end. */
function importAccounts(world: World, member: Member, { job, at, which }: Import): void {
  const accounts = accountsOf(world, member);
  const shownAt = shownTime(world, at);
  const seed = world.seed + member.jobsEnded + (which === 'first' ? 1 : 0);
  accounts.forEach((account, index) => {
    if (which === 'first' ? index > 0 : which === 'rest' && index === 0) return;
    if (job.kind === 'balance' && isLeftOut(member, index === accounts.length - 1)) return;
    if (member.scenario.balancesMove) moveBalance(account, seed);
    importFromBank(account, at, shownAt);
  });
  if (job.kind === 'balance' && which !== 'first') member.balanceJobsImported += 1;
}

/** Whether the running balance job leaves an account as it is. */
function isLeftOut({ scenario, balanceJobsImported }: Member, isLast: boolean): boolean {
  switch (scenario.imports) {
    case 'not-the-last':
      return isLast;
    case 'nothing':
      return true;
    case 'in-turn':
      return balanceJobsImported % 2 === 1;
    default:
      return false;
  }
}
