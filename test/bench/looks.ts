/**
 * `npm run bench:looks`: how late looks see a job's end, and how many they are, with the service's own planner in virtual
 * time. Ends with exit code 1 when a goal is missed. The same seeds give the same figures.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { row as rowOf } from './figures.ts';
import { known, meanOf } from './looks/curves.ts';
import { goalsOf, type Model } from './looks/goals.ts';
import { oneSpeed, twoSpeeds } from './looks/institutions.ts';
import {
  KNOWN_JOBS,
  LAG_SECONDS,
  LOOKS,
  lagOf,
  measure,
  measureChange,
  measureLimit,
  measureLooksAlone,
  measureWebhooks,
  oursOf,
} from './looks/measure.ts';
import { pictureOf, themes } from './looks/picture.ts';
import type { Figures } from './looks/schedules.ts';

const HELP = `Lag and looks of 30 institutions by every way of looking, and the goals.

  npm run bench:looks -- [options]

  --seeds <number>     of each model; default 4
  --unseen <number>    the first seed of those that nothing was tuned to; default 101
  --picture            draws the picture of docs/looks.md anew; nothing else
  --help`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '4' },
    unseen: { type: 'string', default: '101' },
    picture: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [seeds, unseen] = [Number(values.seeds), Number(values.unseen)];

/** As fine as the figures in docs/looks.md. */
const FINENESS = { draws: 3, step: 1.15 };
/** For what takes long and has no goal. */
const JOBS_ALONE = 200;
/** Values of the setting `lookLagMilliseconds`. */
const SETTINGS = [100, 200, 400, 800, 1_600, 3_200];

const say = (line: string): void => console.log(line);
const row = (cells: readonly string[]): string => rowOf(cells, 13);
const shown = ({ looks, lag }: Figures): string => `${looks.toFixed(2)} / ${lag.toFixed(2)}`;

function measured(name: string, build: typeof oneSpeed, first: number): Model {
  const all = Array.from({ length: seeds }, (_, index) => ({
    seed: first + index,
    institutions: build(first + index),
  }));
  return {
    name,
    ways: all.map(({ institutions, seed }) => measure(institutions, seed, FINENESS)),
    webhooks: all.map(({ institutions, seed }) => measureWebhooks(institutions, seed)),
    changes: all.map(({ institutions, seed }) =>
      measureChange(institutions, { seed, draws: FINENESS.draws, sameDay: false }),
    ),
  };
}

function sayAll(models: readonly Model[]): void {
  const head = (title: string): void => say(row([title, ...models.map(({ name }) => name)]));
  const line = (name: string, figure: (model: Model) => string): void => say(row([name, ...models.map(figure)]));

  say(`\nLag in seconds at ${LOOKS} looks a refresh, mean of ${seeds} seeds:`);
  head('');
  line('best schedule for all', ({ ways }) => lagOf(ways, (one) => one.blind).toFixed(2));
  for (const jobs of KNOWN_JOBS) {
    line(`planned, ${jobs} jobs known`, ({ ways }) => lagOf(ways, oursOf(jobs)).toFixed(2));
  }
  line('best for each', ({ ways }) => lagOf(ways, (one) => one.optimum).toFixed(2));

  say('\nLooks / lag as they come:');
  head('');
  line('doubling from 3 s', ({ ways }) => shown(meanOf(ways.map(({ doubling }) => doubling))));
  line('without learning', ({ ways }) => shown(meanOf(ways.map(({ today }) => today))));
  for (const [index, jobs] of KNOWN_JOBS.entries()) {
    line(`limit ${LAG_SECONDS} s, ${jobs} jobs known`, ({ ways }) =>
      shown(meanOf(ways.flatMap(({ ours }) => ours[index]?.atDefault ?? []))),
    );
  }

  say('\nLooks / lag with webhooks of which one in ten gets lost:');
  head('');
  line('every 60 s', ({ webhooks }) => shown(meanOf(webhooks.map(({ everyMinute }) => everyMinute))));
  line('without learning', ({ webhooks }) => shown(meanOf(webhooks.map(({ today }) => today))));
  for (const [index, jobs] of KNOWN_JOBS.entries()) {
    line(`planned, ${jobs} jobs known`, ({ webhooks }) =>
      shown(meanOf(webhooks.flatMap(({ ours }) => ours[index]?.figures ?? []))),
    );
  }

  say('\nLooks / lag of institutions that are three times slower since midnight:');
  head('');
  for (const [index, { jobs }] of (models[0]?.changes[0]?.since ?? []).entries()) {
    line(`after ${jobs} jobs`, ({ changes }) =>
      shown(meanOf(changes.flatMap(({ since }) => since[index]?.figures ?? []))),
    );
  }
  line('had they always been', ({ changes }) => shown(meanOf(changes.map(({ always }) => always))));
}

