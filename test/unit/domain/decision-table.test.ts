/** The decision, row by row: what separates one step from its neighbour. Times are seconds after the POST. */
import { describe, expect, it } from 'vitest';
import { afterRefusedStart, decide } from '../../../shared/domain/decision.ts';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { Challenge, MxMember } from '../../../shared/domain/mx.ts';
import { claim, member, newJob, question, T0 } from '../../samples.ts';
import { saw, seenJob, situation } from './situations.ts';

type Given = NonNullable<Parameters<typeof situation>[0]>;

interface Row {
  readonly what: string;
  readonly given: Given;
  readonly seen: Partial<MxMember>;
  readonly challenges?: readonly Challenge[];
  readonly step: object;
}

const { start: accepted, baseline } = claim();
const startedAs = (state: 'unknown' | 'conflict' | 'accepted' | 'rate_limited' | 'attached', lookNumber = 0) => ({
  start: { ...accepted, state, lookNumber },
});
const lookIn = (inSeconds: number, unconfirmedEnd: string | null = null) => ({
  kind: 'look',
  inSeconds,
  state: { failedLooks: 0, unconfirmedEnd },
});
const store = { kind: 'store' } as const;
/** All moved: store; otherwise `step`. */
const imports = (step: object) => ({
  kind: 'read_accounts',
  byImports: { all: store, some: step, none: step, not_judged: step },
});
const noneMoved = (step: object) => ({ kind: 'read_accounts', byImports: { ...imports(store).byImports, none: step } });
const endsAs = (code: string) => ({ kind: 'end', ending: { code } });

const running = { isBeingAggregated: true } as const;
const success = { successfullyAggregatedAt: '2026-11-21T12:00:07.000Z' } as const;
const third = { mostRecentJobGuid: 'JOB-third' } as const;
const denied = { ...newJob, connectionStatus: 'DENIED' } as const;
const deniedBefore = { baseline: baseline && { ...baseline, connectionStatus: 'DENIED' } };
const hourAhead = '2026-11-21T13:00:00.000Z';
const manyLooks = { lookNumber: 6 } as const;

/** A refresh that follows the job that took the user's answers. */
const attached = {
  ...startedAs('attached'),
  start: { ...accepted, state: 'attached', count: 0, jobGuid: 'JOB-old' },
  baseline: baseline && { ...baseline, connectionStatus: 'CHALLENGED', isBeingAggregated: true },
  flagSeen: true,
  userPresent: true,
} as const;

