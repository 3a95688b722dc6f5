import { beforeEach, describe, expect, it } from 'vitest';
import { decodeFollowUp } from '../../../shared/clients/messages.ts';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { eraseAgain } from '../../../shared/domain/delete-member.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { type HandleWebhookDeps, handleWebhook } from '../../../shared/domain/handle-webhook.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberBody, MemberRecord } from '../../../shared/domain/member.ts';
import type { MxAccount, MxMember } from '../../../shared/domain/mx.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import type { MxWebhook } from '../../../shared/domain/mx-webhook.ts';
import { runningRefresh } from '../../../shared/domain/refresh.ts';
import { type BalancesTable, fakeBalances } from '../../fakes/fake-balances.ts';
import { type CallbacksTable, fakeCallbacks } from '../../fakes/fake-callbacks.ts';
import { fakeErasure } from '../../fakes/fake-erasure.ts';
import { fakeHints, fakeQueue } from '../../fakes/fake-queue.ts';
import { fakeSeenMembers } from '../../fakes/fake-seen-members.ts';
import { emptyMembersTable, textOf, withMember } from '../../fakes/members-table.ts';
import { atOnce, type Request } from '../../fakes/request.ts';
import { claim, key, knownMember, member, newJob, policy, T0 } from '../../samples.ts';
import { faultsOf } from './event-schemas.ts';
import { refreshWorld } from './refresh-world.ts';

const account = (guid: string, balance: string, importedAt: string): MxAccount =>
  readAccount(parseExactJson(`{"guid":"${guid}","balance":${balance},"imported_at":"${importedAt}"}`));

