import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReshardCounts, reshardOnce } from '../../infra/operator/reshard.ts';
import { enrolledMembers, slotItems } from '../../shared/clients/enrolled-members.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { type EnrolledMember, noWishes, slotAmong, slotOf } from '../../shared/domain/schedule.ts';
import { at, newKey } from '../samples.ts';
import { withPagesOf } from './dynamodb-at-scale.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

const SHARDS = 4;
let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
});
afterAll(() => tables?.close());

const now = () => at(0);

/** Forty members in the one shard of before, due at least an hour from now. */
async function fleet(): Promise<readonly EnrolledMember[]> {
  const schedule = scheduleInDynamoDb(tables.client, tables.members);
  const fleeting: EnrolledMember[] = [];
  while (fleeting.length < 40) {
    const member = newKey();
    const slot = slotOf(member, 24, 1);
    // T0 is noon.
    if (Math.abs(Number(slot.split('#')[2]) - 720) < 60) continue;
    const wishes = fleeting.length % 3 === 0 ? { quietHours: null, maxAgeSeconds: 60 } : noWishes;
    await schedule.enrol(member, { everyHours: 24, slot }, 'always', wishes);
    fleeting.push({ member, everyHours: 24, slot, ...wishes });
  }
  return fleeting;
}

/** Spreads them with a client that fails at its request with this number, as a process that ends there. */
async function spread(crashAt = Number.POSITIVE_INFINITY): Promise<ReshardCounts> {
  const client = withPagesOf(7, tables.newClient());
  let requests = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      requests += 1;
      if (requests >= crashAt) throw new Error('crashed');
      return next(args);
    },
    { step: 'initialize' },
  );
  try {
    return await reshardOnce({
      schedule: scheduleInDynamoDb(client, tables.members),
      items: () => slotItems(client, tables.members),
      shards: SHARDS,
      turn: async () => {},
      now,
      dryRun: false,
      isStopped: () => false,
      tell: () => {},
    });
  } finally {
    client.destroy();
  }
}

const byGuid = (members: readonly EnrolledMember[]) =>
  members.toSorted((first, second) => (first.member.memberGuid < second.member.memberGuid ? -1 : 1));

async function standing(members: readonly EnrolledMember[]): Promise<readonly EnrolledMember[]> {
  const wanted = new Set(members.map(({ member }) => member.memberGuid));
  const found: EnrolledMember[] = [];
  for await (const page of enrolledMembers(tables.client, tables.members, async () => {})) {
    found.push(...page.filter(({ member }) => wanted.has(member.memberGuid)));
  }
  return byGuid(found);
}

const items = async (): Promise<number> => {
  let count = 0;
  for await (const page of slotItems(tables.client, tables.members)) count += page.length;
  return count;
};

describe('spreading over more shards', () => {
  it('moves everybody with their wishes, and leaves nothing behind', async () => {
    const members = await fleet();
    const moved = byGuid(members.map((enrolled) => ({ ...enrolled, slot: slotAmong(SHARDS, enrolled) })));
    const moving = moved.filter(({ slot }) => !slot.endsWith('#0')).length;
    expect(moving).toBeGreaterThan(10);
    const before = await items();
    expect(await spread()).toMatchObject({ moved: moving, dueNow: 0, changed: 0 });
    expect([await standing(members), await items()]).toEqual([moved, before]);
    expect(await spread()).toMatchObject({ moved: 0, changed: 0 });
  });

  it.each([3, 20, 45, 90])('goes on after a crash at request %i', async (crashAt) => {
    const members = await fleet();
    const before = await items();
    await expect(spread(crashAt)).rejects.toThrow('crashed');
    // In between everybody stands in one slot of the same minute, with the same wishes.
    const between = await standing(members);
    expect(between.map((enrolled) => ({ ...enrolled, slot: slotAmong(1, enrolled) }))).toEqual(byGuid(members));
    // The first run removes what was half done, the second one does it.
    for (let run = 0; run < 2; run += 1) await spread();
    expect(await spread()).toMatchObject({ moved: 0, dueNow: 0, changed: 0 });
    const moved = byGuid(members.map((enrolled) => ({ ...enrolled, slot: slotAmong(SHARDS, enrolled) })));
    expect([await standing(members), await items()]).toEqual([moved, before]);
  });
});
