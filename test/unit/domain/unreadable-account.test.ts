/** Accounts whose amounts cannot be read: each stands for itself and stops no other. */
import { describe, expect, it } from 'vitest';
import { balanceToStore, type StoredBalance } from '../../../shared/domain/balance.ts';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { followRefresh } from '../../../shared/domain/follow-refresh.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { withMember } from '../../fakes/members-table.ts';
import { at, key, knownMember, member } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const account = (guid: string, balance: string) =>
  readAccount(parseExactJson(`{"guid":"${guid}","balance":${balance},"imported_at":"2026-11-21T12:00:03Z"}`));

const UNREADABLE = ['"1e400"', '""', '1'.repeat(39), '{}'] as const;

const identifiers = { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid };
const success = {
  mostRecentJobGuid: 'JOB-1',
  aggregatedAt: '2026-11-21T12:00:01.000Z',
  successfullyAggregatedAt: '2026-11-21T12:00:04.000Z',
} as const;

/** One refresh of a member whose accounts are these, after those of `before` were stored. */
async function refreshed(accounts: readonly [string, string][], before: readonly [string, string][] = []) {
  const world = refreshWorld(withMember(knownMember()));
  const listed = (rows: readonly [string, string][]) => rows.map(([guid, balance]) => account(guid, balance));
  const stamp = { observedAt: at(-60), refreshId: 'RFR-0', trigger: 'http' } as const;
  if (before.length > 0) await world.balances.store(key, listed(before), stamp);
  const deps = {
    ...world.deps,
    balances: world.balances,
    mx: { ...world.deps.mx, listAccounts: async () => listed(accounts) },
  };
  world.answers.read = () => member();
  world.answers.start = () => member({ ...success, isBeingAggregated: true, successfullyAggregatedAt: null });
  await startRefresh(deps, identifiers, { userPresent: false, correlationId: null });
  world.answers.read = () => member(success);
  let looks = 0;
  for (let next = world.sent.pop(); next !== undefined && looks < 50; next = world.sent.pop()) {
    looks += 1;
    world.wait(next.inSeconds);
    await followRefresh(deps, next.followUp);
  }
  const { lastAttempt: attempt, lastSuccess } = (await deps.members.read(key)) ?? {};
  const stored = await world.balances.ofMember(key);
  return {
    end: [attempt?.outcome, attempt?.code],
    isIncomplete: lastSuccess?.incomplete,
    stored: stored.map(({ accountGuid, fields, staleReason }) => [
      accountGuid,
      `${JSON.stringify(fields['balance'])}`,
      staleReason,
    ]),
  };
}

describe.each(UNREADABLE)('a balance of %s', (odd) => {
  it('beside a readable one: only that is stored', async () => {
    expect(
      await refreshed([
        ['ACT-1', '7.50'],
        ['ACT-2', odd],
      ]),
    ).toEqual({
      end: ['succeeded', 'stored_incomplete'],
      isIncomplete: true,
      stored: [['ACT-1', '7.50', null]],
    });
  });

  it('of a known account: old values, with the reason', async () => {
    const before = [
      ['ACT-1', '1'],
      ['ACT-2', '2'],
    ] as const;
    expect(
      await refreshed(
        [
          ['ACT-1', '7.50'],
          ['ACT-2', odd],
        ],
        before.map(([a, b]) => [a, b]),
      ),
    ).toEqual({
      end: ['succeeded', 'stored_unreadable'],
      isIncomplete: false,
      stored: [
        ['ACT-1', '7.50', null],
        ['ACT-2', '2', 'unreadable'],
      ],
    });
  });

  it('alone: the refresh fails and changes nothing', async () => {
    expect(await refreshed([['ACT-2', odd]], [['ACT-2', '2']])).toEqual({
      end: ['failed', 'mx_bad_answer'],
      isIncomplete: undefined,
      stored: [['ACT-2', '2', null]],
    });
  });
});

describe('what is stored of an unreadable account', () => {
  const stamp = (after: number) => ({ observedAt: at(after), refreshId: `RFR-${after}`, trigger: 'http' }) as const;
  const rules = { keepAccountNumbers: false, keepUnknownFields: false };
  const store = (balance: string, after: number, stored: StoredBalance | null) =>
    balanceToStore(
      { member: key, account: account('ACT-1', balance), stamp: stamp(after), isLeftBehind: false },
      rules,
      stored,
    );
  const known = store('5', 1, null);

  it('is the mark alone: amounts, times and refresh stay', () => {
    expect(store('{}', 2, known)).toEqual({ ...known, staleReason: 'unreadable' });
  });

  it('is nothing twice', () => {
    expect(store('{}', 3, store('{}', 2, known))).toBeNull();
  });

  it('is nothing for an older observation', () => {
    expect(store('{}', 0, known)).toBeNull();
  });

  it('is listed again when MX lists it', () => {
    expect(store('{}', 2, known && { ...known, listed: false })).toMatchObject({ listed: true });
  });

  it('is gone when it can be read again', () => {
    expect(store('6', 3, store('{}', 2, known))).toMatchObject({ staleReason: null, observedAt: at(3) });
  });
});
