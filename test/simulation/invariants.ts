/** The promises that can only be checked when everything is quiet. Those of single moments are in `truth.ts`. */
import { findAccount } from '../../shared/domain/find-account.ts';
import { freshnessOf } from '../../shared/domain/freshness.ts';
import { heldOf } from '../../shared/domain/held.ts';
import { epochMillisecondsOf } from '../../shared/domain/instant.ts';
import { BINS, binStarts } from '../../shared/domain/job-lengths.ts';
import { outcomes } from '../../shared/domain/outcome.ts';
import { LOOK_TIMEOUT_SECONDS } from '../../shared/domain/refresh.ts';
import { memberErrorEnds, statusRules } from '../../shared/domain/statuses.ts';
import { textOf } from '../fakes/members-table.ts';
import { checkAttentionAtRest } from './attention-checks.ts';
import { checkErased, wasErased } from './check-erased.ts';
import { checkExpected } from './expected-end.ts';
import type { Fault } from './faults.ts';
import type { Answer, FunctionsInTime } from './functions-in-time.ts';
import { checkBreakers, checkNotSupported } from './institution-checks.ts';
import { checkCounted, checkPauses } from './pauses.ts';
import { correlationIdOf, type Plan, secretDigits } from './plan.ts';
import { Violation } from './violation.ts';
import type { RefreshTruth, Truth } from './what-is-known.ts';
import { followUpVisibilitySeconds, noticeIn, type World } from './world.ts';

/** Ends that MX's status or error code causes, and nothing else. */
const codesOfStatuses: ReadonlySet<string> = new Set(
  [...Object.values(statusRules), ...Object.values(memberErrorEnds)]
    .map(({ end }) => end)
    .filter((code) => ['action_required', 'failed'].includes(outcomes[code].outcome)),
);

/** Checks everything. @throws Violation, the first that it finds. */
export function checkHistory(
  plan: Plan,
  world: World,
  truth: Truth,
  functions: FunctionsInTime,
  faults: readonly Fault[],
): void {
  const { answers, written } = functions;
  for (const refresh of truth.refreshes.values()) {
    checkEnded(world, refresh);
    checkEvidence(plan, refresh, world);
    checkFreshness(plan, refresh, world);
    // A deleted member's balances are erased right after the end of its refresh.
    const isErased = refresh.result?.code === 'member_deleted';
    if (refresh.leftBalances && refresh.result?.outcome !== 'succeeded' && !isErased) {
      throw new Violation(3, `${refresh.refreshId} ended as ${refresh.result?.outcome} and has changed balances`);
    }
  }
  // What holds no claim is finished by its own message alone.
  const isLost = faults.some(({ kind }) => kind === 'message lost') || world.followUps.deadLetters.length > 0;
  checkAnswers(truth, answers);
  checkCallbacks(world, answers);
  checkNames(world, answers);
  checkMembers(world, truth, isLost);
  checkSchedule(world, faults);
  if (!isLost) checkBackground(world);
  if (!isLost && world.starts.deadLetters.length === 0) checkUnstarted(world, truth);
  checkErased(world, isLost);
  checkShown(world);
  checkEventIds(world);
  checkWritten(world, written);
  checkLearnt(plan, world);
  const isUndisturbed =
    faults.length === 0 && !plan.actions.some(({ what }) => what === 'mx down') && plan.messagingDown === null;
  if (plan.pauses.length > 0) {
    checkPauses(world, truth.refreshes.values(), functions);
    if (isUndisturbed) checkCounted(world, truth.refreshes.values());
  }
  checkBreakers(world, truth, isUndisturbed);
  checkNotSupported(world, truth, isUndisturbed);
  // A message whose function has crashed comes back when it is visible again.
  const lostSeconds = faults.length === 0 ? 0 : followUpVisibilitySeconds;
  if (plan.isPlain) checkExpected(plan, truth, { world, lostSeconds });
}

