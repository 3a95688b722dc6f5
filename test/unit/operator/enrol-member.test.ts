import { describe, expect, it } from 'vitest';
import { enrolRow, findRow } from '../../../infra/operator/enrol-member.ts';
import type { EnrolmentRow } from '../../../infra/operator/enrolment-row.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import type { MemberIdentifiers, MxMember } from '../../../shared/domain/mx.ts';
import { noWishes, type ScheduleWishes } from '../../../shared/domain/schedule.ts';
import { withMember } from '../../fakes/members-table.ts';
import { key, knownMember, mxMember, T0 } from '../../samples.ts';
import { refreshWorld } from '../domain/refresh-world.ts';

const day = { everyHours: 24 } as const;
const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };

function world({ record = knownMember(), dryRun = false, shards = 1, mx = null as MxMember | null } = {}) {
  const made = refreshWorld(withMember(record));
  const asked: string[] = [];
  const deps = {
    members: made.deps.members,
    schedule: made.schedule,
    askMx:
      mx &&
      (async ({ userIdentifier, memberIdentifier }: MemberIdentifiers) => {
        asked.push(`${userIdentifier}/${memberIdentifier}`);
        return mx;
      }),
    shards,
    dryRun,
    now: () => T0,
  };
  const row = (user: string, member: string, wishes: ScheduleWishes = noWishes): EnrolmentRow => ({
    identifiers: { userIdentifier: user, memberIdentifier: member },
    asked: { ...day, wishes },
  });
  const enrol = async (wishes: ScheduleWishes = noWishes, member = 'MBR-1') => {
    const line = row('USR-1', member, wishes);
    return enrolRow(deps, await findRow(deps, line), line);
  };
  const slot = async (of = key) => (await made.deps.members.read(of))?.enrolment?.slot;
  return { ...made, deps, asked, row, enrol, slot };
}

describe('a line of a file', () => {
  it('enrols a member, and the second time changes nothing', async () => {
    const { enrol, schedule, slot, table } = world();
    expect(await enrol()).toBe('enrolled');
    expect(await schedule.membersOf((await slot()) ?? '')).toEqual([
      { member: key, ...day, ...noWishes, slot: await slot() },
    ]);
    const versions = new Map(table.enrolmentVersions);
    expect(await enrol()).toBe('unchanged');
    expect(table.enrolmentVersions).toEqual(versions);
  });

  it.each<[string, ScheduleWishes]>([
    ['quiet hours', { quietHours, maxAgeSeconds: null }],
    ['a greatest age', { quietHours: null, maxAgeSeconds: 60 }],
    ['both', { quietHours, maxAgeSeconds: 60 }],
  ])('changes %s, and takes them away again', async (_what, wishes) => {
    const { enrol } = world();
    await enrol();
    expect([await enrol(wishes), await enrol(wishes)]).toEqual(['changed', 'unchanged']);
    expect([await enrol(), await enrol()]).toEqual(['changed', 'unchanged']);
  });

  it.each([
    ['from', { ...quietHours, from: '21:00' }],
    ['to', { ...quietHours, to: '06:00' }],
    ['timeZone', { ...quietHours, timeZone: 'Europe/Paris' }],
  ])('changes %s of the quiet hours', async (_what, other) => {
    const { enrol } = world();
    await enrol({ quietHours, maxAgeSeconds: null });
    expect(await enrol({ quietHours: other, maxAgeSeconds: null })).toBe('changed');
  });

  it('enrols who was taken off the schedule', async () => {
    const { enrol } = world({ record: knownMember({ enrolment: { everyHours: 0, slot: '' } }) });
    expect(await enrol()).toBe('enrolled');
  });

  it('mends an enrolment whose slot does not hold it', async () => {
    const { enrol, slot, table } = world();
    await enrol();
    table.slots.get((await slot()) ?? '')?.clear();
    expect([await enrol(), await enrol()]).toEqual(['changed', 'unchanged']);
  });

  it('leaves a member in the shard where it is', async () => {
    const { enrol, deps, slot } = world();
    await enrol();
    const before = await slot();
    expect(
      await enrolRow({ ...deps, shards: 16 }, { key, known: await deps.members.read(key) }, world().row('', '')),
    ).toBe('unchanged');
    expect(await slot()).toBe(before);
  });

  it('enrols a member that is not known here', async () => {
    const { enrol, slot } = world();
    expect(await enrol(noWishes, 'MBR-2')).toBe('enrolled');
    expect(await slot({ userGuid: 'USR-1', memberGuid: 'MBR-2' })).toMatch(/^SLOT#24h#/);
  });

  it('changes nothing on trial, and says the same', async () => {
    const { enrol, slot, table } = world({ dryRun: true });
    expect([await enrol(), await enrol()]).toEqual(['enrolled', 'enrolled']);
    expect([await slot(), table.slots.size]).toEqual([undefined, 0]);
  });

  it('is refused for a deleted member', async () => {
    const { enrol } = world({ record: knownMember({ deletedAt: T0 }) });
    await expect(enrol()).rejects.toMatchObject({ code: 'member_deleted' });
  });

  it('is refused when no minute of the day is left', async () => {
    const { enrol } = world();
    const all = { from: '00:00', to: '23:30', timeZone: 'Europe/Berlin' };
    await expect(enrol({ quietHours: all, maxAgeSeconds: null })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('own ids', () => {
  it('that are not known here are refused', async () => {
    const { deps, row } = world();
    await expect(findRow(deps, row('user-1', 'member-1'))).rejects.toMatchObject({
      code: 'member_not_found',
      message: 'the member is not known here by its own ids (--resolve asks MX)',
    });
  });

  const atMx = mxMember(key, { id: 'member-1', user_id: 'user-1' });
  const own = { userIdentifier: 'user-1', memberIdentifier: 'member-1' };

  it('unknown here are asked for at MX, once', async () => {
    const { deps, row, asked } = world({ mx: atMx });
    expect(await findRow(deps, row('user-1', 'member-1'))).toMatchObject({ key, known: { key } });
    expect(await findRow(deps, row('user-1', 'member-1'))).toMatchObject({ key, known: { key } });
    expect(asked).toEqual(['user-1/member-1']);
  });

  it('are asked for on trial too, and not kept', async () => {
    const { deps, row, asked } = world({ mx: atMx, dryRun: true });
    await findRow(deps, row('user-1', 'member-1'));
    expect([asked, await deps.members.resolve(own)]).toEqual([['user-1/member-1'], null]);
  });

  it('of a deleted member are refused, and not kept', async () => {
    const { deps, row } = world({ mx: atMx, record: knownMember({ deletedAt: T0 }) });
    await expect(findRow(deps, row('user-1', 'member-1'))).rejects.toMatchObject({ code: 'member_deleted' });
    expect(await deps.members.resolve(own)).toBeNull();
  });

  it('that MX does not know either are refused', async () => {
    const { deps, row } = world();
    const askMx = async () => {
      throw new Failure('mx_not_found', 'no such member');
    };
    await expect(findRow({ ...deps, askMx }, row('user-1', 'x'))).rejects.toMatchObject({ code: 'mx_not_found' });
  });
});
