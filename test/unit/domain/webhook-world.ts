/** Webhooks of MX, and a world in which they arrive. */
import type { FollowUpDeps } from '../../../functions/follow-up.ts';
import { decodeFollowUp } from '../../../shared/clients/messages.ts';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import type { Receipts } from '../../../shared/domain/erasure-ports.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { handleWebhook } from '../../../shared/domain/handle-webhook.ts';
import type { MemberBody, MemberRecord } from '../../../shared/domain/member.ts';
import type { MxAccount, MxMember } from '../../../shared/domain/mx.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import type { MxWebhook } from '../../../shared/domain/mx-webhook.ts';
import { type BalancesTable, fakeBalances } from '../../fakes/fake-balances.ts';
import { type CallbacksTable, fakeCallbacks } from '../../fakes/fake-callbacks.ts';
import { fakeErasure } from '../../fakes/fake-erasure.ts';
import { fakeHistory, type HistoryTable } from '../../fakes/fake-history.ts';
import { fakeErasures, fakeHints, fakeQueue } from '../../fakes/fake-queue.ts';
import { emptyErasuresTable, fakeReceipts } from '../../fakes/fake-receipts.ts';
import { fakeSeenMembers } from '../../fakes/fake-seen-members.ts';
import { fakeStoredData } from '../../fakes/fake-stored-data.ts';
import { emptyMembersTable, textOf, withMember } from '../../fakes/members-table.ts';
import { atOnce, type Request } from '../../fakes/request.ts';
import { key, knownMember, member, policy, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

/** An account as MX sends it: `balance` is JSON text. */
export const account = (guid: string, balance: string, importedAt: string): MxAccount =>
  readAccount(parseExactJson(`{"guid":"${guid}","balance":${balance},"imported_at":"${importedAt}"}`));

/** What MX showed of the member before the webhook. */
const bodyBefore = {
  guid: key.memberGuid,
  user_guid: key.userGuid,
  id: 'member-1',
  connection_status: 'CONNECTED',
  aggregated_at: '2026-11-21T10:59:50Z',
};

/** A world in which a webhook arrives at `T0`; `crashAt` lets one request fail. `body`: what MX showed before. */
export function webhookWorld(
  records: readonly MemberRecord[],
  webhooksOf: 'known' | 'all' = 'known',
  body: MemberBody['body'] = bodyBefore,
) {
  const table = records.length === 0 ? emptyMembersTable() : withMember(...records);
  for (const { key: of, seenAt } of records) if (seenAt !== null) table.bodies.set(textOf(of), { body, seenAt });
  const world = refreshWorld(table);
  let failing: (name: string) => boolean = () => false;
  const request: Request = async (name, effect) => {
    if (failing(name)) throw new Error(`${name} crashed`);
    return atOnce(name, effect);
  };
  const balancesTable: BalancesTable = new Map();

  const history: HistoryTable = new Map();
  const callbacks: CallbacksTable = new Map();
  const balances = fakeBalances(balancesTable, { keepAccountNumbers: false, keepUnknownFields: false }, request, {
    history: fakeHistory(history, { days: 90, now: world.deps.now }, request),
    notKept: () => {},
  });
  const queue = fakeQueue({ visibilitySeconds: 180, maxReceives: 5, now: () => Date.parse(world.deps.now()) });
  let accounts: readonly MxAccount[] = [account('ACT-1', '10.00', '2026-11-21T06:00:05Z')];
  const erasures = emptyErasuresTable();
  /** What was deleted at MX, by guid; `atMx.fails` is thrown instead. */
  const atMx: { deleted: string[]; gone: Set<string>; fails: Failure | null } = {
    deleted: [],
    gone: new Set(),
    fails: null,
  };
  async function deleteAtMx(guid: string): Promise<'deleted' | 'gone'> {
    if (atMx.fails) throw atMx.fails;
    if (atMx.gone.has(guid)) return 'gone';
    atMx.gone.add(guid);
    atMx.deleted.push(guid);
    return 'deleted';
  }
  const deps: FollowUpDeps & { readonly receipts: Receipts } = {
    ...world.deps,
    mx: { ...world.deps.mx, listAccounts: async () => accounts },
    balances,
    callbacks: fakeCallbacks(callbacks),
    events: { publish: async (event) => request('events.publish', () => void world.events.push(event)) },
    seen: fakeSeenMembers(table, policy, request),
    schedule: world.schedule,
    webhooks: fakeHints(queue),
    erasure: fakeErasure({ balances: balancesTable, history }, queue, request),
    webhooksOf,
    receipts: fakeReceipts(erasures, request),
    storedData: fakeStoredData(
      { members: table, balances: balancesTable, history, refreshes: world.refreshes, callbacks, isListed: () => true },
      request,
    ),
    mxDeletion: {
      deleteMember: ({ memberIdentifier }) => deleteAtMx(memberIdentifier),
      deleteUser: deleteAtMx,
    },
    erasures: fakeErasures(queue),
  };
  return {
    ...world,
    deps,
    balances,
    formerAmounts: history,
    callbacks,
    erasures,
    atMx,
    queue,
    record: () => table.members.get(textOf(key)) ?? null,
    body: () => table.bodies.get(textOf(key)) ?? null,
    shows: (shown: Partial<MxMember>, list?: readonly MxAccount[]) => {
      world.answers.read = () =>
        member({ body: { connection_status: shown.connectionStatus ?? 'CONNECTED' }, ...shown });
      if (list) accounts = list;
    },
    fails: (failure: Failure) => {
      world.answers.read = () => failure;
    },
    crashAt: (name: string | null) => {
      failing = (asked) => asked === name;
    },
    handle: (given: MxWebhook) => handleWebhook(deps, given),
    /** What waits in the queue, with its delay. */
    waiting: () =>
      [...queue.messages.values()].map(({ body: sent, visibleAt }) => ({
        work: decodeFollowUp(sent),
        inSeconds: (visibleAt - Date.parse(world.deps.now())) / 1000,
      })),
  };
}

/** A webhook about data, of a job that completed two seconds before `T0`. */
export const webhook = (given: Partial<MxWebhook> = {}): MxWebhook => ({
  about: 'data',
  member: key,
  completedAt: '2026-11-21T11:59:58.000Z',
  receivedAt: T0,
  ...given,
});

/** A webhook about the connection. */
export const connection = webhook({ about: 'connection', completedAt: null });

/** A webhook that says that the member was deleted. */
export const deletion = webhook({ about: 'deletion', completedAt: null });

/** MX does not know the member. */
export const notFound = new Failure('mx_not_found', 'MX answered 404');

/** A member whose last refresh observed its balances an hour ago. */
export const refreshed = (given: Partial<MemberRecord> = {}): MemberRecord =>
  knownMember({
    seenAt: '2026-11-21T11:00:00.000Z',
    lastSuccess: {
      refreshId: 'RFR-00000000000000000000000001',
      observedAt: '2026-11-21T11:00:00.000Z',
      incomplete: false,
    },
    ...given,
  });

/** MX has run a job of its own since. */
export const news = { aggregatedAt: '2026-11-21T11:59:50.000Z' };

/** What it gathered. */
export const newAccounts = [account('ACT-1', '99.95', '2026-11-21T11:59:57Z')];

/** Stores what the last refresh of `refreshed` observed. */
export async function withStored(world: ReturnType<typeof webhookWorld>): Promise<void> {
  await world.balances.store(key, [account('ACT-1', '9.00', '2026-11-21T09:59:57Z')], {
    observedAt: '2026-11-21T10:00:00.000Z',
    refreshId: 'RFR-00000000000000000000000000',
    trigger: 'http',
  });
  await world.balances.store(key, [account('ACT-1', '10.00', '2026-11-21T10:59:57Z')], {
    observedAt: '2026-11-21T11:00:00.000Z',
    refreshId: 'RFR-00000000000000000000000001',
    trigger: 'http',
  });
}