const rows: Readonly<Record<string, readonly Row[]>> = {
  'until MX’s Retry-After is over': [
    {
      what: 'refused: no start, a look when it is over',
      given: { after: 5, startNotBefore: 59.5, claim: startedAs('rate_limited') },
      seen: {},
      step: lookIn(55),
    },
    {
      what: 'refused: never a longer silence than the longest look gap',
      given: { after: 5, startNotBefore: 300, claim: startedAs('rate_limited') },
      seen: {},
      step: lookIn(60),
    },
    {
      what: 'refused: nor a shorter one than MX allows',
      given: { after: 59, startNotBefore: 60, claim: startedAs('rate_limited') },
      seen: {},
      step: lookIn(3),
    },
    {
      what: 'refused: over at this very instant',
      given: { after: 60, startNotBefore: 60, claim: startedAs('rate_limited') },
      seen: {},
      step: { kind: 'start' },
    },
    {
      what: 'refused until after the deadline',
      given: { after: 5, startNotBefore: 600, claim: startedAs('rate_limited') },
      seen: {},
      step: endsAs('mx_rate_limited'),
    },
    {
      what: 'another job, until after the deadline',
      given: { after: 5, startNotBefore: 600, claim: startedAs('conflict') },
      seen: {},
      step: endsAs('mx_conflict'),
    },
    {
      what: 'another job that has brought newer data needs no start',
      given: { after: 5, startNotBefore: 600, claim: startedAs('conflict') },
      seen: success,
      step: { kind: 'read_accounts', byImports: { all: store, some: store, none: store, not_judged: store } },
    },
    {
      what: 'unknown, after the grace period: no start',
      given: { after: 40, startNotBefore: 60, claim: { ...startedAs('unknown'), ...manyLooks } },
      seen: {},
      step: lookIn(20),
    },
    {
      what: 'unknown, until after the deadline',
      given: { after: 40, startNotBefore: 600, claim: { ...startedAs('unknown'), ...manyLooks } },
      seen: {},
      step: endsAs('start_not_confirmed'),
    },
    {
      what: 'nothing sent yet',
      given: { after: 5, startNotBefore: 30, claim: { start: { state: 'none' } } },
      seen: {},
      step: lookIn(25),
    },
    {
      what: 'unattended, and the user has to act: ends at once',
      given: { after: 5, startNotBefore: 30, claim: { ...startedAs('rate_limited'), trigger: 'schedule' } },
      seen: { connectionStatus: 'DENIED' },
      step: endsAs('denied'),
    },
  ],
  'a job that took answers': [
    { what: 'goes on', given: { claim: attached }, seen: running, step: lookIn(3) },
    {
      what: 'has ended well',
      given: { claim: attached },
      seen: {},
      step: { kind: 'read_accounts', byImports: { all: store, some: store, none: store, not_judged: store } },
    },
    {
      what: 'asks again',
      given: { claim: attached },
      seen: { ...running, connectionStatus: 'CHALLENGED' },
      challenges: [question],
      step: lookIn(3, 'challenged'),
    },
    {
      what: 'was answered wrong, seen twice',
      given: { claim: attached, state: { unconfirmedEnd: 'REJECTED/' } },
      seen: { connectionStatus: 'REJECTED' },
      step: { kind: 'end' },
    },
    {
      what: 'is never started once more',
      given: { claim: { ...attached, ...manyLooks }, after: 60 },
      seen: { connectionStatus: 'RECONNECTED' },
      step: lookIn(3, 'RECONNECTED/'),
    },
    {
      what: 'that nothing shows leaves old numbers old',
      given: { claim: { ...attached, ...manyLooks, flagSeen: false }, after: 60 },
      seen: { connectionStatus: 'DENIED' },
      step: endsAs('no_evidence'),
    },
  ],
  'while a job runs': [
    { what: 'at 60 s the next look is half a minute away', given: { after: 60 }, seen: running, step: lookIn(30) },
    {
      what: 'ours is over when another has followed and there is a later success',
      given: {},
      seen: { ...running, ...third, ...success },
      step: imports(store),
    },
    { what: 'another has followed, no success', given: {}, seen: { ...running, ...third }, step: lookIn(3) },
    {
      what: 'ours still runs beside a later success',
      given: {},
      seen: { ...running, ...success, mostRecentJobGuid: 'JOB-new' },
      step: lookIn(3),
    },
    {
      what: 'nothing was known before it',
      given: { claim: { baseline: null } },
      seen: { ...running, ...third, ...success },
      step: lookIn(3),
    },
    {
      what: 'an unattended refresh of a member that needs its user goes on',
      given: { claim: { trigger: 'schedule' } },
      seen: { ...running, connectionStatus: 'DENIED' },
      step: lookIn(3),
    },
  ],
  'CHALLENGED without questions': [
    {
      what: 'is looked at once more',
      given: {},
      seen: { ...running, connectionStatus: 'CHALLENGED' },
      step: lookIn(3, 'challenged'),
    },
    {
      what: 'is believed when seen twice',
      given: { state: { unconfirmedEnd: 'challenged' } },
      seen: { ...running, connectionStatus: 'CHALLENGED' },
      step: { kind: 'end', ending: { code: 'challenged', action: 'answer_mfa', challenges: [] } },
    },
    {
      what: 'is watched on while its user is present',
      given: { claim: { userPresent: true }, state: { unconfirmedEnd: 'challenged' } },
      seen: { ...running, connectionStatus: 'CHALLENGED' },
      step: lookIn(3, 'challenged'),
    },
    {
      what: 'ends at the deadline when its user is present',
      given: { claim: { userPresent: true }, after: 600 },
      seen: { ...running, connectionStatus: 'CHALLENGED' },
      step: { kind: 'end', ending: { code: 'challenged', action: 'answer_mfa' } },
    },
  ],
  'an error code that is a word of JavaScript’s': (['constructor', '__proto__', 'toString'] as const).map((code) => ({
    what: code,
    given: { state: { unconfirmedEnd: `DENIED/${code}` } },
    seen: { ...denied, error: { code, message: null, userMessage: null } },
    step: { kind: 'end', ending: { outcome: 'action_required', action: 'reauthenticate', code: 'denied' } },
  })),
  'a question': [
    {
      what: 'counts only while the flag is true',
      given: {},
      seen: { connectionStatus: 'CHALLENGED' },
      challenges: [question],
      step: lookIn(3),
    },
    {
      what: 'counts only with its status',
      given: {},
      seen: running,
      challenges: [question],
      step: lookIn(3),
    },
    {
      what: 'is news when nothing was known before',
      given: { claim: { baseline: null } },
      seen: { ...running, connectionStatus: 'CHALLENGED' },
      challenges: [question],
      step: endsAs('challenged'),
    },
  ],
  'after a refused POST': [
    {
      what: 'it starts when nothing was known before',
      given: { claim: { ...startedAs('conflict'), baseline: null } },
      seen: {},
      step: { kind: 'start' },
    },
    {
      what: 'it starts when the other job has brought an error',
      given: { claim: startedAs('conflict') },
      seen: { ...success, connectionStatus: 'DENIED' },
      step: { kind: 'start' },
    },
  ],
  'without proof': [
    {
      what: 'an unanswered POST is sent again after the grace period',
      given: { claim: { ...startedAs('unknown'), ...manyLooks }, after: 31 },
      seen: {},
      step: { kind: 'start' },
    },
    {
      what: 'not at the deadline: then imports decide',
      given: { claim: { ...startedAs('unknown'), ...manyLooks }, after: 600 },
      seen: {},
      step: imports(endsAs('start_not_confirmed')),
    },
    {
      what: 'the deadline ends the grace period',
      given: { claim: { lookNumber: 1 }, after: 600 },
      seen: {},
      step: imports(endsAs('no_evidence')),
    },
  ],
  'the grace period': [
    { what: 'lasts at 29.999 s', given: { claim: manyLooks, after: 29.999 }, seen: {}, step: lookIn(15) },
    {
      what: 'is over at 30 s',
      given: { claim: manyLooks, after: 30 },
      seen: {},
      step: imports(endsAs('no_evidence')),
    },
    { what: 'lasts at the fourth look', given: { claim: { lookNumber: 4 }, after: 31 }, seen: {}, step: lookIn(16) },
    {
      what: 'is over at the fifth look',
      given: { claim: { lookNumber: 5 }, after: 31 },
      seen: {},
      step: imports(endsAs('no_evidence')),
    },
    {
      what: 'counts looks from the newest POST on',
      given: { claim: { ...startedAs('accepted', 3), ...manyLooks }, after: 31 },
      seen: {},
      step: lookIn(16),
    },
    {
      what: 'begins anew with a job that began later',
      given: { claim: manyLooks, after: 31 },
      seen: { mostRecentJobGuid: 'JOB-new', aggregatedAt: plusSeconds(T0, 25) },
      step: imports(lookIn(16)),
    },
    {
      what: 'of a job lasts until 30 s after a look first saw it',
      given: { claim: manyLooks, after: 34.999, state: { newestJob: seenJob(5) } },
      seen: newJob,
      step: imports(lookIn(18)),
    },
    {
      what: 'of a job is over 30 s after a look first saw it, however far ahead MX’s clock is',
      given: { claim: manyLooks, after: 35, state: { newestJob: { ...seenJob(5), aggregatedAt: hourAhead } } },
      seen: { ...newJob, aggregatedAt: hourAhead },
      step: imports(store),
    },
    {
      what: 'begins anew with another job',
      given: { claim: manyLooks, after: 35, state: { newestJob: seenJob(5) } },
      seen: { ...newJob, ...third },
      step: imports(lookIn(18)),
    },
    {
      what: 'begins with the newest POST',
      given: { claim: manyLooks, after: 29.999, state: { newestJob: seenJob(-60) } },
      seen: newJob,
      step: imports(lookIn(15)),
    },
  ],
  'none moved, where imports are known to move': [
    {
      what: 'stored when a later success proves the end',
      given: { importsMove: true, claim: { flagSeen: true } },
      seen: { ...newJob, ...success },
      step: noneMoved(store),
    },
    {
      what: 'the flag alone: a second look',
      given: { importsMove: true, claim: { flagSeen: true } },
      seen: newJob,
      step: noneMoved(lookIn(3, 'nothing_imported')),
    },
    {
      what: 'a new status alone: a second look',
      given: { importsMove: true, claim: deniedBefore },
      seen: newJob,
      step: noneMoved(lookIn(3, 'nothing_imported')),
    },
    {
      what: 'then a third',
      given: { importsMove: true, claim: { flagSeen: true }, state: { unconfirmedEnd: 'nothing_imported' } },
      seen: newJob,
      step: noneMoved(lookIn(3, 'nothing_imported_again')),
    },
    {
      what: 'then the end',
      given: { importsMove: true, claim: { flagSeen: true }, state: { unconfirmedEnd: 'nothing_imported_again' } },
      seen: newJob,
      step: noneMoved(endsAs('nothing_imported')),
    },
    {
      what: 'at the deadline the end at first sight',
      given: { importsMove: true, claim: { flagSeen: true }, after: 600 },
      seen: newJob,
      step: noneMoved(endsAs('nothing_imported')),
    },
    {
      what: 'a start alone: on, long after the grace period',
      given: { importsMove: true, claim: manyLooks, after: 300, state: { newestJob: seenJob(5) } },
      seen: newJob,
      step: noneMoved(lookIn(60)),
    },
    {
      what: 'a start alone: the end at the deadline',
      given: { importsMove: true, claim: manyLooks, after: 600, state: { newestJob: seenJob(5) } },
      seen: newJob,
      step: noneMoved({ kind: 'end', ending: { outcome: 'not_refreshed', code: 'nothing_imported' } }),
    },
    {
      what: 'not known to move: the flag decides',
      given: { claim: { flagSeen: true } },
      seen: newJob,
      step: imports(store),
    },
  ],
  'an error': [
    {
      what: 'waits 3 s for its confirmation at any age of the job',
      given: { claim: { flagSeen: true }, after: 60 },
      seen: denied,
      step: lookIn(3, 'DENIED/'),
    },
    {
      what: 'is believed at the deadline at first sight',
      given: { claim: { flagSeen: true }, after: 600 },
      seen: denied,
      step: endsAs('denied'),
    },
    {
      what: 'that calls for another start does not get one at the deadline',
      given: { claim: { flagSeen: true }, after: 600 },
      seen: { ...newJob, connectionStatus: 'RECONNECTED' },
      step: { kind: 'end' },
    },
    {
      what: 'that may be the last job’s is not believed at first sight, grace period or not',
      given: { claim: { ...deniedBefore, ...manyLooks }, after: 40 },
      seen: denied,
      step: lookIn(3, 'DENIED/'),
    },
    {
      what: 'that may be the last job’s is believed when seen twice',
      given: {
        claim: { ...deniedBefore, ...manyLooks },
        after: 40,
        state: { unconfirmedEnd: 'DENIED/', newestJob: seenJob(5) },
      },
      seen: denied,
      step: endsAs('denied'),
    },
    {
      what: 'with a code is another than without one',
      given: {
        claim: { ...deniedBefore, ...manyLooks },
        after: 40,
        state: { unconfirmedEnd: 'DENIED/', newestJob: seenJob(5) },
      },
      seen: { ...denied, error: { code: '2005', message: null, userMessage: null } },
      step: lookIn(3, 'DENIED/2005'),
    },
  ],
};

