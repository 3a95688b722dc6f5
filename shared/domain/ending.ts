/** Endings of refreshes. Every one is built by `endingOf`, from the row of its code in `outcome.ts`. */
import { userActions } from './action.ts';
import type { Failure, FailureCode } from './failure.ts';
import type { Challenge, MxMember } from './mx.ts';
import { isOutcomeCode, type OutcomeCode, outcomes } from './outcome.ts';
import type { OpenClaim, Result, SentStart } from './refresh.ts';
import { ruleFor, type StatusRule } from './statuses.ts';

/** How a refresh ends, without the times that the caller adds. */
export type Ending = Omit<Result, 'endedAt' | 'observedAt'>;

/** What an end knows beyond its code. `action` and `message` only where more is known than the table says. */
export type EndingFacts = Partial<Omit<Ending, 'outcome' | 'code'>>;

/** The ending with this code. */
export function endingOf(code: OutcomeCode, facts: EndingFacts = {}): Ending {
  const { outcome, action, message } = outcomes[code];
  return { outcome, action, code, message, userMessage: null, connectionStatus: null, challenges: [], ...facts };
}

/** An ending at which MX showed `member`: with MX's own words for the end user, and its questions if they are asked now. */
export function endingWith(
  member: MxMember,
  code: OutcomeCode,
  challenges: readonly Challenge[] = [],
  facts: EndingFacts = {},
): Ending {
  return endingOf(code, {
    userMessage: member.error?.userMessage ?? member.connectionStatusMessage,
    connectionStatus: member.connectionStatus,
    challenges: outcomes[code].action === 'answer_mfa' ? challenges : [],
    ...facts,
  });
}

/** The ending that MX's connection status is, `rule` being its row. */
export const endingByStatus = (rule: StatusRule, member: MxMember, challenges: readonly Challenge[]): Ending =>
  endingWith(member, rule.end, challenges, rule.message === undefined ? {} : { message: rule.message });

/** The end when nothing shows that a job ran after the POST, whether MX answered 202 or an error. Nothing is stored. */
export function noEvidence(start: SentStart, member: MxMember): Ending {
  const code = start.state === 'unknown' ? 'start_not_confirmed' : 'no_evidence';
  const { action } = outcomes[ruleFor(member.connectionStatus).end];
  // The status may be that of before, but no better hint of what the user has to do is known.
  return endingWith(member, code, [], userActions.has(action) ? { action } : {});
}

/**
 * The end of a refresh whose deadline has passed.
 *
 * @param member null when MX was not read.
 * @param challenges what MX asks a user who is present.
 */
export function atDeadline(
  claim: OpenClaim,
  member: MxMember | null = null,
  challenges: readonly Challenge[] = [],
): Ending {
  const wasStarted = claim.start.state !== 'none';
  const late = wasStarted ? 'deadline' : 'mx_unavailable';
  if (member === null) return claim.unanswered === null ? endingOf(late) : lateWith(claim.unanswered.code);
  // Also without a start of ours: a member that waits for its user ends with the user's action.
  const rule = ruleFor(member.connectionStatus);
  const isAsked = challenges.length > 0 || (wasStarted && member.isBeingAggregated);
  if (rule.asksUser && isAsked) return endingByStatus(rule, member, challenges);
  const isBetweenStates = rule.whenOver === 'wait' && wasStarted && !member.isBeingAggregated;
  return isBetweenStates ? endingByStatus(rule, member, []) : endingWith(member, late);
}

/** The end of a refresh whose deadline came while MX could not be read: it names the last failure. */
export function lateBecauseOf(failure: Failure): Ending {
  return { ...lateWith(failure.code), message: `The deadline came while MX could not be read. ${failure.message}` };
}

/** The same, where only the failure's code is known. */
const lateWith = (failure: FailureCode): Ending => ({
  ...endingOf(isOutcomeCode(failure) && outcomes[failure].action === 'retry_later' ? failure : 'deadline'),
  outcome: 'timed_out',
  action: 'retry_later',
});

/** The end that a failure which is not worth another try causes. */
export function endingByFailure(failure: Failure): Ending {
  const passes = passingInstitutionErrors.has(failure.details.mxErrorType ?? '');
  return endingOf(isOutcomeCode(failure.code) ? failure.code : 'internal', {
    message: failure.message,
    userMessage: failure.details.userMessage ?? null,
    ...(passes ? { action: 'retry_later' } : {}),
  });
}

/** Institution errors that pass by themselves; the other `institution_*` ones are permanent (MX facts 9). */
const passingInstitutionErrors: ReadonlySet<string> = new Set([
  'institution_maintenance_error',
  'institution_unavailable_error',
]);
