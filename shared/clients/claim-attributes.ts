/**
 * The codec of a claim, which is a map in the member's item. The item is written at every step of a refresh and has to
 * stay small, so the names are short, instants are milliseconds since 1970, and what is false, null or the usual is
 * absent. What stands elsewhere in the item is not repeated: `open_since` is when the refresh was accepted, and
 * `last_attempt` how it ended.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Unanswered } from '../domain/progress.ts';
import type { Baseline, Claim, EndedClaim, OpenClaim, SentStart, Start, Trigger } from '../domain/refresh.ts';
import { type Item, toAttribute } from './attribute-values.ts';
import { codesOf, countIn, flag, flagIn, instantIn, milliseconds, text, textIn } from './compact-values.ts';

/** Where a claim's attributes are in the item. */
export const claimPath = {
  refreshId: 'claim.i',
  trigger: 'claim.t',
  /** Absent while it is running. */
  phase: 'claim.p',
  deadline: 'claim.d',
  userPresent: 'claim.u',
  correlationId: 'claim.c',
  callerTag: 'claim.k',
  /** Text or NULL; absent where MX was never read. */
  statusBefore: 'claim.bs',
  jobBefore: 'claim.bj',
  aggregatedBefore: 'claim.ba',
  succeededBefore: 'claim.bk',
  flagBefore: 'claim.bf',
  /** Absent where MX did not say. */
  answeredBefore: 'claim.bd',
  /** Absent until a POST is about to be sent. */
  startState: 'claim.xs',
  startAt: 'claim.xa',
  startCount: 'claim.xc',
  startLook: 'claim.xl',
  startJob: 'claim.xj',
  look: 'claim.l',
  lookedAt: 'claim.o',
  flagSeen: 'claim.f',
  jobAggregatedAt: 'claim.g',
  /** Text or NULL; absent while no look has seen another than `statusBefore`. */
  seenStatus: 'claim.v',
  questions: 'claim.q',
  unansweredCode: 'claim.e',
  nextLookAt: 'claim.n',
} as const;

const triggers = codesOf<Trigger>({ http: 'h', schedule: 's', mx_webhook: 'w' });
const startStates = codesOf<SentStart['state']>({
  unknown: 'u',
  accepted: 'a',
  conflict: 'c',
  rate_limited: 'r',
  attached: 'j',
});

const unansweredCodes = codesOf<Unanswered['code']>({
  mx_unavailable: 'u',
  mx_timeout: 't',
  mx_bad_answer: 'b',
  mx_rate_limited: 'r',
  mx_conflict: 'c',
  mx_not_found: 'n',
});

/** Values of `claimPath.phase`. */
export const phaseCode = { storing: { S: 's' }, ended: { S: 'e' } } as const satisfies Item;

/** Attributes by their paths; undefined: absent. */
export type ClaimAttributes = Readonly<Record<string, AttributeValue | undefined>>;

/** A baseline's attributes. */
export const baselineAttributes = (baseline: Baseline | null): ClaimAttributes => ({
  [claimPath.statusBefore]: statusAttribute(baseline),
  [claimPath.jobBefore]: text(baseline?.mostRecentJobGuid),
  [claimPath.aggregatedBefore]: milliseconds(baseline?.aggregatedAt),
  [claimPath.succeededBefore]: milliseconds(baseline?.successfullyAggregatedAt),
  [claimPath.flagBefore]: flag(baseline?.isBeingAggregated === true),
  [claimPath.answeredBefore]: milliseconds(baseline?.answeredAt),
});

/** A start's attributes. */
export const startAttributes = (start: Start): ClaimAttributes =>
  start.state === 'none'
    ? {
        [claimPath.startState]: undefined,
        [claimPath.startAt]: undefined,
        [claimPath.startCount]: undefined,
        [claimPath.startLook]: undefined,
        [claimPath.startJob]: undefined,
      }
    : {
        [claimPath.startState]: startStates.toAttribute(start.state),
        [claimPath.startAt]: milliseconds(start.at),
        [claimPath.startCount]: start.count === 1 ? undefined : toAttribute(start.count),
        [claimPath.startLook]: start.lookNumber === 0 ? undefined : toAttribute(start.lookNumber),
        [claimPath.startJob]: text(start.jobGuid),
      };

/** The attribute of the status that looks have seen. */
export const statusAttribute = (status: OpenClaim['seenStatus']): AttributeValue | undefined =>
  status === null ? undefined : toAttribute(status.connectionStatus);

/** What a claim learns on its way. */
export const seenAttributes = ({
  flagSeen,
  jobAggregatedAt,
  seenStatus,
}: Pick<OpenClaim, 'flagSeen' | 'jobAggregatedAt' | 'seenStatus'>): ClaimAttributes => ({
  [claimPath.flagSeen]: flag(flagSeen),
  [claimPath.jobAggregatedAt]: milliseconds(jobAggregatedAt),
  [claimPath.seenStatus]: statusAttribute(seenStatus),
});

/** Why the last look saw nothing; null: nothing of it. */
export const unansweredAttributes = (unanswered: Unanswered | null): ClaimAttributes => ({
  [claimPath.unansweredCode]: unanswered === null ? undefined : unansweredCodes.toAttribute(unanswered.code),
  [claimPath.nextLookAt]: milliseconds(unanswered?.nextLookAt),
});

