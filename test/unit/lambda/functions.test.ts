import { describe, expect, it } from 'vitest';
import { memberSchedule } from '../../../functions/member-schedule.ts';
import { readBalances, readUser } from '../../../functions/read-balances.ts';
import { readRefresh } from '../../../functions/read-refresh.ts';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import {
  type Attempt,
  type Claim,
  type EndedRefresh,
  type Refresh,
  runningRefresh,
} from '../../../shared/domain/refresh.ts';
import { detailsByCode } from '../../../shared/domain/refresh-details.ts';
import { type EveryHours, everyHoursOnOffer, nextDueAt, slotOf } from '../../../shared/domain/schedule.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { fakeScheduleChanges } from '../../fakes/fake-schedule-changes.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { putRefresh } from '../../fakes/put-refresh.ts';
import { claim, key, knownMember, policy, question, T0 } from '../../samples.ts';
import { nothingKnown } from '../domain/nothing-known.ts';
import { refreshWorld } from '../domain/refresh-world.ts';
import { apiRequest } from './api-event.ts';

const parameters = { user_identifier: 'USR-1', member_identifier: 'MBR-1' };
const account = (guid: string, balance: string, more = '') =>
  readAccount(parseExactJson(`{"guid":"${guid}","balance":${balance}${more}}`));
const stamp = { observedAt: T0, refreshId: 'RFR-00000000000000000000000001', trigger: 'http' as const };
const ours = { listed: true, fresh_as_of: T0, stale_reason: null };
const ID2 = 'RFR-00000000000000000000000002';
const attempt: Attempt = {
  refreshId: stamp.refreshId,
  trigger: 'http',
  acceptedAt: T0,
  outcome: 'succeeded',
  action: 'none',
  code: 'stored',
  connectionStatus: 'CONNECTED',
  hasDetails: false,
  endedAt: T0,
  observedAt: T0,
};

