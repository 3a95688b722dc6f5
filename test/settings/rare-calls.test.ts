/**
 * Calls of AWS that only a crash, a race or a message that cannot be read brings about: the permissions for them are
 * needed as much as the others, and `npm run permissions` finds each of them used.
 */
import { GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, it } from 'vitest';
import type { Call } from './aws.ts';
import { type Construct, type Deployed, deploy, memberParameters } from './deployed.ts';
import { done, member } from './stub-mx.ts';

let deployed: Deployed;
afterEach(() => deployed.close());

const callbacks = { callbackHosts: 'hooks.example.com' } as const;
const account = { guid: 'ACT-1', user_guid: 'USR-1', member_guid: 'MBR-1', balance: 10.5, currency_code: 'USD' };

/** Has the calls that `fits` refused from now on. */
const refuse = (fits: (call: Call) => boolean): void => {
  deployed.aws.before = async (call) => (fits(call) ? 'fails' : undefined);
};
const isAbout =
  (action: string, text: string) =>
  (call: Call): boolean =>
    call.action === action && call.body.includes(text);

/** Does `act` once, before the first call of this kind. */
function meanwhile(fits: (call: Call) => boolean, act: () => Promise<unknown>): void {
  deployed.aws.before = async (call) => {
    if (!fits(call)) return undefined;
    deployed.aws.before = null;
    await act();
    return undefined;
  };
}

const starts = (slot: string): string =>
  JSON.stringify({
    version: 1,
    due_at: '2026-11-21T12:20:00.000Z',
    members: [{ member: { user_guid: member.userGuid, member_guid: member.memberGuid }, every_hours: 1, slot }],
  });

const schedule = (every: number) =>
  deployed.http('MemberSchedule', {
    method: 'PUT',
    routeKey: 'PUT /users/{user_identifier}/members/{member_identifier}/schedule',
    parameters: memberParameters,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ every }),
  });

/** The slot in the member's item. */
async function slotOf(): Promise<string> {
  const key = { user_guid: { S: 'USR-1' }, item_key: { S: 'MBR-1' } };
  const { Item } = await deployed.aws.tables.client.send(new GetItemCommand({ TableName: 'members', Key: key }));
  return /SLOT#[^"]+/.exec(JSON.stringify(Item))?.[0] ?? 'none';
}

/** Slots of the schedule that have an item. */
async function slots(): Promise<readonly string[]> {
  const { Items = [] } = await deployed.aws.tables.client.send(new ScanCommand({ TableName: 'members' }));
  return Items.flatMap(({ user_guid: { S: key = '' } = {} }) => (key.startsWith('SLOT#') ? [key] : []));
}

/** A refresh with a callback whose balances are stored and whose end is not told: its function has crashed. */
async function untoldEnd(): Promise<void> {
  await schedule(1);
  await deployed.trigger({ callback_url: 'https://hooks.example.com/a' });
  deployed.mx.member = done;
  deployed.mx.accounts = [account];
  deployed.at(10);
  refuse(isAbout('UpdateItem', '"TableName":"refreshes"'));
  await deployed.look();
  deployed.aws.before = null;
  expect(deployed.aws.events).toEqual([]);
}

it.each<[Construct, () => Promise<unknown>]>([
  ['Sweep', () => deployed.tick('Sweep')],
  ['CheckBalance', () => deployed.trigger()],
  ['StartRefresh', async () => deployed.deliver('StartRefresh', starts(await slotOf()))],
])('%s tells an end whose function crashed', async (_to, act) => {
  deployed = await deploy({ ...callbacks, minScheduleHours: 1 });
  await untoldEnd();
  deployed.at(1210);
  await act();
  expect(deployed.published('refresh.succeeded')).toHaveLength(1);
  expect(deployed.sent('Callbacks')).toHaveLength(1);
});

it.each<[Construct]>([['FollowUp'], ['StartRefresh'], ['DeliverCallback']])(
  '%s gives back a message that it cannot read',
  async (to) => {
    deployed = await deploy(callbacks);
    expect(await deployed.deliver(to, '{')).toBe(false);
    expect(deployed.aws.givenBack).toEqual(['receipt']);
  },
);

/** A refresh from `second` on that ends 10 s later and stores these accounts. */
async function refresh(second: number, ...accounts: readonly object[]): Promise<void> {
  deployed.at(second);
  await deployed.trigger();
  const moment = new Date(Date.now() + 1000).toISOString();
  deployed.mx.member = { ...done, most_recent_job_guid: `JOB-${second}` };
  deployed.mx.member = { ...deployed.mx.member, aggregated_at: moment, successfully_aggregated_at: moment };
  deployed.mx.accounts = accounts;
  deployed.at(second + 10);
  await deployed.look();
}

/** An account's stored item. */
async function stored(guid: string) {
  const Key = { user_guid: { S: 'USR-1' }, account_key: { S: `MBR-1#${guid}` } };
  return (await deployed.aws.tables.client.send(new GetItemCommand({ TableName: 'balances', Key }))).Item ?? {};
}

