import type { AccountValues } from './account-fields.ts';
import type { Account, AccountOwner } from './accounts.ts';
import { createAccount, MX_BANK_ACCOUNTS, offsetTime } from './accounts.ts';
import { createRandom } from './random.ts';
import type { Scenario } from './scenarios.ts';
import type { Institution, Member, User, World } from './world.ts';
import { shownTime } from './world.ts';

/** The member's accounts, made when first asked for. */
export function accountsOf(world: World, member: Member): Account[] {
  if (member.accounts !== null) return member.accounts;
  const importedAt = member.accountsImportedAt;
  const times = { imported_at: shownTime(world, importedAt), updated_at: offsetTime(importedAt) };
  member.accounts = member.accountsGiven.map((values, index) =>
    createAccount(ownerOf(member), { ...times, ...values, id: values.id ?? `act-${index + 1}` }, member.createdAt),
  );
  return member.accounts;
}

/** What an account says about its member. */
export const ownerOf = (member: Member): AccountOwner => ({
  guid: member.guid,
  id: member.id,
  userGuid: member.user.guid,
  userId: member.user.id,
  institutionCode: member.institution.code,
});

/** The bank with this code; any code is a bank, known ones have their names. */
export function institutionOf(world: World, code: string): Institution {
  const known = world.institutions.get(code);
  if (known !== undefined) return known;
  const made: Institution = {
    code,
    guid: code === 'mxbank' ? 'INS-1572a04c-912b-59bf-5841-332c7dfafaef' : createRandom(0, code).guid('INS'),
    name: NAMES[code] ?? code.replaceAll(/[_-]+/g, ' '),
    slowness: createRandom(world.seed, `institution ${code}`).normal(),
  };
  world.institutions.set(code, made);
  return made;
}

const NAMES: Readonly<Record<string, string>> = {
  mxbank: 'MX Bank',
  mx_bank_oauth: 'MX Bank (OAuth)',
  mxcu_oauth: 'MXCU (OAuth)',
  mxcu_credential: 'MXCU',
  riverbank: 'Riverbank Credit Union',
  harbor: 'Harbor Savings',
};

/** What a caller gives for a new member. */
export interface NewMember {
  guid?: string;
  id?: string | null;
  institutionCode?: string;
  metadata?: string | null;
  scenario: Scenario;
  scenarioName: string;
  jobSeconds?: number | null;
  accounts?: readonly AccountValues[];
  visibleAt?: number;
}

/** Adds a member that has never run a job. */
export function addMember(world: World, user: User, given: NewMember): Member {
  const now = world.now();
  const { scenario } = given;
  const member: Member = {
    guid: given.guid ?? world.random.guids.guid('MBR'),
    id: given.id ?? null,
    user,
    institution: institutionOf(world, given.institutionCode ?? 'mxbank'),
    metadata: given.metadata ?? null,
    scenario,
    scenarioName: given.scenarioName,
    jobSeconds: given.jobSeconds ?? null,
    visibleAt: Math.max(given.visibleAt ?? 0, scenario.createLagMs ? now + scenario.createLagMs : 0),
    createdAt: now,
    accountsImportedAt: now,
    shown: {
      connectionStatus: 'CREATED',
      isBeingAggregated: false,
      jobGuid: null,
      aggregatedAt: null,
      successAt: null,
      error: null,
    },
    lag: null,
    isAuthenticated: false,
    hasProcessedAccounts: false,
    needsUpdatedCredentials: false,
    backgroundDisabled: false,
    challenges: [],
    job: null,
    backgroundAt: null,
    balanceStarts: [],
    lastJobStart: null,
    deniedInRow: 0,
    loginAttempts: 0,
    conflictDone: false,
    revision: 1,
    jobsEnded: 0,
    balanceJobsImported: 0,
    accounts: null,
    accountsGiven: given.accounts ?? MX_BANK_ACCOUNTS,
    listChange: 'none',
  };
  world.members.set(member.guid, member);
  if (member.id !== null) world.membersById.set(member.id, member);
  user.members.add(member);
  return member;
}

/** Adds a user. */
export function addUser(
  world: World,
  given: { guid?: string; id?: string | null; email?: string | null; metadata?: string | null; visibleAt?: number },
): User {
  const user: User = {
    guid: given.guid ?? world.random.guids.guid('USR'),
    id: given.id ?? null,
    email: given.email ?? null,
    metadata: given.metadata ?? null,
    isDisabled: false,
    visibleAt: given.visibleAt ?? 0,
    members: new Set(),
  };
  world.users.set(user.guid, user);
  if (user.id !== null) world.usersById.set(user.id, user);
  return user;
}

/** Takes a member away, its job included; what it had planned never happens. */
export function removeMember(world: World, member: Member): void {
  world.members.delete(member.guid);
  if (member.id !== null) world.membersById.delete(member.id);
  member.user.members.delete(member);
  world.busy.delete(member);
  member.job = null;
  member.backgroundAt = null;
}

/** Takes a user away with all members. */
export function removeUser(world: World, user: User): void {
  for (const member of [...user.members]) removeMember(world, member);
  world.users.delete(user.guid);
  if (user.id !== null) world.usersById.delete(user.id);
}
