/** Looks beside MX's webhooks, of which some get lost. */
import type { JobLengths } from '../../../shared/domain/job-lengths.ts';
import { policy } from '../../samples.ts';
import { type Institution, lengthAt } from './institutions.ts';
import { byRule, type Figures, planned, type Schedule } from './schedules.ts';

/** From a job's end to its webhook, in the mean; assumed, spread as waiting times are. */
const WEBHOOK_SECONDS = 1.3;
const LOST = 0.1;

/** So many lengths, and so many delays of a webhook, stand for all. */
const LENGTHS = 200;
const DELAYS = 10;

const delays = Array.from({ length: DELAYS }, (_, index) => -WEBHOOK_SECONDS * Math.log(1 - (index + 0.5) / DELAYS));

/** A look at 60 s, and every 60 s after it. */
export const everyMinute: Schedule = byRule(() => 60);

/** Today's: the first look after 20 s, as set by default, then after half of the job's age. */
export const todayWithWebhooks: Schedule = planned(
  { lengths: null, lagSeconds: 0, webhooks: true },
  { ...policy, firstLookSeconds: 20 },
);

/** The service's rule with these lengths. */
export const oursWithWebhooks = (lengths: JobLengths, lagSeconds: number): Schedule =>
  planned({ lengths, lagSeconds, webhooks: true });

/** What schedules lead to where a webhook brings a look forward; it counts as one. */
export function figuresWithWebhooks(
  institutions: readonly Institution[],
  scheduleOf: (index: number) => Schedule,
): Figures {
  let [looks, lag] = [0, 0];
  for (const [index, one] of institutions.entries()) {
    const schedule = scheduleOf(index);
    for (let part = 0; part < LENGTHS; part += 1) {
      const figures = ofJob(lengthAt(one, (part + 0.5) / LENGTHS), schedule);
      looks += (one.traffic * figures.looks) / LENGTHS;
      lag += (one.traffic * figures.lag) / LENGTHS;
    }
  }
  return { looks, lag };
}

/** The mean over lost webhooks and those that come sooner or later. */
function ofJob(length: number, schedule: Schedule): Figures {
  const index = schedule.findIndex((age) => age >= length);
  const seenAt = schedule[index];
  if (seenAt === undefined) return { looks: schedule.length, lag: 0 };
  // A look that comes less than MX's gap after the last one waits for it.
  const soonest = (schedule[index - 1] ?? Number.NEGATIVE_INFINITY) + policy.minLookGapSeconds;
  const nudged = delays.map((delay) => Math.min(Math.max(length + delay, soonest), seenAt) - length);
  const told = nudged.reduce((sum, lag) => sum + lag, 0) / DELAYS;
  return { looks: index + 1, lag: LOST * (seenAt - length) + (1 - LOST) * told };
}
