import { expect, it } from 'vitest';
import committed from './logical-ids.json' with { type: 'json' };
import { idsMissingFrom, type LogicalIds, logicalIds } from './logical-ids.ts';

const before: LogicalIds = committed;
const now = logicalIds();

const advice = `
Under "gone": a resource whose logical id or type changes is replaced. CloudFormation creates a new one and deletes the
old one, or leaves it behind unused where it is retained: a table, secret or queue starts empty, an address or API
changes. Keep the id.
Only under "new", or meant: npm run logical-ids
`;

it('covers the same sets of settings as the committed list', () => {
  expect(Object.keys(now)).toEqual(Object.keys(before));
});

it.each(Object.keys(before))('%s: no resource changed its logical id', (variant) => {
  expect(
    {
      gone: idsMissingFrom(now[variant], before[variant]),
      new: idsMissingFrom(before[variant], now[variant]),
    },
    advice,
  ).toEqual({ gone: [], new: [] });
});

it.each([
  ['the same id and type', { A: 'T' }, { A: 'T' }, [], []],
  ['a renamed id', { A: 'T' }, { B: 'T' }, ['A (T)'], ['B (T)']],
  ['another type', { A: 'T' }, { A: 'U' }, ['A (T)'], ['A (U)']],
  ['a resource more', { A: 'T' }, { A: 'T', B: 'T' }, [], ['B (T)']],
  ['a resource less', { A: 'T', B: 'T' }, { A: 'T' }, ['B (T)'], []],
])('%s is told apart', (_, earlier, later, gone, added) => {
  expect(idsMissingFrom(later, earlier)).toEqual(gone);
  expect(idsMissingFrom(earlier, later)).toEqual(added);
});
