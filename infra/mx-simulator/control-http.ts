import * as v from 'valibot';
import type { MxAnswer, MxRequest } from './answers.ts';
import { errorAnswer, jsonAnswer } from './answers.ts';
import type { Control } from './control.ts';
import { ROUTE_KINDS } from './route-match.ts';

const name = v.pipe(v.string(), v.nonEmpty());
const seconds = v.pipe(v.number(), v.minValue(0));
const probability = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const record = v.record(v.string(), v.unknown());
const member = v.strictObject({ member: name });
const account = v.strictObject({ member: name, account: name });
const status = v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599));
const delayMs = v.pipe(v.number(), v.minValue(0));

const how = v.variant('kind', [
  v.strictObject({
    kind: v.literal('status'),
    status,
    body: v.exactOptional(v.picklist(['json', 'html', 'empty'])),
    type: v.exactOptional(v.string()),
    retryAfter: v.exactOptional(v.string()),
  }),
  v.strictObject({ kind: v.literal('timeout') }),
  v.strictObject({ kind: v.literal('reset') }),
  v.strictObject({ kind: v.literal('broken-body') }),
  v.strictObject({ kind: v.literal('slow'), delayMs }),
  v.strictObject({ kind: v.literal('slow-body'), delayMs }),
]);

const fault = v.strictObject({
  how,
  routes: v.exactOptional(v.array(v.picklist(ROUTE_KINDS))),
  member: v.exactOptional(name),
  times: v.exactOptional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1)))),
  probability: v.exactOptional(probability),
  effect: v.exactOptional(v.picklist(['before', 'after'])),
});

const settings = v.strictObject({
  clientId: v.exactOptional(name),
  apiKey: v.exactOptional(name),
  throttleBalanceJobs: v.exactOptional(v.union([v.boolean(), v.literal('unless-mxbank')])),
  balanceJobsMoveSuccess: v.exactOptional(v.boolean()),
  jobSeconds: v.exactOptional(v.nullable(seconds)),
  challengeSeconds: v.exactOptional(seconds),
  createLagMs: v.exactOptional(delayMs),
  preventedStartsNothing: v.exactOptional(v.boolean()),
  accountOrder: v.exactOptional(v.picklist(['stable', 'per-job', 'per-call'])),
  acceptOldVersion: v.exactOptional(v.boolean()),
  noError: v.exactOptional(v.picklist(['object', 'null', 'missing'])),
  wholeSeconds: v.exactOptional(v.boolean()),
  backgroundEverySeconds: v.exactOptional(seconds),
  webhooks: v.exactOptional(
    v.strictObject({
      balance: v.exactOptional(v.boolean()),
      aggregation: v.exactOptional(v.boolean()),
      connectionStatus: v.exactOptional(v.boolean()),
      member: v.exactOptional(v.boolean()),
      lose: v.exactOptional(probability),
      double: v.exactOptional(probability),
      delay: v.exactOptional(probability),
      delaySeconds: v.exactOptional(seconds),
      early: v.exactOptional(probability),
      earlySeconds: v.exactOptional(seconds),
      retryScale: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
    }),
  ),
});

/** One command: checks the body, runs the method of `Control`, returns its result. */
type Command = (control: Control, body: unknown) => unknown;

const command =
  <T>(schema: v.GenericSchema<unknown, T>, run: (control: Control, given: T) => unknown): Command =>
  (control, body) =>
    run(control, v.parse(schema, body));

const nothing = v.strictObject({});