describe('reading what is stored of a user', () => {
  const other = { userGuid: 'USR-1', memberGuid: 'MBR-2' };
  const stored = (member: typeof key, guid: string, observedAt: string, id: string): StoredBalance => ({
    member,
    accountGuid: guid,
    fields: { guid, id, user_guid: member.userGuid, member_guid: member.memberGuid },
    observedAt,
    freshAsOf: observedAt,
    amountsSince: observedAt,
    staleReason: null,
    refreshId: stamp.refreshId,
    trigger: 'http',
    lastChange: null,
    listed: true,
  });
  const success = { refreshId: stamp.refreshId, observedAt: T0, incomplete: false };
  const two = [knownMember({ lastSuccess: success }), knownMember({ key: other, lastSuccess: success })];
  const balances = [
    stored(key, 'ACT-1', plusSeconds(T0, -60), 'checking'),
    stored(other, 'ACT-2', plusSeconds(T0, -10), 'checking'),
    { ...stored(other, 'ACT-3', plusSeconds(T0, -90), 'savings'), listed: false },
    // Of a member whose deletion has not erased it yet.
    stored({ userGuid: 'USR-1', memberGuid: 'MBR-9' }, 'ACT-9', T0, 'gone'),
  ];

  const ask = (routeKey: string, given: Partial<ApiRequest> = {}, members = two, all = balances) =>
    readUser(
      {
        users: {
          resolve: async (user) => (['USR-1', 'own-1'].includes(user) ? 'USR-1' : null),
          members: async () => members,
          bodies: async () => new Map([['MBR-1', { body: { guid: 'MBR-1', name: 'MX Bank' }, seenAt: T0 }]]),
          balances: async () => all,
        },
        allowance: policy,
        staleAfterSeconds: 3600,
        now: () => T0,
      },
      apiRequest({ routeKey, parameters: { user_identifier: 'USR-1' }, ...given }),
    );
  const guidsIn = (body: unknown, list: string): unknown[] =>
    JSON.parse(JSON.stringify(body))[list].map((one: { guid: string }) => one.guid);

  it('lists accounts of known members, as fresh as the oldest', async () => {
    const { status, headers, body } = await ask('GET /users/{u}/accounts');
    expect(status).toBe(200);
    expect(guidsIn(body, 'accounts')).toEqual(['ACT-1', 'ACT-2']);
    expect(body).toMatchObject({ pagination: { current_page: 1, per_page: 25, total_entries: 2, total_pages: 1 } });
    expect(headers).toMatchObject({ 'balances-known-members': '2', 'balances-freshness': 'fresh', age: '60' });
  });

  it('lists unlisted accounts when asked for, page by page', async () => {
    const query = { include_unlisted: 'true', page: '1', records_per_page: '10' };
    expect(guidsIn((await ask('GET /users/{u}/accounts', { query })).body, 'accounts')).toEqual([
      'ACT-1',
      'ACT-2',
      'ACT-3',
    ]);
    const next = await ask('GET /users/{u}/accounts', { query: { ...query, page: '2' } });
    expect(guidsIn(next.body, 'accounts')).toEqual([]);
  });

  it('is never fresh while a known member has no balances', async () => {
    const members = [...two, knownMember({ key: { userGuid: 'USR-1', memberGuid: 'MBR-3' } })];
    const { status, headers } = await ask('GET /users/{u}/accounts', {}, members);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'balances-freshness': 'never_refreshed', 'balances-known-members': '3' });
    expect(headers).not.toHaveProperty('age');
  });

  it('lists its members, refreshed or not', async () => {
    const members = two.map((member) => ({ ...member, lastSuccess: null }));
    const given = { parameters: { user_identifier: 'own-1' } };
    const { status, headers, body } = await ask('GET /users/{u}/members', given, members, []);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      members: [{ guid: 'MBR-1', name: 'MX Bank' }, { guid: 'MBR-2' }],
      pagination: { total_entries: 2 },
    });
    expect(headers).toMatchObject({ 'balances-freshness': 'never_refreshed' });
  });

  it.each([
    ['by guid', 'ACT-2', '10'],
    ['by an id that only one member has', 'savings', '90'],
  ])('reads one account %s', async (_how, named, age) => {
    const given = { parameters: { user_identifier: 'USR-1', account_identifier: named } };
    const { status, headers, logged } = await ask('GET /users/{u}/accounts/{a}', given);
    expect([status, headers?.['age'], logged]).toEqual([200, age, { member_guid: 'MBR-2' }]);
  });

  it.each([
    ['an id of two members', 'GET /users/{u}/accounts/{a}', 'USR-1', 'checking', 'invalid_request'],
    ['an account of a deleted member', 'GET /users/{u}/accounts/{a}', 'USR-1', 'ACT-9', 'account_not_found'],
    ['an unknown account', 'GET /users/{u}/accounts/{a}', 'USR-1', 'ACT-0', 'account_not_found'],
    ['an unknown own id', 'GET /users/{u}/members', 'own-2', undefined, 'user_not_found'],
    ['a bad identifier', 'GET /users/{u}/members', 'a b', undefined, 'invalid_request'],
  ])('refuses %s', async (_what, routeKey, user, named, code) => {
    const given = { user_identifier: user, ...(named === undefined ? {} : { account_identifier: named }) };
    await expect(ask(routeKey, { parameters: given })).rejects.toMatchObject({ code });
  });

  it('says when nothing is known, or nothing stored', async () => {
    await expect(ask('GET /users/{u}/accounts', {}, [])).rejects.toMatchObject({ code: 'user_not_found' });
    const never = [knownMember()];
    await expect(ask('GET /users/{u}/accounts', {}, never, [])).rejects.toMatchObject({ code: 'never_refreshed' });
  });

  it.each(['GET /users/{u}/accounts', 'GET /users/{u}/members'])('refuses a filter of MX’s: %s', async (routeKey) => {
    await expect(ask(routeKey, { query: { use_case: 'PFM' } })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'use_case' },
    });
  });
});

