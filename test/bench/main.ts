/** `npm run bench`: what is measured, as ratios in one run. Nothing here is a test: a machine's mood must not fail one. */
import { parseArgs } from 'node:util';
import { startRunning } from '../local/running.ts';
import { benchColdPath } from './cold-path.ts';
import { benchThroughput } from './throughput.ts';

const say = (line: string): void => console.log(line);

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '11' }, refreshes: { type: 'string', default: '200' } },
});

// Looks minutes away: what a cold function is given to do, nobody else does first.
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