/** 1 and 8: it ended, can be read as ended, and all were told the same. */
function checkEnded(world: World, { refreshId, result, member }: RefreshTruth): void {
  if (result === null) throw new Violation(1, `${refreshId} never ended`);
  const end = world.refreshes.get(refreshId)?.end;
  const isGone = end === undefined && wasErased(world, member);
  if (end == null && !isGone) throw new Violation(1, `${refreshId} ended and is still shown as running`);
  if (end != null && end.outcome !== result.outcome) throw new Violation(1, `${refreshId} is shown with another end`);
  const ends = world.published.filter(({ id }) => id === `${refreshId}/ended`);
  if (ends.length === 0 && !isDead(world, refreshId)) throw new Violation(8, `the end of ${refreshId} was not told`);
  const told = ends.map(({ data }) => ('outcome' in data ? data.outcome : null));
  if (told.some((outcome) => outcome !== result.outcome))
    throw new Violation(8, `${refreshId} was told with another end`);
}

/** Whether a notice of the refresh is among the dead letters, from where an operator sends it back. */
const isDead = (world: World, refreshId: string): boolean =>
  world.followUps.deadLetters.some(({ body }) => noticeIn(body, refreshId) !== null);

/** What two times of a job that MX shows, or two looks at it, may be wrong by. */
const LENGTH_SECONDS = 3;
const LENGTH_PART = 1 / 3;

/** Learning: a length that was counted is one of a job that a member has, or that of a job that outlasts the deadline. */
function checkLearnt({ members }: Plan, { institutions }: World): void {
  for (const { sample } of [...institutions.values()].flat()) {
    if (!('bin' in sample)) continue;
    const [from = 0, to = 0] = [binStarts[sample.bin], binStarts[sample.bin + 1]];
    const isOne = members.some(
      ({ jobSeconds }) =>
        jobSeconds >= from * (1 - LENGTH_PART) - LENGTH_SECONDS &&
        jobSeconds <= to * (1 + LENGTH_PART) + LENGTH_SECONDS,
    );
    if (!isOne && sample.bin < BINS - 1) {
      throw new Violation(0, `a job of ${Math.round(from)} to ${Math.round(to)} s was learnt, which no member has`);
    }
  }
}

/** 8: an id stands for one event, however often it is delivered. */
function checkEventIds(world: World): void {
  const known = new Map<string, string>();
  for (const event of world.published) {
    const text = JSON.stringify(event);
    if ((known.get(event.id) ?? text) !== text) throw new Violation(8, `two different events have the id ${event.id}`);
    known.set(event.id, text);
  }
}

