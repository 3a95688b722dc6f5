/** What is kept of institutions, as the domain sees it. Nothing of it is a promise: a lost or doubled count costs a sample. */
import type { Instant } from './instant.ts';
import type { JobLengths } from './job-lengths.ts';
import type { JobSample } from './job-sample.ts';
import type { Outcome } from './outcome.ts';

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

/** The end of a refresh, as it is counted. */
export interface CountedEnd {
  readonly outcome: Outcome;
  readonly sample: JobSample;
  /** The day on which it counts. */
  readonly endedAt: Instant;
}
