/** The command line and the environment of `npm start`. */
import { parseArgs } from 'node:util';
import { isLoopback } from '../setting-texts.ts';
import { callerWith, type DevelopmentCaller } from './development-keys.ts';
import type { RealMx } from './project.ts';
import { type ScenarioName, scenarioNames } from './scenarios.ts';

/** What `--help` prints. */
export const HELP = `Fresh bank balances from MX, on this machine.

  npm start -- [options]

  --once                 end after what is shown: exit code 0 if the refresh succeeded, or the scenario went as told
  --scenario <name>      show denied, slow, challenged, outage (of a bank) or mx-down instead of a refresh that succeeds
  --minutes-per-second <number>
                         show two members on the schedule; while nothing runs, so many minutes pass in a second (1 to 10)
  --logs                 also print the functions' own log lines
  --user <identifier>    whose member to refresh (guid or own id); default with the simulator: user-1
  --member <identifier>  which member to refresh; default with the simulator: member-ok
  --set <name>=<value>   a setting of docs/settings.md, for example --set deadlineSeconds=60; may be repeated
  --seed <number>        of the simulator's job lengths; default 1
  --data <folder>        keep tables, queues, secrets and the simulator's state there; default: in memory, gone at the end
  --help

Environment:
  PORT                          of the HTTP API; default 3000; 0 = any free one
  AWS_ENDPOINT_PORT             of the AWS endpoint; default 4566; 0 = any free one
  MX_SIMULATOR_PORT             of the MX simulator; default 4010; 0 = any free one
  CONSOLE_PORT                  of the page that shows it all; default 4700; 0 = any free one
  CALLER                        client_id:key of who may call the API; default local-developer:local-developer-key
  CALLBACK_SECRET               what callbacks are signed with: whsec_ and 24 bytes or more in base 64
  MX_CLIENT_ID, MX_API_KEY      talk to the real MX instead of the simulator
  MX_BASE_URL                   where it is; default https://int-api.mx.com (plain http only for this machine)`;

/** The options of `npm start`, read and checked. */
export interface StartOptions {
  readonly help: boolean;
  readonly once: boolean;
  /** Whether the functions' own log lines are printed. */
  readonly logs: boolean;
  /** Null: a refresh that succeeds. */
  readonly scenario: ScenarioName | null;
  /** How many minutes pass in a second while nothing runs, with two members on the schedule. Null: as on the machine's clock. */
  readonly minutesPerSecond: number | null;
  readonly port: number;
  readonly awsPort: number;
  /** Null: the same in every run. */
  readonly caller: DevelopmentCaller | null;
  /** In base 64. Null: the same in every run. */
  readonly callbackSecret: string | null;
  readonly simulatorPort: number;
  readonly consolePort: number;
  readonly seed: number;
  /** Where everything is kept over a restart. Null: in memory. */
  readonly data: string | null;
  readonly settings: Readonly<Record<string, string>>;
  /** Null: the simulator. */
  readonly realMx: RealMx | null;
  /** Null: refresh nothing, only serve. */
  readonly member: { readonly user: string; readonly member: string } | null;
}

