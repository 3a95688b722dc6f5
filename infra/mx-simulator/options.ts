import type { WebhookOptions } from './outbox.ts';

/** How the simulator behaves where MX's documents leave a choice, or where a test wants another one. */
export interface ModelSettings {
  /** HTTP Basic user name that is accepted. */
  clientId: string;
  /** HTTP Basic password that is accepted. */
  apiKey: string;
  /** The sixth balance job of a member in two hours gets 429; `unless-mxbank`: MX Bank has no limit (MX facts 5). */
  throttleBalanceJobs: boolean | 'unless-mxbank';
  /** Does a successful balance job move `successfully_aggregated_at`? MX does not say (MX facts 10). */
  balanceJobsMoveSuccess: boolean;
  /** Length of every job in seconds, fractions and 0 included; null = drawn per institution. */
  jobSeconds: number | null;
  /** Seconds until an unanswered challenge becomes EXPIRED. */
  challengeSeconds: number;
  /** Milliseconds during which a new user or member answers 404 (MX facts 3.4: about 500 at MX). */
  createLagMs: number;
  /** POST for a member whose credentials are used up (PREVENTED): 202 and nothing starts; else the job ends PREVENTED. */
  preventedStartsNothing: boolean;
  /** Order of lists: always the same, another one after each job, or another one for each page asked for. */
  accountOrder: 'stable' | 'per-job' | 'per-call';
  /** v20111101 is a valid version too, also when it stands in `Accept` (the official SDK 2.x). */
  acceptOldVersion: boolean;
  /** How a member without an error shows it: `{}`, null, or no field at all (MX facts 3.5). */
  noError: 'object' | 'null' | 'missing';
  /** Times are cut to whole seconds, as in all of MX's samples; two jobs in one second then look alike. */
  wholeSeconds: boolean;
  /** MX aggregates every member by itself, about every 24 h; 0 = only when told to. */
  backgroundEverySeconds: number;
  /** Start with the users and members of `seed-data.ts`. */
  seedData: boolean;
  webhooks: WebhookOptions;
}

/** What is used for each setting that is not given. */
export const DEFAULT_SETTINGS: ModelSettings = {
  clientId: 'local-client-id',
  apiKey: 'local-api-key',
  throttleBalanceJobs: 'unless-mxbank',
  balanceJobsMoveSuccess: true,
  jobSeconds: null,
  challengeSeconds: 300,
  createLagMs: 0,
  preventedStartsNothing: true,
  accountOrder: 'stable',
  acceptOldVersion: true,
  noError: 'object',
  wholeSeconds: true,
  backgroundEverySeconds: 0,
  seedData: true,
  webhooks: {
    balance: true,
    aggregation: true,
    connectionStatus: true,
    member: false,
    lose: 0,
    double: 0,
    delay: 0,
    delaySeconds: 30,
    early: 0,
    earlySeconds: 5,
    retryScale: 1,
  },
};

/** Settings given by a caller; everything has a default. */
export type GivenSettings = Partial<Omit<ModelSettings, 'webhooks'>> & { webhooks?: Partial<WebhookOptions> };

/** The given settings over those that hold so far; a setting given as undefined counts as not given. */
export function withGiven(base: ModelSettings, given: GivenSettings): ModelSettings {
  return { ...base, ...definedOnly(given), webhooks: { ...base.webhooks, ...definedOnly(given.webhooks ?? {}) } };
}

function definedOnly<T extends object>(given: T): T {
  const copy = { ...given };
  for (const name of Object.keys(copy)) if (Reflect.get(copy, name) === undefined) Reflect.deleteProperty(copy, name);
  return copy;
}
