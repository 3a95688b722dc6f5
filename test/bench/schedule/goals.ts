/** What `bench:schedule` holds its figures against. */
import type { Played } from './play-fleet.ts';
import type { Swept } from './play-sweep.ts';
import type { TickCost } from './tick-cost.ts';

/** A goal, and what came of it. */
export interface Goal {
  readonly name: string;
  readonly figure: string;
  readonly isMet: boolean;
  /** It was met when this was written: missing it is a fault. The others are known to be missed. */
  readonly holdsToday: boolean;
}

/** Fewer members have too few due in a minute: their number varies by chance alone. */
const FLEET = 100_000;

/** MX's limits for one client (MX facts 5). */
export const mxLimits = { postsPerSecond: 750, readsPerSecond: 2_000 } as const;

const percent = (share: number): string => share.toFixed(2);

/** The goals of one fleet. */
export function fleetGoals({ options, cycle, catchUps }: Played): readonly Goal[] {
  const { members, startsPerSecond } = options;
  const named = (name: string): string => `${members.toLocaleString('en')} members: ${name}`;
  const busiestMinute = Math.max(0, ...catchUps.map((one) => one.busiestMinute));
  const busiestReads = Math.max(cycle.busiestReads, ...catchUps.map((one) => one.busiestReads));
  const longestTick = Math.max(0, ...catchUps.map((one) => one.longestTickSeconds));
  return [
    ...(members < FLEET
      ? []
      : [
          {
            name: named('busiest minute ÷ mean minute, at most 1.2'),
            figure: percent(cycle.peakToMean),
            isMet: cycle.peakToMean <= 1.2,
            holdsToday: true,
          },
        ]),
    {
      name: named('longest delay without outage, at most 120 s'),
      figure: `${cycle.longestDelay.toFixed(0)} s`,
      isMet: cycle.longestDelay <= 120,
      holdsToday: true,
    },
    {
      name: named('writes to slots and enrolments by refreshes, none'),
      figure: String(cycle.scheduleWrites),
      isMet: cycle.scheduleWrites === 0,
      holdsToday: true,
    },
    {
      name: named(`starts a second in the busiest minute of catching up, at most ${startsPerSecond}`),
      figure: busiestMinute.toFixed(1),
      isMet: busiestMinute <= startsPerSecond,
      holdsToday: true,
    },
    {
      name: named(`reads at MX in the busiest second, at most its ${mxLimits.readsPerSecond}`),
      figure: String(busiestReads),
      isMet: busiestReads <= mxLimits.readsPerSecond,
      holdsToday: true,
    },
    {
      name: named('normal again after every outage'),
      figure: catchUps.map(({ normalAfter }) => `${normalAfter} s`).join(', '),
      isMet: catchUps.every(({ normalAfter }) => normalAfter !== null),
      holdsToday: true,
    },
    {
      name: named('longest tick, at most its 50 s'),
      figure: `${longestTick.toFixed(1)} s`,
      isMet: longestTick <= 50,
      holdsToday: true,
    },
  ];
}

/** The goal of a tick: it costs what is due. */
export const tickGoal = (few: TickCost, many: TickCost): Goal => ({
  name: `a tick with ${few.due} and ${many.due} due of 100,000 and of 1,000,000 enrolled, at most 1.1 times the cost`,
  figure: percent(many.dollars / few.dollars),
  isMet: few.due === many.due && many.dollars / few.dollars <= 1.1,
  holdsToday: true,
});

/** The sweep's promise, with refreshes that reach their deadline one after the other. */
export const sweepGoal = ({ claims, longest }: Swept): Goal => ({
  name: `${claims.toLocaleString('en')} open claims, deadlines one after the other: each ended at most a minute and a second after its own`,
  figure: longest === null ? 'not within the hour' : `${longest.toFixed(1)} s`,
  isMet: longest !== null && longest <= 61,
  holdsToday: true,
});
