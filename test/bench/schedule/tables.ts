/** The tables that `bench:schedule` prints, as Markdown. */
import { onPaper } from './figures.ts';
import type { Goal } from './goals.ts';
import { mxLimits } from './goals.ts';
import type { Played } from './play-fleet.ts';
import { shares } from './play-fleet.ts';
import type { Swept } from './play-sweep.ts';

/** Lines of a table. */
export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---|').join('')}`,
  ...rows.map((cells) => `| ${cells.join(' | ')} |`),
];

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const rounded = (value: number, digits = 2): string => value.toFixed(digits);
const cents = (value: number): string => `${value <= -0.005 ? '−' : ''}$${Math.abs(value).toFixed(2)}`;

/** Seconds in words: `95 s`, `17 min`, `1.2 h`. */
export function span(seconds: number | null): string {
  if (seconds === null) return 'not within a day';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${rounded(seconds / 3_600, 1)} h`;
}

/** The figures of a cycle, and those of `paperMembers` by the readings of the largest fleet. */
export function cycleTable(played: readonly Played[], paperMembers: number): readonly string[] {
  const [largest] = played.toSorted((a, b) => b.options.members - a.options.members);
  const paper =
    largest === undefined
      ? null
      : onPaper(
          { members: paperMembers, everyHours: largest.options.everyHours, startedShare: 1 - shares.held },
          largest.cycle.readsAtMxPerStart,
        );
  const row = (name: string, of: (one: Played) => string, onPaperToo = ''): readonly string[] => [
    name,
    ...played.map(of),
    ...(paper === null ? [] : [onPaperToo]),
  ];
  return markdown(
    row('members', ({ options }) => whole(options.members), `${whole(paperMembers)}, computed`),
    [
      row('hours played', ({ options }) => String(options.cycleHours)),
      row('setting `startsPerSecond`', ({ options }) => String(options.startsPerSecond)),
      row('setting `scheduleShards`', ({ options }) => String(options.shards), '16'),
      row('starts a second, mean', ({ cycle }) => rounded(cycle.meanPerSecond), rounded(paper?.startsPerSecond ?? 0)),
      row('in the busiest minute', ({ cycle }) => rounded(cycle.busiestMinute)),
      row(`in the busiest second (MX takes ${mxLimits.postsPerSecond} POSTs)`, ({ cycle }) =>
        whole(cycle.busiestSecond),
      ),
      row('busiest minute ÷ mean minute', ({ cycle }) => rounded(cycle.peakToMean)),
      row('longest delay behind plan', ({ cycle }) => `${whole(cycle.longestDelay)} s`),
      row('reads at MX per start', ({ cycle }) => rounded(cycle.readsAtMxPerStart)),
      row(
        `reads at MX in the busiest second (MX takes ${whole(mxLimits.readsPerSecond)})`,
        ({ cycle }) => whole(cycle.busiestReads),
        `${whole(paper?.readsPerSecond ?? 0)} on the average`,
      ),
      row(
        'due in a tick',
        ({ cycle, options }) => whole(cycle.due / options.cycleHours / 60),
        whole(paper?.duePerMinute ?? 0),
      ),
      row('a tick: read units', ({ cycle }) => rounded(cycle.perTick.readUnits, 1)),
      row('a tick: writes', ({ cycle }) => rounded(cycle.perTick.writes, 0)),
      row('a tick: requests to SQS', ({ cycle }) => rounded(cycle.perTick.queueRequests, 1)),
      row('a start: read units', ({ cycle }) => rounded(cycle.perStart.readUnits)),
      row('a start: write units', ({ cycle }) => rounded(cycle.perStart.writeUnits)),
      row('a start: of these for the schedule itself', ({ cycle }) => String(cycle.scheduleWrites)),
      row('a start: requests to SQS', ({ cycle }) => rounded(cycle.perStart.queueRequests)),
      row('sent back for the ceiling', ({ cycle }) => whole(cycle.deferred)),
      row(
        'dollars a cycle, ticks and starts',
        ({ cycle }) => cents(cycle.dollars),
        cents(((largest?.cycle.dollars ?? 0) * paperMembers) / (largest?.options.members ?? 1)),
      ),
    ],
  );
}

/** What outages bring. */
export const catchUpTable = (played: readonly Played[]): readonly string[] =>
  markdown(
    [
      'members',
      'what stands still',
      'on time again after',
      'starts a second: busiest second',
      'busiest ten seconds',
      'busiest minute',
      'ceiling',
      'reads at MX, busiest second',
      'turns left out',
      'messages per start',
      'extra cost',
      'longest tick',
    ],
    played.flatMap(({ options, catchUps }) =>
      catchUps.map((one) => [
        whole(options.members),
        `${one.of}, ${one.hours} h`,
        span(one.normalAfter),
        whole(one.busiestSecond),
        rounded(one.busiestTenSeconds, 1),
        rounded(one.busiestMinute, 1),
        String(options.startsPerSecond),
        whole(one.busiestReads),
        whole(one.dropped),
        rounded(one.messagesPerStart),
        cents(one.extraDollars),
        `${rounded(one.longestTickSeconds, 1)} s`,
      ]),
    ),
  );

/** The sweep. */
export const sweepTable = (swept: readonly Swept[]): readonly string[] =>
  markdown(
    ['open claims', 'their deadlines', 'ended after the deadline, at most', 'parts handed on', 'minutes'],
    swept.map(({ claims, deadlines, longest, handedOn, minutes }) => [
      whole(claims),
      deadlines === 'spread' ? 'one after the other within ten minutes' : 'all at once',
      span(longest),
      whole(handedOn),
      String(minutes),
    ]),
  );

/** Each goal with `ok` or `missed`; one that is missed and known to be says so. */
export const goalTable = (goals: readonly Goal[]): readonly string[] =>
  markdown(
    ['goal', 'figure', ''],
    goals.map(({ name, figure, isMet, holdsToday }) => [
      name,
      figure,
      isMet ? 'ok' : holdsToday ? '**missed**' : 'missed, as known',
    ]),
  );