it('an account that a newer write overtakes is read again', async () => {
  deployed = await deploy({});
  await refresh(0, account);
  const newer = { ...(await stored('ACT-1')), observed_at: { S: '2026-11-22T12:00:00.000Z' } };
  meanwhile(isAbout('PutItem', '"TableName":"balances"'), () =>
    deployed.aws.tables.client.send(new PutItemCommand({ TableName: 'balances', Item: newer })),
  );
  await refresh(100, { ...account, balance: 20 });
  expect(deployed.published('refresh.succeeded')).toHaveLength(2);
  expect((await stored('ACT-1'))['balance']).toEqual({ N: '10.5' });
});

it('an account that MX lists no more is marked', async () => {
  deployed = await deploy({});
  await refresh(0, account, { ...account, guid: 'ACT-2' });
  await refresh(100, account);
  expect([(await stored('ACT-1'))['listed'], (await stored('ACT-2'))['listed']]).toEqual([
    { BOOL: true },
    { BOOL: false },
  ]);
});

it('a default enrolment that a caller overtakes leaves its slot', async () => {
  deployed = await deploy({ defaultScheduleHours: 24, minScheduleHours: 1 });
  meanwhile(isAbout('PutItem', 'SLOT#24h'), () => schedule(1));
  await deployed.trigger();
  expect((await slots()).map((slot) => slot.split('#')[1])).toEqual(['1h']);
});

it('a slot that its member has left is emptied', async () => {
  deployed = await deploy({ minScheduleHours: 1 });
  await schedule(24);
  const [former = ''] = await slots();
  const stray = { user_guid: { S: former }, item_key: { S: 'USR-1#MBR-1' } };
  await schedule(1);
  const { Items = [] } = await deployed.aws.tables.client.send(new ScanCommand({ TableName: 'members' }));
  const [item = {}] = Items.filter(({ user_guid: { S: key = '' } = {} }) => key.startsWith('SLOT#1h'));
  await deployed.aws.tables.client.send(
    new PutItemCommand({ TableName: 'members', Item: { ...item, ...stray, item_key: item['item_key'] ?? { S: '' } } }),
  );
  expect((await slots()).map((slot) => slot.split('#')[1]).toSorted()).toEqual(['1h', '24h']);
  await deployed.deliver('StartRefresh', starts(former));
  expect((await slots()).map((slot) => slot.split('#')[1])).toEqual(['1h']);
});

it('a scheduled start that MX refuses is told', async () => {
  deployed = await deploy({ minScheduleHours: 1 });
  await schedule(1);
  const slot = await slotOf();
  deployed.mx.status = 404;
  for (const second of [1210, 1300]) {
    deployed.at(second);
    await deployed.deliver('StartRefresh', starts(slot));
  }
  expect(deployed.published('refresh.failed')).toMatchObject([{ detail: { data: { code: 'mx_not_found' } } }]);
});

it('MX’s word on a member is stored at its start', async () => {
  deployed = await deploy({ minScheduleHours: 1 });
  await schedule(1);
  deployed.mx.member = { id: 'own', name: 'Bank' };
  deployed.at(1210);
  await deployed.deliver('StartRefresh', starts(await slotOf()));
  const { Items = [] } = await deployed.aws.tables.client.send(new ScanCommand({ TableName: 'members' }));
  expect(JSON.stringify(Items)).toContain('"name":');
});

it('a sweep that takes too long hands on the rest', async () => {
  deployed = await deploy({});
  await deployed.trigger();
  const { Items = [] } = await deployed.aws.tables.client.send(new ScanCommand({ TableName: 'members' }));
  const [claimed = {}] = Items.filter(({ open_shard }) => open_shard !== undefined);
  for (let copy = 2; copy <= 25; copy += 1) {
    const Item = { ...claimed, user_guid: { S: `USR-${copy}` }, item_key: { S: `MBR-${copy}` } };
    await deployed.aws.tables.client.send(new PutItemCommand({ TableName: 'members', Item }));
  }
  deployed.at(100);
  meanwhile(isAbout('BatchGetItem', 'members'), async () => deployed.at(120));
  await deployed.tick('Sweep');
  expect(deployed.aws.sent.filter(({ queueUrl }) => queueUrl.includes('/SweepsQueue'))).toHaveLength(1);
});

it('a sweep tells what its function could not: an institution', async () => {
  deployed = await deploy({ learning: true });
  const change = {
    to: 'degraded',
    at: '2026-11-21T11:00:00.000Z',
    since: '2026-11-21T11:00:00.000Z',
    code: 'timed_out',
  };
  const breaker = {
    open: { since: change.since, code: change.code },
    changedAt: change.at,
    failures: [],
    probedAt: null,
  };
  const Item = {
    refresh_id: { S: 'BREAKERS' },
    item_key: { S: 'riverbank' },
    state: { S: JSON.stringify({ ...breaker, untold: [change] }) },
    v: { N: '1' },
  };
  await deployed.aws.tables.client.send(new PutItemCommand({ TableName: 'refreshes', Item }));
  await deployed.tick('Sweep');
  expect(deployed.published('institution.degraded')).toHaveLength(1);
});
