/** Deliberate faults. */
import { domain, fake, type Mutant } from './mutant.ts';

/** Of what is erased, kept as history, and shown of stored balances. */
export const storedMutants: readonly Mutant[] = [
  {
    name: 'erased-in-one-round',
    what: 'an erasing is said to be done after its first round',
    breaks: [1, 9],
    changes: [domain('erase-data.ts', 'if (round > 1 && !work.hasFound) {', 'if (round > 0) {')],
  },
  {
    name: 'erased-user-taken-up-again',
    what: 'a member of a user of whom everything was erased becomes known',
    breaks: [9],
    changes: [
      domain(
        'start-refresh.ts',
        'if (other === null) await refuseErased(deps.members, key);\n  else',
        'if (other !== null)',
      ),
    ],
  },
  {
    name: 'names-of-the-erased',
    what: 'the names of a member that was deleted are written again',
    breaks: [9],
    changes: [domain('start-refresh.ts', 'else refuseDeleted(other);', '')],
  },
  {
    name: 'erased-in-tables-alone',
    what: 'refreshes of a deleted member are left where they are',
    breaks: [9],
    changes: [
      domain('erase-data.ts', 'await deps.storedData.eraseRefreshes(key, isLate)', '{ erased: 0, isAll: true }'),
    ],
  },
  {
    name: 'history-after-the-write',
    what: 'former amounts are put after the account was written',
    breaks: [0],
    besides: 'history',
    changes: [
      domain(
        'history.ts',
        'const unkept = await keeper.keep(isReplaced ? [...waiting, formerAmounts(stored)] : waiting);',
        'const unkept: FormerAmounts[] = [];',
      ),
      domain(
        'history.ts',
        'return (await write(linked)) ? linked : null;',
        'if (!(await write(linked))) return null;\n  await keeper.keep(isReplaced ? [...waiting, formerAmounts(stored)] : waiting);\n  return linked;',
      ),
    ],
  },
  {
    name: 'history-of-the-new-amounts',
    what: 'the history gets the new amounts in place of the former ones',
    breaks: [0],
    besides: 'history',
    changes: [
      domain(
        'history.ts',
        '[...waiting, formerAmounts(stored)]',
        '[...waiting, { ...formerAmounts(next), amountsSince: stored.amountsSince }]',
      ),
    ],
  },
  {
    name: 'history-dropped',
    what: 'former amounts that the table does not take are dropped',
    breaks: [0],
    besides: 'history',
    changes: [domain('history.ts', '...(unkept.length === 0 ? {} : { unkept }),', '')],
  },
  {
    name: 'history-without-links',
    what: 'amounts do not say which ones they have followed',
    breaks: [0],
    besides: 'history',
    changes: [domain('history.ts', 'isReplaced ? stored.amountsSince : stored.previousSince', 'stored.previousSince')],
  },
  {
    name: 'history-expires-early',
    what: 'former amounts expire by when they were first seen, not by when they were replaced',
    breaks: [0],
    besides: 'history',
    changes: [fake('fake-history.ts', 'plusSeconds(now(), days', 'plusSeconds(former.amountsSince, days')],
  },
  {
    name: 'history-stays',
    what: 'erasing a member leaves its history',
    breaks: [1, 9],
    changes: [
      fake('fake-erasure.ts', 'rows.delete(name);', ''),
      fake('fake-erasure.ts', 'history.delete(textOf(key));', ''),
    ],
  },
  {
    name: 'unlisted-is-fresh',
    what: 'accounts that MX no longer lists are as fresh as ever',
    breaks: [11],
    changes: [
      domain(
        'freshness.ts',
        'const listed = balances.filter((balance) => balance.listed);\n  const oldest',
        'const listed = balances;\n  const oldest',
      ),
    ],
  },
  {
    name: 'unknown-is-fresh',
    what: 'balances of a member that MX does not know stay fresh',
    breaks: [11],
    changes: [domain('freshness.ts', ' || isGone(oldest.observedAt, member)', '')],
  },
  {
    name: 'own-id-leads-to-the-old-one',
    what: 'an own id leads to the account from before a relink',
    breaks: [11],
    changes: [domain('find-account.ts', 'a.listed === b.listed ? a.observedAt > b.observedAt : a.listed', 'false')],
  },
];
