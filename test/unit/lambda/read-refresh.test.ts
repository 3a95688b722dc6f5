import { describe, expect, it } from 'vitest';
import { readRefresh } from '../../../functions/read-refresh.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { type Claim, type EndedRefresh, type Refresh, runningRefresh } from '../../../shared/domain/refresh.ts';
import { detailsByCode } from '../../../shared/domain/refresh-details.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { putRefresh } from '../../fakes/put-refresh.ts';
import { claim, key, knownMember, policy, question, T0 } from '../../samples.ts';
import { refreshWorld } from '../domain/refresh-world.ts';
import { apiRequest } from './api-event.ts';
import { attempt, parameters } from './stored-member.ts';

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
      pauses: made.deps.pauses,
      allowance: policy,
      retryAfterSeconds: 3,
      now: made.deps.now,
    };
    const read = async (given: Partial<ApiRequest>) => {
      const answer = await readRefresh(deps, apiRequest(given));
      return { ...answer, body: JSON.parse(JSON.stringify(answer.body)) };
    };
    return { ...made, read, one: (refreshId: string) => read({ parameters: { refresh_id: refreshId } }) };
  }

  it('that has ended says how', async () => {
    const { status, logged, body, headers } = await (await world(null, refreshOf(1))).one(id(1));
    expect([status, logged]).toEqual([200, { member_guid: 'MBR-1', refresh_id: id(1) }]);
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

  it('running in a pause: waits, and ends that much later', async () => {
    const running = claim({ refreshId: id(1) });
    const { one, pauses } = await world(running, runningRefresh(key, running));
    pauses.pauses = [{ from: T0, until: '2026-11-21T14:00:00.000Z' }];
    expect((await one(id(1))).body.refresh).toMatchObject({
      status: 'running',
      code: 'paused',
      message: 'The operator has paused calls to MX; it is asked again afterwards.',
      deadline: '2026-11-21T14:10:00.000Z',
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

  it('says when the next may start', async () => {
    const { one, read, table } = await world(null, refreshOf(1));
    const nextAllowed = async () => [
      (await one(id(1))).body.refresh.next_refresh_allowed_at,
      (await read({ parameters })).body.refreshes[0].next_refresh_allowed_at,
    ];
    expect(await nextAllowed()).toEqual([null, null]);
    // Five starts within the two hours of the allowance, the first an hour ago.
    const starts = [-3_600, -50, -40, -30, -20].map((seconds) => plusSeconds(T0, seconds));
    table.members.set(textOf(key), knownMember({ starts }));
    expect(await nextAllowed()).toEqual(['2026-11-21T13:00:00.000Z', '2026-11-21T13:00:00.000Z']);
  });

  it('of an unkept member has no next start', async () => {
    const { one, table } = await world(null, refreshOf(1));
    table.members.clear();
    expect((await one(id(1))).body).toMatchObject({ refresh: { refresh_id: id(1), next_refresh_allowed_at: null } });
  });

  it('that is unknown is 404', async () => {
    await expect((await world(null)).one(id(9))).rejects.toMatchObject({ code: 'refresh_not_found' });
  });

  it.each(['RFR 1', 'RFR-1', `X${id(1)}`, `${id(1)}1`, id(1).toLowerCase(), id(1).replace('1', '_')])(
    'with the malformed id %s is refused',
    async (malformed) => {
      const { one, read } = await world(null, refreshOf(1));
      const refused = (field: string) => ({ code: 'invalid_request', details: { field } });
      await expect(one(malformed)).rejects.toMatchObject(refused('refresh_id'));
      await expect(read({ parameters, query: { cursor: malformed } })).rejects.toMatchObject(refused('cursor'));
    },
  );

  it('of a member: all, newest first, page by page', async () => {
    const { read } = await world(null, ...Array.from({ length: 30 }, (_, index) => refreshOf(index)));
    const page = async (query: ApiRequest['query']) => {
      const { status, logged, body } = await read({ parameters, query });
      expect([status, logged]).toEqual([200, { member_guid: 'MBR-1' }]);
      return [body.refreshes.map(({ refresh_id }: { refresh_id: string }) => refresh_id), body.next_cursor];
    };
    const newest = Array.from({ length: 30 }, (_, index) => id(29 - index));
    expect(await page({})).toEqual([newest.slice(0, 25), id(5)]);
    expect(await page({ cursor: id(5) })).toEqual([newest.slice(25), null]);
  });

  it('of an unknown member is refused', async () => {
    const { read } = await world(null);
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