/** 4: an end that a status causes was caused by a job that really ended after the refresh had begun. */
function checkEvidence(plan: Plan, refresh: RefreshTruth, world: World): void {
  const { refreshId, result, baseline, claimedAt } = refresh;
  if (result === null) return;
  // Of a job that took answers, all that came after them counts.
  const since = refresh.answeredAt ?? baseline?.at ?? claimedAt;
  const index = world.members.findIndex(({ key }) => key.memberGuid === refresh.member.memberGuid);
  const scenario = plan.members[index]?.scenario;
  // Long after the start, every answer that there was hid the running job: MX was down, and a lag that is counted in
  // answers, as the simulator counts it, is then none.
  const waitedMs = refresh.lastReadAt - (refresh.posts.at(-1)?.at ?? 0);
  if (result.code === 'no_evidence' && refresh.posts.every(({ status }) => status !== 202)) {
    throw new Violation(4, `${refreshId} says that MX accepted the request, and MX never did`);
  }
  const isHidden = scenario?.lag !== undefined && refresh.reads <= scenario.lag.answers;
  // The same for a baseline that still hides the job before: there was no look since.
  const isFirst = world.refreshes.values().find(({ member }) => textOf(member) === textOf(refresh.member));
  if (scenario?.lag?.of === 'everything' && isFirst?.projection?.refreshId !== refreshId) return;
  if (isHidden && waitedMs >= plan.policy.graceSeconds * 1000) return;
  if (result.outcome === 'succeeded') {
    const observedAt = result.observedAt === null ? 0 : epochMillisecondsOf(result.observedAt);
    // The data of a job can all be there a little before its end; MX's times may be cut to whole seconds.
    const isImported = refresh.oldestImport >= Math.floor(since / 1000) * 1000;
    const member = textOf(refresh.member);
    // What was observed bears whole milliseconds, and the job may have ended within the same one.
    const isProven = world.successes.some(
      (end) => end.member === member && end.at >= since && Math.floor(end.at) <= observedAt,
    );
    if (!isImported && !isProven) {
      throw new Violation(4, `${refreshId} succeeded, but no job of its member ended well while it ran`);
    }
    return;
  }
  // Flapping looks exactly like an end for longer than two looks, and so does an interim error beside a lagging flag.
  const flaps = scenario?.interim !== undefined && (scenario.interim.idle || scenario.lag !== undefined);
  // Held back before any start: what MX shows is why nothing was started, not how something ended.
  const startedNothing = refresh.posts.every(({ status }) => status !== 202);
  const waits = ['challenged', 'pending', 'no_status'].includes(result.code);
  if (!codesOfStatuses.has(result.code) || flaps || startedNothing || waits || baseline === null) return;
  if (refresh.jobsAtEnd <= baseline.jobsEnded) {
    throw new Violation(4, `${refreshId} ended as ${result.code}, but no job of its member ended while it ran`);
  }
}

/**
 * 11: an account that MX has not imported since the job began, while it imported others of its member, or while its
 * imports are known to move, is as old as its import.
 */
function checkFreshness(plan: Plan, { refreshId, member, stored }: RefreshTruth, world: World): void {
  const index = world.members.findIndex(({ key }) => key.memberGuid === member.memberGuid);
  // Of a job that was over before the first look, and that another one has followed, MX shows no start any more.
  const mayBeFollowed =
    plan.backgroundEverySeconds > 0 || plan.members[index]?.scenario.followedBySeconds !== undefined;
  for (const { balance, importedAt, imports, jobs, jobAggregatedAt, importsMove } of stored) {
    if (jobs === null || importedAt === null || (mayBeFollowed && jobAggregatedAt === null)) continue;
    const othersMoved = imports.some((at) => secondOf(at) >= secondOf(jobs.last));
    const isLeftBehind = secondOf(importedAt) < secondOf(jobs.first) && (othersMoved || importsMove);
    if (isLeftBehind && balance.freshAsOf > importedAt) {
      throw new Violation(
        11,
        `${balance.accountGuid} by ${refreshId} is said to be fresh as of ${balance.freshAsOf}, but MX imported it at ${importedAt}`,
      );
    }
  }
}

const secondOf = (instant: string): string => instant.slice(0, 19);

/** 2: each caller got a refresh that was running when it asked, and one of them started it. */
function checkAnswers(truth: Truth, answers: readonly Answer[]): void {
  const firsts = new Set<string>();
  const byKey = new Map<string, string>();
  for (const { invocation, refreshId, member, joined, answeredAt, action } of answers) {
    const refresh = truth.refreshes.get(refreshId);
    if (refresh === undefined || textOf(refresh.member) !== member) {
      throw new Violation(2, `${invocation.id} was given ${refreshId}, which is no refresh of its member`);
    }
    const mayBeOver = action.idempotencyKey !== null;
    if (refresh.endedAt !== null && refresh.endedAt < invocation.startedAt && !mayBeOver) {
      throw new Violation(2, `${invocation.id} was given ${refreshId}, which had ended before it asked`);
    }
    if (refresh.claimedAt > answeredAt)
      throw new Violation(2, `${invocation.id} was given ${refreshId} before its claim`);
    const { idempotencyKey } = action;
    // A repeated request is answered with the first one's answer.
    const isAgain = idempotencyKey !== null && byKey.has(idempotencyKey);
    if (isAgain && byKey.get(idempotencyKey) !== refreshId) {
      throw new Violation(2, `${invocation.id} repeated its request and was given another refresh than before`);
    }
    if (idempotencyKey !== null) byKey.set(idempotencyKey, refreshId);
    if (!joined && !isAgain && firsts.has(refreshId)) throw new Violation(2, `${refreshId} was begun for two callers`);
    if (!joined) firsts.add(refreshId);
  }
}

