/** No member of a user of whom everything was erased becomes known again, and no names lead to a deleted one. */
import { describe, expect, it } from 'vitest';
import { findKeyToSchedule } from '../../../shared/domain/find-member.ts';
import { resumeMember } from '../../../shared/domain/resume.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { key, knownMember, T0 } from '../../samples.ts';
import { connection, webhookWorld } from './webhook-world.ts';

const ownIds = { userIdentifier: 'user-1', memberIdentifier: 'member-1' };
const guids = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };
const wishes = { userPresent: false, correlationId: null };

function erased() {
  const world = webhookWorld([], 'all');
  world.table.erasedUsers.set(key.userGuid, T0);
  return world;
}

describe('of an erased user', () => {
  it('no refresh is started', async () => {
    const { deps, table, sent } = erased();
    await expect(startRefresh(deps, ownIds, wishes)).rejects.toMatchObject({ code: 'user_erased' });
    expect([table.members.size, table.aliases.size, sent]).toEqual([0, 0, []]);
  });

  it('answers that MX takes begin nothing here', async () => {
    const { deps, table } = erased();
    const answers = [{ guid: 'CRD-1', value: 'x' }];
    await expect(resumeMember(deps, ownIds, answers)).rejects.toMatchObject({ code: 'user_erased' });
    expect([table.members.size, table.aliases.size]).toEqual([0, 0]);
  });

  it('no member is put on the schedule', async () => {
    const { deps } = erased();
    await expect(findKeyToSchedule(deps.members, guids)).rejects.toMatchObject({ code: 'user_erased' });
  });

  it('no webhook is read for', async () => {
    const { handle, mxCalls, table } = erased();
    expect(await handle(connection)).toBe('unknown_member');
    expect([mxCalls, table.members.size]).toEqual([[], 0]);
  });
});

describe('of a deleted member', () => {
  it('own ids are not written anew', async () => {
    const { deps, table } = webhookWorld([knownMember({ deletedAt: T0 })]);
    await expect(startRefresh(deps, ownIds, wishes)).rejects.toMatchObject({ code: 'member_deleted' });
    await expect(resumeMember(deps, ownIds, [])).rejects.toMatchObject({ code: 'member_deleted' });
    expect(table.aliases.size).toBe(0);
  });
});
