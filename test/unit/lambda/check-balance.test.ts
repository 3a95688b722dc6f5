import { describe, expect, it } from 'vitest';
import { answerTrigger, type TriggerDeps } from '../../../functions/check-balance.ts';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import type { Begun, IdempotencyKeys } from '../../../shared/domain/idempotency.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import { runningRefresh } from '../../../shared/domain/refresh.ts';
import { slotOf } from '../../../shared/domain/schedule.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { fakeWaitLeases } from '../../fakes/fake-wait-leases.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { claim, key, knownMember, member, policy, successOf, T0, unseen } from '../../samples.ts';
import { refreshWorld } from '../domain/refresh-world.ts';
import { apiRequest } from './api-event.ts';

const parameters = { user_identifier: 'USR-1', member_identifier: 'MBR-1' };

/** Keys in memory, by the port's rules. */
function idempotencyKeys(): IdempotencyKeys {
  const known = new Map<string, { hash: string; begun: Begun }>();
  return {
    async begin({ id, requestHash }) {
      const found = known.get(id);
      if (found === undefined) {
        known.set(id, { hash: requestHash, begun: { kind: 'in_flight' } });
        return { kind: 'first', token: 'token' };
      }
      return found.hash === requestHash ? found.begun : { kind: 'other_request' };
    },
    async keep({ id, requestHash }, _token, answer) {
      known.set(id, { hash: requestHash, begun: { kind: 'answered', answer } });
    },
    release: async ({ id }) => void known.delete(id),
  };
}

function world(record: MemberRecord | null = knownMember(), given: Partial<TriggerDeps> = {}) {
  const made = refreshWorld(record === null ? withMember() : withMember(record));
  const counted: string[] = [];
  const slept: number[] = [];
  const deps: TriggerDeps = {
    ...made.deps,
    balances: made.balances,
    schedule: made.schedule,
    keys: idempotencyKeys(),
    defaultScheduleHours: 0,
    scheduleShards: 1,
    staleAfterSeconds: 3600,
    waitLeases: fakeWaitLeases(new Map(), made.deps.now),
    waitersAtOnce: 100,
    callbackRules: { hosts: [], loopback: false },
    callbacksPerCaller: 10,
    allowanceStartsPerCaller: 4,
    iamTriggerReads: true,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      made.wait(milliseconds / 1000);
    },
    count: (metric) => void counted.push(metric),
    ...given,
  };
  const trigger = async (request: Partial<ApiRequest> = {}) => {
    const answer = await answerTrigger(deps, apiRequest({ method: 'POST', path: '/check', parameters, ...request }));
    const body = JSON.parse(answer.text ?? JSON.stringify(answer.body));
    return { status: answer.status, headers: answer.headers ?? {}, body };
  };
  const posts = () => made.mxCalls.filter((call) => call.startsWith('start')).length;
  return { ...made, deps, trigger, posts, counted, slept };
}

const storeOne = (balances: ReturnType<typeof world>['balances']) =>
  balances.store(key, [readAccount(parseExactJson('{"guid":"ACT-1","balance":10.50}'))], {
    observedAt: T0,
    refreshId: 'RFR-0',
    trigger: 'http',
  });