describe.each(Object.entries(rows))('%s', (_name, some) => {
  it.each(some)('$what', ({ given, seen, challenges, step }) => {
    const observation = saw(member(seen), challenges);
    expect(decide(situation(given), observation)).toMatchObject(step);
  });
});

it.each([
  ['mx_conflict', { kind: 'state', state: 'conflict' }],
  ['mx_rate_limited', { kind: 'state', state: 'rate_limited' }],
  ['mx_timeout', { kind: 'state', state: 'unknown' }],
  ['mx_forbidden', { kind: 'end', ending: { outcome: 'failed', code: 'mx_forbidden' } }],
] as const)('a POST refused with %s', (code, meaning) => {
  expect(afterRefusedStart(new Failure(code, 'no'))).toMatchObject(meaning);
});

describe('MX does not answer at the deadline', () => {
  it.each<[FailureCode, string]>([
    ['mx_unavailable', 'mx_unavailable'],
    ['mx_timeout', 'mx_timeout'],
    ['mx_bad_answer', 'mx_bad_answer'],
    ['mx_rate_limited', 'mx_rate_limited'],
    ['mx_conflict', 'mx_conflict'],
    ['busy', 'deadline'],
  ])('%s: timed out, %s', (code, named) => {
    const step = decide(situation({ after: 600 }), { kind: 'failure', failure: new Failure(code, 'It said no.') });
    const ending = {
      outcome: 'timed_out',
      action: 'retry_later',
      code: named,
      message: 'The deadline came while MX could not be read. It said no.',
    };
    expect(step).toMatchObject({ kind: 'end', ending });
  });
});
