/** Whether an institution has balance checks: what counts, when it is believed, and when no longer. */
import { describe, expect, it } from 'vitest';
import { Failure, type FailureDetails } from '../../../shared/domain/failure.ts';
import {
  type BalanceChecks,
  type JudgedRefusal,
  mayAsk,
  type NotSupported,
  type SupportRules,
  saysNotSupported,
  supported,
  supportRules,
  withAnswer,
  withRefusal,
} from '../../../shared/domain/not-supported.ts';
import { at } from '../../samples.ts';

describe('a refused POST', () => {
  it.each<[boolean, FailureDetails]>([
    [true, { mxStatus: 400 }],
    [true, { mxStatus: 400, mxMessage: 'This institution does not support this job.' }],
    [true, { mxStatus: 400, mxErrorType: 'institution_prevented_error' }],
    [false, { mxStatus: 400, mxErrorType: 'institution_maintenance_error' }],
    [false, { mxStatus: 400, mxErrorType: 'institution_prevent_new_error' }],
    [false, { mxStatus: 400, mxErrorType: 'invalid_request_error' }],
    [false, { mxStatus: 400, mxErrorType: '' }],
    [false, { mxStatus: 403 }],
    [false, { mxStatus: 422 }],
    [false, {}],
  ])('may mean that there are none: %s for %o', (expected, details) => {
    expect(saysNotSupported(new Failure('mx_refused', 'refused', details))).toBe(expected);
  });
});

const rules: SupportRules = { apartSeconds: 60, windowSeconds: 1_000, rememberSeconds: 10_000, askSeconds: 30 };

/** A POST of `user` that was sent and refused so many seconds after `T0`. */
const refusal = (userTag: string, seconds: number): JudgedRefusal => ({
  ...{ userTag, startedAt: at(seconds), endedAt: at(seconds + 1), code: 'mx_refused' },
});

/** What is known after these refusals, of users and seconds. */
function knownAfter(
  refusals: readonly (readonly [string, number])[],
  { from = supported, lastAnswer = null }: { from?: BalanceChecks; lastAnswer?: number | null } = {},
): BalanceChecks {
  const lastAnswerAt = lastAnswer === null ? null : at(lastAnswer);
  return refusals.reduce(
    (checks, [user, seconds]) => withRefusal(checks, refusal(user, seconds), lastAnswerAt, rules),
    from,
  );
}

const believed: NotSupported = { since: at(0), code: 'mx_refused', until: at(10_061), askedAt: null };

