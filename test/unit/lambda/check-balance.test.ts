import { describe, expect, it } from 'vitest';
import { answerTrigger, type TriggerDeps } from '../../../functions/check-balance.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { endedRefresh, runningRefresh } from '../../../shared/domain/refresh.ts';
import { slotOf } from '../../../shared/domain/schedule.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { putRefresh } from '../../fakes/put-refresh.ts';
import { claim, key, knownMember, member, policy, T0, unseen } from '../../samples.ts';
import { apiRequest } from './api-event.ts';
import { parameters } from './stored-member.ts';
import { ending, storeOne, triggerWorld } from './trigger-world.ts';

describe('a trigger', () => {
  it('starts MX’s job, answers as MX with our refresh', async () => {
    const { trigger, posts, counted, sent } = triggerWorld();
    const { status, headers, logged, body } = await trigger();
    expect([status, logged]).toEqual([202, { member_guid: 'MBR-1', refresh_id: body.refresh.refresh_id }]);
    expect(headers).toMatchObject({ location: `/refreshes/${body.refresh.refresh_id}`, 'retry-after': '5' });
    expect(body.refresh).toMatchObject({ status: 'running', outcome: null, joined: false, user_present: false });
    expect(body.refresh).toMatchObject({ job_started: true, code: null, message: null });
    expect(body).toHaveProperty('member');
    expect([posts(), counted]).toEqual([1, ['RefreshAccepted']]);
    expect(sent).toMatchObject([{ followUp: { lookNumber: 1 }, inSeconds: policy.firstLookSeconds }]);
  });

  it('joins a running refresh without a call of MX', async () => {
    const { trigger, mxCalls, counted } = triggerWorld(knownMember({ claim: claim() }));
    const { status, body } = await trigger();
    expect(status).toBe(202);
    expect(body).toMatchObject({
      member: { is_being_aggregated: true },
      refresh: { refresh_id: 'RFR-1', joined: true },
    });
    expect([mxCalls, counted]).toEqual([[], ['RefreshJoined']]);
  });

  it('carries its caller’s name to the refresh and its messages', async () => {
    const { trigger, sent, history } = triggerWorld();
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
    const { trigger, sent } = triggerWorld();
    const { refresh } = (await trigger()).body;
    expect(refresh.correlation_id).toBe(refresh.refresh_id);
    expect(sent).toMatchObject([{ followUp: { correlationId: null } }]);
  });

  it('registers the callback that it asks for', async () => {
    const { trigger, deps } = triggerWorld(knownMember(), {
      callbackRules: { hosts: ['hooks.example.com'], loopback: false },
    });
    const { body } = await trigger({ body: { callback_url: 'https://hooks.example.com/mx' } });
    const refreshId = body.refresh.refresh_id;
    expect(await deps.callbacks.page(refreshId, '')).toMatchObject({
      callbacks: [{ refreshId, url: 'https://hooks.example.com/mx', id: expect.stringMatching(/^CBK-/) }],
    });
    expect((await deps.callbacks.page('RFR-other', '')).callbacks).toEqual([]);
  });

  it('says that its bank does not work, and asks it', async () => {
    const open = async () => new Map([['mxbank', { since: T0, code: 'failed' as const, probedAt: null }]]) as never;
    const made = triggerWorld();
    const ill = triggerWorld(knownMember(), { breakers: { ...made.deps.breakers, open } });
    ill.answers.start = () => member({ body: { institution_code: 'mxbank' } });
    expect((await ill.trigger()).body.institution_degraded).toEqual({
      since: T0,
      code: 'failed',
      message: expect.stringContaining('.'),
    });
    expect(ill.posts()).toBe(1);
    const well = triggerWorld(knownMember(), { breakers: { ...made.deps.breakers, open } });
    well.answers.start = () => member({ body: { institution_code: 'other' } });
    expect((await well.trigger()).body).not.toHaveProperty('institution_degraded');
  });

  it('joins a refresh that waits in a pause', async () => {
    const { trigger, pauses } = triggerWorld(knownMember({ claim: claim() }));
    pauses.pauses = [{ from: plusSeconds(T0, -60), until: plusSeconds(T0, 60) }];
    expect((await trigger()).body.refresh).toMatchObject({ joined: true, code: 'paused' });
  });

  it('may start a job for a member needing its user', async () => {
    const { trigger, answers, posts } = triggerWorld();
    answers.read = () => member({ connectionStatus: 'DENIED' });
    expect((await trigger()).status).toBe(202);
    expect(posts()).toBe(1);
  });

  it('enrols the member if the setting says so', async () => {
    const { trigger, table } = triggerWorld(knownMember(), { defaultScheduleHours: 24 });
    await trigger();
    expect([...table.members.values()][0]?.enrolment).toEqual({ everyHours: 24, slot: slotOf(key, 24, 1) });
  });

  it('has the user present only when it says so', async () => {
    const { trigger } = triggerWorld();
    expect((await trigger({ body: { user_present: true } })).body.refresh).toMatchObject({ user_present: true });
    const viaHeader = triggerWorld();
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
    const { trigger, mxCalls, sent } = triggerWorld();
    await expect(trigger({ body, headers })).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
    expect([mxCalls, sent]).toEqual([[], []]);
  });
});