const COMMANDS: Readonly<Record<string, Command>> = {
  'add-user': command(
    v.strictObject({ guid: v.exactOptional(name), id: v.exactOptional(name), email: v.exactOptional(name) }),
    (control, given) => control.addUser(given),
  ),
  'add-member': command(
    v.strictObject({
      user: name,
      guid: v.exactOptional(name),
      id: v.exactOptional(name),
      institutionCode: v.exactOptional(name),
      scenario: v.exactOptional(name),
      jobSeconds: v.exactOptional(seconds),
      accounts: v.exactOptional(v.array(record)),
      isNew: v.exactOptional(v.boolean()),
    }),
    (control, given) => control.addMember(given),
  ),
  'delete-member': command(member, (control, given) => control.deleteMember(given)),
  'set-scenario': command(v.strictObject({ member: name, scenario: name }), (control, given) =>
    control.setScenario(given),
  ),
  'set-password': command(v.strictObject({ member: name, password: v.string() }), (control, given) =>
    control.setPassword(given),
  ),
  'set-status': command(v.strictObject({ member: name, status: v.nullable(name) }), (control, given) =>
    control.setStatus(given),
  ),
  'set-job-seconds': command(v.strictObject({ member: name, seconds: v.nullable(seconds) }), (control, given) =>
    control.setJobSeconds(given),
  ),
  'set-balances': command(
    v.strictObject({
      member: name,
      account: name,
      values: record,
      when: v.exactOptional(v.picklist(['next-success', 'now'])),
    }),
    (control, given) => control.setBalances(given),
  ),
  'set-account-shape': command(
    v.strictObject({
      member: name,
      account: name,
      omit: v.exactOptional(v.array(name)),
      extra: v.exactOptional(record),
    }),
    (control, given) => control.setAccountShape(given),
  ),
  'add-account': command(v.strictObject({ member: name, values: record }), (control, given) =>
    control.addAccount(given),
  ),
  'drop-account': command(account, (control, given) => control.dropAccount(given)),
  'close-account': command(account, (control, given) => control.closeAccount(given)),
  'hide-account': command(account, (control, given) => control.hideAccount(given)),
  'duplicate-account': command(account, (control, given) => control.duplicateAccount(given)),
  'set-list-change': command(
    v.strictObject({ member: name, change: v.picklist(['none', 'grows', 'shrinks', 'duplicates']) }),
    (control, given) => control.setListChange(given),
  ),
  'add-fault': command(fault, (control, given) => control.addFault(given)),
  'remove-fault': command(v.strictObject({ id: v.pipe(v.number(), v.integer(), v.minValue(1)) }), (control, given) =>
    control.removeFault(given),
  ),
  'clear-faults': command(nothing, (control) => control.clearFaults()),
  'start-background': command(v.strictObject({ member: name, seconds: v.exactOptional(seconds) }), (control, given) =>
    control.startBackground(given),
  ),
  'plan-background': command(v.strictObject({ member: name, inSeconds: seconds }), (control, given) =>
    control.planBackground(given),
  ),
  'set-settings': command(settings, (control, given) => control.setSettings(given)),
  'clear-calls': command(nothing, (control) => control.clearCalls()),
  member: command(member, (control, given) => control.member(given)),
  reset: command(nothing, (control) => control.reset()),
};

/** Names of the commands, for help texts. */
export const CONTROL_COMMANDS: readonly string[] = Object.keys(COMMANDS);

const wholeNumber = v.pipe(v.string(), v.regex(/^[1-9]\d{0,4}$/, 'It has to be a whole number.'), v.transform(Number));

/** What can be read: checks the query, gives back what there is. */
const READINGS: Readonly<Record<string, Command>> = {
  state: command(nothing, (control) => control.state()),
  scenarios: command(nothing, (control) => ({ scenarios: control.scenarios() })),
  faults: command(nothing, (control) => ({ faults: control.faults() })),
  settings: command(nothing, (control) => control.settings()),
  calls: command(
    v.strictObject({ member: v.exactOptional(name), last: v.exactOptional(wholeNumber) }),
    (control, given) => ({ calls: control.calls(given) }),
  ),
};

/** What can be read, for help texts. */
export const CONTROL_READINGS: readonly string[] = Object.keys(READINGS);

/**
 * The simulator's own HTTP paths, without any authentication: `GET /_simulator/<reading>` with what is wanted of it in the
 * query, and `POST /_simulator/<command>` with the JSON object that the method of the same name in `Control` takes. 200 with what
 * it gives back (`{}` for nothing), 400 with a sentence when the body is not right.
 */
export function answerControl(control: Control, request: MxRequest): MxAnswer {
  const [path = '', query = ''] = request.path.split('?', 2);
  const wanted = path.slice('/_simulator/'.length);
  const isReading = request.method === 'GET';
  const known = isReading ? READINGS : COMMANDS;
  const run = Object.hasOwn(known, wanted) ? known[wanted] : undefined;
  if (run === undefined || !(isReading || request.method === 'POST')) {
    return errorAnswer(404, `There is GET ${CONTROL_READINGS.join(', ')}, and POST ${CONTROL_COMMANDS.join(', ')}.`);
  }
  try {
    const body = request.body === '' ? {} : JSON.parse(request.body);
    const result = run(control, isReading ? Object.fromEntries(new URLSearchParams(query)) : body);
    return jsonAnswer(200, typeof result === 'object' && result !== null ? result : {});
  } catch (problem) {
    return errorAnswer(400, sentence(problem));
  }
}

function sentence(problem: unknown): string {
  if (problem instanceof v.ValiError) {
    const [issue] = problem.issues;
    const where = issue === undefined ? '' : (v.getDotPath(issue) ?? '');
    return `${where === '' ? 'The body' : where} is not right: ${problem.message}`;
  }
  return problem instanceof Error ? problem.message : 'The command failed.';
}