/** What a caller calls its refresh is in the event of its end; without a name, the refresh's id is. */
function checkNames(world: World, answers: readonly Answer[]): void {
  for (const { refreshId, joined, action } of answers) {
    // The answer to a repeated request may be about another trigger's refresh.
    if (joined || action.idempotencyKey !== null) continue;
    for (const { id, data } of world.published) {
      if (id !== `${refreshId}/ended` || !('correlation_id' in data)) continue;
      const name = correlationIdOf(action) ?? refreshId;
      if (data.correlation_id !== name) throw new Violation(0, `${id} is told as ${data.correlation_id}, not ${name}`);
    }
  }
}

/** 8: who asked to be told has a delivery booked with the end that it was. */
function checkCallbacks(world: World, answers: readonly Answer[]): void {
  const booked = [...world.deliveries.messages.values()].map(({ body }) => body);
  for (const { refreshId, action } of answers) {
    const outcome = world.refreshes.get(refreshId)?.end?.outcome;
    if (action.callback === null || outcome === undefined) continue;
    const isBooked = booked.some(
      (body) =>
        body.includes(`"${refreshId}/ended"`) && body.includes(`/${action.callback}"`) && body.includes(`"${outcome}"`),
    );
    if (!isBooked && !isDead(world, refreshId))
      throw new Violation(8, `${action.callback} asked to be told of ${refreshId} and never is`);
  }
}

/** 8: reads of what MX has gathered by itself are told like any other refresh. */
function checkBackground(world: World): void {
  for (const [refreshId, { member, projection }] of world.refreshes) {
    if (projection?.trigger !== 'mx_webhook' || world.record(member)?.deletedAt != null) continue;
    if (!world.published.some(({ id }) => id === `${refreshId}/ended`)) {
      throw new Violation(8, `${refreshId}, which read what MX had gathered, was not told`);
    }
  }
}

/** 8: what MX refused before there was a claim is told of, and so is what the schedule holds back. */
function checkUnstarted(world: World, truth: Truth): void {
  const isTold = (id: string): boolean => world.published.some((event) => event.id === id);
  for (const [refreshId, { member, projection }] of world.refreshes) {
    // Of a deleted member nothing is told any more but that.
    if (world.record(member)?.deletedAt != null) continue;
    if (projection?.trigger === 'schedule' && !truth.refreshes.has(refreshId) && !isTold(`${refreshId}/ended`)) {
      throw new Violation(8, `it was not told that MX refused ${refreshId}`);
    }
  }
  for (const { key } of world.members) {
    const record = world.record(key);
    // Once a refresh has begun since, the note is void: to tell of it then would be to tell what is not so any more.
    const held = record && heldOf(record);
    if (held && !isTold(`${key.userGuid}/${key.memberGuid}/${held.since}/held/${held.code}`)) {
      throw new Violation(8, `it was not told that ${textOf(key)} is held back`);
    }
  }
}

/** 11: what is shown at the end is not fresh when MX does not list it, or does not know its member; own ids lead to it. */
function checkShown(world: World): void {
  for (const { key } of world.members) {
    const record = world.record(key);
    const balances = [...(world.balances.get(textOf(key))?.values() ?? [])];
    if (record === null || balances.length === 0) continue;
    const isFresh = freshnessOf(balances, record, world.instant(), 86_400)?.verdict === 'fresh';
    const listed = balances.filter((balance) => balance.listed);
    if (isFresh && listed.length === 0) throw new Violation(11, `${textOf(key)} is fresh, and MX lists none of it`);
    const { lastAttempt, lastSuccess } = record;
    const isGone = lastAttempt?.code === 'mx_not_found' && lastAttempt.endedAt > (lastSuccess?.observedAt ?? '');
    if (isFresh && isGone) throw new Violation(11, `${textOf(key)} is fresh, and MX does not know it`);
    for (const { fields, accountGuid } of listed) {
      const found = findAccount(balances, String(fields['id']));
      if (found?.listed === false) {
        throw new Violation(11, `${String(fields['id'])} leads to ${found.accountGuid}, not to ${accountGuid}`);
      }
    }
  }
}