describe('an institution', () => {
  it('has no balance checks after two users’ refusals', () => {
    expect(
      knownAfter([
        ['a', 0],
        ['b', 60],
      ]),
    ).toEqual({ refusals: [], notSupported: believed, clearedAt: null });
  });

  it.each<[string, [string, number][], number]>([
    ['one refusal', [['a', 0]], 1],
    [
      'one user’s refusals',
      [
        ['a', 0],
        ['a', 60],
        ['a', 900],
      ],
      1,
    ],
    [
      'two users’ within a minute',
      [
        ['a', 0],
        ['b', 59.999],
      ],
      2,
    ],
    [
      'many users’ within a minute',
      [
        ['a', 0],
        ['b', 20],
        ['c', 40],
        ['d', 59],
      ],
      2,
    ],
    [
      'two users’ too far apart',
      [
        ['a', 0],
        ['b', 1_000.001],
      ],
      1,
    ],
  ])('has them after %s', (_what, refusals, remembered) => {
    const { notSupported, refusals: left } = knownAfter(refusals);
    expect([notSupported, left.length]).toEqual([null, remembered]);
  });

  it.each<[string, [string, number][], number]>([
    [
      'a third user’s',
      [
        ['a', 0],
        ['b', 20],
        ['c', 70],
      ],
      0,
    ],
    [
      'the second user’s second',
      [
        ['a', 0],
        ['b', 20],
        ['b', 70],
      ],
      0,
    ],
    [
      'the first user’s second',
      [
        ['a', 0],
        ['b', 20],
        ['a', 80],
      ],
      20,
    ],
    [
      'one that is told late',
      [
        ['a', 100],
        ['b', 20],
      ],
      20,
    ],
    [
      'one at the end of the window',
      [
        ['a', 0],
        ['b', 1_000],
      ],
      0,
    ],
  ])('has none after %s', (_what, refusals, since) => {
    expect(knownAfter(refusals).notSupported?.since).toBe(at(since));
  });

  it.each<[string, number, number]>([
    ['after the first', 30, 1],
    ['in the moment of the first', 0, 1],
    ['after both', 60, 0],
  ])('has them when the bank has answered %s', (_when, lastAnswer, remembered) => {
    const first = knownAfter([['a', 0]]);
    const { notSupported, refusals } = knownAfter([['b', 60]], { from: first, lastAnswer });
    expect([notSupported, refusals.length]).toEqual([null, remembered === 0 ? 1 : remembered]);
    expect(refusals[0]?.userTag).toBe(remembered === 0 ? 'a' : 'b');
  });

  it('has none although the bank answered before', () => {
    expect(
      knownAfter(
        [
          ['a', 0],
          ['b', 60],
        ],
        { lastAnswer: -0.001 },
      ).notSupported,
    ).toEqual(believed);
  });

  it('is the same object when nothing is new', () => {
    const one = knownAfter([['a', 0]]);
    const two = knownAfter([['b', 20]], { from: one });
    const known = knownAfter([['b', 60]], { from: one });
    expect(knownAfter([['a', 30]], { from: one })).toBe(one);
    expect(knownAfter([['c', 30]], { from: two })).toBe(two);
    expect(knownAfter([['c', 10_059]], { from: known })).toBe(known);
    expect(withAnswer(one, at(9))).toBe(one);
    expect(knownAfter([['a', 5]], { lastAnswer: 5 })).toBe(supported);
  });
});

describe('an institution without balance checks', () => {
  const known: BalanceChecks = { ...supported, notSupported: believed };

  it('has them again with the first answer', () => {
    expect(withAnswer(known, at(0.001))).toEqual({ refusals: [], notSupported: null, clearedAt: at(0.001) });
    expect(withAnswer(known, at(0))).toBe(known);
    expect(withAnswer(known, null)).toBe(known);
  });

  it('heeds no POST from before it had them again', () => {
    const cleared = withAnswer(known, at(500));
    expect(
      knownAfter(
        [
          ['a', 500],
          ['b', 499],
        ],
        { from: cleared },
      ),
    ).toBe(cleared);
    expect(knownAfter([['a', 501]], { from: cleared }).refusals).toEqual([{ userTag: 'a', startedAt: at(501) }]);
  });

  it('has them when an answer was overlooked', () => {
    const found = knownAfter([['c', 900]], { from: known, lastAnswer: 800 });
    expect(found).toEqual({ refusals: [{ userTag: 'c', startedAt: at(900) }], notSupported: null, clearedAt: at(800) });
  });

  it('is asked once when its time is over', () => {
    expect(mayAsk(believed, at(10_060.999), rules)).toBe(false);
    expect(mayAsk(believed, at(10_061), rules)).toBe(true);
    const asked = { ...believed, askedAt: at(10_061) };
    expect(mayAsk(asked, at(10_090.999), rules)).toBe(false);
    expect(mayAsk(asked, at(10_091), rules)).toBe(true);
  });

  it('is believed anew after one more refusal', () => {
    const asked: BalanceChecks = { ...known, notSupported: { ...believed, askedAt: at(10_061) } };
    const anew = { ...believed, until: at(20_062), askedAt: null };
    expect(knownAfter([['a', 10_061]], { from: asked }).notSupported).toEqual(anew);
    // A caller's, just at the end.
    expect(knownAfter([['a', 10_060]], { from: known }).notSupported?.until).toBe(at(20_061));
  });
});

it('the rules are an hour, a day and a week', () => {
  expect(supportRules).toEqual({
    apartSeconds: 3_600,
    windowSeconds: 86_400,
    rememberSeconds: 604_800,
    askSeconds: 300,
  });
});
