import { expect, it } from 'vitest';
import { outputsOfDeployment } from '../../../infra/operator/stack-outputs.ts';

const own = { MembersTable: 'm', RefreshesTable: 'r', ApiUrl: 'https://a' };
const embedded = {
  LedgerUrl: 'l',
  BalancesMembersTable: 'm',
  BalancesRefreshesTable: 'r',
  BalancesApiUrl: 'https://a',
};
const other = { MembersTable: 'n', RefreshesTable: 's', ApiUrl: 'https://b' };
const two = { ...embedded, OtherMembersTable: 'n', OtherRefreshesTable: 's', OtherApiUrl: 'https://b' };

it.each([
  ['a stack of its own', own, undefined, own],
  ['a stack that embeds it', embedded, undefined, own],
  ['one that is named', embedded, 'Balances', own],
  ['one of two', two, 'Other', other],
  ['beside a table of members of its own', { ...embedded, TeamMembersTable: 't' }, undefined, own],
  ['another project’s stack', { LedgerUrl: 'l' }, undefined, undefined],
  ['another project’s stack, named', { LedgerUrl: 'l' }, 'Balances', undefined],
])('%s', (_, outputs, construct, expected) => {
  expect(outputsOfDeployment(outputs, construct)).toEqual(expected);
});

it.each([
  ['none of two', two, undefined, 'Balances, Other'],
  ['a third of two', two, 'Third', 'Balances, Other'],
  ['another than the one', own, 'Balances', 'one without a name'],
])('%s is refused with the names', (_, outputs, construct, names) => {
  expect(() => outputsOfDeployment(outputs, construct)).toThrow(
    `The stack has these deployments, of which --construct names one: ${names}.`,
  );
});
