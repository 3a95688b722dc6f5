/**
 * How many messages an invocation gets, at rates that one machine cannot make: a model of Lambda's pollers. They hand over
 * what is there, up to ten messages, wait for none, and run at most so many invocations at once (AWS Lambda developer
 * guide, "Using Lambda with Amazon SQS": batch size, batch window 0, maximum concurrency).
 */
import { percentile } from './figures.ts';

/** What the pollers are given. */
export interface Load {
  /** When each refresh begins, in seconds. */
  readonly begins: readonly number[];
  /** When each refresh is looked at, in seconds from its begin. */
  readonly looks: readonly number[];
  /** Invocations at once at most: the setting `followUpConcurrency`. */
  readonly concurrency: number;
  /** Milliseconds of an invocation with so many messages. */
  readonly invocationMs: (messages: number) => number;
}

/** What came of it. */
export interface Handed {
  /** Messages in an invocation, on average. */
  readonly mean: number;
  /** Seconds between the instant at which a message may be received and its invocation: 95 of 100 waited less. */
  readonly waitedSeconds: number;
}

/** The most that SQS hands over in one batch without a batch window. */
const BATCH = 10;

/** Plays every message of every refresh. */
export function handOver({ begins, looks, concurrency, invocationMs }: Load): Handed {
  const due = begins.flatMap((begun) => looks.map((look) => (begun + look) * 1000)).toSorted((a, b) => a - b);
  /** When each of the invocations that may run at once is over. */
  const free: number[] = Array.from({ length: concurrency }, () => 0);
  const waited: number[] = [];
  let invocations = 0;
  for (let next = 0; next < due.length; ) {
    const first = free.indexOf(Math.min(...free));
    const at = Math.max(free[first] ?? 0, due[next] ?? 0);
    let end = next;
    while (end < due.length && end - next < BATCH && (due[end] ?? 0) <= at) {
      waited.push(at - (due[end] ?? 0));
      end += 1;
    }
    free[first] = at + invocationMs(end - next);
    invocations += 1;
    next = end;
  }
  return { mean: due.length / invocations, waitedSeconds: percentile(waited, 0.95) / 1000 };
}
