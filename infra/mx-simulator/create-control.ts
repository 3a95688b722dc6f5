import type { AccountValues } from './account-fields.ts';
import { readAccountValues } from './account-fields.ts';
import type { Account } from './accounts.ts';
import { createAccount, showValues } from './accounts.ts';
import type { Control, GivenScenario, MemberReport } from './control.ts';
import { armFault } from './faults.ts';
import { setBusy, setStatus, startJob } from './job.ts';
import { accountsOf, addMember, addUser, ownerOf, removeMember } from './members.ts';
import { withGiven } from './options.ts';
import type { Scenario } from './scenarios.ts';
import { kindOf, namedScenario, scenarioNames } from './scenarios.ts';
import { giveHistory } from './seed-data.ts';
import { advance, planAllBackgrounds } from './timeline.ts';
import type { Member, World } from './world.ts';
import { findMember, findUser } from './world.ts';
import { clearCredentialTrouble, enterPassword } from './write-routes.ts';

/** The controls of a world. Each first runs what is due, so that a command applies to the state of now. */
export function createControl(world: World, reset: () => void): Control {
  const present = (): number => {
    const now = world.now();
    advance(world, now);
    return now;
  };
  const memberOf = (identifier: string): Member => {
    present();
    const found = findMember(world, identifier);
    if (found === undefined) throw new Error(`There is no member ${identifier}.`);
    return found;
  };
  const accountOf = (member: Member, identifier: string): Account => {
    const found = accountsOf(world, member).find(({ guid, id }) => guid === identifier || id === identifier);
    if (found === undefined) throw new Error(`Member ${member.id ?? member.guid} has no account ${identifier}.`);
    return found;
  };
  const show = (given: { member: string; account: string }, values: AccountValues): void =>
    showValues(accountOf(memberOf(given.member), given.account), values);

  return {
    addUser(given) {
      for (const name of [given.guid, given.id]) {
        if (name !== undefined && findUser(world, name) !== undefined)
          throw new Error(`There is a user ${name} already.`);
      }
      const { guid, id } = addUser(world, given);
      return { guid, id };
    },
    addMember(given) {
      present();
      const user = findUser(world, given.user);
      if (user === undefined) throw new Error(`There is no user ${given.user}.`);
      for (const name of [given.guid, given.id]) {
        if (name !== undefined && findMember(world, name) !== undefined) {
          throw new Error(`There is a member ${name} already.`);
        }
      }
      const { guid, id, institutionCode, jobSeconds } = given;
      const member = addMember(world, user, {
        ...(guid === undefined ? {} : { guid }),
        ...(id === undefined ? {} : { id }),
        ...(institutionCode === undefined ? {} : { institutionCode }),
        ...(jobSeconds === undefined ? {} : { jobSeconds: readSeconds(jobSeconds) }),
        ...(given.accounts === undefined ? {} : { accounts: given.accounts.map(readAccountValues) }),
        ...readScenario(given.scenario ?? 'ok'),
      });
      if (given.isNew !== true) giveHistory(world, member);
      planAllBackgrounds(world);
      return { guid: member.guid, id: member.id };
    },
    deleteMember: (given) => removeMember(world, memberOf(given.member)),
    setScenario(given) {
      const member = memberOf(given.member);
      Object.assign(member, readScenario(given.scenario));
      clearCredentialTrouble(member);
    },
    setPassword: (given) => enterPassword(world, memberOf(given.member), given.password),
    setStatus: (given) => setStatus(world, memberOf(given.member), given.status, world.now()),
    setJobSeconds(given) {
      memberOf(given.member).jobSeconds = given.seconds === null ? null : readSeconds(given.seconds);
    },
    setBalances(given) {
      const account = accountOf(memberOf(given.member), given.account);
      const values = readAccountValues(given.values);
      if (given.when === 'now') showValues(account, values);
      else Object.assign(account.atBank, values);
    },
    setAccountShape(given) {
      const account = accountOf(memberOf(given.member), given.account);
      account.omit = new Set(given.omit ?? []);
      account.extra = { ...given.extra };
      account.text = null;
    },
    addAccount(given) {
      const member = memberOf(given.member);
      const accounts = accountsOf(world, member);
      const values = readAccountValues(given.values);
      const made = createAccount(ownerOf(member), { id: `act-${accounts.length + 1}`, ...values }, world.now());
      if (accounts.some(({ guid }) => guid === made.guid)) throw new Error(`There is an account ${made.id} already.`);
      accounts.push(made);
      return { guid: made.guid, id: made.id };
    },
    dropAccount(given) {
      const member = memberOf(given.member);
      const dropped = accountOf(member, given.account);
      member.accounts = accountsOf(world, member).filter((account) => account.guid !== dropped.guid);
    },
    closeAccount: (given) => show(given, { is_closed: true }),
    hideAccount: (given) => show(given, { is_hidden: true }),
    duplicateAccount(given) {
      const member = memberOf(given.member);
      accountsOf(world, member).push(accountOf(member, given.account));
    },
    setListChange(given) {
      memberOf(given.member).listChange = given.change;
    },
    addFault: (fault) => ({ id: armFault(world, fault).id }),
    faults: () => world.faults.filter(({ left }) => left !== 0),
    removeFault({ id }) {
      const place = world.faults.findIndex((fault) => fault.id === id);
      if (place >= 0) world.faults.splice(place, 1);
    },
    clearFaults() {
      world.faults.length = 0;
    },
    startBackground(given) {
      const member = memberOf(given.member);
      if (member.job !== null) throw new Error(`Member ${given.member} has a running job.`);
      const seconds = given.seconds === undefined ? {} : { seconds: readSeconds(given.seconds) };
      const job = startJob(world, member, { kind: 'aggregation', at: world.now(), isBackground: true, ...seconds });
      return { jobGuid: job.guid };
    },
    planBackground(given) {
      const member = memberOf(given.member);
      member.backgroundAt = world.now() + readSeconds(given.inSeconds) * 1000;
      setBusy(world, member);
    },
    setSettings(given) {
      present();
      world.settings = withGiven(world.settings, given);
      planAllBackgrounds(world);
    },
    settings: () => world.settings,
    calls({ member, last } = {}) {
      const guid = member === undefined ? null : memberOf(member).guid;
      const about = guid === null ? world.calls : world.calls.filter(({ memberGuid }) => memberGuid === guid);
      return last === undefined ? about : about.slice(-last);
    },
    clearCalls() {
      world.calls.length = 0;
    },
    member: (given) => report(world, memberOf(given.member)),
    scenarios: () =>
      scenarioNames().flatMap((name) => {
        const scenario = namedScenario(name);
        return scenario === undefined ? [] : [{ name, kind: kindOf(scenario), description: scenario.description }];
      }),
    state() {
      present();
      return {
        users: [...world.users.values()].map(({ guid, id }) => ({ guid, id })),
        members: [...world.members.values()].map((member) => report(world, member)),
        scenarios: scenarioNames(),
      };
    },
    reset,
  };
}

