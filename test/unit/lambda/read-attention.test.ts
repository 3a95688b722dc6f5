import { describe, expect, it } from 'vitest';
import { readAttention } from '../../../functions/read-refresh.ts';
import type { AttentionAction } from '../../../shared/domain/action.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { listWaiting } from '../../../shared/domain/waiting-members.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { fakeAttentionReader } from '../../fakes/fake-attention-reader.ts';
import { withMember } from '../../fakes/members-table.ts';
import { at, attemptOf, emptyMember, refreshId, startingClaim } from '../../samples.ts';
import { apiRequest } from './api-event.ts';

const waiting = (guid: string, seconds: number, given: Partial<MemberRecord> = {}): MemberRecord =>
  emptyMember(
    { userGuid: `USR-${guid}`, memberGuid: `MBR-${guid}` },
    {
      attention: { action: 'reauthenticate', since: at(seconds), code: 'denied', asOf: at(seconds) },
      lastAttempt: attemptOf(startingClaim(refreshId(1)), { endedAt: at(seconds + 5) }),
      ...given,
    },
  );

function world(...records: readonly MemberRecord[]) {
  const deps = { attention: fakeAttentionReader(withMember(...records)) };
  const read = async (given: Partial<ApiRequest>) =>
    JSON.parse(JSON.stringify((await readAttention(deps, apiRequest(given))).body));
  const page = (query: ApiRequest['query']) => read({ routeKey: 'GET /members', query });
  return { read, page };
}

