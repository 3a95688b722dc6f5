import type { AccountValues } from './account-fields.ts';
import type { Account } from './accounts.ts';
import type { ArmedFault } from './fault.ts';
import type { ModelSettings } from './options.ts';
import type { Outbox } from './outbox.ts';
import { createOutbox } from './outbox.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import type { RouteKind } from './route-match.ts';
import type { Job } from './running-job.ts';
import type { ChallengeType, Scenario } from './scenarios.ts';

/** A user of the client. */
export interface User {
  readonly guid: string;
  readonly id: string | null;
  email: string | null;
  metadata: string | null;
  isDisabled: boolean;
  /** Before this instant every read answers 404. */
  visibleAt: number;
  readonly members: Set<Member>;
}

/** A question to the user, as in the JSON of MX (MX facts 2.9). */
export interface Challenge {
  guid: string;
  type: ChallengeType;
  label: string;
  options: { guid: string; label: string; value: string; data_uri?: string }[];
}

/** What a member shows of its jobs. */
export interface Shown {
  connectionStatus: string | null;
  isBeingAggregated: boolean;
  jobGuid: string | null;
  aggregatedAt: number | null;
  successAt: number | null;
  error: { code: number | string; asText: boolean } | null;
}

/** One user's connection to one institution. */
export interface Member {
  readonly guid: string;
  readonly id: string | null;
  readonly user: User;
  readonly institution: Institution;
  metadata: string | null;
  scenario: Scenario;
  scenarioName: string;
  /** Length of this member's jobs in seconds; null = as the scenario or the settings say. */
  jobSeconds: number | null;
  visibleAt: number;
  createdAt: number;
  /** When the accounts of `accountsGiven` got their values. */
  accountsImportedAt: number;
  shown: Shown;
  /** How many answers still show an older state (scenarios with `lag`). */
  lag: { answersLeft: number; of: 'flag' | 'everything'; before: Shown } | null;
  isAuthenticated: boolean;
  hasProcessedAccounts: boolean;
  needsUpdatedCredentials: boolean;
  backgroundDisabled: boolean;
  challenges: Challenge[];
  job: Job | null;
  /** A background aggregation that starts by itself at this instant. */
  backgroundAt: number | null;
  /** Starts of balance jobs within the last two hours. */
  balanceStarts: number[];
  lastJobStart: number | null;
  deniedInRow: number;
  /** How often a job has sent the credentials to the bank: what locks a user out. */
  loginAttempts: number;
  /** The scenario `conflict` makes its background job once, then again only after a balance job. */
  conflictDone: boolean;
  revision: number;
  jobsEnded: number;
  /** Balance jobs that ended well. */
  balanceJobsImported: number;
  /** Null until first read: most tests never read the six accounts of 58 fields of most members. */
  accounts: Account[] | null;
  accountsGiven: readonly AccountValues[];
  /** What happens to the list between its pages (MX facts 2.4: nothing is promised). */
  listChange: 'none' | 'grows' | 'shrinks' | 'duplicates';
}

/** A bank. */
export interface Institution {
  readonly code: string;
  readonly guid: string;
  readonly name: string;
  /** How slow it is, in standard deviations from the middle of all banks. */
  readonly slowness: number;
}

/** Everything the model knows. */
export interface World {
  settings: ModelSettings;
  readonly seed: number;
  readonly now: () => number;
  readonly users: Map<string, User>;
  readonly usersById: Map<string, User>;
  readonly members: Map<string, Member>;
  readonly membersById: Map<string, Member>;
  readonly institutions: Map<string, Institution>;
  /** Members with a running job or a planned one: the only ones that time can change. */
  readonly busy: Set<Member>;
  /** The earliest instant at which one of the busy members changes; Infinity when none does. */
  nextChangeAt: number;
  readonly outbox: Outbox;
  readonly random: { guids: Random; jobs: Random; faults: Random; order: Random };
  readonly faults: ArmedFault[];
  lastFaultId: number;
  readonly calls: Call[];
}

/** A call that the model received; kept so that a test can say "one POST and no more". */
export interface Call {
  at: number;
  method: string;
  /** Path with its query. */
  path: string;
  /** Null for a path that is no route of MX. */
  route: RouteKind | null;
  memberGuid: string | null;
  /** Status of the answer; with a fault on the wire, the status that the caller would have got. */
  status: number;
  /** Id of the fault that hit the call. */
  faultId: number | null;
  /** Bytes of both bodies, headers left out. */
  bodyBytes: number;
}

/** An empty world. */
export function createWorld(settings: ModelSettings, seed: number, now: () => number): World {
  const world: World = {
    settings,
    seed,
    now,
    users: new Map(),
    usersById: new Map(),
    members: new Map(),
    membersById: new Map(),
    institutions: new Map(),
    busy: new Set(),
    nextChangeAt: Number.POSITIVE_INFINITY,
    outbox: createOutbox(seed, now, () => world.settings.webhooks),
    random: worldRandom(seed),
    faults: [],
    lastFaultId: 0,
    calls: [],
  };
  return world;
}

const worldRandom = (seed: number): World['random'] => ({
  guids: createRandom(seed, 'guids'),
  jobs: createRandom(seed, 'jobs'),
  faults: createRandom(seed, 'faults'),
  order: createRandom(seed, 'order'),
});

/** An instant as the model writes it; MX's samples have whole seconds. */
export const shownTime = (world: World, at: number): string =>
  new Date(world.settings.wholeSeconds ? Math.floor(at / 1000) * 1000 : at).toISOString();

/** Empties the world in place, so that references to it stay valid. */
export function emptyWorld(world: World, settings: ModelSettings): void {
  Object.assign(world, createWorld(settings, world.seed, world.now), {
    outbox: createOutbox(world.seed, world.now, () => world.settings.webhooks),
  });
}

/** The user with this guid or partner id. */
export const findUser = (world: World, identifier: string): User | undefined =>
  world.users.get(identifier) ?? world.usersById.get(identifier);

/** The member with this guid or partner id, of any user. */
export const findMember = (world: World, identifier: string): Member | undefined =>
  world.members.get(identifier) ?? world.membersById.get(identifier);