function readScenario(given: GivenScenario): { scenario: Scenario; scenarioName: string } {
  if (typeof given !== 'string') return { scenario: given, scenarioName: given.description };
  const scenario = namedScenario(given);
  if (scenario === undefined)
    throw new Error(`There is no scenario ${given}; there are: ${scenarioNames().join(', ')}.`);
  return { scenario, scenarioName: given };
}

function readSeconds(seconds: number): number {
  if (!Number.isFinite(seconds) || seconds < 0) throw new Error('Seconds have to be a number of 0 or more.');
  return seconds;
}

function report(world: World, member: Member): MemberReport {
  const { shown } = member;
  return {
    guid: member.guid,
    id: member.id,
    userGuid: member.user.guid,
    userId: member.user.id,
    institutionCode: member.institution.code,
    scenario: member.scenarioName,
    connectionStatus: shown.connectionStatus,
    isBeingAggregated: shown.isBeingAggregated,
    jobGuid: shown.jobGuid,
    jobKind: member.job?.kind ?? null,
    jobsEnded: member.jobsEnded,
    loginAttempts: member.loginAttempts,
    deniedInRow: member.deniedInRow,
    accounts: accountsOf(world, member).map(({ guid, id, values }) => ({
      guid,
      id,
      balance: typeof values.balance === 'string' ? values.balance : null,
    })),
  };
}
