import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type DropReason,
  dropReasons,
  type EndedJob,
  type JobSample,
  sampleOf,
} from '../../../shared/domain/job-sample.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import type { Baseline, SentStart } from '../../../shared/domain/refresh.ts';
import { at, claim, member, newJob } from '../../samples.ts';

/** The sample claim's POST is sent at 0 s by our clock. The job began a second later by MX's, and took 20 s. */
const ended: Partial<MxMember> = {
  ...newJob,
  aggregatedAt: at(1),
  successfullyAggregatedAt: at(21),
  isBeingAggregated: false,
  answeredAt: at(25),
};

const accepted: SentStart = { state: 'accepted', at: at(0), count: 1, lookNumber: 0, jobGuid: 'JOB-new' };

const { baseline: known } = claim();

type Looks = readonly [number | null, number];

interface Given {
  readonly claim?: Partial<EndedJob['claim']>;
  readonly start?: Partial<SentStart>;
  readonly baseline?: Partial<Baseline>;
  readonly member?: Partial<MxMember> | null;
  readonly outcome?: EndedJob['ending']['outcome'];
  /** Looks, in seconds since the POST: the last one that saw the job run, and the one that saw it over. */
  readonly looks?: Looks;
  /** Pauses, in seconds since the POST. */
  readonly pauses?: readonly (readonly [number, number])[];
}

function sample(given: Given = {}): JobSample {
  const [running, over] = given.looks ?? [18, 24];
  const baseline = known && { ...known, answeredAt: at(-1), ...given.baseline };
  const job: EndedJob = {
    claim: { ...claim({ lookedAt: at(over), start: { ...accepted, ...given.start }, baseline }), ...given.claim },
    ending: { outcome: given.outcome ?? 'succeeded' },
    member: given.member === null ? null : member({ ...ended, ...given.member }),
    runningAt: running === null ? null : at(running),
  };
  return sampleOf(
    job,
    (given.pauses ?? []).map(([from, until]) => ({ from: at(from), until: at(until) })),
  );
}

/** Bin 10 is from 17.0 to 22.6 s, bin 11 to 30 s, bin 12 to 39.8 s. */
describe('a job whose times have both moved', () => {
  it.each<[string, Given]>([
    ['counts by MX’s times', {}],
    ['whatever the looks are apart', { looks: [null, 80] }],
    [
      'also with a clock of MX’s that is an hour behind',
      { member: mxClock(-3600), baseline: { answeredAt: at(-3601) } },
    ],
    ['also with one that is ahead', { member: mxClock(3600), baseline: { answeredAt: at(3599) } }],
    ['also where MX tells no time of its answers', { member: { answeredAt: null }, baseline: { answeredAt: null } }],
    ['also of a member without any job before', { baseline: { aggregatedAt: null, successfullyAggregatedAt: null } }],
    ['also where the 202 named none', { start: { jobGuid: null } }],
    ['also where it took a while to begin', { start: { jobGuid: null }, member: { aggregatedAt: at(3.9) } }],
    [
      'also where it began five seconds later',
      { start: { jobGuid: null }, member: { aggregatedAt: at(4), successfullyAggregatedAt: at(22) } },
    ],
    ['also where the 202 showed the one before', { start: { jobGuid: known?.mostRecentJobGuid ?? null } }],
    [
      'also after a pause',
      {
        pauses: [
          [-60, 0],
          [24, 90],
        ],
      },
    ],
    ['also when MX writes whole seconds', { member: { successfullyAggregatedAt: at(20), answeredAt: at(19) } }],
  ])('%s', (_, given) => {
    expect(sample(given)).toEqual({ bin: 10 });
  });

  it.each<[string, DropReason, Given]>([
    ['ended after MX said so', 'time_in_future', { member: { successfullyAggregatedAt: at(29) } }],
    [
      'began before our POST',
      'time_before_start',
      { member: { aggregatedAt: at(-5), successfullyAggregatedAt: at(20) } },
    ],
    ['ended before it began', 'times_reversed', { member: { aggregatedAt: at(22) } }],
    ['took longer than there was time', 'times_against_looks', { looks: [5, 16] }],
    ['took shorter than it was seen running', 'times_against_looks', { looks: [40, 45] }],
    ['was seen over before it was seen running', 'times_reversed', { looks: [24, 24] }],
  ])('%s: dropped', (_, dropped, given) => {
    expect(sample(given)).toEqual({ dropped });
  });

  it.each<[Looks, JobSample]>([
    // 20 s are possible from 17 s to the look, and with 30 s running two thirds of it.
    [[5, 17], { bin: 10 }],
    [[5, 16.9], { dropped: 'times_against_looks' }],
    [[30, 40], { bin: 10 }],
    [[30.1, 40], { dropped: 'times_against_looks' }],
  ])('and looks at %j', (looks, expected) => {
    expect(sample({ looks })).toEqual(expected);
  });

  it('that MX named none of, begun three seconds before, counts', () => {
    expect(sample({ start: { jobGuid: null }, member: { aggregatedAt: at(-4) } })).toEqual({ bin: 11 });
  });

  it('that ended three seconds after MX said so counts', () => {
    expect(sample({ member: { successfullyAggregatedAt: at(28) } })).toEqual({ bin: 11 });
    expect(sample({ member: { successfullyAggregatedAt: at(28.1) }, looks: [18, 40] })).toEqual({
      dropped: 'time_in_future',
    });
  });

  it('seen over after a second counts', () => {
    const times = { successfullyAggregatedAt: at(1.5), answeredAt: at(2) };
    expect(sample({ looks: [null, 1], member: times })).toEqual({ bin: 0 });
  });

  it('of under a second counts in the first bin', () => {
    expect(sample({ looks: [null, 4], member: { successfullyAggregatedAt: at(1), answeredAt: at(4) } })).toEqual({
      bin: 0,
    });
  });

  it('over at the deadline counts by its length', () => {
    const times = { successfullyAggregatedAt: at(598), answeredAt: at(601) };
    expect(sample({ looks: [540, 600], member: times })).toEqual({ bin: 22 });
  });
});

