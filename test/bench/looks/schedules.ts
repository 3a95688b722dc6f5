/** Schedules of looks, what they cost and how late they see a job's end. Ages are whole seconds, as SQS delays messages. */
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { type LookPlan, secondsToFirstLook, secondsToLookAgain } from '../../../shared/domain/look-plan.ts';
import type { Policy } from '../../../shared/domain/policy.ts';
import { policy } from '../../samples.ts';
import { type Institution, shareOver } from './institutions.ts';

/** The ages of a job at which it is looked at; the last is the deadline. */
export type Schedule = readonly number[];

const deadline: number = policy.deadlineSeconds;
const { minLookGapSeconds, maxLookGapSeconds }: Policy = policy;

/** Lengths of jobs, at each age up to the deadline. */
export interface Lengths {
  /** The share of jobs that are over. */
  readonly over: Float64Array;
  /** The integral of that share from 0 on. */
  readonly area: Float64Array;
}

const STEPS_IN_A_SECOND = 8;

/** The lengths of an institution's jobs. */
export function lengthsOf(institution: Institution): Lengths {
  const [over, area] = [new Float64Array(deadline + 1), new Float64Array(deadline + 1)];
  for (let age = 1; age <= deadline; age += 1) {
    over[age] = shareOver(institution, age);
    let sum = 0;
    for (let step = 0; step < STEPS_IN_A_SECOND; step += 1) {
      sum += shareOver(institution, age - 1 + (step + 0.5) / STEPS_IN_A_SECOND);
    }
    area[age] = (area[age - 1] ?? 0) + sum / STEPS_IN_A_SECOND;
  }
  return { over, area };
}

/** The lengths of all jobs of these institutions. */
export function together(all: readonly { readonly traffic: number; readonly lengths: Lengths }[]): Lengths {
  const [over, area] = [new Float64Array(deadline + 1), new Float64Array(deadline + 1)];
  for (const { traffic, lengths } of all) {
    for (let age = 0; age <= deadline; age += 1) {
      over[age] = (over[age] ?? 0) + traffic * (lengths.over[age] ?? 0);
      area[age] = (area[age] ?? 0) + traffic * (lengths.area[age] ?? 0);
    }
  }
  return { over, area };
}

/** What a schedule leads to, in the mean of jobs. */
export interface Figures {
  readonly looks: number;
  /** Seconds from a job's end to the look that sees it; of a job that outlasts the deadline none. */
  readonly lag: number;
}

/** The lag at `to` of jobs that ran at `from`, as a part of all jobs' lag. */
const lagBetween = ({ over, area }: Lengths, from: number, to: number): number =>
  (area[to] ?? 0) - (area[from] ?? 0) - (over[from] ?? 0) * (to - from);

/** What `schedule` leads to, by integration instead of drawn jobs. */
export function figuresOf(schedule: Schedule, lengths: Lengths): Figures {
  let [looks, lag, last] = [0, 0, 0];
  for (const age of schedule) {
    looks += 1 - (lengths.over[last] ?? 0);
    lag += lagBetween(lengths, last, age);
    last = age;
  }
  return { looks, lag };
}

/** The looks that this rule says, by a job's age and how many looks were taken. */
export function byRule(gap: (age: number, looks: number) => number): Schedule {
  const schedule: number[] = [];
  let age = 0;
  while (age < deadline) {
    age = Math.min(deadline, age + gap(age, schedule.length));
    schedule.push(age);
  }
  return schedule;
}

const startedAt = '2026-11-26T12:00:00.000Z';
const job = { startedAt, deadline: plusSeconds(startedAt, deadline) };

/** The looks that the planner of the service books, one after the other, in virtual time. */
export const planned = (plan: LookPlan, by: Policy = policy): Schedule =>
  byRule((age, looks) =>
    looks === 0 ? secondsToFirstLook(plan, job, by) : secondsToLookAgain(plan, job, plusSeconds(startedAt, age), by),
  );

/** Twice the distance after each look. */
export const doubling: Schedule = byRule((_, looks) => Math.min(maxLookGapSeconds, minLookGapSeconds * 2 ** looks));

/** The best schedule for jobs of these lengths where a look is worth `price` seconds of lag: dynamic programming. */
export function bestSchedule(lengths: Lengths, price: number): Schedule {
  const cost = new Float64Array(deadline + 1);
  const next = new Int32Array(deadline + 1);
  for (let age = deadline - 1; age >= 0; age -= 1) {
    let best = Number.POSITIVE_INFINITY;
    for (let gap = minLookGapSeconds; gap <= maxLookGapSeconds; gap += 1) {
      const to = Math.min(deadline, age + gap);
      const costs = lagBetween(lengths, age, to) + (cost[to] ?? 0);
      if (costs < best) [best, next[age]] = [costs, to];
      if (to === deadline) break;
    }
    cost[age] = best + price * (1 - (lengths.over[age] ?? 0));
  }
  return byRule((age) => (next[age] ?? deadline) - age);
}
