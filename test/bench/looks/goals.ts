/** What `bench:looks` holds its figures against. */
import { meanOf } from './curves.ts';
import { type AfterChange, lagOf, type Measured, oursOf, type WithWebhooks } from './measure.ts';

/** A model of institutions, and what was measured of each of its seeds. */
export interface Model {
  readonly name: string;
  readonly ways: readonly Measured[];
  readonly webhooks: readonly WithWebhooks[];
  readonly changes: readonly AfterChange[];
}

/** A goal, and what came of it. */
export interface Goal {
  readonly name: string;
  readonly figure: string;
  readonly isMet: boolean;
}

/** After so many jobs an institution counts as known, and a change as followed. */
const ENOUGH = 50;

/** A change is followed when looks and lag are at most so many times those of an institution that was always so. */
const FOLLOWED = 1.1;

const atMost = (name: string, value: number, most: number): Goal => ({
  name: `${name}, at most ${most}`,
  figure: value.toFixed(3),
  isMet: value <= most,
});

/** The goals of one model, each on the mean of its seeds. */
export function goalsOf({ name: model, ways, webhooks, changes }: Model): readonly Goal[] {
  const ours = lagOf(ways, oursOf(ENOUGH));
  const told = meanOf(webhooks.flatMap((one) => one.ours.find(({ jobs }) => jobs === ENOUGH)?.figures ?? []));
  const everyMinute = meanOf(webhooks.map((one) => one.everyMinute));
  const changed = meanOf(changes.flatMap((one) => one.since.find(({ jobs }) => jobs === ENOUGH)?.figures ?? []));
  const always = meanOf(changes.map((one) => one.always));
  return [
    atMost(
      `${model}: lag at three looks and ${ENOUGH} jobs ÷ best for all`,
      ours / lagOf(ways, (one) => one.blind),
      0.68,
    ),
    atMost(`${model}: the same ÷ best for each`, ours / lagOf(ways, (one) => one.optimum), 1.2),
    atMost(`${model}: lag with webhooks and ${ENOUGH} jobs ÷ a look every 60 s`, told.lag / everyMinute.lag, 0.3),
    atMost(`${model}: looks with webhooks and ${ENOUGH} jobs`, told.looks, 1.8),
    atMost(`${model}: lag ${ENOUGH} jobs after a change ÷ had it always been`, changed.lag / always.lag, FOLLOWED),
    atMost(
      `${model}: looks ${ENOUGH} jobs after a change ÷ had it always been`,
      changed.looks / always.looks,
      FOLLOWED,
    ),
  ];
}