/** MX's times with a clock that is so many seconds ahead. */
function mxClock(ahead: number): Partial<MxMember> {
  return { aggregatedAt: at(1 + ahead), successfullyAggregatedAt: at(21 + ahead), answeredAt: at(25 + ahead) };
}

describe('a job one of whose times has not moved', () => {
  const unmoved: readonly [string, Partial<MxMember>][] = [
    ['the end', { successfullyAggregatedAt: known?.successfullyAggregatedAt ?? null }],
    ['the beginning', { aggregatedAt: known?.aggregatedAt ?? null }],
    ['a missing end', { successfullyAggregatedAt: null }],
    ['a missing beginning', { aggregatedAt: null }],
  ];

  it.each(unmoved)('%s: counts by the middle of the looks', (_, times) => {
    expect(sample({ member: times, looks: [27, 36] })).toEqual({ bin: 12 });
  });

  it.each<[Looks, JobSample]>([
    // A third of the length: 15 and 21 s are 6 s apart, and 18 s in the middle.
    [[15, 21], { bin: 10 }],
    [[15, 21.1], { dropped: 'too_wide' }],
    [[5, 8], { dropped: 'too_wide' }],
    [[8, 11], { bin: 7 }],
    [[null, 4], { dropped: 'too_wide' }],
    [[null, 500], { dropped: 'too_wide' }],
    [[300, 360], { bin: 20 }],
    [[36, 27], { dropped: 'times_reversed' }],
    [[-2, 27], { dropped: 'times_reversed' }],
  ])('looks at %j', (looks, expected) => {
    expect(sample({ member: { successfullyAggregatedAt: null }, looks })).toEqual(expected);
  });
});

