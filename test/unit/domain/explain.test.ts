import { describe, expect, it } from 'vitest';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { type Explainable, explain, moves } from '../../../shared/domain/explain.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { everyOutcome, type OutcomeCode, outcomes } from '../../../shared/domain/outcome.ts';
import { noWishes } from '../../../shared/domain/schedule.ts';
import { attemptOf, claim, key, knownMember, T0 } from '../../samples.ts';

const rules = { staleAfterSeconds: 86_400, allowanceStarts: 2, allowanceWindowSeconds: 7_200 };
/** An account of which MX's data are from `freshAsOf`. */
const account = (freshAsOf: string, given: Partial<StoredBalance> = {}): StoredBalance => ({
  member: key,
  accountGuid: 'ACT-1',
  fields: {},
  observedAt: freshAsOf,
  freshAsOf,
  staleReason: null,
  amountsSince: freshAsOf,
  refreshId: 'RFR-1',
  trigger: 'http',
  listed: true,
  lastChange: null,
  ...given,
});
const HOUR_AGO = '2026-11-21T11:00:00.000Z';
const DAYS_AGO = '2026-11-18T12:00:00.000Z';

const explained = (member: Partial<MemberRecord>, given: Partial<Explainable> = {}) =>
  explain(
    { member: knownMember(member), balances: [], wishes: noWishes, bankDownSince: null, pauses: [], now: T0, ...given },
    rules,
  );

const ended = (code: OutcomeCode, endedAt = HOUR_AGO) =>
  attemptOf(claim(), { outcome: outcomes[code].outcome, action: outcomes[code].action, code, endedAt });

describe('each end there is', () => {
  const codes = Object.keys(outcomes) as readonly OutcomeCode[];

  it.each(codes)('%s is explained with its code and its action', (code) => {
    const { why, move, next } = explained(
      { lastAttempt: ended(code) },
      { balances: outcomes[code].outcome === 'succeeded' ? [account(DAYS_AGO)] : [] },
    );
    if (outcomes[code].outcome === 'succeeded') expect(why).toContain('as of 2026-11-18T12:00:00.000Z, 3 d old');
    else
      expect(why).toBe(
        `Nothing is stored: the last refresh ended at ${HOUR_AGO} as ${code} (${outcomes[code].message.slice(0, -1)}).`,
      );
    expect(move).toBe(moves[outcomes[code].action === 'none' ? 'retry_later' : outcomes[code].action]);
    expect(next).toBe('It is on no schedule. A trigger starts a refresh at once.');
  });

  it('covers all outcomes', () => {
    expect(new Set(codes.map((code) => outcomes[code].outcome))).toEqual(new Set(everyOutcome));
  });
});

describe('balances', () => {
  it('that are fresh say so', () => {
    expect(explained({ lastAttempt: ended('stored') }, { balances: [account(HOUR_AGO)] })).toMatchObject({
      why: 'The balances are fresh: the oldest account is as of 2026-11-21T11:00:00.000Z, 60 min old, of 24 h allowed.',
      move: 'Nothing has to be done.',
    });
  });

  it.each<[string, Partial<MemberRecord>, Partial<StoredBalance>, string]>([
    ['nothing has ended since', {}, {}, 'no refresh has ended since'],
    ['MX left it behind', {}, { staleReason: 'not_imported' }, 'MX’s last job has brought other accounts'],
    ['an amount cannot be read', {}, { staleReason: 'unreadable' }, 'an amount in MX’s answer cannot be read'],
    ['MX lists it no more', {}, { listed: false }, 'MX no longer lists its accounts'],
    ['a refresh has failed since', { lastAttempt: ended('denied') }, {}, `ended at ${HOUR_AGO} as denied`],
    [
      'the schedule holds it back',
      { held: { since: HOUR_AGO, code: 'not_supported', action: 'contact_support' } },
      {},
      'not_supported (MX runs no balance checks',
    ],
  ])('are old because %s', (_what, member, balance, reason) => {
    const { why } = explained(member, { balances: [account(DAYS_AGO, balance)] });
    expect(why).toContain('The oldest account is as of 2026-11-18T12:00:00.000Z, 3 d old: ');
    expect(why).toContain(reason);
  });

  it('were none at the last success', () => {
    const lastSuccess = { refreshId: 'RFR-1', observedAt: HOUR_AGO, incomplete: false };
    expect(explained({ lastSuccess, lastAttempt: ended('stored') }).why).toBe(
      `The oldest account is as of ${HOUR_AGO}, 60 min old: the last refresh that succeeded found no account.`,
    );
  });

  it('were never stored', () => {
    expect(explained({}).why).toBe('Nothing is stored: no refresh of this member has ended yet.');
  });

  it('of a deleted member are gone', () => {
    expect(explained({ deletedAt: HOUR_AGO })).toMatchObject({
      why: `The member was deleted at ${HOUR_AGO}: nothing is stored of it.`,
      move: 'Nothing has to be done.',
      next: 'Nothing: a deleted member is not refreshed any more.',
    });
  });
});