/** @throws Error with a sentence for the user. */
export function readStartOptions(args: readonly string[], environment: NodeJS.ProcessEnv): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      logs: { type: 'boolean', default: false },
      scenario: { type: 'string' },
      'minutes-per-second': { type: 'string' },
      user: { type: 'string' },
      member: { type: 'string' },
      seed: { type: 'string', default: '1' },
      data: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  const realMx = readRealMx(environment);
  if ((values.user === undefined) !== (values.member === undefined)) {
    throw new Error('--user and --member go together.');
  }
  const named =
    values.user === undefined || values.member === undefined ? null : { user: values.user, member: values.member };
  const scenario = values.scenario === undefined ? null : readScenario(values.scenario);
  if (scenario !== null && realMx !== null) throw new Error('--scenario needs the simulator: unset MX_CLIENT_ID.');
  if (scenario !== null && named !== null) throw new Error('--scenario has a member of its own; leave --member out.');
  const settings = Object.fromEntries(values.set.map(readSetting));
  if (scenario === 'outage') {
    // A signature names the machine's time.
    if (settings['apiAccess'] === 'iam')
      throw new Error('--scenario outage moves the clock and needs callers with keys: leave apiAccess=iam out.');
    if (settings['learning'] === 'false' || settings['breaker'] === 'false')
      throw new Error('--scenario outage shows a breaker: leave learning=false and breaker=false out.');
  }
  const minutesPerSecond = readMinutesPerSecond(values['minutes-per-second']);
  if (minutesPerSecond !== null) {
    if (realMx !== null) throw new Error('--minutes-per-second needs the simulator: unset MX_CLIENT_ID.');
    if (scenario !== null) throw new Error('--minutes-per-second and --scenario do not go together.');
    if (named !== null) throw new Error('--minutes-per-second has members of its own; leave --member out.');
    // A signature names the machine's time.
    if (settings['apiAccess'] === 'iam')
      throw new Error('--minutes-per-second needs callers with keys: leave apiAccess=iam out.');
  }
  if (values.data === '') throw new Error('--data needs the name of a folder.');
  // What is kept would be of the future.
  if (values.data !== undefined && (minutesPerSecond !== null || scenario === 'outage'))
    throw new Error('--data keeps what happened, and a clock that is moved is ahead: leave one of them out.');
  const member = named ?? (realMx === null ? { user: 'user-1', member: 'member-ok' } : null);
  if (values.once && member === null) throw new Error('--once with the real MX needs --user and --member.');
  return {
    help: values.help,
    once: values.once,
    logs: values.logs,
    scenario,
    minutesPerSecond,
    awsPort: wholeNumber('AWS_ENDPOINT_PORT', environment['AWS_ENDPOINT_PORT'] ?? '4566', 65_535),
    caller: readCaller(environment['CALLER']),
    callbackSecret: readCallbackSecret(environment['CALLBACK_SECRET']),
    port: wholeNumber('PORT', environment['PORT'] ?? '3000', 65_535),
    simulatorPort: wholeNumber('MX_SIMULATOR_PORT', environment['MX_SIMULATOR_PORT'] ?? '4010', 65_535),
    consolePort: wholeNumber('CONSOLE_PORT', environment['CONSOLE_PORT'] ?? '4700', 65_535),
    seed: wholeNumber('--seed', values.seed, Number.MAX_SAFE_INTEGER),
    data: values.data ?? null,
    settings,
    realMx,
    member,
  };
}

function readScenario(text: string): ScenarioName {
  const known = scenarioNames.find((name) => name === text);
  if (known === undefined) throw new Error(`--scenario has to be one of ${scenarioNames.join(', ')}; it is "${text}".`);
  return known;
}

/** The most minutes that this machine can fire in a second, each with two functions. */
const MOST_MINUTES_PER_SECOND = 10;

function readMinutesPerSecond(text: string | undefined): number | null {
  if (text === undefined) return null;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MOST_MINUTES_PER_SECOND) {
    throw new Error(
      `--minutes-per-second has to be a whole number from 1 to ${MOST_MINUTES_PER_SECOND}; it is "${text}".`,
    );
  }
  return number;
}

function readCaller(text: string | undefined): DevelopmentCaller | null {
  if (text === undefined || text === '') return null;
  const [, clientId, key] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (clientId === undefined || key === undefined) throw new Error('CALLER has to be client_id:key.');
  return callerWith(clientId, key);
}

const LEAST_SECRET_BYTES = 24;

function readCallbackSecret(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  const key = text.replace(/^whsec_/, '');
  if (!/^[A-Za-z0-9+/]+=*$/.test(key) || Buffer.from(key, 'base64').length < LEAST_SECRET_BYTES) {
    throw new Error(`CALLBACK_SECRET has to be whsec_ and at least ${LEAST_SECRET_BYTES} bytes in base 64.`);
  }
  return key;
}

function readRealMx(environment: NodeJS.ProcessEnv): RealMx | null {
  const { MX_CLIENT_ID: clientId, MX_API_KEY: apiKey, MX_BASE_URL: baseUrl = 'https://int-api.mx.com' } = environment;
  if (!clientId && !apiKey) return null;
  if (!clientId || !apiKey) throw new Error('MX_CLIENT_ID and MX_API_KEY go together.');
  if (!baseUrl.startsWith('https://') && !isLoopback(baseUrl)) {
    throw new Error('MX_BASE_URL has to be an https address; plain http is for this machine only.');
  }
  return { clientId, apiKey, baseUrl };
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (text === '' || !Number.isInteger(number) || number < 0 || number > most) {
    throw new Error(`${name} has to be a whole number from 0 to ${most}; it is "${text}".`);
  }
  return number;
}

function readSetting(text: string): [string, string] {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error(`--set wants name=value; it got "${text}".`);
  return [name, value];
}
