/**
 * What the contract tests of the members table are run on: the clients against an engine, and their fakes. A test file
 * starts one engine; its tests keep apart by using members of their own.
 */
import { expect } from 'vitest';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { seenMembersInDynamoDb } from '../../shared/clients/seen-members.ts';
import { unstartedInDynamoDb } from '../../shared/clients/unstarted-members.ts';
import {
  type Members,
  OPEN_SHARDS,
  type OpenCursor,
  type OpenPage,
  type Seen,
  type SeenMembers,
  type Storing,
  type Unstarted,
} from '../../shared/domain/members-ports.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Schedule } from '../../shared/domain/ports.ts';
import type { Claim, OpenClaim, StartedClaim } from '../../shared/domain/refresh.ts';
import { fakeMembers } from '../fakes/fake-members.ts';
import { fakeSchedule } from '../fakes/fake-schedule.ts';
import { fakeSeenMembers } from '../fakes/fake-seen-members.ts';
import { fakeUnstarted } from '../fakes/fake-unstarted.ts';
import { emptyMembersTable } from '../fakes/members-table.ts';
import { at, mxMember, newKey, policy, refreshId, startingClaim } from '../samples.ts';
import type { LocalTables } from './local-tables.ts';

/** All that reads and writes one members table. */
export interface MembersSubject {
  readonly members: Members;
  readonly schedule: Schedule;
  /** What is learnt outside refreshes. */
  readonly sightings: SeenMembers;
  readonly unstarted: Unstarted;
}

function fake(): MembersSubject {
  const table = emptyMembersTable();
  return {
    members: fakeMembers(table, { policy, now: () => at(0) }),
    schedule: fakeSchedule(table),
    sightings: fakeSeenMembers(table, policy),
    unstarted: fakeUnstarted(table),
  };
}

/** The clients. */
export const inDynamoDb = ({ client, members }: LocalTables): MembersSubject => ({
  members: membersInDynamoDb(client, members, policy),
  schedule: scheduleInDynamoDb(client, members),
  sightings: seenMembersInDynamoDb(client, members, policy),
  unstarted: unstartedInDynamoDb(client, members),
});

/** Both, for `describe.each`: the clients on the engine that the test file has started, and fakes of its own. */
export const membersSubjects = (tables: LocalTables): readonly [string, MembersSubject][] => [
  ['the fake', fake()],
  ['DynamoDB', inDynamoDb(tables)],
];

/** The members with open claims since `before` or earlier: every page of every part of the index. */
export async function openClaims(members: Members, before: string): Promise<MemberKey[]> {
  const found: MemberKey[] = [];
  for (let shard = 0; shard < OPEN_SHARDS; shard += 1) {
    let after: OpenCursor | null = null;
    do {
      const page: OpenPage = await members.openPage(shard, before, after);
      found.push(...page.listed.map(({ member }) => member));
      after = page.next;
    } while (after !== null);
  }
  return found;
}

/** A new member of `subject` with a running claim, `given` over its fields, and ways to look at it. */
export async function claimedMember({ members }: MembersSubject, given: Partial<StartedClaim> = {}) {
  const key = newKey();
  const claim = startingClaim(refreshId(1), given);
  const member = mxMember(key, { id: `own-${key.memberGuid}`, institution_code: 'riverbank' });
  expect(await members.claim({ key, claim, starts: [at(0)], startsVersion: 0, member, withBody: true })).toBe(true);
  /** The member, if it is among the claims since `before` or earlier. */
  const open = async (before: string): Promise<MemberKey[]> =>
    (await openClaims(members, before)).filter(({ memberGuid }) => memberGuid === key.memberGuid);
  const claimNow = async (): Promise<Claim | null | undefined> => (await members.read(key))?.claim;
  const openNow = async (): Promise<OpenClaim> => {
    const now = await claimNow();
    return now && now.phase !== 'ended' ? now : expect.fail();
  };
  return { members, key, claim, open, claimNow, openNow };
}

/** A look at MX that saw nothing of note. */
export const seen = (key: MemberKey, id: string): Seen => ({
  key,
  refreshId: id,
  flagSeen: false,
  jobAggregatedAt: null,
  seenStatus: null,
  questions: null,
});

/** A look that begins to store. */
export const storing = (key: MemberKey, id: string, lookNumber: number): Storing => ({
  key,
  refreshId: id,
  lookNumber,
  jobAggregatedAt: null,
  seenStatus: null,
});