describe('members that wait', () => {
  it('are counted by action, those of no member too', async () => {
    const { read } = world(waiting('a', 20), waiting('b', 10), emptyMember({ userGuid: 'USR-c', memberGuid: 'MBR-c' }));
    const none = { members: 0, is_all: true, oldest_since: null };
    expect(await read({ routeKey: 'GET /attention' })).toEqual({
      attention: [
        { action: 'reauthenticate', members: 2, is_all: true, oldest_since: at(10) },
        { action: 'answer_mfa', ...none },
        { action: 'act_at_institution', ...none },
        { action: 'reconnect', ...none },
        { action: 'contact_support', ...none },
      ],
    });
  });

  it('are listed as the API says, oldest first', async () => {
    const lastSuccess = { refreshId: refreshId(2), observedAt: at(-60), incomplete: false };
    const { page } = world(waiting('a', 20), waiting('b', 10, { institutionCode: 'riverbank', lastSuccess }));
    expect(await page({ action: 'reauthenticate' })).toEqual({
      members: [
        {
          ...{ user_guid: 'USR-b', member_guid: 'MBR-b', action: 'reauthenticate', since: at(10), code: 'denied' },
          message: 'The institution refused the stored credentials.',
          ...{ institution_code: 'riverbank', last_attempt_at: at(15), last_success_at: at(-60) },
        },
        {
          ...{ user_guid: 'USR-a', member_guid: 'MBR-a', action: 'reauthenticate', since: at(20), code: 'denied' },
          message: 'The institution refused the stored credentials.',
          ...{ institution_code: null, last_attempt_at: at(25), last_success_at: null },
        },
      ],
      next_cursor: null,
    });
  });

  it('are paged', async () => {
    const { page } = world(waiting('a', 10), waiting('b', 10), waiting('c', 20));
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < 4; pages += 1) {
      const { members, next_cursor } = await page({
        action: 'reauthenticate',
        limit: '1',
        ...(cursor === undefined ? {} : { cursor }),
      });
      seen.push(...members.map(({ member_guid }: { member_guid: string }) => member_guid));
      cursor = next_cursor ?? undefined;
    }
    expect([seen, cursor]).toEqual([['MBR-a', 'MBR-b', 'MBR-c'], undefined]);
  });

  it('are 25 on a page, at most a hundred', async () => {
    const { page } = world(...Array.from({ length: 120 }, (_, index) => waiting(String(1000 + index), index)));
    const sizes = await Promise.all(
      [{}, { limit: '100' }].map(async (query) => (await page({ action: 'reauthenticate', ...query })).members.length),
    );
    expect(sizes).toEqual([25, 100]);
  });

  it.each([
    ['action', {}],
    ['action', { action: 'retry_later' }],
    ['action', { action: 'toString' }],
    ['limit', { limit: '0' }],
    ['limit', { limit: '101' }],
    ['limit', { limit: '1e1' }],
    ['limit', { limit: '01' }],
    ['cursor', { cursor: '' }],
    ['cursor', { cursor: refreshId(1) }],
    ['cursor', { cursor: cursorOf('answer_mfa/1700000000000/USR-1/MBR-1') }],
    ['cursor', { cursor: cursorOf('reauthenticate/170000000000000/USR-1/MBR-1') }],
    ['cursor', { cursor: cursorOf('reauthenticate/soon/USR-1/MBR-1') }],
    ['cursor', { cursor: cursorOf('reauthenticate/1700000000000/USR-1') }],
    ['cursor', { cursor: `${cursorOf('reauthenticate/1700000000000/USR-1/MBR-1')}=` }],
    ['cursor', { cursor: ` ${cursorOf('reauthenticate/1700000000000/USR-1/MBR-1')}` }],
    ['cursor', { cursor: cursorOf('reauthenticate/1700000000000//MBR-1') }],
    ['cursor', { cursor: cursorOf('reauthenticate/1700000000000/USR-1/MBR-1/') }],
  ])('with a wrong %s are refused: %j', async (field, query) => {
    const { page } = world(waiting('a', 10));
    const given = field === 'action' ? query : { action: 'reauthenticate', ...query };
    await expect(page(given)).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });

  it('are answered with 200, counted in at most eight reads', async () => {
    const reads: unknown[] = [];
    const attention = {
      page: async () => ({ listed: [], next: null }),
      count: async (...of: unknown[]) => {
        reads.push(of.at(-1));
        return { count: 0, isAll: true, oldestSince: null } as never;
      },
    };
    const answer = async (given: Partial<ApiRequest>) => (await readAttention({ attention }, apiRequest(given))).status;
    expect(await answer({ routeKey: 'GET /members', query: { action: 'reconnect' } })).toBe(200);
    expect(await answer({ routeKey: 'GET /attention' })).toBe(200);
    expect(reads).toEqual([8, 8, 8, 8, 8]);
  });

  it('go on behind any place', async () => {
    const { page } = world(waiting('a', 10), waiting('b', 20));
    const cursor = cursorOf(`reauthenticate/${Date.parse(at(15))}/USR-gone/MBR-gone`);
    expect(await page({ action: 'reauthenticate', cursor })).toMatchObject({ members: [{ user_guid: 'USR-b' }] });
  });
});

describe('a member that the index lists', () => {
  const listed = (record: MemberRecord | null, action: AttentionAction = 'reauthenticate') => {
    const page = async () => ({ listed: [{ member: waiting('a', 10).key, since: at(10), record }], next: null });
    return listWaiting({ page, count: () => expect.fail() }, action, { limit: 25, after: null });
  };

  it('and waits no more, or for something else', async () => {
    expect((await listed(waiting('a', 10, { attention: null }))).members).toEqual([]);
    expect((await listed(waiting('a', 10), 'reconnect')).members).toEqual([]);
  });

  it('and waits since then, by its item', async () => {
    expect((await listed(waiting('a', 12))).members).toMatchObject([{ since: at(12) }]);
  });

  it('and has not ended yet is listed', async () => {
    expect((await listed(waiting('a', 10, { lastAttempt: null }))).members).toMatchObject([{ lastAttemptAt: null }]);
  });

  it('and cannot be read has what is known', async () => {
    expect((await listed(null)).members).toEqual([
      {
        ...{ userGuid: 'USR-a', memberGuid: 'MBR-a', action: 'reauthenticate', since: at(10) },
        ...{ code: null, message: null, institutionCode: null, lastAttemptAt: null, lastSuccessAt: null },
      },
    ]);
  });
});

function cursorOf(text: string): string {
  return Buffer.from(text).toString('base64url');
}
