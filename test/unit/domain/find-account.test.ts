import { expect, it } from 'vitest';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { findAccount } from '../../../shared/domain/find-account.ts';
import { at, key } from '../../samples.ts';

const stored = (accountGuid: string, id: string, given: Partial<StoredBalance> = {}): StoredBalance => ({
  member: key,
  accountGuid,
  fields: { guid: accountGuid, id },
  observedAt: at(0),
  freshAsOf: at(0),
  amountsSince: at(0),
  staleReason: null,
  refreshId: 'RFR-1',
  trigger: 'http',
  lastChange: null,
  listed: true,
  ...given,
});
const before = stored('ACT-1', 'own-1', { listed: false });
const relinked = stored('ACT-2', 'own-1', { observedAt: at(60) });

it.each<[string, StoredBalance[], string, string | undefined]>([
  ['by guid', [before, relinked], 'ACT-1', 'ACT-1'],
  ['by own id', [relinked], 'own-1', 'ACT-2'],
  ['by own id after a relink: the listed one', [before, relinked], 'own-1', 'ACT-2'],
  ['in any order', [relinked, before], 'own-1', 'ACT-2'],
  ['the listed one, however old', [{ ...before, observedAt: at(90) }, relinked], 'own-1', 'ACT-2'],
  ['none is listed: the newest', [before, { ...relinked, listed: false }], 'own-1', 'ACT-2'],
  ['two are listed: the newest', [{ ...before, listed: true }, relinked], 'own-1', 'ACT-2'],
  ['a guid goes before an own id that looks like it', [stored('ACT-9', 'ACT-1'), before], 'ACT-1', 'ACT-1'],
  ['nothing', [before, relinked], 'own-2', undefined],
  ['nothing in nothing', [], 'own-1', undefined],
])('finds %s', (_how, balances, account, expected) => {
  expect(findAccount(balances, account)?.accountGuid).toBe(expected);
});
