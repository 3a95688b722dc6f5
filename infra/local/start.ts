/** `npm start`: the project on this machine, and one refresh before the user's eyes. */
import { setTimeout } from 'node:timers/promises';
import { Decimal, type ExactObject, isExactObject, parseExactJson } from '../../shared/domain/decimal.ts';
import { type Project, startProject } from './project.ts';
import { HELP, readStartOptions, type StartOptions } from './start-options.ts';

/** A job of the member that is shown takes this long, so that a first run is neither over at once nor a wait. */
const SHOWN_JOB_SECONDS = 6;

/** MX's word and ours, both ways: the simulator sends webhooks, and callbacks may go to a receiver on this machine. */
const WITH_SIMULATOR = { webhooks: 'known', callbackLoopback: true } as const;

const say = (line: string): void => console.log(line);

async function main(): Promise<number | undefined> {
  const options = readStartOptions(process.argv.slice(2), process.env);
  if (options.help) {
    say(HELP);
    return 0;
  }
  const began = performance.now();
  say('Bundling the functions, synthesizing the stack, starting it …');
  const project = await startProject({
    port: options.port,
    mx:
      options.realMx === null
        ? { simulator: { port: options.simulatorPort, model: { seed: options.seed } } }
        : { real: options.realMx },
    settings: { ...(options.realMx === null ? WITH_SIMULATOR : {}), ...options.settings },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void project.close().then(() => process.exit(0));
    });
  }
  say(`Running after ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  say(`  HTTP API      ${project.stack.apiUrl}`);
  say(`  MX            ${project.simulator?.url ?? options.realMx?.baseUrl}${project.simulator ? ' (simulator)' : ''}`);
  say(`  AWS endpoint  ${project.stack.awsEndpointUrl} (DynamoDB, SQS, EventBridge, Secrets Manager)`);
  const succeeded = options.member === null ? true : await showRefresh(project, options.member);
  if (options.once) {
    await project.close();
    return succeeded ? 0 : 1;
  }
  sayWhatNext(project, options);
  return undefined;
}

/** Triggers one refresh and prints each step with its time. True when it succeeded. */
async function showRefresh(project: Project, { user, member }: { user: string; member: string }): Promise<boolean> {
  const path = `/users/${user}/members/${member}`;
  if (project.simulator?.model.control.state().members.some(({ id }) => id === member)) {
    project.simulator.model.control.setJobSeconds({ member, seconds: SHOWN_JOB_SECONDS });
  }
  const began = performance.now();
  const step = (text: string): void =>
    say(`  ${((performance.now() - began) / 1000).toFixed(2).padStart(6)} s  ${text}`);
  const over = Promise.withResolvers<ExactObject>();
  const saidLast = Promise.withResolvers<void>();
  const stopListening = [
    project.stack.on('log', ({ line }) => {
      if (sayLook(line, step)) saidLast.resolve();
    }),
    project.stack.on('event', ({ detailType, detail }) => {
      step(`event ${detailType}`);
      if (detailType.startsWith('refresh.')) over.resolve(parseExactJson(JSON.stringify(detail)) as ExactObject);
    }),
  ];
  say(`\nOne refresh of ${path}:`);
  const answer = await call(project, 'POST', `${path}/check_balance`);
  const refresh = isExactObject(answer.body) ? answer.body['refresh'] : undefined;
  if (answer.status !== 202 || !isExactObject(refresh)) {
    say(`  refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
    for (const stop of stopListening) stop();
    return false;
  }
  step(`accepted: 202, refresh ${refresh['refresh_id']}`);
  const memberBody = isExactObject(answer.body) ? answer.body['member'] : undefined;
  if (isExactObject(memberBody)) step(`job started at MX: ${memberBody['most_recent_job_guid'] ?? 'not named yet'}`);
  const event = await over.promise;
  // The event goes out a moment before its function ends and says what it did. The follow-up that was booked for later
  // and has nothing left to do is not waited for.
  await Promise.race([saidLast.promise, setTimeout(1_000)]);
  for (const stop of stopListening) stop();
  const { outcome, action, code } = event['data'] as ExactObject;
  if (outcome !== 'succeeded') {
    say(`\nThe refresh ended as ${outcome} (${code}); action: ${action}.`);
    return false;
  }
  const accounts = await call(project, 'GET', `${path}/accounts`);
  sayAccounts(accounts.body, accounts.headers);
  return true;
}

