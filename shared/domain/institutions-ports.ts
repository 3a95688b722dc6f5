/** What is kept of institutions, as the domain sees it. Nothing of it is a promise: a lost or doubled count costs a sample. */
import type { Breaker } from './breaker.ts';
import type { Instant } from './instant.ts';
import type { JobLengths } from './job-lengths.ts';
import type { DropReason, JobSample } from './job-sample.ts';
import type { NotSupported } from './not-supported.ts';
import type { Outcome } from './outcome.ts';
import type { Trouble } from './trouble.ts';

/** Since when a bank has not worked, and how the job ended that showed it. */
export type OpenBreaker = NonNullable<Breaker['open']>;

/** What is learnt of institutions, by MX's code of each. */
export interface Institutions {
  /**
   * How long the institution's jobs take, as known a minute ago or later; null: nothing is learnt (setting `learning`).
   * Null as a code: an institution that is not known. Never rejects: when the table does not answer, the usual lengths.
   */
  lengths(code: string | null): Promise<JobLengths | null>;
  /** Counts the end of a refresh, and what it says of its job. */
  count(code: string, ended: CountedEnd): Promise<void>;
}

/** What is kept of an institution, as it was read. */
export interface StoredTrouble extends Trouble {
  /** How many changes it has seen; 0: none. */
  readonly version: number;
}

/**
 * The breakers of institutions, and which of them have no balance checks. Only those with trouble, or whose trouble was not
 * long ago, are kept.
 */
export interface Breakers {
  /**
   * The institutions whose breaker is open, with what opened it, as known 15 s ago or later. Never rejects: when the table
   * does not answer, none is.
   */
  open(): Promise<ReadonlyMap<string, OpenBreaker>>;
  /** The institutions that are believed to have no balance checks, as of `open`. */
  notSupported(): Promise<ReadonlyMap<string, NotSupported>>;
  read(code: string): Promise<StoredTrouble>;
  /** Replaces what is kept in that version. False: another function has changed it since. */
  write(code: string, trouble: Trouble, version: number): Promise<boolean>;
  /** When the bank last showed that it answers, by the ends that were counted; null: not within days. */
  lastAnswerAt(code: string): Promise<Instant | null>;
  /** Institutions with changes that have yet to be told. */
  untold(): Promise<readonly string[]>;
}

/** The end of a refresh, as it is counted. */
export interface CountedEnd {
  readonly outcome: Outcome;
  readonly sample: JobSample;
  /** Whether it shows that the bank answers. */
  readonly isAnswer: boolean;
  /** The day on which it counts. */
  readonly endedAt: Instant;
}

/** What was counted of an institution on one day, all of it or a part. */
export interface DayCounts {
  /** In UTC, for example `2026-11-26`. */
  readonly day: string;
  /** Ended refreshes; none: 0 or absent. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** Jobs by bin of `job-lengths.ts`. */
  readonly bins: readonly number[];
  /** Refreshes of whose jobs nothing was learnt, by reason; none: 0 or absent. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** An institution of the directory. */
export interface ListedInstitution {
  readonly code: string;
  /** A day on which a refresh of it was counted, UTC: the last one, as a rule. */
  readonly countedOn: string;
}

/** A part of the directory. */
export interface ListedPage {
  /** By code. */
  readonly institutions: readonly ListedInstitution[];
  /** The code behind which the next part begins; null: this was the last. */
  readonly next: string | null;
}

/** Reading what is kept of institutions, to show it. */
export interface InstitutionsReader {
  /** Institutions of which a refresh was counted within 35 days: `limit` at most, behind `after`. */
  page(limit: number, after: string | null): Promise<ListedPage>;
  /** Null: none was counted within 35 days. */
  listed(code: string): Promise<ListedInstitution | null>;
  /** What was counted on `fromDay` (UTC, `2026-11-26`) and since. */
  counts(code: string, fromDay: string): Promise<readonly DayCounts[]>;
  /** What is kept of institutions with trouble, or that had some within 35 days, by their code. */
  troubles(): Promise<ReadonlyMap<string, Trouble>>;
  /** Null: it had none within 35 days. */
  trouble(code: string): Promise<Trouble | null>;
}