/** The attributes of a claim from its beginning that are not needed any more when its refresh has ended. */
export const openOnly: readonly string[] = [
  claimPath.callerTag,
  claimPath.jobBefore,
  claimPath.aggregatedBefore,
  claimPath.succeededBefore,
  claimPath.flagBefore,
  claimPath.answeredBefore,
  claimPath.startState,
  claimPath.startAt,
  claimPath.startCount,
  claimPath.startLook,
  claimPath.startJob,
  claimPath.flagSeen,
  claimPath.jobAggregatedAt,
  claimPath.seenStatus,
  claimPath.questions,
  claimPath.unansweredCode,
  claimPath.nextLookAt,
];

/** The attribute of an open claim. */
export function claimToAttribute(claim: OpenClaim): AttributeValue {
  return mapOf({
    ...factsAttributes(claim),
    [claimPath.phase]: claim.phase === 'storing' ? phaseCode.storing : undefined,
    [claimPath.callerTag]: text(claim.callerTag),
    ...baselineAttributes(claim.baseline),
    ...startAttributes(claim.start),
    ...seenAttributes(claim),
    [claimPath.questions]: text(claim.questions),
    ...unansweredAttributes(claim.unanswered),
  });
}

const factsAttributes = (claim: Claim): ClaimAttributes => ({
  [claimPath.refreshId]: { S: claim.refreshId },
  [claimPath.trigger]: triggers.toAttribute(claim.trigger),
  [claimPath.deadline]: milliseconds(claim.deadline),
  [claimPath.userPresent]: flag(claim.userPresent),
  [claimPath.correlationId]: text(claim.correlationId),
  [claimPath.look]: toAttribute(claim.lookNumber),
  [claimPath.lookedAt]: milliseconds(claim.lookedAt),
});

/** The map with the last names of these paths. */
function mapOf(attributes: ClaimAttributes): AttributeValue {
  const M: Item = {};
  for (const [path, value] of Object.entries(attributes)) if (value !== undefined) M[at(path)] = value;
  return { M };
}

/**
 * Reads the claim in a member's item.
 *
 * @param acceptedAt the item's `open_since`.
 * @param lastAttempt the item's last attempt: the end of a claim that has ended.
 */
export function toClaim(
  item: Item,
  acceptedAt: Claim['acceptedAt'] | null,
  lastAttempt: (EndedClaim['result'] & Pick<Claim, 'refreshId'>) | null,
): Claim | null {
  const { M: claim } = item['claim'] ?? {};
  if (claim === undefined) return null;
  const refreshId = textIn(claim, at(claimPath.refreshId)) ?? '';
  const deadline = instantIn(claim, at(claimPath.deadline));
  if (acceptedAt === null || deadline === null) throw new TypeError(`the claim ${refreshId} lacks its times`);
  const facts = {
    refreshId,
    trigger: triggers.in(claim, at(claimPath.trigger)),
    acceptedAt,
    deadline,
    userPresent: flagIn(claim, at(claimPath.userPresent)),
    correlationId: textIn(claim, at(claimPath.correlationId)),
    lookNumber: countIn(claim, at(claimPath.look), 0),
    lookedAt: instantIn(claim, at(claimPath.lookedAt)),
  };
  const before = statusIn(claim, claimPath.statusBefore);
  const phase = textIn(claim, at(claimPath.phase));
  if (phase === phaseCode.ended.S) {
    if (lastAttempt?.refreshId !== refreshId) throw new TypeError(`the claim ${refreshId} has ended and has no result`);
    const { outcome, action, code, connectionStatus, endedAt, observedAt, hasDetails } = lastAttempt;
    const result = { outcome, action, code, connectionStatus, endedAt, observedAt, hasDetails };
    return { ...facts, phase: 'ended', baseline: before, result };
  }
  return {
    ...facts,
    phase: phase === phaseCode.storing.S ? 'storing' : 'running',
    callerTag: textIn(claim, at(claimPath.callerTag)),
    baseline: before && {
      ...before,
      mostRecentJobGuid: textIn(claim, at(claimPath.jobBefore)),
      aggregatedAt: instantIn(claim, at(claimPath.aggregatedBefore)),
      successfullyAggregatedAt: instantIn(claim, at(claimPath.succeededBefore)),
      isBeingAggregated: flagIn(claim, at(claimPath.flagBefore)),
      answeredAt: instantIn(claim, at(claimPath.answeredBefore)),
    },
    start: toStart(claim),
    flagSeen: flagIn(claim, at(claimPath.flagSeen)),
    jobAggregatedAt: instantIn(claim, at(claimPath.jobAggregatedAt)),
    seenStatus: statusIn(claim, claimPath.seenStatus),
    questions: textIn(claim, at(claimPath.questions)),
    unanswered: toUnanswered(claim),
  };
}

/** A text, or NULL, which is a status too. */
function statusIn(claim: Item, path: string): OpenClaim['seenStatus'] {
  const status = claim[at(path)];
  return status === undefined ? null : { connectionStatus: status.S ?? null };
}

function toUnanswered(claim: Item): Unanswered | null {
  const nextLookAt = instantIn(claim, at(claimPath.nextLookAt));
  return nextLookAt === null ? null : { code: unansweredCodes.in(claim, at(claimPath.unansweredCode)), nextLookAt };
}

function toStart(claim: Item): Start {
  if (claim[at(claimPath.startState)] === undefined) return { state: 'none' };
  const sentAt = instantIn(claim, at(claimPath.startAt));
  if (sentAt === null) throw new TypeError('a start that was sent has a time');
  return {
    state: startStates.in(claim, at(claimPath.startState)),
    at: sentAt,
    count: countIn(claim, at(claimPath.startCount), 1),
    lookNumber: countIn(claim, at(claimPath.startLook), 0),
    jobGuid: textIn(claim, at(claimPath.startJob)),
  };
}

/** The attribute's name in the map. */
const at = (path: string): string => path.slice('claim.'.length);