describe('what happens next', () => {
  const enrolment = { everyHours: 24, slot: 'SLOT#24h#00100#0' } as const;

  it('is the running refresh, and what it waits for', () => {
    const running = claim({
      refreshId: 'RFR-7',
      lookedAt: T0,
      start: { ...claim().start, state: 'conflict' } as never,
    });
    expect(explained({ claim: running })).toMatchObject({
      move: 'Nothing has to be done: it is under way.',
      next: expect.stringMatching(
        /^RFR-7 runs since .* and ends by .*\. MX runs another job of this member; ours is requested again after it\. MX was last looked at at 2026-11-21T12:00:00.000Z\.$/,
      ),
    });
  });

  it.each<[string, Parameters<typeof claim>[0], string]>([
    [
      'MX has accepted its job',
      { lookedAt: null, start: { state: 'accepted', at: T0, count: 1, lookNumber: 0, jobGuid: null } },
      'MX’s job runs. MX was not looked at yet.',
    ],
    [
      'MX is away',
      { lookedAt: T0, unanswered: { code: 'mx_unavailable', nextLookAt: '2026-11-21T12:00:20.000Z' } },
      `MX cannot be reached; it is asked again. MX was last looked at at ${T0}. Next look: 2026-11-21T12:00:20.000Z.`,
    ],
  ])('of a refresh that runs, when %s', (_what, given, next) => {
    expect(explained({ claim: claim(given) }).next).toBe(
      `RFR-1 runs since ${T0} and ends by 2026-11-21T12:10:00.000Z. ${next}`,
    );
  });

  it('is storing, once the job is over', () => {
    expect(explained({ claim: { ...claim(), phase: 'storing' } }).next).toBe(
      `RFR-1 runs since ${T0} and ends by 2026-11-21T12:10:00.000Z. Its accounts are being stored.`,
    );
  });

  it('is as after the end while that is not published', () => {
    const held = endedClaim(claim(), { ...ended('denied'), hasDetails: false });
    expect(explained({ claim: held, lastAttempt: ended('denied') })).toMatchObject({
      action: 'reauthenticate',
      next: 'It is on no schedule. A trigger starts a refresh at once.',
    });
  });

  it('is no turn for a member taken off the schedule', () => {
    expect(explained({ enrolment: { everyHours: 0, slot: '' } }).next).toBe(
      'It is on no schedule. A trigger starts a refresh at once.',
    );
  });

  it('needs the user while MX asks a question', () => {
    expect(explained({ claim: claim({ questions: 'x', userPresent: true }) }).move).toBe(moves.answer_mfa);
  });

  it('stays the user’s move after a wordless end', () => {
    const attention = { action: 'reauthenticate', since: DAYS_AGO, code: 'denied', asOf: DAYS_AGO } as const;
    expect(explained({ lastAttempt: ended('mx_unavailable'), attention }).action).toBe('reauthenticate');
    // A hold is the newer word, a running refresh asks no person yet.
    const held = { since: HOUR_AGO, code: 'locked', action: 'act_at_institution' } as const;
    expect(explained({ lastAttempt: null, attention, held }).action).toBe('act_at_institution');
    expect(explained({ claim: claim(), attention }).action).toBe('wait');
  });

  it('is the schedule’s turn, and a trigger', () => {
    expect(explained({ enrolment }).next).toMatch(
      /^The schedule’s next turn is at 2026-11-22T01:40:00.000Z, every 24 h\. A trigger starts a refresh at once\.$/,
    );
  });

  it('is no start while the bank does not work', () => {
    expect(explained({ enrolment }, { bankDownSince: HOUR_AGO }).next).toContain(
      `Starts wait: the bank does not work since ${HOUR_AGO}.`,
    );
  });

  it('is no start while the member is held back', () => {
    const held = { since: HOUR_AGO, code: 'denied', action: 'reauthenticate' } as const;
    const { move, next } = explained({ enrolment, held });
    expect(move).toBe(moves.reauthenticate);
    expect(next).toContain(`held back since ${HOUR_AGO}, denied (The institution refused the stored credentials).`);
  });

  it('is a trigger when MX’s allowance has room', () => {
    expect(explained({ starts: [HOUR_AGO, HOUR_AGO] }).next).toContain(
      'A trigger is accepted from 2026-11-21T13:00:00.000Z on: MX’s allowance.',
    );
  });
});