describe('reading balances', () => {
  async function world(record: MemberRecord | null = knownMember(), accounts = 0) {
    const made = refreshWorld(record === null ? withMember() : withMember(record));
    const list = Array.from({ length: accounts }, (_, index) => account(`ACT-${index}`, `${index}.10`));
    if (accounts > 0) await made.balances.store(key, list, stamp);
    const deps = {
      members: made.deps.members,
      balances: made.balances,
      refreshes: made.history,
      allowance: policy,
      staleAfterSeconds: 3600,
      now: made.deps.now,
    };
    const read = (given: Partial<ApiRequest> = {}) =>
      readBalances(deps, apiRequest({ parameters, routeKey: 'GET /users/{u}/members/{m}/accounts', ...given }));
    return { ...made, read };
  }

  it('has MX’s list, pagination and freshness, exact', async () => {
    const { read, mxCalls } = await world(knownMember(), 2);
    const { status, headers, body } = await read();
    expect(status).toBe(200);
    expect(JSON.parse(JSON.stringify(body))).toEqual({
      accounts: [
        { ...nothingKnown, ...ours, guid: 'ACT-0', balance: 0.1, member_guid: 'MBR-1', user_guid: 'USR-1' },
        { ...nothingKnown, ...ours, guid: 'ACT-1', balance: 1.1, member_guid: 'MBR-1', user_guid: 'USR-1' },
      ],
      pagination: { current_page: 1, per_page: 25, total_entries: 2, total_pages: 1 },
    });
    expect(JSON.stringify(body)).toContain('"balance":1.10');
    expect(headers).toMatchObject({
      'balances-freshness': 'fresh',
      'balances-fresh-as-of': T0,
      'balances-observed-at': T0,
      age: '0',
    });
    expect(mxCalls).toEqual([]);
  });

  it('has what MX asks the user, else 204', async () => {
    const seenStatus = { connectionStatus: 'CHALLENGED' };
    const running = claim({ refreshId: ID2, userPresent: true, questions: 'some', seenStatus });
    const { read, history } = await world(knownMember({ claim: running }));
    await putRefresh(history, runningRefresh(key, running, [question]));
    const asked = await read({ routeKey: 'GET /users/{u}/members/{m}/challenges' });
    expect([asked.status, JSON.parse(JSON.stringify(asked.body))]).toEqual([
      200,
      {
        challenges: [
          {
            guid: 'CRD-1',
            label: 'What city?',
            type: 'TEXT',
            field_name: null,
            options: [],
            image_data: null,
            image_options: [],
          },
        ],
        pagination: { current_page: 1, per_page: 25, total_entries: 1, total_pages: 1 },
      },
    ]);
    const quiet = await (await world()).read({ routeKey: 'GET /users/{u}/members/{m}/challenges' });
    expect(quiet).toMatchObject({ status: 204, headers: { 'balances-freshness': 'never_refreshed' } });
    expect(quiet).not.toHaveProperty('body');
  });

  it('leaves out unlisted accounts unless asked for', async () => {
    const { read, balances } = await world(knownMember(), 2);
    await balances.store(key, [account('ACT-0', '1')], { ...stamp, observedAt: plusSeconds(T0, 60), refreshId: ID2 });
    const shown = async (query: ApiRequest['query'] = {}) => {
      const { headers, body } = await read({ query });
      const { accounts, pagination } = JSON.parse(JSON.stringify(body));
      return {
        observedAt: headers?.['balances-observed-at'],
        total: pagination.total_entries,
        accounts: accounts.map((one: Record<string, unknown>) => [one['guid'], one['listed'], one['stale_reason']]),
      };
    };
    const listed = { observedAt: plusSeconds(T0, 60), total: 1, accounts: [['ACT-0', true, null]] };
    expect(await shown()).toEqual(listed);
    expect(await shown({ include_unlisted: 'false' })).toEqual(listed);
    expect(await shown({ include_unlisted: 'true' })).toEqual({
      observedAt: plusSeconds(T0, 60),
      total: 2,
      accounts: [
        ['ACT-0', true, null],
        ['ACT-1', false, 'no_longer_listed'],
      ],
    });
  });

  it('shows an unlisted account as such, never fresh', async () => {
    const { read, balances } = await world(knownMember(), 2);
    await balances.store(key, [account('ACT-0', '1')], { ...stamp, observedAt: plusSeconds(T0, 60), refreshId: ID2 });
    const routeKey = 'GET /users/{u}/members/{m}/accounts/{account_identifier}';
    const { headers, body } = await read({ routeKey, parameters: { ...parameters, account_identifier: 'ACT-1' } });
    expect(body).toMatchObject({ account: { guid: 'ACT-1', listed: false, fresh_as_of: T0 } });
    expect(headers).toMatchObject({
      'balances-freshness': 'stale',
      'balances-stale-reason': 'no_longer_listed',
      age: '0',
    });
  });

  it('shows the listed account when two had its id', async () => {
    const { read, balances } = await world();
    await balances.store(key, [account('ACT-1', '1', ',"id":"own-1"')], stamp);
    const relinked = { ...stamp, observedAt: plusSeconds(T0, 60), refreshId: ID2 };
    await balances.store(key, [account('ACT-2', '2', ',"id":"own-1"')], relinked);
    const routeKey = 'GET /users/{u}/members/{m}/accounts/{account_identifier}';
    const { body } = await read({ routeKey, parameters: { ...parameters, account_identifier: 'own-1' } });
    expect(body).toMatchObject({ account: { guid: 'ACT-2', listed: true } });
  });

  it('says when it may lack an account', async () => {
    const success = { refreshId: 'RFR-1', observedAt: T0, incomplete: true };
    const { read } = await world(knownMember({ lastSuccess: success }), 1);
    expect((await read()).headers).toMatchObject({ 'balances-freshness': 'fresh', 'balances-incomplete': 'true' });
    const complete = await world(knownMember({ lastSuccess: { ...success, incomplete: false } }), 1);
    expect((await complete.read()).headers).not.toHaveProperty('balances-incomplete');
  });

  it('says why the schedule holds the member back', async () => {
    const held = { since: plusSeconds(T0, 1), code: 'locked', action: 'act_at_institution' } as const;
    const { read, wait } = await world(knownMember({ held }), 1);
    expect((await read()).headers).toMatchObject({
      'balances-freshness': 'fresh',
      'balances-schedule-held': `locked; action=act_at_institution; since=${held.since}`,
    });
    wait(3 * 3600);
    expect((await read()).headers).toMatchObject({ 'balances-freshness': 'stale', 'balances-stale-reason': 'locked' });
  });

  it('has the page that is asked for', async () => {
    const { read } = await world(knownMember(), 26);
    const { body } = await read({ query: { page: '3', records_per_page: '10' } });
    expect(body).toMatchObject({ pagination: { current_page: 3, per_page: 10, total_entries: 26, total_pages: 3 } });
    expect(JSON.parse(JSON.stringify(body)).accounts).toHaveLength(6);
  });

  it('says when and why they are stale', async () => {
    const failed = {
      ...attempt,
      outcome: 'action_required',
      action: 'reauthenticate',
      code: 'denied',
      endedAt: '2026-11-21T13:00:00.000Z',
    } as const;
    const { read, wait } = await world(knownMember({ lastAttempt: failed }), 1);
    wait(3 * 3600);
    expect((await read()).headers).toMatchObject({ 'balances-freshness': 'stale', 'balances-stale-reason': 'denied' });
  });

  it('has one account by guid or own id', async () => {
    const { read, balances } = await world();
    await balances.store(key, [account('ACT-1', '1'), account('ACT-2', '2', ',"id":"feed-2"')], stamp);
    const one = async (account_identifier: string) => {
      const routeKey = 'GET /users/{u}/members/{m}/accounts/{account_identifier}';
      return JSON.parse(
        JSON.stringify((await read({ routeKey, parameters: { ...parameters, account_identifier } })).body),
      );
    };
    expect(await one('ACT-1')).toMatchObject({ account: { guid: 'ACT-1' } });
    expect(await one('feed-2')).toMatchObject({ account: { guid: 'ACT-2', balance: 2 } });
    await expect(one('ACT-3')).rejects.toMatchObject({ code: 'account_not_found' });
  });

  it('is an empty list when no account was found', async () => {
    const lastSuccess = { refreshId: 'RFR-1', observedAt: T0, incomplete: false };
    const { read } = await world(knownMember({ lastSuccess }));
    const { headers, body } = await read();
    expect(body).toMatchObject({ accounts: [], pagination: { total_entries: 0 } });
    expect(headers).toMatchObject({ 'balances-freshness': 'stale', 'balances-stale-reason': 'no_accounts' });
  });

  it('says how the only refresh ended, and the action', async () => {
    const denied = {
      ...attempt,
      outcome: 'action_required',
      action: 'reauthenticate',
      code: 'denied',
      observedAt: null,
      hasDetails: true,
    } as const;
    const { read, history } = await world(knownMember({ lastAttempt: denied }));
    const texts = { ...detailsByCode(denied), userMessage: 'Please log in again.' };
    await history.putDetails(runningRefresh(key, claim({ refreshId: denied.refreshId })), denied.endedAt, texts);
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'never_refreshed',
      message:
        'no balances are stored for this member yet; its last refresh ended as denied: The institution refused the stored credentials.',
      details: { action: 'reauthenticate', refreshId: stamp.refreshId, userMessage: 'Please log in again.' },
    });
  });

  it('says that the first refresh is under way', async () => {
    const { read } = await world(knownMember({ claim: claim({ refreshId: ID2 }) }));
    await expect(read()).rejects.toMatchObject({
      code: 'never_refreshed',
      message: 'no balances are stored for this member yet; a refresh of it is under way',
      details: { action: 'wait', refreshId: ID2 },
    });
  });

  it.each<[string, MemberRecord | null]>([
    ['member_not_found', null],
    ['member_deleted', knownMember({ deletedAt: T0 })],
    ['never_refreshed', knownMember()],
  ])('refused with %s: no identifier in the sentence', async (code, record) => {
    const { read } = await world(record);
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, fate: 'caller-fault' });
    expect(String(failure)).not.toMatch(/USR-1|MBR-1/);
  });

  it.each([
    ['user_identifier', { ...parameters, user_identifier: 'a b' }, {}],
    ['member_identifier', { user_identifier: 'u' }, {}],
    ['account_identifier', { ...parameters, account_identifier: 'a/b' }, {}],
    ['page', parameters, { page: '0' }],
    ['include_unlisted', parameters, { include_unlisted: 'yes' }],
  ])('is refused for a bad %s before any read', async (field, wrong, query) => {
    const { read } = await world(null);
    await expect(read({ parameters: wrong, query })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field },
    });
  });
});

