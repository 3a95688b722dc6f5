/** `npm start`: the project on this machine, with one refresh shown step by step. */
import type { ConsoleServer } from '../console/console-server.ts';
import { startConsole } from '../console/start-console.ts';
import { findDeployment } from '../operator/deployment.ts';
import { apiCaller } from './api-caller.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { sayLogs, sayRefusals, sayWhatHappens } from './live-lines.ts';
import { type MovableClock, movableClock } from './movable-clock.ts';
import { pasteBlock } from './paste-block.ts';
import { type Project, startProject } from './project.ts';
import { passQuickly } from './quick-time.ts';
import { scenarios } from './scenarios.ts';
import { type Stage, showRefresh } from './shown-refresh.ts';
import { showSchedule } from './shown-schedule.ts';
import { servicesInWords } from './stack/aws-call.ts';
import { HELP, readStartOptions, type StartOptions } from './start-options.ts';

/** Length of the first members' jobs: long enough to see the job run, short enough to wait for. */
const SHOWN_JOB_SECONDS = 6;
/** README's example of `wait` is of this member. */
const WAITED_FOR = 'member-moving';

/** Former amounts are kept, so that there is a history to look at. */
const HISTORY_DAYS = 90;

/** With the simulator: it sends webhooks, and callbacks may go to a receiver on this machine. */
const WITH_SIMULATOR = { webhooks: 'known', callbackLoopback: true } as const;

/** Members that are shown on the schedule are due once an hour. */
const EVERY_HOUR = { minScheduleHours: 1 } as const;

/** Two minutes would have to be idle for the clock to be moved: so it is never, and the schedules fire every minute. */
const UNHURRIED = 1 / 120;

const say = (line: string): void => console.log(line);