/** Nothing is left open, the member remembers its last end and its last success, and deleted is deleted. */
function checkMembers(world: World, truth: Truth, isLost: boolean): void {
  for (const { key } of world.members) {
    const record = world.record(key);
    const text = textOf(key);
    if (record !== null) checkAttentionAtRest(record, world.table.bodies.get(text) ?? null);
    if (record?.claim) throw new Violation(1, `${record.claim.refreshId} is still the claim of its member`);
    if (truth.deletedAt.has(text)) {
      if (record?.deletedAt == null) throw new Violation(9, `${text} was deleted and came back`);
      const left = world.balances.get(text)?.size ?? 0;
      // Once more when no function that began before can still be writing.
      const erasedLate = truth.erasedAt() >= (truth.deletedAt.get(text) ?? 0) + LOOK_TIMEOUT_SECONDS * 1000;
      if (!erasedLate && !isLost) throw new Violation(9, `${text} was deleted, and its balances erased only once`);
      if (world.table.bodies.get(text) != null && !isLost) {
        throw new Violation(9, `${text} was deleted, and MX's member object is stored`);
      }
      if (left > 0 && !isLost) throw new Violation(9, `${text} was deleted, and ${left} of its balances are stored`);
      const former = world.history.get(text)?.size ?? 0;
      if (former > 0 && !isLost) throw new Violation(9, `${text} was deleted, and ${former} former amounts are stored`);
      continue;
    }
    truth.checkFormerAmounts(key);
    const ended = [...truth.refreshes.values()]
      .filter(({ member, endedAt }) => textOf(member) === text && endedAt !== null)
      .sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
    const last = ended.at(-1)?.result;
    const success = ended.findLast(({ result }) => result?.outcome === 'succeeded')?.result;
    // Reads of what MX has gathered by itself count as well; they may be later, not earlier.
    if (last && !(record?.lastAttempt && record.lastAttempt.endedAt >= last.endedAt)) {
      throw new Violation(1, `${text} does not remember the end of its last refresh`);
    }
    if (success?.observedAt && !(record?.lastSuccess && record.lastSuccess.observedAt >= success.observedAt)) {
      throw new Violation(4, `${text} does not remember its last success`);
    }
  }
}

/** A member on the schedule has its item; without faults there is none besides. */
function checkSchedule(world: World, faults: readonly Fault[]): void {
  for (const { key } of world.members) {
    const { enrolment = null } = world.record(key) ?? {};
    const items = [...world.table.slots].filter(([, of]) => of.has(textOf(key))).map(([slot]) => slot);
    if (enrolment !== null && enrolment.everyHours !== 0 && !items.includes(enrolment.slot)) {
      throw new Violation(0, `${textOf(key)} is on the schedule and will never be due`);
    }
    const strays = items.filter((slot) => slot !== enrolment?.slot);
    if (faults.length === 0 && strays.length > 0) {
      throw new Violation(0, `${textOf(key)} has left items in ${strays.join(' and ')}`);
    }
  }
}

/** 10: data of bank accounts are in no log line, no problem and no event. */
function checkWritten(world: World, written: readonly string[]): void {
  for (const text of [...written, ...world.published.map((event) => JSON.stringify(event))]) {
    for (const secret of [secretDigits, 'local-api-key']) {
      if (text.includes(secret)) throw new Violation(10, `a log line, a problem or an event holds a secret: ${text}`);
    }
  }
}