describe('in a pause', () => {
  const pauses = [
    { from: DAYS_AGO, until: '2026-11-18T13:00:00.000Z', why: 'before' },
    { from: HOUR_AGO, until: '2026-11-21T13:00:00.000Z', why: 'MX asked for it.' },
  ];
  const operator =
    'The operator: has paused calls to MX since 2026-11-21T11:00:00.000Z (MX asked for it); “resume” ends that before 2026-11-21T13:00:00.000Z.';

  it('it is the operator’s move, and triggers are refused', () => {
    expect(explained({}, { pauses })).toMatchObject({
      move: operator,
      next: 'It is on no schedule. Until 2026-11-21T13:00:00.000Z triggers are refused and starts wait: calls to MX are paused.',
    });
  });

  it('a refresh that runs goes on after it', () => {
    const { move, next } = explained({ claim: claim() }, { pauses });
    expect([move, next]).toEqual([
      operator,
      'RFR-1 runs since 2026-11-21T12:00:00.000Z and ends by 2026-11-21T13:10:00.000Z. Calls to MX are paused until 2026-11-21T13:00:00.000Z; it goes on within a minute of that.',
    ]);
  });

  it('that others follow it lasts until the last one’s end', () => {
    const more = [
      { from: HOUR_AGO, until: '2026-11-21T12:30:00.000Z', why: 'No. 7 of MX' },
      { from: '2026-11-21T12:30:00.000Z', until: '2026-11-21T13:00:00.000Z', why: 'still' },
    ];
    expect(explained({}, { pauses: more }).move).toBe(
      `The operator: has paused calls to MX since ${HOUR_AGO} (No. 7 of MX); “resume” ends that before 2026-11-21T13:00:00.000Z.`,
    );
  });

  it('what waits for the user waits for the user', () => {
    expect(explained({ lastAttempt: ended('denied') }, { pauses }).move).toBe(moves.reauthenticate);
  });

  it('that is over nothing waits for it', () => {
    const { move, next } = explained({ claim: claim() }, { pauses, now: '2026-11-21T13:00:00.000Z' });
    expect(move).toBe(moves.wait);
    expect(next).toMatch(/^RFR-1 runs since .* and ends by 2026-11-21T13:10:00.000Z\. MX’s job runs\./);
  });
});
