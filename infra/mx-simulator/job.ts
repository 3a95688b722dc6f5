import type { Job, JobKind, JobStep } from './running-job.ts';
import type { JobEnd } from './scenarios.ts';
import { sendBalance, sendConnectionStatus, sendMember } from './webhooks.ts';
import type { Member, World } from './world.ts';

const QUESTION_AFTER = 0.3;
const INTERIM_AFTER = 0.5;
const INTERIM_MS = 4000;
const FIRST_IMPORT_AFTER = 0.8;

/**
 * Length of a job in seconds. Over all banks: median 8, nine of ten under 34, 99 of 100 under 173; 35 % of the variance
 * is the bank's own. Above the median the exponent grows with the square: a plain log-normal's tail is too short.
 */
export function drawJobSeconds(world: { random: Pick<World['random'], 'jobs'> }, slowness: number): number {
  const z = Math.sqrt(0.35) * slowness + Math.sqrt(0.65) * world.random.jobs.normal();
  return 8 * Math.exp(z * (0.893 + 0.184 * Math.max(0, z)));
}

/** A job that is to be started at an instant. Length and end are the scenario's unless they are given. */
export interface NewJob {
  readonly kind: JobKind;
  readonly at: number;
  readonly isBackground?: boolean;
  readonly seconds?: number;
  readonly end?: JobEnd;
}

/** Starts a job. The connection status stays: MX keeps it until the job asks a question or ends. */
export function startJob(world: World, member: Member, given: NewJob): Job {
  const { kind, at } = given;
  const { scenario } = member;
  const seconds =
    given.seconds ??
    member.jobSeconds ??
    scenario.jobSeconds ??
    world.settings.jobSeconds ??
    drawJobSeconds(world, member.institution.slowness);
  const isPrevented = member.needsUpdatedCredentials && given.end === undefined;
  const end = given.end ?? (isPrevented ? { status: 'PREVENTED', errorCode: 2005 } : scenario.end);
  const lengthMs = Math.round(seconds * 1000);
  const job: Job = {
    guid: world.random.guids.guid('JOB'),
    kind,
    isBackground: given.isBackground ?? false,
    startedAt: at,
    lengthMs,
    end,
    steps: [],
    balanceWebhookSent: false,
  };
  const before = { ...member.shown };
  member.job = job;
  member.lastJobStart = at;
  member.lag = scenario.lag === undefined ? null : { answersLeft: scenario.lag.answers, of: scenario.lag.of, before };
  if (!scenario.keepsJobGuid) member.shown.jobGuid = job.guid;
  if (!scenario.keepsAggregatedAt) member.shown.aggregatedAt = at;
  member.shown.isBeingAggregated = true;
  member.isAuthenticated = false;
  member.hasProcessedAccounts = false;
  if (kind === 'balance') {
    member.balanceStarts = member.balanceStarts.filter((start) => at - start < 2 * 3600 * 1000);
    member.balanceStarts.push(at);
  }
  if (!isPrevented) member.loginAttempts += 1;

  const asks = scenario.challenge !== undefined && given.end === undefined && !isPrevented;
  if (asks) job.steps = [{ at: at + Math.round(lengthMs * QUESTION_AFTER), what: 'ask' }];
  else planEnd(world, member, job, { from: at, lengthMs });
  setBusy(world, member);
  sendMember(world, member, 'updated', at);
  return job;
}

/** The rest of a job that runs to its end without another question. */
function planEnd(
  world: World,
  member: Member,
  job: Job,
  { from, lengthMs }: { readonly from: number; readonly lengthMs: number },
): void {
  const { interim } = member.scenario;
  const steps: JobStep[] = [];
  let endAt = from + lengthMs;
  if (interim !== undefined && job.kind === 'balance') {
    const at = from + Math.round(lengthMs * INTERIM_AFTER);
    endAt = Math.max(endAt, at + INTERIM_MS);
    steps.push({ at, what: 'interim' }, { at: at + INTERIM_MS, what: 'resume' });
  }
  if (job.end.status === 'CONNECTED' && lengthMs > 0) {
    steps.push({ at: from + Math.round((endAt - from) * FIRST_IMPORT_AFTER), what: 'import-first' });
  }
  steps.push({ at: endAt, what: 'end' });
  job.steps = steps.sort((a, b) => a.at - b.at);
  const { webhooks } = world.settings;
  const isGoodBalance = job.kind === 'balance' && job.end.status === 'CONNECTED';
  if (isGoodBalance && world.outbox.random.chance(webhooks.early)) {
    const sentAt = Math.max(from, endAt - world.outbox.random.next() * webhooks.earlySeconds * 1000);
    job.balanceWebhookSent = true;
    sendBalance(world, member, endAt, sentAt);
  }
}

/** Continues a job after its challenges were answered, to this end or to the next question. */
export function resumeJob(world: World, member: Member, job: Job, next: JobEnd | 'another-challenge'): void {
  const at = world.now();
  member.challenges = [];
  setStatus(world, member, 'RESUMED', at);
  const rest = Math.round(job.lengthMs * (1 - QUESTION_AFTER));
  if (next === 'another-challenge') job.steps = [{ at: at + Math.round(rest * QUESTION_AFTER), what: 'ask' }];
  else {
    job.end = next;
    planEnd(world, member, job, { from: at, lengthMs: rest });
  }
  setBusy(world, member);
}

/** When this member changes next by itself; Infinity = never. */
export function nextChangeOf(member: Member): number {
  // A background aggregation waits for the running job: MX runs one job per member.
  return member.job?.steps[0]?.at ?? member.backgroundAt ?? Number.POSITIVE_INFINITY;
}

/** Adds a member with a running or a planned job to those that `advance` changes. */
export function setBusy(world: World, member: Member): void {
  world.busy.add(member);
  world.nextChangeAt = Math.min(world.nextChangeAt, nextChangeOf(member));
}

/** The member shows another status; entering one of eight sends a webhook. */
export function setStatus(world: World, member: Member, status: string | null, at: number): void {
  const isNew = member.shown.connectionStatus !== status;
  member.shown.connectionStatus = status;
  if (isNew && status !== null) sendConnectionStatus(world, member, status, at);
  sendMember(world, member, 'updated', at);
}
