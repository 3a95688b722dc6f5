import type { AccountValues } from './account-fields.ts';
import { addMember, addUser } from './members.ts';
import { namedScenario } from './scenarios.ts';
import type { Member, World } from './world.ts';

/** A member that is there from the start. */
export interface SeedMember {
  userGuid: string;
  userId: string;
  guid: string;
  /** Partner id; says what the member is for. */
  id: string;
  institutionCode: string;
  scenario: string;
  accounts?: readonly AccountValues[];
}

const HOUR_MS = 3600 * 1000;

/** The users that are there from the start. */
export const SEED_USERS = [
  { guid: 'USR-11111111-1111-4111-8111-111111111111', id: 'user-1' },
  { guid: 'USR-22222222-2222-4222-8222-222222222222', id: 'user-2' },
  { guid: 'USR-33333333-3333-4333-8333-333333333333', id: 'user-3' },
] as const;

const EVERYDAY = [
  ['member-ok', 'mxbank', 'ok'],
  ['member-moving', 'riverbank', 'moving'],
  ['member-mfa', 'mxbank', 'challenged'],
  ['member-mfa-options', 'mxbank', 'challenged-options'],
  ['member-denied', 'mxbank', 'denied'],
  ['member-prevented', 'mxbank', 'prevented'],
  ['member-locked', 'mxbank', 'locked'],
  ['member-failed', 'mxbank', 'failed'],
  ['member-slow', 'harbor', 'slow'],
  ['member-instant', 'mxbank', 'instant'],
  ['member-conflict', 'riverbank', 'conflict'],
  ['member-repaired', 'riverbank', 'last-job-failed'],
  ['member-flapping', 'harbor', 'flapping'],
  ['member-unproven', 'harbor', 'starts-nothing'],
  ['member-maintenance', 'harbor', 'refused-maintenance'],
  ['member-feature-off', 'harbor', 'feature-off'],
  ['member-oauth', 'mxcu_oauth', 'oauth-pending'],
] as const;

/** Thirty plain accounts, more than one default page holds. */
const MANY: readonly AccountValues[] = Array.from({ length: 30 }, (_, index) => ({
  id: `act-${String(index + 1).padStart(2, '0')}`,
  name: `Sub-account ${index + 1}`,
  currency_code: 'USD',
  balance: `${100 + index}.25`,
}));

const memberGuid = (user: number, number: number): string =>
  `MBR-${String(user).repeat(8)}-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** The members that are there from the start: `user-1` for every day, `user-2` with one that has many accounts. */
export const SEED_MEMBERS: readonly SeedMember[] = [
  ...EVERYDAY.map(([id, institutionCode, scenario], index) => ({
    userGuid: SEED_USERS[0].guid,
    userId: SEED_USERS[0].id,
    guid: memberGuid(1, index + 1),
    id,
    institutionCode,
    scenario,
  })),
  {
    userGuid: SEED_USERS[1].guid,
    userId: SEED_USERS[1].id,
    guid: memberGuid(2, 1),
    id: 'member-many-accounts',
    institutionCode: 'harbor',
    scenario: 'moving',
    accounts: MANY,
  },
  {
    userGuid: SEED_USERS[1].guid,
    userId: SEED_USERS[1].id,
    guid: memberGuid(2, 2),
    id: 'member-two-of-user-2',
    institutionCode: 'riverbank',
    scenario: 'moving',
  },
];

/** Puts the seed data into a world; `user-3` stays without members. */
export function addSeedData(world: World): void {
  for (const user of SEED_USERS) addUser(world, user);
  for (const seed of SEED_MEMBERS) {
    const scenario = namedScenario(seed.scenario);
    const user = world.users.get(seed.userGuid);
    if (scenario === undefined || user === undefined) throw new Error(`The seed data of ${seed.id} is incomplete.`);
    const { guid, id, institutionCode } = seed;
    const accounts = seed.accounts === undefined ? {} : { accounts: seed.accounts };
    giveHistory(
      world,
      addMember(world, user, { guid, id, institutionCode, scenario, scenarioName: seed.scenario, ...accounts }),
    );
  }
}

/** Gives the member a past: an aggregation six hours ago that ended CONNECTED, or as the scenario's `before` says. */
export function giveHistory(world: World, member: Member): void {
  const { before, end } = member.scenario;
  const at = world.now() - 6 * HOUR_MS;
  const status = before === undefined ? 'CONNECTED' : before.status;
  member.createdAt = at - 24 * HOUR_MS;
  member.accountsImportedAt = at + 10_000;
  member.shown = {
    connectionStatus: status,
    isBeingAggregated: false,
    jobGuid: world.random.guids.guid('JOB'),
    aggregatedAt: at,
    successAt: status === 'CONNECTED' ? at + 10_000 : at - 24 * HOUR_MS,
    error: before === undefined || before.errorCode === null ? null : { code: before.errorCode, asText: false },
  };
  if (end.status === 'PENDING') member.shown.successAt = null;
  member.hasProcessedAccounts = status === 'CONNECTED';
  member.isAuthenticated = status === 'CONNECTED';
  // Six hours ago: outside the two hours that count balance jobs and the three hours between aggregations.
  member.lastJobStart = at;
}
