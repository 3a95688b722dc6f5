import type { ArmedFault, Fault } from './fault.ts';
import type { GivenSettings, ModelSettings } from './options.ts';
import type { Scenario, ScenarioKind } from './scenarios.ts';
import type { Call, Member } from './world.ts';

/** A member's state for tests; MX itself shows less. */
export interface MemberReport {
  guid: string;
  id: string | null;
  userGuid: string;
  userId: string | null;
  institutionCode: string;
  scenario: string;
  connectionStatus: string | null;
  isBeingAggregated: boolean;
  jobGuid: string | null;
  jobKind: 'balance' | 'aggregation' | null;
  /** Jobs of any kind that have come to an end. */
  jobsEnded: number;
  /** How often a job has sent the credentials to the bank. */
  loginAttempts: number;
  deniedInRow: number;
  accounts: { guid: string; id: string; balance: string | null }[];
}

/** A scenario by name, or one made by the test. */
export type GivenScenario = string | Scenario;

/** What a test can change or read without MX's API. Members, users and accounts are named by guid or partner id. */
export interface Control {
  addUser(given: { guid?: string; id?: string; email?: string }): { guid: string; id: string | null };
  /** Adds a member with a past (last aggregated six hours ago), or without one (`isNew`). Default: MX Bank, `ok`. */
  addMember(given: {
    user: string;
    guid?: string;
    id?: string;
    institutionCode?: string;
    scenario?: GivenScenario;
    jobSeconds?: number;
    /** Fields of each account as in MX's JSON, decimals best as texts; default: the six of MX Bank. */
    accounts?: readonly Readonly<Record<string, unknown>>[];
    isNew?: boolean;
  }): { guid: string; id: string | null };
  deleteMember(given: { member: string }): void;
  /** Another scenario from the next job on; forgets failed logins. */
  setScenario(given: { member: string; scenario: GivenScenario }): void;
  /** As when the user enters a password by update member. */
  setPassword(given: { member: string; password: string }): void;
  /** Another status at once, without any job; sends its CONNECTION_STATUS webhook if it has one. */
  setStatus(given: { member: string; status: string | null }): void;
  /** Length of the member's next jobs; null = as the scenario or the settings say. */
  setJobSeconds(given: { member: string; seconds: number | null }): void;
  /**
   * Other values of an account. `next-success` (default): the bank has them, and MX gets them with the next job that
   * ends CONNECTED. `now`: MX has them at once.
   */
  setBalances(given: {
    member: string;
    account: string;
    values: Readonly<Record<string, unknown>>;
    when?: 'next-success' | 'now';
  }): void;
  /** Fields that the account's JSON leaves out, and fields in it that MX does not have yet. */
  setAccountShape(given: {
    member: string;
    account: string;
    omit?: readonly string[];
    extra?: Readonly<Record<string, unknown>>;
  }): void;
  addAccount(given: { member: string; values: Readonly<Record<string, unknown>> }): { guid: string; id: string };
  /** The account is gone from every answer. */
  dropAccount(given: { member: string; account: string }): void;
  /** `is_closed`: it stays in the list, and its values move no more. */
  closeAccount(given: { member: string; account: string }): void;
  /** `is_hidden`: it stays in the list, and its values go on moving. */
  hideAccount(given: { member: string; account: string }): void;
  /** The same account stands twice in the list, the second time at its end. */
  duplicateAccount(given: { member: string; account: string }): void;
  /** What happens to the list of accounts between its first and its later pages. */
  setListChange(given: { member: string; change: Member['listChange'] }): void;
  /** Puts a fault in the way of coming calls. */
  addFault(fault: Fault): { id: number };
  /** Those that are still to hit a call. */
  faults(): ArmedFault[];
  /** Takes one back; one that has hit its last call, or is there no more, is no error. */
  removeFault(given: { id: number }): void;
  clearFaults(): void;
  /** Starts a background aggregation now. @throws Error when a job runs already. */
  startBackground(given: { member: string; seconds?: number }): { jobGuid: string };
  /** Plans a background aggregation; it waits for a job that runs then. */
  planBackground(given: { member: string; inSeconds: number }): void;
  /** Changes settings of the running model. */
  setSettings(given: GivenSettings): void;
  settings(): ModelSettings;
  /** Calls received, oldest first (the last 10,000 to 20,000). With `member`: those about it. With `last`: so many of them. */
  calls(given?: { member?: string; last?: number }): readonly Call[];
  clearCalls(): void;
  /** The member as it is now, without using up an answer of a lag. */
  member(given: { member: string }): MemberReport;
  /** Every scenario that a member can have, in words. */
  scenarios(): { name: string; kind: ScenarioKind; description: string }[];
  state(): { users: { guid: string; id: string | null }[]; members: MemberReport[]; scenarios: string[] };
  /** Everything back to how it was at the start. */
  reset(): void;
}