/** The follow-up's own log line, in words. True when it is the last one of a refresh. */
function sayLook(line: string, step: (text: string) => void): boolean {
  if (!line.includes('"follow_up.') && !line.includes('"webhook.heeded"')) return false;
  const { event, look, outcome, failure } = JSON.parse(line) as Record<string, unknown>;
  if (event === 'webhook.heeded' && outcome === 'nudged') step('a webhook of MX’s made us look');
  if (event === 'follow_up.failed') step(`a look failed: ${failure}`);
  if (event !== 'follow_up.done') return event === 'webhook.heeded' && outcome === 'nudged';
  const words: Record<string, string> = {
    looking_again: 'the job is not over; look again later',
    stored: 'the job is over; accounts fetched and stored',
    ended: 'the refresh is over',
    started: 'the job was started again',
  };
  step(`look ${look}: ${words[String(outcome)] ?? outcome}`);
  return outcome === 'stored' || outcome === 'ended';
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReturnType<typeof parseExactJson>;
}

async function call(project: Project, method: string, path: string): Promise<Answer> {
  const response = await fetch(project.stack.apiUrl + path, {
    method,
    headers: { authorization: project.caller.authorization },
  });
  return { status: response.status, headers: response.headers, body: parseExactJson(await response.text()) };
}

/** The stored accounts as a table, digit for digit. */
function sayAccounts(body: Answer['body'], headers: Headers): void {
  const accounts = isExactObject(body) && Array.isArray(body['accounts']) ? body['accounts'].filter(isExactObject) : [];
  const cell = (value: unknown): string => (value instanceof Decimal ? value.text : String(value ?? '–'));
  const head = ['account', 'type', 'name', 'balance', 'available', 'currency'];
  const rows = accounts.map((account) =>
    ['account_number', 'type', 'name', 'balance', 'available_balance', 'currency_code'].map((name) =>
      cell(account[name]),
    ),
  );
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const numeric = new Set([3, 4]);
  const print = (row: readonly string[]): void =>
    say(
      `  ${row
        .map((text, column) =>
          numeric.has(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd()}`,
    );
  say('');
  print(head);
  print(widths.map((width) => '-'.repeat(width)));
  for (const row of rows) print(row);
  say(
    `\n  ${headers.get('balances-freshness')}: observed at ${headers.get('balances-observed-at')}, ${headers.get('age')} s ago, by refresh ${headers.get('balances-refresh-id')}`,
  );
}

function sayWhatNext(project: Project, { member, realMx }: StartOptions): void {
  const { clientId, key } = project.caller;
  const path = member === null ? '/users/USER/members/MEMBER' : `/users/${member.user}/members/${member.member}`;
  const curl = `curl -s -u ${clientId}:${key}`;
  say('\nTry next (these credentials are of this run only):');
  say(`  ${curl} -X POST ${project.stack.apiUrl}${path}/check_balance`);
  say(`  ${curl} ${project.stack.apiUrl}${path}/accounts`);
  say(`  ${curl} ${project.stack.apiUrl}${path}/refreshes`);
  if (realMx === null) {
    say('\nA signed callback, with a receiver in another terminal:');
    say(`  CALLBACK_SECRET=whsec_${project.callbackSecret} npm run callback-receiver`);
    say(
      `  ${curl} -X POST -H 'content-type: application/json' -d '{"callback_url":"http://localhost:4020/"}' ${project.stack.apiUrl}${path}/check_balance`,
    );
  }
  say('\nCtrl-C stops everything.');
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
