import { describe, expect, it } from 'vitest';
import type { ErasureWork, Subject } from '../../../shared/domain/erasure-ports.ts';
import { type AskedErasure, requestErasure } from '../../../shared/domain/request-erasure.ts';
import { key, T0 } from '../../samples.ts';
import { slowly } from './slow-ports.ts';
import { refreshed, webhookWorld } from './webhook-world.ts';

const ofUser: AskedErasure = { userIdentifier: 'USR-1', memberIdentifier: null, atMx: 'nothing' };

function world(records = [refreshed()]) {
  const made = webhookWorld(records, 'known', { guid: 'MBR-1', user_id: 'user-1' });
  if (records.length > 0) {
    made.table.aliases.set('ALIAS#user-1/USER', key.userGuid);
    made.table.aliases.set(`${key.userGuid}/ALIAS#member-1`, key.memberGuid);
  }
  const sent: ErasureWork[] = [];
  const delays: number[] = [];
  const deps = {
    ...made.deps,
    erasures: {
      send: async (work: ErasureWork, inSeconds: number) => {
        sent.push(work);
        delays.push(inSeconds);
      },
    },
    resolveUser: async (name: string) =>
      name.startsWith('USR-') ? name : (made.table.aliases.get(`ALIAS#${name}/USER`) ?? null),
    erasureIdOf: ({ userGuid, memberGuid }: Subject, atMx: string) => `ERS-${userGuid}-${memberGuid}-${atMx}`,
  };
  return {
    ...made,
    deps,
    sent,
    delays,
    ask: (asked: Partial<AskedErasure> = {}) => requestErasure(deps, { ...ofUser, ...asked }),
  };
}

describe('asking for an erasing', () => {
  it('sends the message and gives a receipt that runs', async () => {
    const { ask, sent } = world();
    expect(await ask()).toEqual({
      erasureId: 'ERS-USR-1-null-nothing',
      userGuid: 'USR-1',
      memberGuid: null,
      atMx: 'nothing',
      requestedAt: T0,
      erased: { members: 0, accounts: 0, formerAmounts: 0, refreshes: 0, membersAtMx: 0, usersAtMx: 0 },
      doneAt: null,
      waitsFor: null,
    });
    expect(sent).toMatchObject([
      { round: 1, after: null, hasFound: false, tries: 0, isRestored: false, userIds: ['user-1'] },
    ]);
  });

  it('gives the same receipt again, without a second message', async () => {
    const { ask, sent, wait } = world();
    const first = await ask();
    wait(5);
    expect(await ask()).toEqual(first);
    expect(sent).toHaveLength(1);
  });

  it.each([
    [{ userIdentifier: 'user-1' }, 'ERS-USR-1-null-nothing', ['user-1']],
    [{ memberIdentifier: 'MBR-1' }, 'ERS-USR-1-MBR-1-nothing', []],
    [
      { userIdentifier: 'user-1', memberIdentifier: 'member-1', atMx: 'members' as const },
      'ERS-USR-1-MBR-1-members',
      [],
    ],
  ])('takes %o for %s', async (asked, erasureId, userIds) => {
    const { ask, sent } = world();
    expect(await ask(asked)).toMatchObject({ erasureId });
    expect(sent[0]?.userIds).toEqual(userIds);
  });

  it('finds the receipt by own ids that lead nowhere', async () => {
    const { ask, table, sent } = world();
    const [user, member] = [await ask({ userIdentifier: 'user-1' }), await ask({ memberIdentifier: 'member-1' })];
    table.aliases.clear();
    expect(await ask({ userIdentifier: 'user-1' })).toEqual(user);
    expect(await ask({ memberIdentifier: 'member-1' })).toEqual(member);
    expect(sent).toHaveLength(2);
  });

  it.each([
    [{}, []],
    [{ userIdentifier: 'user-1' }, [['user user-1', 'USR-1']]],
    [{ memberIdentifier: 'MBR-1' }, []],
    [{ memberIdentifier: 'member-1' }, [['member USR-1 member-1', 'MBR-1']]],
    [{ userIdentifier: 'user-1', memberIdentifier: 'MBR-1' }, []],
    [{ userIdentifier: 'user-1', memberIdentifier: 'member-1' }, [['member USR-1 member-1', 'MBR-1']]],
  ])('by %o remembers: %j', async (asked, names) => {
    const { ask, erasures, delays } = world();
    await ask(asked);
    expect([[...erasures.names], delays]).toEqual([names, [0]]);
  });

  it('sends the id of the request, where none is stored', async () => {
    const { ask, table, sent } = world();
    table.bodies.clear();
    await ask({ userIdentifier: 'user-1' });
    expect(sent).toMatchObject([{ userIds: ['user-1'] }]);
  });

  it('waits for each step', async () => {
    const { deps: ports } = world();
    const { deps, underWay, done, beside } = slowly(ports);
    await requestErasure(deps, { ...ofUser, userIdentifier: 'user-1' });
    expect([underWay, beside, done]).toEqual([
      [],
      [],
      [
        'receipts.read',
        'storedData.membersOf',
        'storedData.userIdsOf',
        'receipts.rememberName',
        'erasures.send',
        'receipts.begin',
      ],
    ]);
  });

  it.each([
    [{}, 'user_not_found'],
    [{ userIdentifier: 'somebody', memberIdentifier: 'MBR-1' }, 'user_not_found'],
    [{ userIdentifier: 'somebody' }, 'user_not_found'],
    [{ memberIdentifier: 'MBR-1' }, 'member_not_found'],
    [{ memberIdentifier: 'other' }, 'member_not_found'],
  ])('refuses %o, of whom nothing is stored', async (asked, code) => {
    const { ask, sent, erasures } = world([]);
    await expect(ask(asked)).rejects.toMatchObject({ code });
    expect([sent, erasures.receipts.size]).toEqual([[], 0]);
  });
});
