/** What the console's server tells its page, as JSON. Types alone: both sides import them. */

/** RFC 3339, UTC, milliseconds. */
type Instant = string;

/** An answer with data. */
export interface Told<Data> {
  /** When, by the API's clock: the page counts ages from it, and not from the machine's clock. */
  readonly asOf: Instant;
  readonly data: Data;
}

/** Why there is no data. */
export interface Problem {
  /** What did not do as asked. */
  readonly of: 'api' | 'aws' | 'console' | 'simulator';
  /** Of the API's answer; null: there was none. */
  readonly status: number | null;
  readonly code: string | null;
  /** For people. */
  readonly sentence: string;
  /** Seconds, when the API asked to wait. */
  readonly retryAfter: number | null;
}

/** An answer without data. */
export interface Failed {
  readonly asOf: Instant;
  readonly problem: Problem;
}

/** Where the page is looking. */
export interface DeploymentShown {
  /** In words. */
  readonly place: string;
  readonly account: string;
  readonly region: string;
  readonly stack: string;
  readonly isLocal: boolean;
  readonly apiUrl: string;
  /** How the API is called, in words. */
  readonly caller: string;
  /** What is wrong with reaching the API, in a sentence; null: nothing. */
  readonly apiTrouble: string | null;
  /** An operator has stopped every call to MX; null: none has. */
  readonly pause: { readonly from: Instant; readonly until: Instant; readonly why: string } | null;
  /** So many seconds is this machine's clock ahead of the API's, when that is more than a few; else null. */
  readonly clockAheadSeconds: number | null;
  /** Whether MX is the simulator, so that the view *Try it* is there. */
  readonly hasSimulator: boolean;
  /** Setting: balances older than this are stale. */
  readonly staleAfterSeconds: number;
  /** Setting: the shortest period of a schedule, in hours. */
  readonly minScheduleHours: number;
  /** Periods that may be chosen, in hours. */
  readonly everyHours: readonly number[];
}

/** A refresh that has not ended, as its claim says. */
export interface RunningShown {
  readonly userGuid: string;
  readonly memberGuid: string;
  readonly refreshId: string;
  /** What the caller calls it; null: nothing. */
  readonly correlationId: string | null;
  readonly trigger: string;
  readonly acceptedAt: Instant;
  readonly deadline: Instant;
  /** How far it is. */
  readonly step: 'requested' | 'job_runs' | 'waits' | 'asks_user' | 'storing' | 'ended';
  /** The same, in a sentence. */
  readonly sentence: string;
  /** The number of the last look at MX; 0: none yet. */
  readonly looks: number;
  readonly lastLookAt: Instant | null;
  readonly nextLookAt: Instant | null;
}

/** What runs now. */
export interface RunningList {
  readonly running: readonly RunningShown[];
  /** More run than are shown. */
  readonly isMore: boolean;
}

/** So many refreshes ended like this. */
export type OutcomeCounts = Readonly<Record<string, number>>;

/** How refreshes ended within a stretch of time. */
export interface EndsWithin {
  readonly from: Instant;
  readonly counts: OutcomeCounts;
}

/** How refreshes ended in the last hours. */
export interface RecentEndsShown {
  /** Oldest first, one after the other. */
  readonly stretches: readonly EndsWithin[];
  /** Sums. */
  readonly counts: OutcomeCounts;
  readonly hours: number;
  /** Not every end was found in time. */
  readonly isPart: boolean;
}

/** Seconds; `to` null: or more. */
export interface Range {
  readonly from: number;
  readonly to: number | null;
}

/** A bank. */
export interface InstitutionShown {
  readonly code: string;
  readonly state: 'works' | 'down' | 'no_checks' | 'not_watched';
  /** Since when it does not work; null otherwise. */
  readonly since: Instant | null;
  /** In a sentence, when it does not work as it should. */
  readonly why: string | null;
  readonly today: OutcomeCounts;
  readonly week: OutcomeCounts;
  readonly jobs: { readonly samples: number; readonly isFew: boolean } & Readonly<
    Record<'p50' | 'p90' | 'p99', Range | null>
  >;
}

/** Banks, those that do not work first. */
export interface InstitutionList {
  readonly institutions: readonly InstitutionShown[];
  /** More are known than are shown. */
  readonly isMore: boolean;
  /** Sums of what is shown. */
  readonly today: OutcomeCounts;
  readonly week: OutcomeCounts;
  /** Said beside them; null: nothing has to be. */
  readonly note: string | null;
  /** Setting `deadlineSeconds`: no job is watched for longer. */
  readonly deadlineSeconds: number;
}

