/** The command line and the environment of `npm start`. */
import { parseArgs } from 'node:util';
import { isLoopback } from '../setting-table.ts';
import type { RealMx } from './project.ts';

/** What `--help` prints. */
export const HELP = `Fresh bank balances from MX, on this machine.

  npm start -- [options]

  --once                 end after the first refresh: exit code 0 if it succeeded
  --user <identifier>    whose member to refresh (guid or own id); default with the simulator: user-1
  --member <identifier>  which member to refresh; default with the simulator: member-ok
  --set <name>=<value>   a setting of docs/settings.md, for example --set deadlineSeconds=60; may be repeated
  --seed <number>        of the simulator's job lengths; default 1
  --help

Environment:
  PORT                          of the HTTP API; default 3000; 0 = any free one
  MX_SIMULATOR_PORT             of the MX simulator; default 4010; 0 = any free one
  MX_CLIENT_ID, MX_API_KEY      talk to the real MX instead of the simulator
  MX_BASE_URL                   where it is; default https://int-api.mx.com (plain http only for this machine)`;

/** What to do. */
export interface StartOptions {
  readonly help: boolean;
  readonly once: boolean;
  readonly port: number;
  readonly simulatorPort: number;
  readonly seed: number;
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
      user: { type: 'string' },
      member: { type: 'string' },
      seed: { type: 'string', default: '1' },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  const realMx = readRealMx(environment);
  if ((values.user === undefined) !== (values.member === undefined)) {
    throw new Error('--user and --member go together.');
  }
  const named =
    values.user === undefined || values.member === undefined ? null : { user: values.user, member: values.member };
  const member = named ?? (realMx === null ? { user: 'user-1', member: 'member-ok' } : null);
  if (values.once && member === null) throw new Error('--once with the real MX needs --user and --member.');
  return {
    help: values.help,
    once: values.once,
    port: wholeNumber('PORT', environment['PORT'] ?? '3000', 65_535),
    simulatorPort: wholeNumber('MX_SIMULATOR_PORT', environment['MX_SIMULATOR_PORT'] ?? '4010', 65_535),
    seed: wholeNumber('--seed', values.seed, Number.MAX_SAFE_INTEGER),
    settings: Object.fromEntries(values.set.map(readSetting)),
    realMx,
    member,
  };
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