/** A world in which a webhook arrives at T0. `request` lets single requests fail. */
function webhookWorld(
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
  const balances = fakeBalances(balancesTable, { keepAccountNumbers: false, keepUnknownFields: false }, request);
  const callbacks: CallbacksTable = new Map();
  const queue = fakeQueue({ visibilitySeconds: 180, maxReceives: 5, now: () => Date.parse(world.deps.now()) });
  let accounts: readonly MxAccount[] = [account('ACT-1', '10.00', '2026-11-21T06:00:05Z')];
  const deps: HandleWebhookDeps = {
    ...world.deps,
    mx: { ...world.deps.mx, listAccounts: async () => accounts },
    balances,
    callbacks: fakeCallbacks(callbacks),
    events: { publish: async (event) => request('events.publish', () => void world.events.push(event)) },
    seen: fakeSeenMembers(table, policy, request),
    schedule: world.schedule,
    webhooks: fakeHints(queue),
    erasure: fakeErasure(balancesTable, queue, request),
    webhooksOf,
  };
  return {
    ...world,
    deps,
    balances,
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

const webhook = (given: Partial<MxWebhook> = {}): MxWebhook => ({
  about: 'data',
  member: key,
  completedAt: '2026-11-21T11:59:58.000Z',
  receivedAt: T0,
  ...given,
});
const connection = webhook({ about: 'connection', completedAt: null });
const deletion = webhook({ about: 'deletion', completedAt: null });

const notFound = new Failure('mx_not_found', 'MX answered 404');
const down = new Failure('mx_unavailable', 'MX is in trouble');

/** What MX showed of it then. */
const bodyBefore = {
  guid: key.memberGuid,
  user_guid: key.userGuid,
  id: 'member-1',
  connection_status: 'CONNECTED',
  aggregated_at: '2026-11-21T10:59:50Z',
};

/** A member whose last refresh observed its balances an hour ago. */
const refreshed = (given: Partial<MemberRecord> = {}): MemberRecord =>
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
const news = { aggregatedAt: '2026-11-21T11:59:50.000Z' };
const newAccounts = [account('ACT-1', '99.95', '2026-11-21T11:59:57Z')];

async function withStored(world: ReturnType<typeof webhookWorld>): Promise<void> {
  await world.balances.store(key, [account('ACT-1', '10.00', '2026-11-21T10:59:57Z')], {
    observedAt: '2026-11-21T11:00:00.000Z',
    refreshId: 'RFR-00000000000000000000000001',
    trigger: 'http',
  });
}

describe('a webhook of a member that is not known', () => {
  it('is ignored without asking MX', async () => {
    const world = webhookWorld([]);
    expect(await world.handle(webhook())).toBe('unknown_member');
    expect(world.mxCalls).toEqual([]);
    expect(world.record()).toBeNull();
  });

  it('setting all: known, with balances and own ids', async () => {
    const world = webhookWorld([], 'all');
    world.shows(news, newAccounts);
    expect(await world.handle(webhook())).toBe('stored');
    expect(world.record()).toMatchObject({ lastSuccess: { observedAt: T0 }, claim: null });
    expect(await world.deps.members.resolve({ userIdentifier: 'user-1', memberIdentifier: 'member-1' })).toEqual(key);
    expect((await world.balances.ofMember(key)).map(({ trigger }) => trigger)).toEqual(['mx_webhook']);
  });

  it('setting all: an unknown member leaves no trace', async () => {
    const world = webhookWorld([], 'all');
    world.fails(notFound);
    for (const one of [webhook(), connection, deletion]) expect(await world.handle(one)).toBe('unknown_member');
    expect(world.record()).toBeNull();
  });
});

describe('a webhook while a refresh runs', () => {
  const running = () => webhookWorld([refreshed({ claim: claim({ lookNumber: 2, lookedAt: plusSeconds(T0, -10) }) })]);

  it('looks now, in place of the waiting message', async () => {
    const world = running();
    world.shows({ ...newJob, isBeingAggregated: true });
    expect(await world.handle(webhook())).toBe('nudged');
    expect(world.record()?.claim).toMatchObject({ lookNumber: 3, lookedAt: T0, phase: 'running' });
    expect(world.sent.map(({ followUp }) => followUp.lookNumber)).toEqual([4]);
  });

  it('ends it when MX shows the end', async () => {
    const world = running();
    world.shows({ ...newJob, successfullyAggregatedAt: '2026-11-21T12:00:08.000Z' }, newAccounts);
    expect(await world.handle(connection)).toBe('nudged');
    expect(world.record()).toMatchObject({ claim: null, lastAttempt: { outcome: 'succeeded', refreshId: 'RFR-1' } });
  });

  it('is no evidence: without a change at MX nothing ends', async () => {
    const world = running();
    world.shows({});
    await world.handle(webhook({ completedAt: plusSeconds(T0, 5) }));
    expect(world.record()?.claim?.phase).toBe('running');
    expect(await world.balances.ofMember(key)).toEqual([]);
  });

  it('waits for MX’s minimum gap', async () => {
    const world = webhookWorld([refreshed({ claim: claim({ lookNumber: 2, lookedAt: plusSeconds(T0, -1) }) })]);
    expect(await world.handle(webhook())).toBe('nudged');
    expect(world.mxCalls).toEqual([]);
    expect(world.sent).toEqual([
      { followUp: { refreshId: 'RFR-1', member: key, lookNumber: 3, state: null, correlationId: null }, inSeconds: 2 },
    ]);
  });

  it('looks once for a hundred of them', async () => {
    const world = running();
    world.shows({ ...newJob, isBeingAggregated: true });
    await Promise.all(Array.from({ length: 100 }, () => world.handle(webhook())));
    expect(world.mxCalls).toHaveLength(1);
  });

  it('comes again when it is being stored', async () => {
    const world = webhookWorld([refreshed({ claim: { ...claim(), phase: 'storing' } })]);
    expect(await world.handle(connection)).toBe('later');
    expect(world.waiting()).toEqual([
      { work: expect.objectContaining({ kind: 'webhook', ...connection }), inSeconds: 3 },
    ]);
    expect(world.mxCalls).toEqual([]);
  });

  it('first publishes an ended refresh that was not published', async () => {
    const result = {
      outcome: 'failed',
      action: 'retry_later',
      code: 'degraded',
      connectionStatus: 'DEGRADED',
      hasDetails: false,
      endedAt: T0,
      observedAt: null,
    } as const;
    const world = webhookWorld([refreshed({ claim: { ...claim(), phase: 'ended', result } })]);
    await world.handle(connection);
    expect(world.events.map(({ type }) => type)).toContain('refresh.failed');
    expect(world.record()?.claim).toBeNull();
  });
});

describe('data that MX gathered by itself', () => {
  it('is stored as its own refresh, without a job', async () => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows(news, newAccounts);
    expect(await world.handle(webhook())).toBe('stored');
    expect(world.mxCalls).toEqual(['read USR-1/MBR-1']);
    const [stored] = await world.balances.ofMember(key);
    expect(stored).toMatchObject({
      observedAt: T0,
      trigger: 'mx_webhook',
      lastChange: { refreshId: stored?.refreshId },
    });
    expect(stored?.refreshId).toMatch(/^RFR-[0-9A-HJKMNP-TV-Z]{26}$/);
    const refreshId = String(stored?.refreshId);
    expect(await world.deps.refreshes.read(refreshId)).toMatchObject({
      status: 'ended',
      trigger: 'mx_webhook',
      result: { outcome: 'succeeded', observedAt: T0 },
    });
    expect(world.record()).toMatchObject({
      claim: null,
      lastAttempt: { refreshId, trigger: 'mx_webhook' },
      lastSuccess: { refreshId, observedAt: T0 },
      processedUntil: '2026-11-21T11:59:58.000Z',
      starts: [],
    });
    expect(world.events.map(({ id }) => id)).toEqual([`${refreshId}/ended`, `${refreshId}/ACT-1`]);
    for (const event of world.events) expect(faultsOf(event)).toEqual([]);
  });

  it('once for each completion; duplicates cost nothing', async () => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows(news, newAccounts);
    await world.handle(webhook());
    world.wait(60);
    for (const double of [webhook(), webhook({ receivedAt: plusSeconds(T0, 30) })]) {
      expect(await world.handle(double)).toBe('known_already');
    }
    // An earlier completion, late: its data was in what was read.
    expect(await world.handle(webhook({ completedAt: plusSeconds(T0, -300) }))).toBe('known_already');
    expect(world.mxCalls).toHaveLength(1);
    expect(world.events).toHaveLength(2);
  });

  it.each(['2026-11-21T10:59:59.000Z', '2026-11-21T11:30:00.000Z'])(
    'sent before our read: recognised, completed at %s',
    async (completedAt) => {
      const world = webhookWorld([refreshed()]);
      expect(await world.handle(webhook({ completedAt, receivedAt: '2026-11-21T11:00:00.000Z' }))).toBe(
        'known_already',
      );
      expect(world.mxCalls).toEqual([]);
    },
  );

  it('sent after it: looked at, MX’s clock behind', async () => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows(news, newAccounts);
    const completedAt = '2026-11-21T10:59:58.000Z';
    expect(await world.handle(webhook({ completedAt, receivedAt: '2026-11-21T11:00:00.001Z' }))).toBe('stored');
  });

  it('is not believed without something newer at MX', async () => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows({ aggregatedAt: '2026-11-21T10:59:50.000Z', successfullyAggregatedAt: null }, [
      account('ACT-1', '777', '2026-11-21T10:59:57Z'),
    ]);
    expect(await world.handle(webhook())).toBe('seen');
    expect((await world.balances.ofMember(key))[0]?.fields['balance']).toMatchObject({ text: '10.00' });
    expect(world.events).toEqual([]);
    world.wait(60);
    expect(await world.handle(webhook())).toBe('known_already');
  });

  it('counts as newer by an account’s own import', async () => {
    const body = { connection_status: 'CONNECTED', aggregated_at: news.aggregatedAt };
    const world = webhookWorld([refreshed()], 'known', body);
    await withStored(world);
    world.shows({ ...news, successfullyAggregatedAt: null }, newAccounts);
    expect(await world.handle(webhook())).toBe('stored');
  });

  it('is not read during a job or in trouble', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ ...news, isBeingAggregated: true });
    expect(await world.handle(webhook())).toBe('later');
    expect(world.waiting()[0]).toMatchObject({ inSeconds: 3 });
    world.wait(60);
    world.shows({ ...news, connectionStatus: 'DENIED' });
    expect(await world.handle(webhook())).toBe('seen');
    expect(await world.balances.ofMember(key)).toEqual([]);
  });

  it('never replaces a newer observation or a newer success', async () => {
    const newer = { refreshId: 'RFR-Z', observedAt: plusSeconds(T0, 100), incomplete: false };
    const world = webhookWorld([refreshed({ lastSuccess: newer })]);
    await world.balances.store(key, [account('ACT-1', '5', '2026-11-21T10:00:00Z')], { ...newer, trigger: 'http' });
    world.shows(news, newAccounts);
    await world.handle(webhook({ completedAt: plusSeconds(T0, 200), receivedAt: plusSeconds(T0, 200) }));
    expect((await world.balances.ofMember(key))[0]?.fields['balance']).toMatchObject({ text: '5' });
    expect(world.record()?.lastSuccess).toEqual(newer);
  });

  it.each([
    'balances.store/put',
    'seen.recordSighting',
    'seen.recordBackground/success',
    'seen.recordBackground/attempt',
    'events.publish',
    'seen.recordProcessed',
  ])('crash at %s: repeated, complete, with the same ids', async (place) => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows(news, newAccounts);
    world.crashAt(place);
    await expect(world.handle(webhook())).rejects.toThrow();
    world.crashAt(null);
    world.wait(180);
    expect(await world.handle(webhook())).toBe('stored');
    const [stored] = await world.balances.ofMember(key);
    expect(stored?.fields['balance']).toMatchObject({ text: '99.95' });
    expect(new Set(world.events.map(({ id }) => id))).toEqual(
      new Set([`${stored?.refreshId}/ended`, `${stored?.refreshId}/ACT-1`]),
    );
    expect(world.record()).toMatchObject({
      lastSuccess: { refreshId: stored?.refreshId },
      processedUntil: '2026-11-21T11:59:58.000Z',
    });
    world.wait(180);
    expect(await world.handle(webhook())).toBe('known_already');
  });

  it('MX down: repeated, later each time, until given up', async () => {
    const world = webhookWorld([refreshed()]);
    world.fails(down);
    expect(await world.handle(webhook())).toBe('later');
    world.wait(60);
    expect(await world.handle(webhook())).toBe('later');
    expect(world.waiting().map(({ inSeconds }) => inSeconds)).toEqual([-57, 30]);
    world.wait(600);
    expect(await world.handle(webhook())).toBe('given_up');
  });

  it('fails for good when an operator has to act', async () => {
    const world = webhookWorld([refreshed()]);
    world.fails(new Failure('mx_forbidden', 'MX answered 403'));
    await expect(world.handle(webhook())).rejects.toMatchObject({ code: 'mx_forbidden' });
  });
});

