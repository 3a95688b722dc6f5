/**
 * `npm run bench:schedule`: the schedules of large fleets in virtual time. The real planner, tick, start and sweep run over
 * ports in memory that count every call; only the time that a call takes is assumed.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pricesDated } from './prices.ts';
import { shardsFor } from './schedule/fleet.ts';
import { AWS_MS, MX_MS } from './schedule/fleet-world.ts';
import { fleetGoals, type Goal, sweepGoal, tickGoal } from './schedule/goals.ts';
import { pictureOf, themes } from './schedule/picture.ts';
import { dayText, playDay } from './schedule/play-day.ts';
import { type Played, playFleet, shares } from './schedule/play-fleet.ts';
import { playSweep } from './schedule/play-sweep.ts';
import { catchUpTable, cycleTable, goalTable, sweepTable } from './schedule/tables.ts';
import { tickCost } from './schedule/tick-cost.ts';

const HELP = `Plays the schedules of large fleets in virtual time and counts what they cost.

  npm run bench:schedule -- [options]

  --members <number>   on the schedule, every six hours; may be repeated; default 10000, 100000 and 1000000
  --claims <number>    open claims, for the sweep; default 300000
  --picture            play the day of the picture in docs/schedules.md and draw it anew; nothing else
  --help

Exit code 1 when a goal is missed that is met today.`;

const { values } = parseArgs({
  options: {
    members: { type: 'string', multiple: true, default: ['10000', '100000', '1000000'] },
    claims: { type: 'string', default: '300000' },
    picture: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [sizes, claims] = [values.members.map(Number), Number(values.claims)];

/** Computed for so many from the largest fleet that was played. */
const ON_PAPER = 10_000_000;
/**
 * From so many members on the ceiling is as high as it may be without webhooks. To be done in minutes, two hours of the
 * cycle are played, and MX's outages are left out.
 */
const MANY = 1_000_000;
/** Both fleets of the tick's goal have as many shards: a further one costs half a read unit for each period. */
const TICK_SHARDS = 2;
const EVERY_HOURS = 6;
const OUTAGE_HOURS = [1, 6];

const say = (lines: readonly string[]): void => console.log(`\n${lines.join('\n')}`);

async function play(members: number): Promise<Played> {
  const isMany = members >= MANY;
  const of = isMany ? (['the schedule'] as const) : (['the schedule', 'MX'] as const);
  const began = performance.now();
  const played = await playFleet({
    members,
    everyHours: EVERY_HOURS,
    cycleHours: isMany ? 2 : EVERY_HOURS,
    shards: shardsFor(members),
    startsPerSecond: isMany ? 320 : 100,
    startConcurrency: 5,
    outages: of.flatMap((what) => OUTAGE_HOURS.map((hours) => ({ of: what, hours }))),
    seed: 1,
  });
  const megabytes = process.memoryUsage().heapUsed / 1e6;
  const seconds = (performance.now() - began) / 1000;
  console.error(`${members} members: played in ${seconds.toFixed(0)} s, ${megabytes.toFixed(0)} MB of heap`);
  return played;
}

async function main(): Promise<void> {
  const [cpu] = cpus();
  console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpu?.model}. Prices of us-east-1, ${pricesDated}, no free tier.
Virtual time: a call of AWS takes ${AWS_MS} ms, one of MX ${MX_MS} ms, and SQS brings a delayed message up to a second late. Members every six hours, ${100 * shares.quiet} % with quiet hours, ${100 * shares.held} % held back.`);
  const played: Played[] = [];
  for (const members of sizes) played.push(await play(members));
  say(cycleTable(played, ON_PAPER));
  say(catchUpTable(played));
  const [spread, atOnce] = [await playSweep(claims, 'spread'), await playSweep(claims, 'all_at_once')];
  say(sweepTable([spread, atOnce]));
  const [few, many] = [await tickCost(100_000, 0, TICK_SHARDS), await tickCost(100_000, 900_000, TICK_SHARDS)];
  const goals: readonly Goal[] = [...played.flatMap(fleetGoals), tickGoal(few, many), sweepGoal(spread)];
  say(goalTable(goals));
  const missed = goals.filter(({ isMet, holdsToday }) => holdsToday && !isMet);
  for (const { name, figure } of missed) console.error(`Missed: ${name}: ${figure}.`);
  if (missed.length > 0) process.exitCode = 1;
}

/** The day of the picture: as a million members under a ceiling of 100 a second, at a twentieth of the time. */
const DAY = { members: 50_000, startsPerSecond: 5, outage: { from: 6, to: 8 } };

async function draw(): Promise<void> {
  const day = await playDay(DAY);
  const write = (path: string, text: string): void => {
    writeFileSync(join(import.meta.dirname, '../..', path), text);
    console.log(`${path}: written`);
  };
  write('test/bench/schedule/day.json', dayText(day));
  for (const theme of themes) write(`docs/images/starts-per-minute-${theme}.svg`, await pictureOf(day, theme));
}

// A failure of MX's is one of many thousand here, and its trace costs more than all else of it.
Error.stackTraceLimit = 0;
const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
if (values.help) console.log(HELP);
else if (![...sizes, claims].every(isCount)) {
  console.error('--members and --claims have to be whole numbers of 1 or more.');
  process.exitCode = 2;
} else if (values.picture) await draw();
else await main();