/** Null, after a sentence: they cannot be used. */
function optionsOf(args: readonly string[]): StartOptions | null {
  try {
    return readStartOptions(args, process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return null;
  }
}

async function main(): Promise<number | undefined> {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) return 2;
  if (options.help) {
    say(HELP);
    return 0;
  }
  const folder =
    options.data === null ? null : openDataFolder(options.data, options.realMx?.baseUrl ?? 'the simulator');
  const began = performance.now();
  say('Bundling the functions, synthesizing the stack, starting it …');
  const clock = movableClock();
  const project = await start(options, clock, folder);
  const page = options.once ? null : await startPage(project, options, clock);
  const close = async (): Promise<void> => {
    await page?.close();
    await project.close();
    folder?.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void close().then(() => process.exit(0));
    });
  }
  say(`Running after ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  say(`  HTTP API      ${project.stack.apiUrl}`);
  say(`  MX            ${project.simulator?.url ?? options.realMx?.baseUrl}${project.simulator ? ' (simulator)' : ''}`);
  say(`  AWS endpoint  ${project.stack.awsEndpointUrl} (${servicesInWords})`);
  if (page !== null) say(`  page          ${page.address} (docs/console.md)`);
  say(`  kept in       ${options.data ?? 'memory: gone at the end (--data <folder> keeps everything)'}`);
  sayRefusals(project.stack, say);
  if (options.logs) sayLogs(project.stack, say);
  const succeeded = await demonstrate(project, options, clock);
  if (options.once) {
    await close();
    return succeeded ? 0 : 1;
  }
  if (options.scenario === 'outage') passQuickly({ stack: project.stack, clock, minutesPerSecond: UNHURRIED });
  sayWhatNext(project, options, page);
  sayWhatHappens(project.stack, say, clock.now);
  return undefined;
}

async function start(options: StartOptions, clock: MovableClock, folder: DataFolder | null): Promise<Project> {
  try {
    return await startProject({
      port: options.port,
      awsPort: options.awsPort,
      ...(options.caller === null ? {} : { caller: options.caller }),
      ...(options.callbackSecret === null ? {} : { callbackSecret: options.callbackSecret }),
      mx:
        options.realMx === null
          ? { simulator: { port: options.simulatorPort, model: { seed: options.seed } } }
          : { real: options.realMx },
      settings: {
        historyDays: HISTORY_DAYS,
        ...(options.realMx === null ? WITH_SIMULATOR : {}),
        ...(options.minutesPerSecond === null ? {} : EVERY_HOUR),
        ...options.settings,
      },
      ...(movesClock(options) ? { clock, runSchedules: false } : {}),
      ...(folder === null ? {} : { data: folder }),
    });
  } catch (error) {
    throw portTaken(error, options) ?? error;
  }
}

/** The page that shows the running stack. It runs with the stack's own clock. */
async function startPage(project: Project, options: StartOptions, clock: MovableClock): Promise<ConsoleServer> {
  const { stack, caller } = project;
  try {
    return await startConsole({
      deployment: await findDeployment({ local: true }, { AWS_ENDPOINT_URL: stack.awsEndpointUrl }),
      port: options.consolePort,
      caller: options.settings['apiAccess'] === 'iam' ? null : `${caller.clientId}:${caller.key}`,
      now: clock.now,
      isApiClock: true,
      failed: (error) => say(`  error in the page’s server: ${error instanceof Error ? error.message : error}`),
    });
  } catch (error) {
    await project.close();
    throw portTaken(error, options) ?? error;
  }
}

/** With a clock that is moved, what is shown fires the schedules. */
const movesClock = ({ minutesPerSecond, scenario }: StartOptions): boolean =>
  minutesPerSecond !== null || scenario === 'outage';

/** A sentence that names the variable of a port that is taken; undefined for any other error. */
function portTaken(error: unknown, { port, awsPort, simulatorPort, consolePort }: StartOptions): Error | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE' && 'port' in cause)) return undefined;
  const variables = new Map([
    [simulatorPort, 'MX_SIMULATOR_PORT'],
    [awsPort, 'AWS_ENDPOINT_PORT'],
    [consolePort, 'CONSOLE_PORT'],
    [port, 'PORT'],
  ]);
  const variable = variables.get(Number(cause.port)) ?? 'PORT';
  return new Error(
    `Port ${cause.port} is taken: stop what listens there, or choose another one, such as ${variable}=${Number(cause.port) + 1} npm start (${variable}=0 takes any free one).`,
    { cause },
  );
}

/** What the options ask to be shown. True when it went well. */
async function demonstrate(
  project: Project,
  { member, minutesPerSecond, scenario, settings }: StartOptions,
  clock: MovableClock,
): Promise<boolean> {
  const { stack, caller, simulator } = project;
  const identity =
    settings['apiAccess'] === 'iam'
      ? { credentials: stack.awsCredentials, region: stack.region }
      : { authorization: caller.authorization };
  const stage: Stage = { project, call: apiCaller(stack.apiUrl, identity), say };
  if (scenario !== null && simulator !== null) {
    say('');
    for (const line of scenarios[scenario].lines) say(line);
    return scenarios[scenario].show(stage, simulator.model.control, clock);
  }
  if (member === null) return true;
  const control = simulator?.model.control;
  if (minutesPerSecond !== null && control !== undefined) {
    return showSchedule({ ...stage, control, clock, minutesPerSecond });
  }
  for (const { id } of control?.state().members ?? []) {
    if (id !== null && (id === member.member || id === WAITED_FOR)) {
      control?.setJobSeconds({ member: id, seconds: SHOWN_JOB_SECONDS });
    }
  }
  const { outcome } = await showRefresh(stage, `/users/${member.user}/members/${member.member}`);
  return outcome === 'succeeded';
}

function sayWhatNext(
  project: Project,
  { member, minutesPerSecond, realMx, settings }: StartOptions,
  page: ConsoleServer | null,
): void {
  const callersSign = settings['apiAccess'] === 'iam';
  const who = member ?? { user: 'USER', member: 'MEMBER' };
  const path = `/users/${who.user}/members/${who.member}`;
  const curl = callersSign
    ? 'curl -s --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
    : 'curl -s -u "$CALLER"';
  say('\nPaste this into another terminal:\n');
  for (const line of pasteBlock(project, callersSign)) say(line);
  say('\nThen try:\n');
  say(`${curl} -X POST "$API${path}/check_balance"`);
  say(`${curl} "$API${path}/accounts"`);
  say(`${curl} "$API${path}/refreshes"`);
  say(`${curl} "$API/institution_health" # what is learnt of banks`);
  say(`npm run -s example docs/examples/read-stored-balances.ts ${who.user} ${who.member} # from DynamoDB`);
  say(`aws dynamodb scan --table-name "$BALANCES_TABLE" --query 'Items[].[name.S, balance.N, fresh_as_of.S]'`);
  if (realMx === null) {
    const body = `-H 'content-type: application/json' -d '{"callback_url":"http://localhost:4020/"}'`;
    say('\nA signed callback, with a receiver in a third terminal:\n');
    say(`CALLBACK_SECRET=whsec_${project.callbackSecret} npm run callback-receiver`);
    say(`${curl} -X POST ${body} "$API${path}/check_balance"`);
  }
  if (minutesPerSecond !== null) say('\nTime goes on like this: both members are due again every hour.');
  if (page !== null) say(`\nOpen this page to try banks, see what runs and look at members: ${page.address}`);
  say('\nCtrl-C stops everything. What happens from now on:\n');
}

main().then(
  (exitCode) => {
    if (exitCode !== undefined) process.exit(exitCode);
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