describe('a webhook about the connection', () => {
  it('reads the member, stores and reports the change', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    expect(await world.handle(connection)).toBe('seen');
    expect(world.record()).toMatchObject({ seenAt: T0, untoldChange: null });
    expect(world.body()).toMatchObject({ body: { connection_status: 'DENIED' }, seenAt: T0 });
    expect(world.events).toMatchObject([
      {
        type: 'connection.changed',
        data: { connection_status: 'DENIED', previous_connection_status: 'CONNECTED', action: 'reauthenticate' },
      },
    ]);
    expect(faultsOf(world.events[0] as never)).toEqual([]);
  });

  it('tells nothing when the status is the same', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({});
    expect(await world.handle(connection)).toBe('seen');
    expect(world.events).toEqual([]);
  });

  it('needs no read when read since it came', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    world.wait(1);
    await world.handle(connection);
    expect(await world.handle(connection)).toBe('seen_since');
    expect(world.mxCalls).toHaveLength(1);
  });

  it('keeps two reads MX’s minimum gap apart', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    await world.handle(connection);
    expect(await world.handle({ ...connection, receivedAt: plusSeconds(T0, 1) })).toBe('later');
    expect(world.mxCalls).toHaveLength(1);
  });

  it('reports the change after a crash before telling', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    world.crashAt('events.publish');
    await expect(world.handle(connection)).rejects.toThrow('crashed');
    expect(world.body()?.body['connection_status']).toBe('DENIED');
    world.crashAt('seen.settleChange');
    world.wait(180);
    await expect(world.handle(connection)).rejects.toThrow('crashed');
    world.crashAt(null);
    await world.handle(connection);
    expect(world.events).toHaveLength(2);
    expect(new Set(world.events.map(({ id }) => id)).size).toBe(1);
    expect(world.record()?.untoldChange).toBeNull();
  });

  it('is not lost when its reader crashes', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    world.crashAt('seen.recordSighting');
    await expect(world.handle(connection)).rejects.toThrow('crashed');
    world.crashAt(null);
    world.wait(180);
    expect(await world.handle(connection)).toBe('seen');
  });

  it('is no word that MX’s 404 would confirm', async () => {
    const world = webhookWorld([refreshed()]);
    world.fails(notFound);
    expect(await world.handle(connection)).toBe('unknown_member');
    expect(world.record()?.deletedAt).toBeNull();
  });
});

