/** Following a refresh by one look: take the look, look at MX, decide, act. Works for whatever state a crash has left behind. */
import { decide, type LookMemory, type NextStep, noMemory, type Observation } from './decision.ts';
import { type EndDeps, endRefresh, publishEnd } from './end-refresh.ts';
import { atDeadline, endingByFailure, endingOf } from './ending.ts';
import { baselineOf } from './evidence.ts';
import { asFailure, type Failure } from './failure.ts';
import { type Instant, secondsBetween } from './instant.ts';
import { secondsAfterFailure } from './look-times.ts';
import { type MemberRecord, nextStartAllowedAt, startsInWindow } from './member.ts';
import type { Challenge, MemberIdentifiers, MemberKey, MxAccount, MxMember } from './mx.ts';
import type { Balances, NextLook, RefreshDeps } from './ports.ts';
import type { Claim } from './refresh.ts';
import { startJob } from './start-job.ts';

/** What a look needs. */
export type FollowDeps = RefreshDeps & { readonly balances: Balances };

/** What a look did, for its log line. */
export type Followed = 'superseded' | 'too_early' | 'looking_again' | 'started' | 'stored' | 'ended' | 'published';

interface Look {
  readonly key: MemberKey;
  readonly identifiers: MemberIdentifiers;
  readonly record: MemberRecord;
  readonly claim: Claim;
  readonly memory: LookMemory;
}

/**
 * Takes one look. Repeating it is safe: a look that was taken is not taken again until its function's
 * time is over, and everything after it is conditional on the claim.
 */
export async function followRefresh(deps: FollowDeps, message: NextLook): Promise<Followed> {
  const taken = await deps.members.takeLook(message.member, message.refreshId, message.look, deps.now());
  if (taken.kind === 'superseded') return 'superseded';
  if (taken.kind === 'too_early') {
    await deps.followUps.send(message, Math.max(1, Math.ceil(secondsBetween(deps.now(), taken.until))));
    return 'too_early';
  }
  const { record, claim } = taken;
  const look: Look = {
    key: record.key,
    identifiers: { userIdentifier: record.key.userGuid, memberIdentifier: record.key.memberGuid },
    record,
    claim,
    memory: message.memory ?? noMemory,
  };
  switch (claim.phase) {
    case 'ended':
      await publishEnd(deps, look.key, claim);
      return 'published';
    case 'storing':
      return store(deps, look, null, null);
    case 'running':
      return run(deps, look);
  }
}

async function run(deps: FollowDeps, look: Look): Promise<Followed> {
  const seen = await observe(deps, look.identifiers);
  const claim = await remember(deps, look, seen);
  const situation = { claim, memory: look.memory, policy: deps.policy, now: deps.now(), random: deps.random() };
  const step = decide(situation, seen);
  const member = seen.kind === 'member' ? seen.member : null;
  if (step.kind === 'check_imports' && seen.kind === 'member') {
    const observedAt = deps.now();
    const accounts = await readAccounts(deps, look);
    if (!isList(accounts)) return act(deps, { ...look, claim }, decide(situation, accounts), member, null);
    const imported = importedSince(accounts, claim.start.at) ? 'since_start' : 'not_since_start';
    // The list just read is what is stored, if it proves the end.
    return act(deps, { ...look, claim }, decide(situation, { ...seen, imported }), member, { observedAt, accounts });
  }
  return act(deps, { ...look, claim }, step, member, null);
}

interface ObservedAccounts {
  readonly observedAt: Instant;
  readonly accounts: readonly MxAccount[];
}

async function act(
  deps: FollowDeps,
  look: Look,
  step: NextStep,
  member: MxMember | null,
  observed: ObservedAccounts | null,
): Promise<Followed> {
  switch (step.kind) {
    case 'look':
      return lookAgain(deps, look, step.memory, step.inSeconds);
    case 'start':
      return start(deps, look, member);
    case 'store':
      return store(deps, look, member, observed);
    case 'end':
      await endRefresh(deps, { key: look.key, claim: look.claim, ending: step.ending, member });
      return 'ended';
    case 'check_imports':
      throw new TypeError('imports were checked already');
  }
}

async function lookAgain(
  deps: FollowDeps,
  look: Look,
  memory: LookMemory,
  inSeconds: number,
): Promise<'looking_again'> {
  const { claim, key } = look;
  await deps.followUps.send({ refreshId: claim.refreshId, member: key, look: claim.look + 1, memory }, inSeconds);
  return 'looking_again';
}

/** One look: the member, and its questions when it waits for its user. */
async function observe(deps: FollowDeps, identifiers: MemberIdentifiers): Promise<Observation> {
  try {
    const member = await deps.mx.readMember(identifiers);
    const challenges: readonly Challenge[] =
      member.connectionStatus === 'CHALLENGED' ? await deps.mx.readChallenges(identifiers) : [];
    return { kind: 'member', member, challenges, imported: 'not_checked' };
  } catch (error) {
    const failure = asFailure(error);
    if (failure.fate === 'bug') throw error;
    return { kind: 'failure', failure };
  }
}

/** Writes what later looks cannot see again: the flag seen true, and the questions for a user who is present. */
async function remember(deps: FollowDeps, { key, claim }: Look, seen: Observation): Promise<Claim> {
  if (seen.kind === 'failure' || claim.start.state === 'none') return claim;
  const flagSeen = claim.flagSeen || seen.member.isBeingAggregated;
  const challenges = claim.userPresent ? seen.challenges : claim.challenges;
  const known = JSON.stringify(challenges) === JSON.stringify(claim.challenges);
  if (flagSeen === claim.flagSeen && known) return claim;
  await deps.members.recordSeen(key, claim.refreshId, flagSeen, challenges);
  return { ...claim, flagSeen, challenges };
}

