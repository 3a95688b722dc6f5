/** The stored accounts of a member: how fresh each is, and its amounts if they were asked for. */
import { type ComponentChild, Fragment, h } from 'preact';
import type { AccountList, AccountShown } from '../shapes.ts';
import { useNow } from './clock.ts';
import { History } from './history.ts';
import { Chip, Name, Table } from './parts.ts';
import { freshnessWords, plain } from './words.ts';

/** What is shown of accounts. */
interface AccountsProps extends AccountList {
  readonly user: string;
  readonly member: string;
  /** The accounts once more, with their amounts; null: they are not shown. */
  readonly amounts: readonly AccountShown[] | null;
  /** Null: the setting is not known yet. */
  readonly staleAfterSeconds: number | null;
}

/** Of so many accounts the histories are asked for with the amounts, a call of the API each; of more one by one. */
const MOST_OPEN = 8;

/** A row for each. */
export function Accounts({ user, member, accounts, total, amounts, staleAfterSeconds }: AccountsProps): ComponentChild {
  const nowMs = useNow();
  if (accounts.length === 0) return h('p', null, 'No account is stored.');
  const known = new Map(amounts?.map((account) => [account.guid, account]));
  const context = { nowMs, staleAfterSeconds: staleAfterSeconds ?? Number.POSITIVE_INFINITY };
  return h(
    Fragment,
    null,
    h(Table, {
      label: 'Accounts',
      head: [
        'Account',
        'Type',
        'Freshness',
        ...(amounts === null ? [] : ['Balance', 'Available', 'How the balance moved']),
      ],
      numbers: ['Balance', 'Available'],
      rows: accounts.map((account) => {
        const { verdict, words } = freshnessWords(account, context);
        return {
          key: account.guid,
          cells: [
            [account.name ?? 'without a name', h('br', null), h(Name, null, account.guid)],
            account.type === null ? 'not said' : plain(account.type).toLowerCase(),
            [h(Chip, { kind: verdict === 'fresh' ? 'good' : 'bad', children: verdict }), ' ', words],
            ...(amounts === null
              ? []
              : [
                  ...amountCells(known.get(account.guid)),
                  h(History, {
                    user,
                    member,
                    account: account.guid,
                    freshAsOf: account.freshAsOf,
                    isOpen: accounts.length <= MOST_OPEN,
                  }),
                ]),
          ],
        };
      }),
    }),
    total > accounts.length ? h('p', { class: 'quiet' }, `${accounts.length} of ${total} accounts.`) : null,
  );
}

/** `account` undefined: it was stored after the amounts were read. */
const amountCells = (account: AccountShown | undefined): readonly ComponentChild[] =>
  ['balance' as const, 'available' as const].map((name) => {
    if (account === undefined) return '…';
    const amount = account.amounts?.[name] ?? null;
    // Missing is not zero.
    return amount === null
      ? 'not sent by MX'
      : h('span', { class: 'amount' }, `${amount} ${account.currency ?? '(currency not said)'}`);
  });
