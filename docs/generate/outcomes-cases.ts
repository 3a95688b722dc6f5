/** What happens to a refresh for each answer of MX, computed by calling the decision itself. */
import { mxAnswers, mxFailure } from '../../shared/clients/mx-failure.ts';
import {
  afterFailedLook,
  afterRefusedStart,
  decide,
  firstLookState,
  type Observation,
  type Situation,
  type Step,
} from '../../shared/domain/decision.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Imports } from '../../shared/domain/imports.ts';
import { plusSeconds } from '../../shared/domain/instant.ts';
import { MISSING_SECONDS } from '../../shared/domain/missing.ts';
import type { Challenge, MxMember } from '../../shared/domain/mx.ts';
import type { RunningClaim } from '../../shared/domain/refresh.ts';
import { ruleFor } from '../../shared/domain/statuses.ts';
import { claim, member, newJob, plan, policy, question, T0 } from './sample-refresh.ts';

/** A refresh with the proof of its job's end, past its grace period, whose last look saw `unconfirmedEnd` too. */
const situation = (given: Partial<RunningClaim>, unconfirmedEnd: string | null, afterSeconds = 60): Situation => ({
  claim: { ...claim({ lookNumber: 9, lookedAt: plusSeconds(T0, 60), flagSeen: true }), ...given },
  state: { ...firstLookState, unconfirmedEnd },
  policy,
  now: plusSeconds(T0, afterSeconds),
  random: 0,
  importsMove: false,
  startNotBefore: null,
  plan,
});

/** A look at a member that differs from the sample by `given`. */
const saw = (given: Partial<MxMember>, challenges: readonly Challenge[] = []): Observation => ({
  kind: 'member',
  member: member(given),
  challenges,
});

/** The decision, with the accounts read when it asks for them: `moved` says what their imports show. */
function stepAfter(given: Situation, seen: Observation, moved: Imports['moved']): Step {
  const step = decide(given, seen);
  return step.kind === 'read_accounts' ? step.byImports[moved] : step;
}

/** The decision about a member with this status. */
function stepFor(status: string | null, running: boolean, starts: number, afterSeconds?: number): Step {
  const challenges = status === 'CHALLENGED' ? [question] : [];
  const seen = saw({ ...newJob, connectionStatus: status, isBeingAggregated: running }, challenges);
  const given = { start: { ...claim().start, count: starts } };
  return stepAfter(situation(given, `${status}/`, afterSeconds), seen, 'all');
}

/** One row of the table of statuses. */
export interface StatusCase {
  readonly whileRunning: Step['kind'];
  /** What an idle member with this status leads to at first, and once a job was started again. */
  readonly over: Step['kind'];
  readonly overAgain: Step['kind'];
  /** The end of the refresh; for a status that is only waited for, the end at the deadline. */
  readonly end: Step;
  readonly holdsBack: boolean;
  readonly source: string;
}

/** What happens with `status` at MX when it is proven to be of our job. */
export function statusCase(status: string | null): StatusCase {
  const overAgain = stepFor(status, false, 2);
  const rule = ruleFor(status);
  return {
    whileRunning: stepFor(status, true, 1).kind,
    over: stepFor(status, false, 1).kind,
    overAgain: overAgain.kind,
    end: overAgain.kind === 'look' ? stepFor(status, false, 2, policy.deadlineSeconds) : overAgain,
    holdsBack: rule.holdsBackUnattended === true,
    source: rule.source,
  };
}

/** A row's statuses without those of earlier rows. */
function nameOf(from: number, to: number): string {
  if (from === to) return from === 400 ? '400, anything else' : String(from);
  return from === 400 ? 'any other 4xx' : `${from} to ${to}`;
}

const answered = (status: number, type?: string): Failure =>
  mxFailure({ status, headers: {}, body: type === undefined ? '' : JSON.stringify({ error: { type } }) }, 'a call', 0);

/** How MX may fail to do what it is asked (MX facts 2.1, 9). */
export const mxFailures: readonly { readonly what: string; readonly failure: Failure }[] = [
  ...[
    'institution_maintenance_error',
    'institution_unavailable_error',
    'institution_prevented_error',
    'institution_prevent_new_error',
    'institution_prevent_verification_error',
  ].map((type) => ({ what: `400 \`${type}\``, failure: answered(400, type) })),
  ...mxAnswers
    .filter(({ errorType }) => errorType === undefined)
    .map(({ from, to }) => ({ what: nameOf(from, to), failure: answered(to) })),
  { what: 'no answer in time', failure: new Failure('mx_timeout', '') },
  { what: 'an answer that cannot be read', failure: new Failure('mx_bad_answer', '') },
  { what: 'nothing: our secret is empty', failure: new Failure('mx_credentials_missing', '') },
];

/** The result of a POST that failed this way: an end, or a start in this state. */
export const afterPost = afterRefusedStart;

/** What a look that failed this way leads to: the first time, and when every look has failed so for a minute. */
export function afterLook(failure: Failure): readonly [Step, Step] {
  const first = situation({}, null);
  const missingSince = failure.code === 'mx_not_found' ? plusSeconds(first.now, -MISSING_SECONDS) : null;
  return [
    afterFailedLook(first, failure),
    afterFailedLook({ ...first, state: { ...first.state, missingSince } }, failure),
  ];
}

/** Ends without a status or a failure: nothing was proven, no job may be started, or the deadline has passed. */
export function otherEnds(): readonly { readonly when: string; readonly step: Step }[] {
  const idle = saw(newJob);
  const nothing = saw({});
  const running = saw({ ...newJob, isBeingAggregated: true });
  const outdated = saw({ ...newJob, needsUpdatedCredentials: true });
  const refused = (state: 'conflict' | 'rate_limited') => ({ start: { ...claim().start, state, count: 3 } });
  const unproven = { flagSeen: false };
  const none = { start: { state: 'none' } } as const;
  const late = policy.deadlineSeconds;
  const unattended = situation({ ...none, trigger: 'schedule' }, null);
  return [
    {
      when: 'MX accepted the POST, and nothing shows that a job ran',
      step: stepAfter(situation(unproven, null), nothing, 'none'),
    },
    {
      when: 'The job is over, and no account was imported, though jobs of this member are known to bring imports',
      step: stepAfter({ ...situation({}, 'nothing_imported_again'), importsMove: true }, idle, 'none'),
    },
    { when: 'MX answered 409 again and again', step: stepAfter(situation(refused('conflict'), null), nothing, 'none') },
    {
      when: 'MX answered 429 again and again',
      step: stepAfter(situation(refused('rate_limited'), null), nothing, 'none'),
    },
    { when: 'MX’s job still runs at the deadline', step: stepAfter(situation({}, null, late), running, 'none') },
    { when: 'MX could not be reached until the deadline', step: stepAfter(situation(none, null, late), idle, 'none') },
    {
      when: 'MX wants new credentials, and no user is present',
      step: stepAfter(unattended, outdated, 'none'),
    },
  ];
}
