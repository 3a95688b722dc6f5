/** Receipts of erasings in memory: the same rules as `shared/clients/erasures-table.ts`. */
import type { Erased, Receipt, Receipts } from '../../shared/domain/erasure-ports.ts';
import { nothingErased } from '../../shared/domain/erasure-ports.ts';
import { atOnce, type Request } from './request.ts';

/** Receipts by id, and the guids that own ids have led to. */
export interface ErasuresTable {
  readonly receipts: Map<string, Receipt>;
  readonly names: Map<string, string>;
}

/** An empty table. */
export const emptyErasuresTable = (): ErasuresTable => ({ receipts: new Map(), names: new Map() });

/** The receipts in `table`. */
export function fakeReceipts({ receipts, names }: ErasuresTable, request: Request = atOnce): Receipts {
  const change = (id: string, changed: (receipt: Receipt) => Partial<Receipt>): void => {
    const receipt = receipts.get(id);
    if (receipt !== undefined) receipts.set(id, { ...receipt, ...changed(receipt) });
  };
  return {
    begin: (order) =>
      request('receipts.begin', () => {
        const there = receipts.get(order.erasureId);
        const receipt = there ?? { ...order, erased: nothingErased, doneAt: null, waitsFor: null };
        receipts.set(order.erasureId, receipt);
        return receipt;
      }),
    read: (id) => request('receipts.read', () => receipts.get(id) ?? null),
    add: (id, erased) =>
      request('receipts.add', () =>
        change(id, (receipt) => ({ erased: sumOf(receipt.erased, erased), waitsFor: null })),
      ),
    recordFailure: (id, code, at) =>
      request('receipts.recordFailure', () =>
        change(id, ({ waitsFor }) => ({ waitsFor: { code, since: waitsFor?.since ?? at } })),
      ),
    finish: (id, doneAt) => request('receipts.finish', () => change(id, () => ({ doneAt, waitsFor: null }))),
    rememberName: (name, guid) => request('receipts.rememberName', () => void names.set(name, guid)),
    guidOf: (name) => request('receipts.guidOf', () => names.get(name) ?? null),
  };
}

const sumOf = (a: Erased, b: Erased): Erased => ({
  members: a.members + b.members,
  accounts: a.accounts + b.accounts,
  formerAmounts: a.formerAmounts + b.formerAmounts,
  refreshes: a.refreshes + b.refreshes,
  membersAtMx: a.membersAtMx + b.membersAtMx,
  usersAtMx: a.usersAtMx + b.usersAtMx,
});