describe('a trigger', () => {
  it('starts MX’s job, answers as MX with our refresh', async () => {
    const { trigger, posts, counted, sent } = world();
    const { status, headers, body } = await trigger();
    expect(status).toBe(202);
    expect(headers).toMatchObject({ location: `/refreshes/${body.refresh.refresh_id}`, 'retry-after': '5' });
    expect(body.refresh).toMatchObject({ status: 'running', outcome: null, joined: false, user_present: false });
    expect(body.refresh).toMatchObject({ job_started: true, code: null, message: null });
    expect(body).toHaveProperty('member');
    expect([posts(), counted]).toEqual([1, ['RefreshAccepted']]);
    expect(sent).toMatchObject([{ followUp: { lookNumber: 1 }, inSeconds: policy.firstLookSeconds }]);
  });

  it('joins a running refresh without a call of MX', async () => {
    const { trigger, mxCalls, counted } = world(knownMember({ claim: claim() }));
    const { status, body } = await trigger();
    expect(status).toBe(202);
    expect(body).toMatchObject({
      member: { is_being_aggregated: true },
      refresh: { refresh_id: 'RFR-1', joined: true },
    });
    expect([mxCalls, counted]).toEqual([[], ['RefreshJoined']]);
  });

  it('carries its caller’s name to the refresh and its messages', async () => {
    const { trigger, sent, history } = world();
    const { body } = await trigger({ correlationId: 'order-1' });
    expect(body.refresh).toMatchObject({ correlation_id: 'order-1', joined_correlation_ids: null });
    expect(sent).toMatchObject([{ followUp: { correlationId: 'order-1' } }]);
    for (const correlationId of ['order-2', 'order-1', null, 'order-2']) {
      expect((await trigger({ correlationId })).body.refresh).toMatchObject({
        joined: true,
        correlation_id: 'order-1',
      });
    }
    expect(await history.read(body.refresh.refresh_id)).toMatchObject({
      correlationId: 'order-1',
      joinedCorrelationIds: ['order-2'],
    });
  });

  it('without a name has that of its refresh', async () => {
    const { trigger, sent } = world();
    const { refresh } = (await trigger()).body;
    expect(refresh.correlation_id).toBe(refresh.refresh_id);
    expect(sent).toMatchObject([{ followUp: { correlationId: null } }]);
  });

  it('may start a job for a member needing its user', async () => {
    const { trigger, answers, posts } = world();
    answers.read = () => member({ connectionStatus: 'DENIED' });
    expect((await trigger()).status).toBe(202);
    expect(posts()).toBe(1);
  });

  it('enrols the member if the setting says so', async () => {
    const { trigger, table } = world(knownMember(), { defaultScheduleHours: 24 });
    await trigger();
    expect([...table.members.values()][0]?.enrolment).toEqual({ everyHours: 24, slot: slotOf(key, 24, 1) });
  });

  it('has the user present only when it says so', async () => {
    const { trigger } = world();
    expect((await trigger({ body: { user_present: true } })).body.refresh).toMatchObject({ user_present: true });
    const viaHeader = world();
    const { body } = await viaHeader.trigger({ headers: { 'balances-user-present': 'true' } });
    expect(body.refresh).toMatchObject({ user_present: true });
  });

  it.each<[string, unknown, Record<string, string>, string]>([
    ['a list', [], {}, 'body'],
    ['null', null, {}, 'body'],
    ['an unknown field', { force: true }, {}, 'force'],
    ['a flag that is text', { user_present: 'yes' }, {}, 'user_present'],
    ['a negative age', { max_age: -1 }, {}, 'max_age'],
    ['a fraction of a second', { wait: 0.5 }, {}, 'wait'],
    ['too long a wait', { wait: 26 }, {}, 'wait'],
    ['a header that is no number', undefined, { 'balances-max-age': 'a minute' }, 'max_age'],
    ['an Idempotency-Key with a blank', undefined, { 'idempotency-key': 'a b' }, 'Idempotency-Key'],
  ])('with %s is refused before anything is called', async (_what, body, headers, field) => {
    const { trigger, mxCalls, sent } = world();
    await expect(trigger({ body, headers })).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
    expect([mxCalls, sent]).toEqual([[], []]);
  });
});