/** Starts the job, or starts it again. The next message goes out first: a crash after it leaves somebody to look. */
async function start(deps: FollowDeps, look: Look, member: MxMember | null): Promise<Followed> {
  const { key, claim, record } = look;
  const now = deps.now();
  const counting = startsInWindow(record.starts, now, deps.policy);
  if (nextStartAllowedAt(counting, now, deps.policy) !== null) {
    const ending = endingOf('allowance_used_up', { connectionStatus: member?.connectionStatus ?? null });
    await endRefresh(deps, { key, claim, ending, member });
    return 'ended';
  }
  const starts = [...counting, now];
  const starting: Claim = {
    ...claim,
    // An earlier POST that certainly started nothing leaves nothing to prove; one with an unknown result does.
    baseline:
      claim.baseline === null || claim.start.state === 'conflict' || claim.start.state === 'rate_limited'
        ? member && baselineOf(member)
        : claim.baseline,
    start: { state: 'unknown', at: now, count: claim.start.count + 1, look: claim.look, jobGuid: null },
    flagSeen: false,
  };
  await lookAgain(deps, look, noMemory, deps.policy.firstLookSeconds);
  if (!(await deps.members.recordStarting(key, starting, starts))) return 'superseded';
  const job = await startJob(deps, key, look.identifiers, starting, starts);
  if (job.kind !== 'refused') return 'started';
  await endRefresh(deps, { key, claim: starting, ending: job.ending, member, starts: job.starts });
  return 'ended';
}

/**
 * Reads all pages, moves the claim to storing, writes newer-wins, ends with success. From storing on only success is
 * possible; a repeated message reads the accounts anew, because the ones read before died with their function.
 */
async function store(
  deps: FollowDeps,
  look: Look,
  member: MxMember | null,
  already: ObservedAccounts | null,
): Promise<Followed> {
  const { key, claim } = look;
  const observedAt = already?.observedAt ?? deps.now();
  const accounts = already?.accounts ?? (await readAccounts(deps, look));
  if (!isList(accounts)) return storeLater(deps, look, accounts.failure);
  if (claim.phase === 'running' && !(await deps.members.beginStoring(key, claim.refreshId, claim.look)))
    return 'superseded';
  await deps.balances.store(key, accounts, { observedAt, refreshId: claim.refreshId, trigger: claim.trigger });
  const ending = endingOf('stored', { connectionStatus: member?.connectionStatus ?? 'CONNECTED' });
  await endRefresh(deps, { key, claim: { ...claim, phase: 'storing' }, ending, observedAt, member });
  return 'stored';
}

/** The job succeeded, but the accounts could not be read: again, inside the deadline. */
async function storeLater(deps: FollowDeps, look: Look, failure: Failure): Promise<Followed> {
  const { key, claim, memory, record } = look;
  const now = deps.now();
  const hopeless = failure.fate !== 'try-again';
  if (claim.phase === 'running' && (hopeless || now >= claim.deadline)) {
    await endRefresh(deps, { key, claim, ending: hopeless ? endingByFailure(failure) : atDeadline(claim) });
    return 'ended';
  }
  if (claim.phase === 'storing' && (hopeless || now >= claim.deadline))
    return endInterruptedStoring(deps, record.key, claim, failure);
  const failures = memory.failures + 1;
  const inSeconds = secondsAfterFailure(
    failures,
    failure.details.retryAfterSeconds,
    now,
    claim.deadline,
    deps.policy,
    deps.random(),
  );
  return lookAgain(deps, look, { failures, candidate: null }, inSeconds);
}

/**
 * Storing was interrupted and the accounts cannot be read again in time. If none was written, the refresh has changed
 * nothing and may end as failed; if some were, it has succeeded for those, and each account says itself how old it is.
 */
export async function endInterruptedStoring(
  deps: EndDeps,
  key: MemberKey,
  claim: Claim,
  failure: Failure | null,
): Promise<'ended'> {
  // Also what a newer observation has written over since, as far as it can still be seen.
  const written = (await deps.balances.ofMember(key)).flatMap((balance) =>
    balance.refreshId === claim.refreshId
      ? [balance.observedAt]
      : balance.changedByRefresh === claim.refreshId
        ? [balance.changedAt ?? balance.observedAt]
        : [],
  );
  const observedAt = written.sort()[0] ?? null;
  const ending =
    observedAt !== null
      ? endingOf('stored_in_part', { connectionStatus: 'CONNECTED' })
      : failure === null || failure.fate === 'try-again'
        ? atDeadline(claim)
        : endingByFailure(failure);
  await endRefresh(deps, { key, claim, ending, observedAt });
  return 'ended';
}

async function readAccounts(
  deps: FollowDeps,
  look: Look,
): Promise<readonly MxAccount[] | { readonly kind: 'failure'; readonly failure: Failure }> {
  try {
    return await deps.mx.listAccounts(look.identifiers);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.fate === 'bug') throw error;
    return { kind: 'failure', failure };
  }
}

const isList = <T, U>(value: readonly T[] | U): value is readonly T[] => Array.isArray(value);

/**
 * MX facts 3.3, point 6; every account, because they arrive one by one (3.4): with some of them the job still runs. A
 * closed or a manual account gets no data any more.
 */
function importedSince(accounts: readonly MxAccount[], start: Instant | null): boolean {
  const expected = accounts.filter(({ fields }) => fields.is_closed !== true && fields.is_manual !== true);
  return (
    expected.length > 0 &&
    expected.every(({ fields }) => {
      const importedAt = fields.imported_at;
      return start !== null && typeof importedAt === 'string' && Date.parse(importedAt) > Date.parse(start);
    })
  );
}
