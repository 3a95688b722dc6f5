/** `npm run bench`: measurements, as ratios in one run. They are no tests: a busy machine must not fail one. */
import { parseArgs } from 'node:util';
import { startRunning } from '../local/running.ts';
import { benchColdPath } from './cold-path.ts';
import { benchThroughput } from './throughput.ts';

const say = (line: string): void => console.log(line);

const HELP = `Bytes and cold path of each function against the floor; refreshes per second through the local stack.

  npm run bench -- [options]

  --rounds <number>      of the cold path; default 11
  --refreshes <number>   through the local stack; default 200
  --help`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '11' },
    refreshes: { type: 'string', default: '200' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  say(HELP);
  process.exit(0);
}
for (const [name, value] of [
  ['rounds', values.rounds],
  ['refreshes', values.refreshes],
]) {
  if (Number.isInteger(Number(value)) && Number(value) > 0) continue;
  console.error(`--${name} has to be a whole number of 1 or more; it is "${value}".`);
  process.exit(1);
}

// Looks minutes away: no other function does a cold function's work first.
const quiet = await startRunning({
  firstLookSeconds: 900,
  deadlineSeconds: 3600,
  allowanceStarts: 100,
  // So that every function is deployed.
  webhooks: 'known',
  callbackLoopback: true,
  firstLookWithWebhooksSeconds: 300,
});
await quiet.call('POST', '/users/user-1/members/member-ok/check_balance');
say(`\nBytes and cold path (import and first invocation), against the floor; medians of ${values.rounds} rounds:`);
await benchColdPath(quiet, Number(values.rounds), say);
await quiet.close();

const busy = await startRunning({ firstLookSeconds: 1 });
busy.mx.setSettings({ jobSeconds: 0 });
say('\nThrough the local stack on this machine:');
await benchThroughput(busy, Number(values.refreshes), say);
await busy.close();