describe('a trigger that is content with stored balances', () => {
  it('gets young enough balances without a call of MX', async () => {
    const { trigger, balances, mxCalls, wait } = world();
    await storeOne(balances);
    wait(60);
    const { status, body } = await trigger({ body: { max_age: 60 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ refresh: null, accounts: [{ guid: 'ACT-1', balance: 10.5 }], freshness: { age: 60 } });
    expect(mxCalls).toEqual([]);
  });

  it('starts a refresh when one second older, or none stored', async () => {
    const old = world();
    await storeOne(old.balances);
    old.wait(61);
    expect((await old.trigger({ body: { max_age: 60 } })).status).toBe(202);
    expect((await world().trigger({ body: { max_age: 60 } })).status).toBe(202);
    expect((await world(null).trigger({ body: { max_age: 60 } })).status).toBe(202);
  });

  it('does not get those of a member that was deleted', async () => {
    const { trigger, balances } = world(knownMember({ deletedAt: T0 }));
    await storeOne(balances);
    await expect(trigger({ body: { max_age: 3600 } })).rejects.toMatchObject({ code: 'member_deleted' });
  });
});

const ending = successOf(claim(), { endedAt: plusSeconds(T0, 5), observedAt: plusSeconds(T0, 1) });

describe.each<[string, ApiRequest['rights'], boolean, boolean]>([
  ['with both rights', ['read', 'trigger'], false, true],
  ['that may only trigger', ['trigger'], true, false],
  ['with iam', null, true, true],
  ['with iam and iamTriggerReads false', null, false, false],
])('a caller %s', (_who, rights, iamTriggerReads, reads) => {
  const fields = (accounts: boolean) => ['member', 'refresh', ...(accounts ? ['accounts'] : []), 'freshness'];

  it('that is content with stored balances', async () => {
    const { trigger, balances } = world(knownMember(), { iamTriggerReads });
    await storeOne(balances);
    const { status, body } = await trigger({ rights, body: { max_age: 60 } });
    expect([status, Object.keys(body)]).toEqual([200, fields(reads)]);
    expect(body.freshness).toMatchObject({ age: 0, verdict: 'fresh' });
  });

  it('that waits, or repeats its request', async () => {
    const made = world(knownMember({ claim: claim() }), { iamTriggerReads });
    const { deps, balances } = made;
    const sleep = async (): Promise<void> => {
      await storeOne(balances);
      await deps.refreshes.end({ refresh: runningRefresh(key, claim()), end: ending });
      await deps.members.end({
        key,
        from: 'running',
        known: { lookedAt: claim().lookedAt, jobAggregatedAt: null },
        attempt: ending,
      });
      made.wait(1);
    };
    const headers = { 'idempotency-key': 'k' };
    const request = apiRequest({ method: 'POST', parameters, body: { wait: 10 }, arrivedAt: T0, rights, headers });
    for (const _time of ['first', 'again']) {
      const { status, body, text } = await answerTrigger({ ...deps, sleep }, request);
      expect([status, Object.keys(JSON.parse(text ?? JSON.stringify(body)))]).toEqual([200, fields(reads)]);
    }
  });

  it('that does neither gets no accounts', async () => {
    const { status, body } = await world(knownMember(), { iamTriggerReads }).trigger({ rights });
    expect([status, Object.keys(body)]).toEqual([202, ['member', 'refresh']]);
  });
});

describe('a trigger that waits', () => {
  it('gets the balances as soon as the refresh has ended', async () => {
    const running = knownMember({ claim: claim() });
    const made = world(running);
    const { sleep } = made.deps;
    const deps: Partial<TriggerDeps> = {
      sleep: async (milliseconds) => {
        await sleep(milliseconds);
        if (made.slept.length === 3) {
          await storeOne(made.balances);
          await made.deps.members.end({
            key,
            from: 'running',
            known: { lookedAt: claim().lookedAt, jobAggregatedAt: null },
            attempt: ending,
          });
        }
      },
    };
    const answer = await answerTrigger(
      { ...made.deps, ...deps },
      apiRequest({ method: 'POST', parameters, body: { wait: 10 }, arrivedAt: T0 }),
    );
    expect(answer.status).toBe(200);
    expect(JSON.parse(JSON.stringify(answer.body))).toMatchObject({
      refresh: { outcome: 'succeeded', joined: true },
      accounts: [{ guid: 'ACT-1' }],
    });
    expect(made.slept).toHaveLength(3);
  });

  it('gets 202 at once when as many wait already', async () => {
    const { trigger, slept } = world(knownMember(), { waitersAtOnce: 0 });
    const { status, headers } = await trigger({ body: { wait: 10 }, arrivedAt: T0 });
    expect([status, headers?.['retry-after'], slept]).toEqual([202, '5', []]);
  });

  it('gets 202 after its wait, counted from arrival', async () => {
    const { trigger, slept } = world();
    expect((await trigger({ body: { wait: 2 }, arrivedAt: plusSeconds(T0, -1) })).status).toBe(202);
    expect(slept.reduce((sum, milliseconds) => sum + milliseconds, 0)).toBe(1000);
  });

  it('does not wait by itself', async () => {
    const { trigger, slept } = world();
    await trigger();
    expect(slept).toEqual([]);
  });
});

describe('a trigger with an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'order-7' };

  it('is answered once: the second time about the same refresh', async () => {
    const { trigger, posts } = world();
    const first = await trigger({ headers });
    const second = await trigger({ headers });
    expect(second).toMatchObject({
      status: 202,
      body: { refresh: first.body.refresh },
      headers: { location: first.headers['location'], 'idempotency-replayed': 'true' },
    });
    expect([posts(), first.headers['idempotency-replayed']]).toEqual([1, undefined]);
  });

  it('is refused when the same key asks for something else', async () => {
    const { trigger } = world();
    await trigger({ headers });
    const other = trigger({ headers, body: { user_present: true } });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });

  it('is another request when another caller sends it', async () => {
    const { trigger, deps } = world();
    await trigger({ headers });
    const other = await trigger({ headers, caller: 'report' });
    expect(other.headers['idempotency-replayed']).toBeUndefined();
    expect(await deps.keys.begin({ id: 'new', requestHash: 'x' })).toMatchObject({ kind: 'first' });
  });

  it('is told of the refresh as it is by then', async () => {
    const { trigger, deps, posts } = world();
    const first = await trigger({ headers });
    const { refresh_id: refreshId } = first.body.refresh;
    const attempt = { ...ending, refreshId };
    await deps.refreshes.end({ refresh: runningRefresh(key, claim({ refreshId })), end: attempt });
    await deps.members.end({ key, from: 'running', known: unseen, attempt });
    await deps.members.release(key, refreshId);
    const again = await trigger({ headers });
    expect(again).toMatchObject({ status: 202, body: { refresh: { refresh_id: refreshId, outcome: 'succeeded' } } });
    expect([again.headers['retry-after'], posts()]).toEqual([undefined, 1]);
  });

  it('gets stored balances with their age of now', async () => {
    const { trigger, balances, wait } = world();
    await storeOne(balances);
    const body = { max_age: 60 };
    expect((await trigger({ headers, body })).body).toMatchObject({ freshness: { age: 0, verdict: 'fresh' } });
    wait(7200);
    expect(await trigger({ headers, body })).toMatchObject({
      status: 200,
      body: { accounts: [{ guid: 'ACT-1' }], freshness: { age: 7200, verdict: 'stale' } },
      headers: { 'idempotency-replayed': 'true' },
    });
  });

  it('brings nothing back of a member that was deleted meanwhile', async () => {
    const { trigger, balances, table } = world();
    await storeOne(balances);
    const body = { max_age: 60 };
    await trigger({ headers, body });
    await trigger({ headers: { 'idempotency-key': 'order-8' } });
    table.members.set(textOf(key), knownMember({ deletedAt: T0 }));
    await expect(trigger({ headers, body })).rejects.toMatchObject({ code: 'member_deleted' });
    const other = trigger({ headers: { 'idempotency-key': 'order-8' } });
    await expect(other).rejects.toMatchObject({ code: 'member_deleted' });
  });

  it('is kept in the same few bytes for 300 accounts', async () => {
    const kept: string[] = [];
    const keys = idempotencyKeys();
    const { trigger, balances } = world(knownMember(), {
      keys: { ...keys, keep: async (_request, _token, answer) => void kept.push(answer) },
    });
    const accounts = Array.from({ length: 300 }, (_, index) =>
      readAccount(parseExactJson(`{"guid":"ACT-${index}","balance":10.50}`)),
    );
    await balances.store(key, accounts, { observedAt: T0, refreshId: 'RFR-0', trigger: 'http' });
    expect((await trigger({ headers, body: { max_age: 60 } })).body.accounts).toHaveLength(300);
    expect(kept).toEqual(['{"kind":"stored","member":{"userGuid":"USR-1","memberGuid":"MBR-1"}}']);
  });

  it('repeats a final refusal, with what its refresh says', async () => {
    const { trigger, answers, posts } = world();
    answers.start = () => new Failure('mx_refused', 'MX answered 400', { mxErrorType: 'bad', mxMessage: 'No.' });
    await expect(trigger({ headers })).rejects.toMatchObject({ code: 'mx_refused' });
    expect(await trigger({ headers })).toMatchObject({
      status: 400,
      body: { code: 'mx_refused', refresh_id: `RFR-${'1'.padStart(26, '0')}`, error: { type: 'bad' } },
      headers: { 'idempotency-replayed': 'true' },
    });
    expect(posts()).toBe(1);
  });

  it.each([
    new Failure('mx_not_found', 'a member that was created a moment ago'),
    new Failure('mx_institution', 'maintenance', { mxErrorType: 'institution_maintenance_error' }),
    new Failure('mx_conflict', 'another job'),
    new Failure('mx_rate_limited', 'too many'),
    new Failure('mx_unavailable', 'away'),
  ])('does better after a failure that passes: $code', async (failure) => {
    const { trigger, answers } = world(null);
    const { read } = answers;
    answers.read = () => failure;
    await expect(trigger({ headers })).rejects.toMatchObject({ code: failure.code });
    answers.read = read;
    expect((await trigger({ headers })).status).toBe(202);
  });

  it('is answered anew after another version’s record', async () => {
    const keys: IdempotencyKeys = {
      ...idempotencyKeys(),
      begin: async () => ({ kind: 'answered', answer: '{"status":200,"headers":{},"body":"{}"}' }),
    };
    const { trigger, posts } = world(knownMember(), { keys });
    expect([(await trigger({ headers })).status, posts()]).toEqual([202, 1]);
  });

  it('may succeed when sent again after an outage', async () => {
    const { trigger, answers } = world(null);
    const { read } = answers;
    answers.read = () => new Failure('mx_unavailable', 'MX is away');
    await expect(trigger({ headers })).rejects.toMatchObject({ code: 'mx_unavailable' });
    answers.read = read;
    expect((await trigger({ headers })).status).toBe(202);
  });
});

describe('a trigger that cannot be', () => {
  it('by the allowance calls no MX and names the time', async () => {
    const starts = Array.from({ length: policy.allowanceStarts }, () => plusSeconds(T0, -60));
    const { trigger, mxCalls } = world(knownMember({ starts }));
    await expect(trigger()).rejects.toMatchObject({
      code: 'allowance_used_up',
      details: { retryAfterSeconds: policy.allowanceWindowSeconds - 60 },
    });
    expect(mxCalls).toEqual([]);
  });

  it('because MX does not know the member leaves nothing behind', async () => {
    const { trigger, answers, table } = world(null);
    answers.read = () => new Failure('mx_not_found', 'no');
    await expect(trigger()).rejects.toMatchObject({ code: 'mx_not_found' });
    expect(table.members.size).toBe(0);
  });

  it('while MX is away: a known member is accepted', async () => {
    const { trigger, answers, posts, sent } = world();
    answers.read = () => new Failure('mx_timeout', 'MX is away');
    const { status, body } = await trigger();
    expect(status).toBe(202);
    expect(body.refresh).toMatchObject({ status: 'running', job_started: false, code: 'mx_timeout' });
    expect([posts(), sent.length]).toEqual([0, 1]);
  });
});