describe('a deleted member', () => {
  const slot = 'SLOT#6h#00001#0';
  const scheduled = (given: Partial<MemberRecord> = {}) =>
    webhookWorld([refreshed({ enrolment: { everyHours: 6, slot }, ...given })]);
  const tombstone = { seenAt: null, claim: null, lastAttempt: null, lastSuccess: null, enrolment: null };

  it('is not deleted on a webhook’s word', async () => {
    const world = scheduled();
    world.shows({});
    expect(await world.handle(deletion)).toBe('seen');
    expect(world.record()?.deletedAt).toBeNull();
  });

  it('loses balances, schedule and record; an event is sent', async () => {
    const world = scheduled();
    await withStored(world);
    world.table.slots.set(slot, new Map([[textOf(key), 6]]));
    world.fails(notFound);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(world.record()).toMatchObject({ ...tombstone, deletedAt: T0 });
    expect(await world.balances.ofMember(key)).toEqual([]);
    expect(world.table.bodies.get(textOf(key))).toBeNull();
    expect(await world.schedule.membersOf(slot)).toEqual([]);
    expect(world.events).toMatchObject([{ type: 'connection.changed', data: { deleted: true, action: 'reconnect' } }]);
    expect(world.waiting()).toEqual([{ work: expect.objectContaining({ kind: 'erase', member: key }), inSeconds: 60 }]);
  });

  it('is read once for a hundred webhooks while it runs', async () => {
    const before = { acceptedAt: plusSeconds(T0, -20), lookedAt: plusSeconds(T0, -10) };
    const world = scheduled({ claim: claim(before) });
    world.shows({ ...newJob, isBeingAggregated: true });
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.handle(deletion)));
    expect(world.mxCalls).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'nudged')).toHaveLength(1);
    world.wait(3);
    for (const { work } of world.waiting()) if (work.kind === 'webhook') await world.handle(work);
    expect(world.mxCalls).toHaveLength(1);
    expect(world.record()).toMatchObject({ deletedAt: null, seenAt: T0, claim: { phase: 'running' } });
  });

  it('is not read within the gap after a look', async () => {
    const world = scheduled({ claim: claim({ lookNumber: 2, lookedAt: plusSeconds(T0, -0.3) }) });
    world.fails(notFound);
    expect(await world.handle(deletion)).toBe('later');
    expect([world.mxCalls, world.sent]).toEqual([[], []]);
    expect(world.waiting()).toEqual([{ work: expect.objectContaining({ kind: 'webhook' }), inSeconds: 3 }]);
    world.wait(3);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(world.mxCalls).toHaveLength(1);
  });

  it('is deleted once for webhooks that come after it', async () => {
    const world = scheduled();
    world.fails(notFound);
    await world.handle(deletion);
    const told = world.events.length;
    world.wait(1);
    expect(await world.handle(webhook({ ...deletion, receivedAt: plusSeconds(T0, 1) }))).toBe('deleted_member');
    expect(world.events).toHaveLength(told);
  });

  it('is read again when only a start read it', async () => {
    const acceptedAt = plusSeconds(T0, 1);
    const world = scheduled({ claim: claim({ acceptedAt, lookedAt: null }), seenAt: acceptedAt });
    world.wait(5);
    world.fails(notFound);
    expect(await world.handle(deletion)).toBe('deleted');
  });

  it('ends its running refresh with an action', async () => {
    const world = scheduled({ claim: claim({ lookedAt: plusSeconds(T0, -10) }) });
    await world.deps.refreshes.put(runningRefresh(key, claim()));
    world.fails(notFound);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(await world.deps.refreshes.read('RFR-1')).toMatchObject({
      status: 'ended',
      result: { outcome: 'failed', action: 'reconnect', code: 'member_deleted' },
    });
    expect(world.events.map(({ type }) => type)).toEqual(['refresh.failed', 'connection.changed']);
    expect(world.record()).toMatchObject({ ...tombstone, deletedAt: T0 });
  });

  it('stays deleted after later webhooks, without a call', async () => {
    const world = scheduled();
    world.fails(notFound);
    await world.handle(deletion);
    world.shows(news, newAccounts);
    const asked = world.mxCalls.length;
    world.wait(60);
    expect(await world.handle(webhook({ completedAt: plusSeconds(T0, 60) }))).toBe('deleted_member');
    expect(await world.handle(connection)).toBe('deleted_member');
    expect(world.mxCalls).toHaveLength(asked);
    expect(await world.balances.ofMember(key)).toEqual([]);
  });

  it('is erased again after a storing function’s time limit', async () => {
    const world = scheduled();
    world.fails(notFound);
    await world.handle(deletion);
    await withStored(world);
    expect(await eraseAgain(world.deps, key)).toBe('erased');
    expect(await world.balances.ofMember(key)).toEqual([]);
  });

  it('is not erased on a message’s word', async () => {
    const world = scheduled();
    await withStored(world);
    expect(await eraseAgain(world.deps, key)).toBe('not_deleted');
    expect(await world.balances.ofMember(key)).toHaveLength(1);
  });

  it.each([
    'seen.leaveTombstone/alias',
    'seen.leaveTombstone/tombstone',
    'erasure.erase',
    'events.publish',
    'erasure.eraseAgain',
  ])('is deleted in full after a crash at %s', async (place) => {
    const world = scheduled();
    await withStored(world);
    world.fails(notFound);
    world.crashAt(place);
    await expect(world.handle(deletion)).rejects.toThrow('crashed');
    world.crashAt(null);
    world.wait(180);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(world.record()).toMatchObject(tombstone);
    expect(world.record()?.deletedAt).not.toBeNull();
    expect(await world.balances.ofMember(key)).toEqual([]);
    expect(new Set(world.events.map(({ id }) => id)).size).toBe(1);
    expect(world.waiting().some(({ work }) => work.kind === 'erase')).toBe(true);
  });
});

beforeEach(() => expect.hasAssertions());
