/** What happened in a run of many histories, and the table of it. */
import type { AwaitPoints } from './await-points.ts';
import type { History } from './history.ts';

/** Counts over all histories of a run. */
export interface Tally {
  add(history: History): void;
  /** The table, as Markdown-friendly plain text. */
  table(points: AwaitPoints, elapsedMs: number): string;
  readonly histories: () => number;
}

/** Points that were never crashed at: so many are named. */
const SHOWN = 20;

/** No histories yet. */
export function createTally(): Tally {
  let histories = 0;
  let virtualSeconds = 0;
  const faults = new Map<string, number>();
  const outcomes = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

  return {
    histories: () => histories,

    add(history) {
      histories += 1;
      virtualSeconds += history.virtualSeconds;
      for (const { kind } of history.faults) count(faults, kind);
      for (const outcome of history.outcomes) count(outcomes, outcome);
    },

    table(points, elapsedMs) {
      const refreshes = [...outcomes.values()].reduce((sum, number) => sum + number, 0);
      const all = points.all();
      const never = all.filter(({ crashed }) => crashed === 0);
      return [
        line('histories', histories),
        line('histories per second', Math.round((histories / elapsedMs) * 1000)),
        line('refreshes', refreshes),
        line('virtual time', `${Math.round(virtualSeconds / 3600)} h`),
        '',
        ...section('faults injected', faults),
        '',
        ...section('outcomes', byOutcome(outcomes)),
        '',
        line('await points', all.length),
        line('  crashed at', all.length - never.length),
        line(
          '  crashes',
          all.reduce((sum, { crashed }) => sum + crashed, 0),
        ),
        line('  never crashed at', never.length),
        ...never.slice(0, SHOWN).map(({ name, passed }) => `    ${name}, passed ${passed} times`),
        ...(never.length > SHOWN ? [`    and ${never.length - SHOWN} more`] : []),
      ].join('\n');
    },
  };
}

const line = (name: string, value: number | string): string =>
  `${name.padEnd(26)}${(typeof value === 'number' ? value.toLocaleString('en') : value).padStart(12)}`;

const section = (title: string, counts: ReadonlyMap<string, number>): string[] => [
  line(
    title,
    [...counts.values()].reduce((sum, number) => sum + number, 0),
  ),
  ...[...counts].sort(([, a], [, b]) => b - a).map(([name, number]) => line(`  ${name}`, number)),
];

/** Without the codes: `succeeded/stored` is `succeeded`. */
function byOutcome(outcomes: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [name, number] of outcomes) {
    const [outcome = name] = name.split('/');
    sums.set(outcome, (sums.get(outcome) ?? 0) + number);
  }
  return sums;
}