/** A member that waits for a person. */
export interface WaitingShown {
  readonly userGuid: string;
  readonly memberGuid: string;
  readonly institution: string | null;
  readonly since: Instant;
  /** Why, in a sentence; null: written by a newer version. */
  readonly why: string | null;
}

/** Members that wait for the same. */
export interface AttentionGroup {
  readonly action: string;
  /** Whose move it is, in a sentence. */
  readonly move: string;
  readonly count: number;
  /** There are so many or more. */
  readonly isAtLeast: boolean;
  /** The first of them, the oldest first. */
  readonly first: readonly WaitingShown[];
}

/** The schedule's turns by hour of the day, UTC. */
export interface LoadShown {
  readonly members: number;
  readonly isPart: boolean;
  readonly turnsByHour: readonly number[];
}

/** How a refresh ended. */
export interface EndShown {
  readonly refreshId: string;
  readonly outcome: string;
  /** What its code means. */
  readonly sentence: string;
}

/** A member, explained. */
export interface MemberShown {
  readonly userGuid: string;
  readonly memberGuid: string;
  readonly institution: string | null;
  readonly bankDownSince: Instant | null;
  /** Three sentences: why its balances are as old as they are, whose move it is, what comes next. */
  readonly why: string;
  readonly move: string;
  readonly next: string;
  /** `none`, `wait`, `reauthenticate`, …: what has to be done now. */
  readonly action: string;
  /** Null: nothing is stored. */
  readonly verdict: 'fresh' | 'stale' | null;
  readonly freshAsOf: Instant | null;
  /** The last refresh that has ended; null: none has. */
  readonly lastEnd: EndShown | null;
  /** Null: none runs. */
  readonly running: RunningShown | null;
}

/** What changes of a member while a refresh of it runs. */
export type WatchedShown = Pick<MemberShown, 'lastEnd' | 'running'>;

/** Amounts as the exact text that MX sent; null: MX sent none. */
export interface Amounts {
  readonly balance: string | null;
  readonly available: string | null;
}

/** A stored account. */
export interface AccountShown {
  readonly guid: string;
  readonly name: string | null;
  readonly type: string | null;
  readonly currency: string | null;
  readonly freshAsOf: Instant | null;
  readonly isListed: boolean;
  /** In words, why its values may not be those of now; null: nothing speaks against them but their age. */
  readonly staleBecause: string | null;
  /** Null: they were not asked for. */
  readonly amounts: Amounts | null;
}

/** The stored accounts of a member. */
export interface AccountList {
  readonly accounts: readonly AccountShown[];
  /** How many there are; more than are shown, when there are over a thousand. */
  readonly total: number;
}

/** A balance that an account had, from then on. */
export interface FormerShown extends Pick<Amounts, 'balance'> {
  readonly since: Instant;
  readonly currency: string | null;
}

/** How the amounts of an account moved. */
export interface HistoryShown {
  /** The newest first; the first are those of now. */
  readonly amounts: readonly FormerShown[];
  /** Older ones are kept too. */
  readonly isMore: boolean;
}

/** A refresh, as the API shows it. */
export interface RefreshShown {
  readonly refreshId: string;
  readonly correlationId: string | null;
  readonly trigger: string;
  readonly acceptedAt: Instant;
  readonly endedAt: Instant | null;
  readonly observedAt: Instant | null;
  readonly lastLookAt: Instant | null;
  /** Null: it runs. */
  readonly outcome: string | null;
  readonly code: string | null;
  readonly action: string | null;
  readonly message: string | null;
  /** MX's text for the end user; null: none. */
  readonly userMessage: string | null;
  readonly connectionStatus: string | null;
}

/** The newest refreshes of a member. */
export interface RefreshList {
  readonly refreshes: readonly RefreshShown[];
  readonly isMore: boolean;
}

/** A step of a refresh, by its log lines. */
export interface LookShown {
  readonly at: Instant;
  /** `told`: an answer, or its end; `look`: at MX; `stored`: a look after which the accounts were stored. */
  readonly kind: 'told' | 'look' | 'stored' | 'trouble';
  readonly words: string;
}

/** What the logs have of a refresh. */
export interface LooksShown {
  /** Oldest first; empty: the logs have nothing of it, or no more. */
  readonly looks: readonly LookShown[];
  /** There may be more. */
  readonly isPart: boolean;
}

/** A member's place in the schedule. */
export interface ScheduleShown {
  /** Null: it is on no schedule. */
  readonly everyHours: number | null;
  readonly nextDueAt: Instant | null;
  readonly quietHours: string | null;
  /** Why the schedule does not start it; null: it does. */
  readonly held: string | null;
}

/** What a trigger was answered with. */
export interface TriggeredShown {
  readonly refreshId: string | null;
  /** It ran already. */
  readonly joined: boolean;
}