describe('reading a refresh', () => {
  const id = (number: number) => `RFR-${String(number).padStart(26, '0')}`;
  const refreshOf = (number: number): EndedRefresh => ({
    refreshId: id(number),
    member: key,
    trigger: 'http',
    status: 'ended',
    acceptedAt: T0,
    deadline: T0,
    userPresent: false,
    correlationId: null,
    joinedCorrelationIds: [],
    challenges: [],
    progress: null,
    result: { ...attempt, ...detailsByCode(attempt) },
  });

  async function world(running: Claim | null, ...refreshes: Refresh[]) {
    const made = refreshWorld(withMember(knownMember({ claim: running })));
    for (const refresh of refreshes) await putRefresh(made.history, refresh);
    const deps = {
      members: made.deps.members,
      refreshes: made.history,
      allowance: policy,
      retryAfterSeconds: 3,
      now: made.deps.now,
    };
    const read = async (given: Partial<ApiRequest>) => {
      const answer = await readRefresh(deps, apiRequest(given));
      return { headers: answer.headers, body: JSON.parse(JSON.stringify(answer.body)) };
    };
    return { ...made, read, one: (refreshId: string) => read({ parameters: { refresh_id: refreshId } }) };
  }

  it('that has ended says how', async () => {
    const { body, headers } = await (await world(null, refreshOf(1))).one(id(1));
    expect(body).toMatchObject({
      refresh: { refresh_id: id(1), status: 'ended', job_started: null, outcome: 'succeeded', action: 'none' },
    });
    expect(headers).not.toHaveProperty('retry-after');
  });

  it('running: says when to ask, and the claim’s questions', async () => {
    const running = claim({ refreshId: id(1), userPresent: true, questions: 'some' });
    const { one } = await world(running, runningRefresh(key, running, [question]));
    const { body, headers } = await one(id(1));
    expect(headers).toMatchObject({ 'retry-after': '3' });
    expect(body.refresh).toMatchObject({
      status: 'running',
      outcome: null,
      action: 'answer_mfa',
      challenges: [{ guid: 'CRD-1', label: 'What city?' }],
    });
  });

  it('running: says whether MX started the job', async () => {
    const running = claim({ refreshId: id(1), start: { ...claim().start, state: 'conflict', jobGuid: null } });
    const { one, read } = await world(running, runningRefresh(key, running));
    const waits = {
      status: 'running',
      job_started: false,
      action: 'wait',
      code: 'mx_conflict',
      message: 'MX runs another job of this member; ours is requested again after it.',
    };
    expect((await one(id(1))).body).toMatchObject({ refresh: waits });
    expect((await read({ parameters })).body).toMatchObject({ refreshes: [waits] });
  });

  it('ignores another running refresh of its member', async () => {
    const { body } = await (await world(claim({ refreshId: id(2) }), refreshOf(1))).one(id(1));
    expect(body.refresh).toMatchObject({ refresh_id: id(1), status: 'ended' });
  });

  it('unknown is 404; a malformed id is refused', async () => {
    const { one } = await world(null);
    await expect(one(id(9))).rejects.toMatchObject({ code: 'refresh_not_found' });
    await expect(one('RFR 1')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('of a member: all, newest first, page by page', async () => {
    const { read } = await world(null, ...Array.from({ length: 30 }, (_, index) => refreshOf(index)));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await read({ parameters, query: cursor === null ? {} : { cursor } });
      seen.push(...body.refreshes.map(({ refresh_id }: { refresh_id: string }) => refresh_id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => id(29 - index)));
  });

  it('of a member: refuses bad cursor and unknown member', async () => {
    const { read } = await world(null);
    await expect(read({ parameters, query: { cursor: 'RFR-1' } })).rejects.toMatchObject({
      details: { field: 'cursor' },
    });
    const unknown = { ...parameters, member_identifier: 'MBR-9' };
    await expect(read({ parameters: unknown })).rejects.toMatchObject({ code: 'member_not_found' });
  });

  it.each([
    ['by its id', { refresh_id: id(1) }],
    ['in the history', parameters],
  ])('of a deleted member is refused %s', async (_how, asked) => {
    const { read, table } = await world(null, refreshOf(1));
    expect((await read({ parameters: asked })).body).toBeDefined();
    table.members.set(textOf(key), knownMember({ deletedAt: T0 }));
    await expect(read({ parameters: asked })).rejects.toMatchObject({ code: 'member_deleted' });
  });
});

describe('a member’s schedule', () => {
  function world(record: MemberRecord | null = knownMember(), limits = { changes: 100, hours: 1 }) {
    const made = refreshWorld(record === null ? withMember() : withMember(record));
    const deps = {
      members: made.deps.members,
      schedule: made.schedule,
      changes: fakeScheduleChanges(new Map()),
      scheduleChangesPerCaller: limits.changes,
      minScheduleHours: limits.hours,
      shards: 2,
      now: made.deps.now,
    };
    const ask = (method: string, body?: unknown, caller = 'shop') =>
      memberSchedule(deps, apiRequest({ method, parameters, body, caller }));
    const enrolment = async () => (await made.deps.members.read(key))?.enrolment;
    return { ...made, ask, enrolment };
  }
  const logged = { member_guid: 'MBR-1' };
  const scheduleOf = (every: EveryHours | null) => ({
    schedule: {
      user_guid: 'USR-1',
      member_guid: 'MBR-1',
      every,
      next_due_at: every && nextDueAt({ everyHours: every, slot: slotOf(key, every, 2) }, T0),
      last_result: null,
      held: null,
    },
  });

  it.each(everyHoursOnOffer)('is set to every %i hours, in its slot', async (every) => {
    const { ask, enrolment } = world();
    expect(await ask('PUT', { every })).toEqual({ status: 200, logged, body: scheduleOf(every) });
    expect(await enrolment()).toEqual({ everyHours: every, slot: slotOf(key, every, 2) });
    expect(await ask('GET')).toEqual({ status: 200, logged, body: scheduleOf(every) });
  });

  it('is not more often than the operator allows', async () => {
    const { ask, enrolment } = world(knownMember(), { changes: 1, hours: 6 });
    const error = { code: 'schedule_too_often', details: { field: 'every', limit: 'minScheduleHours' } };
    await expect(ask('PUT', { every: 4 })).rejects.toMatchObject(error);
    await expect(ask('PUT', { every: 5 })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await enrolment()).toBeNull();
    expect(await ask('PUT', { every: 6 })).toMatchObject({ status: 200 });
  });

  it('is changed by one caller so often a day', async () => {
    const { ask, enrolment, wait } = world(knownMember(), { changes: 2, hours: 1 });
    await ask('PUT', { every: 24 });
    await ask('DELETE');
    // At noon.
    const error = {
      code: 'schedule_changes_used_up',
      details: { retryAfterSeconds: 43_200, limit: 'scheduleChangesPerCaller' },
    };
    await expect(ask('PUT', { every: 6 })).rejects.toMatchObject(error);
    await expect(ask('DELETE')).rejects.toMatchObject(error);
    expect(await enrolment()).toMatchObject({ everyHours: 0 });
    await ask('PUT', { every: 6 }, 'bank');
    wait(43_200);
    expect(await ask('PUT', { every: 12 })).toMatchObject({ status: 200 });
  });

  it('that is changed leaves nothing in the slot of before', async () => {
    const { ask, schedule } = world();
    await ask('PUT', { every: 24 });
    await ask('PUT', { every: 1 });
    expect(await schedule.membersOf(slotOf(key, 24, 2))).toEqual([]);
    expect(await schedule.membersOf(slotOf(key, 1, 2))).toHaveLength(1);
  });

  it('taken away: the default does not enrol again', async () => {
    const { ask, schedule, enrolment } = world();
    await ask('PUT', { every: 24 });
    expect(await ask('DELETE')).toEqual({ status: 204, logged });
    expect(await schedule.membersOf(slotOf(key, 24, 2))).toEqual([]);
    expect(await enrolment()).toEqual({ everyHours: 0, slot: '' });
    expect(await ask('GET')).toEqual({ status: 200, logged, body: scheduleOf(null) });
  });

  it('says next time, last end, and why held back', async () => {
    const held = { since: plusSeconds(T0, 60), code: 'denied', action: 'reauthenticate' } as const;
    const enrolment = { everyHours: 24, slot: 'SLOT#24h#00721#0' } as const;
    const { ask } = world(knownMember({ enrolment, lastAttempt: { ...attempt, acceptedAt: T0 }, held }));
    expect((await ask('GET')).body).toEqual({
      schedule: {
        user_guid: 'USR-1',
        member_guid: 'MBR-1',
        every: 24,
        next_due_at: '2026-11-21T12:01:00.000Z',
        last_result: {
          refresh_id: stamp.refreshId,
          trigger: 'http',
          outcome: 'succeeded',
          action: 'none',
          code: 'stored',
          ended_at: T0,
        },
        held: { ...held, message: 'The institution refused the stored credentials.' },
      },
    });
  });

  it('is null until it is set', async () => {
    expect(await world().ask('GET')).toEqual({ status: 200, logged, body: scheduleOf(null) });
  });

  it.each([
    undefined,
    null,
    {},
    [],
    'every 24',
    { every: 5 },
    { every: '24' },
    { every: 0 },
    { every: 24, at: 'noon' },
  ])('refused with body %j, naming what is allowed', async (body) => {
    const { ask, enrolment } = world();
    const failure = await ask('PUT', body).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'invalid_request', details: { field: 'every' } });
    expect(String(failure)).toContain('1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168');
    expect(await enrolment()).toBeNull();
  });

  it.each(['PUT', 'GET', 'DELETE'])('refused for an unknown or deleted member: %s', async (method) => {
    await expect(world(null).ask(method, { every: 1 })).rejects.toMatchObject({ code: 'member_not_found' });
    const deleted = world(knownMember({ deletedAt: T0 }));
    await expect(deleted.ask(method, { every: 1 })).rejects.toMatchObject({ code: 'member_deleted' });
  });
});