describe('a trigger that is content with stored balances', () => {
  it('gets young enough balances without a call of MX', async () => {
    const { trigger, balances, mxCalls, wait } = triggerWorld();
    await storeOne(balances);
    wait(60);
    const { status, logged, body } = await trigger({ body: { max_age: 60 } });
    expect([status, logged]).toEqual([200, { member_guid: 'MBR-1' }]);
    expect(body).toMatchObject({ refresh: null, accounts: [{ guid: 'ACT-1', balance: 10.5 }], freshness: { age: 60 } });
    expect(mxCalls).toEqual([]);
  });

  it('starts a refresh when one second older, or none stored', async () => {
    const old = triggerWorld();
    await storeOne(old.balances);
    old.wait(61);
    expect((await old.trigger({ body: { max_age: 60 } })).status).toBe(202);
    expect((await triggerWorld().trigger({ body: { max_age: 60 } })).status).toBe(202);
    expect((await triggerWorld(null).trigger({ body: { max_age: 60 } })).status).toBe(202);
  });

  it('does not get those of a member that was deleted', async () => {
    const { trigger, balances } = triggerWorld(knownMember({ deletedAt: T0 }));
    await storeOne(balances);
    await expect(trigger({ body: { max_age: 3600 } })).rejects.toMatchObject({ code: 'member_deleted' });
  });
});

describe.each<[string, ApiRequest['rights'], boolean, boolean]>([
  ['with both rights', ['read', 'trigger'], false, true],
  ['that may only trigger', ['trigger'], true, false],
  ['with iam', null, true, true],
  ['with iam and iamTriggerReads false', null, false, false],
])('a caller %s', (_who, rights, iamTriggerReads, reads) => {
  const fields = (accounts: boolean) => ['member', 'refresh', ...(accounts ? ['accounts'] : []), 'freshness'];

  it('that is content with stored balances', async () => {
    const { trigger, balances } = triggerWorld(knownMember(), { iamTriggerReads });
    await storeOne(balances);
    const { status, body } = await trigger({ rights, body: { max_age: 60 } });
    expect([status, Object.keys(body)]).toEqual([200, fields(reads)]);
    expect(body.freshness).toMatchObject({ age: 0, verdict: 'fresh' });
  });

  it('that waits, or repeats its request', async () => {
    const made = triggerWorld(knownMember({ claim: claim() }), { iamTriggerReads });
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
    const { status, body } = await triggerWorld(knownMember(), { iamTriggerReads }).trigger({ rights });
    expect([status, Object.keys(body)]).toEqual([202, ['member', 'refresh']]);
  });
});

