/** A job as a member has it while it runs. `job.ts` starts and changes it. */
import type { JobEnd } from './scenarios.ts';

/** The two kinds of job that matter here: MX answers 409 when one is asked for while the other runs. */
export type JobKind = 'balance' | 'aggregation';

/** The next change of a running job, and when it is due. */
export interface JobStep {
  at: number;
  what: 'ask' | 'expire' | 'interim' | 'resume' | 'import-first' | 'end';
}

/** A running job. Without a timer: `advance` runs its due steps at the next call. */
export interface Job {
  readonly guid: string;
  readonly kind: JobKind;
  readonly isBackground: boolean;
  readonly startedAt: number;
  readonly lengthMs: number;
  end: JobEnd;
  /** What is still to happen, in order of time. */
  steps: JobStep[];
  balanceWebhookSent: boolean;
}
