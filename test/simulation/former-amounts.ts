/**
 * The history of accounts: no amount that was stored is missing from it once others have taken its place, and it says of
 * each what the account's item said.
 */
import { amountNames, type FormerAmounts, type StoredBalance } from '../../shared/domain/balance.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import { epochMillisecondsOf } from '../../shared/domain/instant.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { HistoryRow } from '../fakes/fake-history.ts';
import { textOf } from '../fakes/members-table.ts';
import { Violation } from './violation.ts';

/** What is read of the tables. */
export interface HistoryObserved {
  readonly now: () => number;
  /** How long a row is to be kept. */
  readonly historyDays: number;
  readonly balances: (key: MemberKey) => ReadonlyMap<string, StoredBalance> | undefined;
  readonly history: (key: MemberKey) => ReadonlyMap<string, HistoryRow> | undefined;
}

/** Follows the amounts of all accounts. */
export interface FormerAmountsTruth {
  /** After a write of an account's item. @throws Violation */
  stored(before: StoredBalance | undefined, after: StoredBalance): void;
  /** After a write of the history of one of the members. @throws Violation */
  put(members: readonly MemberKey[]): void;
  /** When everything is quiet, for a member that was not deleted. @throws Violation */
  check(member: MemberKey): void;
}

/** All amounts with their names, as texts: equal if and only if what was stored is. */
const textsOf = ({ fields }: StoredBalance): string =>
  amountNames
    .map((name) => {
      const amount = fields[name];
      return `${name}=${amount instanceof Decimal ? amount.text : 'none'}`;
    })
    .join(' ');

const textsOfRow = ({ amounts }: FormerAmounts): string =>
  amountNames.map((name) => `${name}=${amounts[name]?.text ?? 'none'}`).join(' ');

const DAY_MS = 86_400_000;

/** Starts following. */
export function createFormerAmounts(world: HistoryObserved): FormerAmountsTruth {
  /** By account, the last item with each of its amounts, oldest first. */
  const journal = new Map<string, StoredBalance[]>();
  const seen = new Map<string, HistoryRow>();
  const keyOf = ({ accountGuid }: { readonly accountGuid: string }, member: MemberKey): string =>
    `${textOf(member)} ${accountGuid}`;

  /** The row of the account about the amounts that were first seen at `since`; what waits in its item is newer. */
  function rowOf({ member, accountGuid }: StoredBalance, since: string): FormerAmounts | undefined {
    const waiting = world.balances(member)?.get(accountGuid)?.unkept ?? [];
    return (
      waiting.find(({ amountsSince }) => amountsSince === since) ??
      world.history(member)?.get(`${accountGuid}#${since}`)?.former
    );
  }

  function checkRow(item: StoredBalance, before: StoredBalance | undefined): void {
    const row = rowOf(item, item.amountsSince);
    const what = `${item.accountGuid}, amounts since ${item.amountsSince}`;
    if (row === undefined) throw new Violation(0, `${what}: not in the history, and overwritten`);
    if (textsOfRow(row) !== textsOf(item)) {
      throw new Violation(0, `${what}: stored were ${textsOf(item)}, the history has ${textsOfRow(row)}`);
    }
    if (row.observedAt !== item.observedAt || row.refreshId !== item.refreshId) {
      throw new Violation(0, `${what}: last seen at ${item.observedAt}, the history says ${row.observedAt}`);
    }
    if (row.previousSince !== (before?.amountsSince ?? null)) {
      throw new Violation(0, `${what}: before them were those since ${before?.amountsSince}, not ${row.previousSince}`);
    }
  }

  return {
    stored(before, after) {
      const key = keyOf(after, after.member);
      // Erased in between: its history was too.
      const items = before === undefined ? [] : (journal.get(key) ?? []);
      const last = items.at(-1);
      const isSince = last?.amountsSince === after.amountsSince;
      if (last !== undefined && !isSince) {
        if (textsOf(last) === textsOf(after)) throw new Violation(0, `${key}: nothing has changed, and the time has`);
        checkRow(last, items.at(-2));
      }
      journal.set(key, [...(isSince ? items.slice(0, -1) : items), after]);
    },

    put(members) {
      for (const member of members) {
        for (const [name, row] of world.history(member) ?? []) {
          const key = `${textOf(member)} ${name}`;
          if (seen.get(key) === row) continue;
          seen.set(key, row);
          const keptMs = epochMillisecondsOf(row.expiresAt) - world.now();
          if (Math.round(keptMs / 1000) !== (world.historyDays * DAY_MS) / 1000) {
            throw new Violation(0, `${key}: is kept for ${keptMs / DAY_MS} days from when it was put`);
          }
        }
      }
    },

    check(member) {
      for (const [accountGuid, item] of world.balances(member) ?? []) {
        const items = journal.get(keyOf({ accountGuid }, member)) ?? [];
        for (const [index, former] of items.slice(0, -1).entries()) checkRow(former, items[index - 1]);
        const others = [...(world.history(member)?.values() ?? [])]
          .map(({ former }) => former)
          .filter((row) => row.accountGuid === accountGuid && row.amountsSince < item.amountsSince)
          .filter(({ amountsSince }) => !items.some((known) => known.amountsSince === amountsSince));
        if (others.length > 0) throw new Violation(0, `${accountGuid}: the history has amounts that were never stored`);
      }
    },
  };
}