describe('a job that runs at the deadline', () => {
  const late = { outcome: 'timed_out', member: { isBeingAggregated: true, successfullyAggregatedAt: null } } as const;

  it('counts in the last bin', () => {
    expect(sample({ ...late, looks: [560, 600] })).toEqual({ bin: 23 });
  });

  it.each<[number, JobSample]>([
    [300, { bin: 23 }],
    [301, { dropped: 'started_late' }],
  ])('requested after %d of 600 s', (after, expected) => {
    expect(sample({ ...late, start: { at: at(after) }, looks: [560, 600] })).toEqual(expected);
  });

  it.each<[string, DropReason, Given]>([
    ['and is another one', 'not_ours', { member: { ...late.member, mostRecentJobGuid: 'JOB-other' } }],
    ['and has a user', 'attended', { claim: { userPresent: true } }],
    ['and no look saw it', 'not_seen', { member: null }],
    ['not: it is over', 'not_succeeded', { member: { isBeingAggregated: false } }],
  ])('%s: dropped', (_, dropped, given) => {
    expect(sample({ ...late, looks: [560, 600], ...given })).toEqual({ dropped });
  });
});

describe('a job that is not to be learnt from', () => {
  it.each<[string, DropReason, Given]>([
    ['its user is present', 'attended', { claim: { userPresent: true } }],
    ['its member waited for its user before', 'attended', { baseline: { connectionStatus: 'CHALLENGED' } }],
    ['its member was seen waiting', 'attended', { claim: { seenStatus: { connectionStatus: 'CHALLENGED' } } }],
    ['it took answers', 'not_ours', { start: { state: 'attached', count: 0 } }],
    ['MX refused it for another one', 'not_ours', { start: { state: 'conflict', jobGuid: null } }],
    ['MX refused it for its rate', 'not_ours', { start: { state: 'rate_limited', jobGuid: null } }],
    ['MX did not confirm it', 'not_ours', { start: { state: 'unknown', jobGuid: null } }],
    ['none was requested', 'not_ours', { claim: { start: { state: 'none' } } }],
    ['MX named none, and it began later', 'not_ours', { start: { jobGuid: null }, member: { aggregatedAt: at(4.1) } }],
    [
      'MX named none, and it began before',
      'not_ours',
      { start: { jobGuid: null }, member: { aggregatedAt: at(-4.1) } },
    ],
    [
      'MX named none, and when it began is unknown',
      'not_ours',
      { start: { jobGuid: null }, member: { aggregatedAt: null } },
    ],
    ['MX named none, and tells no time', 'not_ours', { start: { jobGuid: null }, baseline: { answeredAt: null } }],
    ['MX shows none', 'not_ours', { start: { jobGuid: null }, member: { mostRecentJobGuid: null } }],
    [
      'MX named the one of before',
      'not_ours',
      { start: { jobGuid: 'JOB-old' }, member: { mostRecentJobGuid: 'JOB-old' } },
    ],
    ['another one has followed', 'not_ours', { member: { mostRecentJobGuid: 'JOB-other' } }],
    ['one ran before', 'not_ours', { baseline: { isBeingAggregated: true } }],
    ['nothing is known of before', 'not_ours', { claim: { baseline: null } }],
    ['it was requested twice', 'restarted', { start: { count: 2 } }],
    ['a pause lay between its POST and its last look', 'paused', { pauses: [[20, 21]] }],
    ['a pause began with its last look just before', 'paused', { pauses: [[23.9, 900]] }],
    ['no look saw its end', 'not_seen', { member: null }],
    ['no look was taken', 'not_seen', { claim: { lookedAt: null } }],
    ['it failed', 'not_succeeded', { outcome: 'failed' }],
    ['it failed while its flag lagged', 'not_succeeded', { outcome: 'failed', member: { isBeingAggregated: true } }],
    ['its user has to act', 'not_succeeded', { outcome: 'action_required' }],
    ['nothing shows that it ran', 'not_succeeded', { outcome: 'not_refreshed' }],
  ])('%s', (_, dropped, given) => {
    expect(sample(given)).toEqual({ dropped });
  });

  it.each(Object.entries(dropReasons))('has a sentence for %s', (_reason, sentence) => {
    expect(sentence).toMatch(/^(It|MX|MX’s|Its|Calls|The) .{10,}\.$/);
  });

  it('has a reason that docs/looks.md explains', () => {
    const document = readFileSync(new URL('../../../docs/looks.md', import.meta.url), 'utf8');
    const explained = [...document.matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason);
    expect(explained).toEqual(Object.keys(dropReasons));
  });
});
