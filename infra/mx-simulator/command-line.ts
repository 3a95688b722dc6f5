import { parseArgs } from 'node:util';
import { CONTROL_COMMANDS } from './control-http.ts';
import { FAULT_KINDS } from './fault.ts';
import { ROUTE_KINDS } from './route-match.ts';
import { scenarioNames } from './scenarios.ts';
import type { WebhookTarget } from './webhook-sender.ts';

/** What `--help` prints. */
export const HELP = `MX simulator: MX's Platform API v20250224 on this machine, without MX.

  npm run mx-simulator -- [options]

  --port <number>               default 4010, or the environment's MX_SIMULATOR_PORT; 0 = any free one
  --seed <number>               same seed, same history; default 1
  --webhook-url <url>           where webhooks are sent; default: nowhere
  --webhook-user <name>         HTTP Basic user name of the webhooks
  --webhook-password <text>     HTTP Basic password of the webhooks
  --job-seconds <number>        every job takes this long; default: drawn per bank
  --background-every <seconds>  every member is aggregated by itself this often; default: never
  --clock-ahead=<seconds>       MX's clock is ahead of this machine's; negative: behind it; default 0
  --help

Control, without authentication, JSON in and out:
  GET  /_simulator/state        users, members, scenarios
  GET  /_simulator/scenarios    what each scenario is
  GET  /_simulator/faults       faults that are still to hit a call
  GET  /_simulator/settings     settings that hold now
  GET  /_simulator/calls        calls received; ?member=…&last=… gives the last ones about a member
  POST /_simulator/<command>    ${CONTROL_COMMANDS.join(', ')}
  Their bodies are the arguments of the methods of the same name in infra/mx-simulator/control.ts.

  A fault: {"how":{"kind":"status","status":503}}, of the kinds ${Object.keys(FAULT_KINDS).join(', ')};
  beside "how": "routes", "member", "times" (null = for ever), "probability", "effect" ("before" or "after" MX did what was asked).
  Its routes: ${ROUTE_KINDS.join(', ')}

Scenarios (add-member, set-scenario, or as a password: "scenario:<name>"):
  ${scenarioNames().join(', ')}
MX Bank's own passwords work too: challenge, options, image, BAD_REQUEST, UNAUTHORIZED, INVALID, LOCKED, DISABLED,
SERVER_ERROR, UNAVAILABLE; any other one is a success.`;

/** What the command line asks for. @throws Error with a sentence for the user. */
export function readCommandLine(args: string[], environment: NodeJS.ProcessEnv) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      seed: { type: 'string' },
      'webhook-url': { type: 'string' },
      'webhook-user': { type: 'string' },
      'webhook-password': { type: 'string' },
      'job-seconds': { type: 'string' },
      'background-every': { type: 'string' },
      'clock-ahead': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const port = numberFrom('--port', values.port ?? environment['MX_SIMULATOR_PORT'] ?? '4010');
  if (!Number.isInteger(port) || port > 65_535) throw new Error('--port has to be a whole number up to 65535.');
  const seed = numberFrom('--seed', values.seed ?? '1');
  const url = values['webhook-url'];
  if (url !== undefined && !/^https?:/.test(URL.parse(url)?.protocol ?? '')) {
    throw new Error('--webhook-url has to be an http or https address.');
  }
  const user = values['webhook-user'];
  const password = values['webhook-password'];
  const jobSeconds = values['job-seconds'];
  const every = values['background-every'];
  const ahead = values['clock-ahead'];
  const webhooks: WebhookTarget | null =
    url === undefined
      ? null
      : { url, ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
  return {
    isHelp: values.help === true,
    port,
    seed,
    webhooks,
    model: {
      ...(jobSeconds === undefined ? {} : { jobSeconds: numberFrom('--job-seconds', jobSeconds) }),
      ...(every === undefined ? {} : { backgroundEverySeconds: numberFrom('--background-every', every) }),
      ...(ahead === undefined ? {} : { clockAheadSeconds: finiteFrom('--clock-ahead', ahead) }),
    },
  };
}

function numberFrom(name: string, text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`${name} has to be a number of 0 or more.`);
  return number;
}

function finiteFrom(name: string, text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number)) throw new Error(`${name} has to be a number.`);
  return number;
}
