/** What can be put in the way of calls. `faults.ts` does it. */
import type { RouteKind } from './route-match.ts';

/** What goes wrong with a call. */
export type FaultHow =
  /** This HTTP status; the body is MX's error JSON, a gateway's HTML page, or nothing. */
  | { kind: 'status'; status: number; body?: 'json' | 'html' | 'empty'; type?: string; retryAfter?: string }
  | { kind: 'timeout' }
  | { kind: 'reset' }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'slow-body'; delayMs: number }
  | { kind: 'broken-body' };

/** What can go wrong, each in a sentence. */
export const FAULT_KINDS: Readonly<Record<FaultHow['kind'], string>> = {
  status: 'answers with an HTTP status of your choice',
  timeout: 'takes the call and never answers',
  reset: 'cuts the connection',
  slow: 'answers late',
  'slow-body': 'begins its answer at once and sends the rest drop by drop',
  'broken-body': 'breaks off half way through its answer',
};

/** A fault to be put in the way of calls. */
export interface Fault {
  how: FaultHow;
  /** Routes that it hits; absent = all. */
  routes?: readonly RouteKind[];
  /** Guid or partner id of the only member that it hits. */
  member?: string;
  /** How many calls it hits; absent = 1, null = no end. */
  times?: number | null;
  /** Probability with which it hits a call, 0 to 1; absent = 1. */
  probability?: number;
  /**
   * `before`: MX never saw the call. `after`: MX did what was asked, and only the answer is lost. Default: before.
   * Slow answers and broken bodies are always of the second kind.
   */
  effect?: 'before' | 'after';
}

/** A fault that waits for its call. */
export interface ArmedFault extends Fault {
  readonly id: number;
  /** Calls that it will still hit; null = no end. */
  left: number | null;
}
