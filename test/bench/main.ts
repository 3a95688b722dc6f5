/** `npm run bench`: measurements, as ratios in one run. They are no tests: a busy machine must not fail one. */
import { parseArgs } from 'node:util';
import { startRunning } from '../local/running.ts';
import { benchColdPath, prepareColdPath, profileColdPath } from './cold-path.ts';
import { functionNames } from './function-names.ts';
import { benchThroughput } from './throughput.ts';

const say = (line: string): void => console.log(line);

const HELP = `Bytes and cold path of each function against the floor; refreshes per second through the local stack.

  npm run bench -- [options]

  --rounds <number>      of the cold path; default 21
  --function <name>      only this one's cold path, and may be repeated
  --profile <folder>     writes a CPU profile of each one's cold start instead of measuring
  --refreshes <number>   through the local stack; default 200
  --only-cold            nothing through the local stack
  --help`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '21' },
    function: { type: 'string', multiple: true, default: [...functionNames] },
    profile: { type: 'string' },
    refreshes: { type: 'string', default: '200' },
    'only-cold': { type: 'boolean', default: false },
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

const names = functionNames.filter((name) => values.function.includes(name));
if (names.length !== values.function.length) {
  console.error(`--function is one of ${functionNames.join(', ')}.`);
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
const prepared = await prepareColdPath(quiet, names);
await quiet.close();
if (values.profile !== undefined) {
  await profileColdPath(prepared, values.profile);
  process.exit(0);
}
say('\nBytes and cold start, against the floor:');
await benchColdPath(prepared, Number(values.rounds), say);

if (!values['only-cold']) {
  const busy = await startRunning({ firstLookSeconds: 1 });
  busy.mx.setSettings({ jobSeconds: 0 });
  say('\nThrough the local stack on this machine:');
  await benchThroughput(busy, Number(values.refreshes), say);
  await busy.close();
}