/** What the setting changes. */
function saySetting(): void {
  const all = Array.from({ length: seeds }, (_, index) => ({
    seed: 1 + index,
    institutions: known(oneSpeed(1 + index)),
  }));
  say('\nLooks / lag by lookLagMilliseconds, one speed, 50 jobs known:');
  say(row(['', 'alone', 'webhooks']));
  for (const milliseconds of SETTINGS) {
    const found = all.map(({ seed, institutions }) =>
      measureLimit(institutions, { seed, draws: FINENESS.draws, lagSeconds: milliseconds / 1000 }),
    );
    const means = [0, 1].map((index) => shown(meanOf(found.flatMap((figures) => figures[index] ?? []))));
    say(row([String(milliseconds), ...means]));
  }
}

/** What the goals do not ask for: changes in the middle of a day, and institutions whose times of MX do not move. */
function sayLimits(): void {
  const institutions = oneSpeed(1);
  const { since } = measureChange(institutions, { seed: 1, draws: 1, sameDay: true });
  say('\nOne speed, seed 1, looks / lag:');
  for (const { jobs, figures } of since) say(row([`slower since noon, ${jobs} jobs`, shown(figures)]));
  for (const [name, build] of [
    ['one speed', oneSpeed],
    ['two speeds', twoSpeeds],
  ] as const) {
    const all = known(build(1));
    say(`\n${name}, seed 1, after ${JOBS_ALONE} jobs whose lengths looks alone have told, looks / lag:`);
    say(row(['as it is', shown(measureLooksAlone(all, 1, JOBS_ALONE, true))]));
    say(row(['rough ones not counted', shown(measureLooksAlone(all, 1, JOBS_ALONE, false))]));
  }
}

/** One speed; the same seeds as in the tables. */
async function draw(): Promise<void> {
  const folder = join(import.meta.dirname, '../../docs/images');
  mkdirSync(folder, { recursive: true });
  const ways = Array.from({ length: seeds }, (_, index) => measure(oneSpeed(1 + index), 1 + index, FINENESS));
  for (const theme of themes) {
    const file = `lag-against-looks-${theme}.svg`;
    writeFileSync(join(folder, file), await pictureOf(ways, theme));
    say(`docs/images/${file}`);
  }
}

function main(): void {
  const models = [
    measured('one speed', oneSpeed, 1),
    measured('one, unseen', oneSpeed, unseen),
    measured('two speeds', twoSpeeds, 1),
    measured('two, unseen', twoSpeeds, unseen),
  ];
  sayAll(models);
  saySetting();
  sayLimits();
  say('\nGoals:');
  const goals = models.flatMap(goalsOf);
  for (const { name, figure, isMet } of goals) say(`  ${isMet ? 'ok    ' : 'missed'}  ${name}: ${figure}`);
  if (!goals.every(({ isMet }) => isMet)) process.exitCode = 1;
}

if (values.help) say(HELP);
else if (![seeds, unseen].every((given) => Number.isInteger(given) && given > 0)) {
  console.error('--seeds and --unseen have to be whole numbers of 1 or more.');
  process.exitCode = 1;
} else if (values.picture) await draw();
else main();