describe('a trigger that waits', () => {
  it('gets the balances as soon as the refresh has ended', async () => {
    const running = knownMember({ claim: claim() });
    const made = triggerWorld(running);
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
    const { trigger, slept } = triggerWorld(knownMember(), { waitersAtOnce: 0 });
    const { status, headers } = await trigger({ body: { wait: 10 }, arrivedAt: T0 });
    expect([status, headers?.['retry-after'], slept]).toEqual([202, '5', []]);
  });

  it('gets 202 after its wait, counted from arrival', async () => {
    const { trigger, slept } = triggerWorld();
    expect((await trigger({ body: { wait: 2 }, arrivedAt: plusSeconds(T0, -1) })).status).toBe(202);
    expect(slept.reduce((sum, milliseconds) => sum + milliseconds, 0)).toBe(1000);
  });

  it.each([
    [undefined, [], 0],
    [0, [], 0],
    [1, [500, 500], 1],
  ])('asked to wait %s s sleeps %j ms', async (wait, sleeps, places) => {
    const taken: number[] = [];
    const take = async (place: number): Promise<boolean> => taken.push(place) > 0;
    const { trigger, slept } = triggerWorld(knownMember(), { waitLeases: { take } });
    await trigger({ body: { wait }, arrivedAt: T0 });
    expect([slept, taken.length]).toEqual([sleeps, places]);
  });
});

describe('a trigger that is repeated with its key', () => {
  const headers = { 'idempotency-key': 'k' };
  const refused = { kind: 'refused', code: 'mx_refused', refreshId: 'RFR-1', errorType: null };
  const keys = {
    begin: async () => ({ kind: 'answered', answer: JSON.stringify(refused) }) as const,
    keep: async () => {},
    release: async () => {},
  };

  it('is refused as its refresh was, while that is kept', async () => {
    const { trigger, history } = triggerWorld(knownMember(), { keys });
    await expect(trigger({ headers })).rejects.toMatchObject({ code: 'refresh_not_found' });
    const result = { ...endingOf('mx_refused', { message: 'MX said no.' }), endedAt: T0, observedAt: null };
    await putRefresh(history, endedRefresh(key, claim(), result));
    const { status, body } = await trigger({ headers });
    expect([status, body.code, body.detail]).toEqual([400, 'mx_refused', 'MX said no.']);
  });

  it('is not told of a member deleted since', async () => {
    const { trigger, history } = triggerWorld(knownMember({ deletedAt: T0 }), { keys });
    const result = { ...endingOf('mx_refused'), endedAt: T0, observedAt: null };
    await putRefresh(history, endedRefresh(key, claim(), result));
    await expect(trigger({ headers })).rejects.toMatchObject({ code: 'member_deleted' });
  });
});

it('a caller’s starts of a member are limited by themselves', async () => {
  const { trigger, deps, wait } = triggerWorld(knownMember(), { allowanceStartsPerCaller: 1 });
  const { refresh_id } = (await trigger()).body.refresh;
  const { claim: running } = (await deps.members.read(key)) ?? expect.fail('no member');
  await deps.members.end({ key, from: 'running', known: unseen, attempt: { ...ending, refreshId: refresh_id } });
  await deps.members.release(key, running?.refreshId ?? '');
  wait(60);
  await expect(trigger()).rejects.toMatchObject({ code: 'caller_allowance_used_up' });
  expect((await trigger({ caller: 'bank' })).status).toBe(202);
});

describe('a trigger that cannot be', () => {
  it('by the allowance calls no MX and names the time', async () => {
    const starts = Array.from({ length: policy.allowanceStarts }, () => plusSeconds(T0, -60));
    const { trigger, mxCalls } = triggerWorld(knownMember({ starts }));
    await expect(trigger()).rejects.toMatchObject({
      code: 'allowance_used_up',
      details: { retryAfterSeconds: policy.allowanceWindowSeconds - 60 },
    });
    expect(mxCalls).toEqual([]);
  });

  it('because MX does not know the member leaves nothing behind', async () => {
    const { trigger, answers, table } = triggerWorld(null);
    answers.read = () => new Failure('mx_not_found', 'no');
    await expect(trigger()).rejects.toMatchObject({ code: 'mx_not_found' });
    expect(table.members.size).toBe(0);
  });

  it('while MX is away: a known member is accepted', async () => {
    const { trigger, answers, posts, sent } = triggerWorld();
    answers.read = () => new Failure('mx_timeout', 'MX is away');
    const { status, body } = await trigger();
    expect(status).toBe(202);
    expect(body.refresh).toMatchObject({ status: 'running', job_started: false, code: 'mx_timeout' });
    expect([posts(), sent.length]).toEqual([0, 1]);
  });
});
