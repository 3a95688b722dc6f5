/** `doctor`: whether a deployment can work, part by part. It changes nothing. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readPauses } from '../../../shared/clients/pauses-table.ts';
import { epochMillisecondsOf, instantOf } from '../../../shared/domain/instant.ts';
import type { KeptPause } from '../../../shared/domain/pause.ts';
import { type Deployment, wholeNumberOf } from '../deployment.ts';
import { endingOf } from '../ending.ts';
import { type ExitCode, exitCodes, Stop } from '../exit-codes.ts';
import { logGroupsOf } from '../logs/log-groups.ts';
import { counted } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { alarmNamesIn, firingFindings } from './alarm-states.ts';
import { type AwsFacts, awsFacts } from './aws-facts.ts';
import { absent, exitCodeOf, type Finding, failure, ok, type State, warning } from './finding.ts';
import {
  alarmsFinding,
  callbackKeysFinding,
  clientsFinding,
  clockFinding,
  concurrencyFinding,
  deadLettersFinding,
  egressFinding,
  mxClockFinding,
  mxFinding,
  pauseFinding,
  queueFinding,
  readCheckedMx,
  stackFinding,
  webhooksFinding,
} from './judgements.ts';

/** What is known before AWS is asked. */
export interface Examined {
  readonly deployment: Deployment;
  /** Of this command. */
  readonly version: string;
  readonly facts: AwsFacts;
  readonly pauses: () => Promise<readonly KeptPause[]>;
  /** Milliseconds since 1970, by this machine. */
  readonly now: () => number;
}

/** A part that is looked at: its lines, and the permissions that this needs. */
interface Part {
  readonly name: string;
  readonly needs: string;
  readonly look: () => Promise<readonly Finding[]>;
}

/** Writes a line for each part. @returns `unwell` when one is wrong, `inPart` when one is doubtful. */
export async function examineDeployment(
  deployment: Deployment,
  terminal: Terminal,
  { json, version }: { readonly json: boolean; readonly version: string },
): Promise<ExitCode> {
  const facts = awsFacts(deployment);
  const dynamoDb = deployment.dynamoDb();
  const now = (): number => epochMillisecondsOf(terminal.now());
  try {
    const findings = await Promise.race([
      examine({ deployment, version, facts, now, pauses: () => pausesOf(dynamoDb, deployment) }),
      untilStopped(terminal.stop),
    ]);
    await terminal.write(json ? findings.map((finding) => `${JSON.stringify(finding)}\n`).join('') : lines(findings));
    const count = (state: State): number => findings.filter((finding) => finding.state === state).length;
    terminal.say(
      `${counted(count('failure'), 'failure')}, ${counted(count('warning'), 'warning')} · ${deployment.place}`,
    );
    return exitCodeOf(findings);
  } finally {
    facts.close();
    dynamoDb.destroy();
  }
}

async function pausesOf(client: DynamoDBClient, { output }: Deployment): Promise<readonly KeptPause[]> {
  return (await readPauses(client, output('RefreshesTable'))).pauses;
}

const untilStopped = (stop: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const interrupted = (): void => reject(new Stop(exitCodes.interrupted, 'Interrupted: nothing was written.'));
    if (stop.aborted) interrupted();
    else stop.addEventListener('abort', interrupted, { once: true });
  });

/** Looks at all parts at once; one that cannot be looked at says so and holds up no other. */
export async function examine(examined: Examined): Promise<readonly Finding[]> {
  return (await Promise.all(partsOf(examined).map(looked))).flat();
}

async function looked({ name, needs, look }: Part): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const { sentence } = endingOf(error);
    const mayNot = error instanceof Error && /AccessDenied|UnauthorizedOperation|AuthorizationError/.test(error.name);
    return [warning(name, `could not look: ${mayNot ? `these credentials lack ${needs}` : sentence}`)];
  }
}

const lines = (findings: readonly Finding[]): string => {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ name, state, says, todo }) => {
      const word = state === 'failure' ? 'FAILURE' : state === 'absent' ? '–' : state;
      const line = `${word.padEnd(7)}  ${name.padEnd(width)}  ${says}\n`;
      return todo === null ? line : `${line}${' '.repeat(width + 11)}→ ${todo}\n`;
    })
    .join('');
};

function partsOf(examined: Examined): readonly Part[] {
  const { deployment, version, facts } = examined;
  const { place, status, outputs, isLocal, output } = deployment;
  return [
    {
      name: 'stack',
      needs: 'cloudformation:DescribeStacks',
      look: async () => [stackFinding(place, status, output('Version'), version)],
    },
    {
      name: 'pause',
      needs: 'dynamodb:GetItem on the refreshes table',
      look: async () => [pauseFinding(await examined.pauses(), instantOf(examined.now()))],
    },
    { name: 'mx', needs: 'lambda:InvokeFunction on check-mx', look: () => ofMx(examined) },
    {
      name: 'address',
      needs: 'nothing more',
      look: async () => [
        isLocal ? ok('address', 'calls of MX come from this machine') : egressFinding(addressesOf(deployment)),
      ],
    },
    ...secretsOf(examined),
    ...(outputs['WebhooksSecretArn'] === undefined
      ? []
      : [
          {
            name: 'webhooks',
            needs: 'cloudformation:ListStackResources and logs:FilterLogEvents',
            look: async () => [webhooksFinding(await newestWebhook(examined))],
          },
        ]),
    { name: 'alarms', needs: 'sns:ListSubscriptionsByTopic', look: () => ofAlarms(examined) },
    {
      name: 'firing alarms',
      needs: 'cloudformation:ListStackResources, or cloudwatch:DescribeAlarms on *',
      look: () => ofFiring(examined),
    },
    ...queuesOf(deployment).map(
      ([name, url]): Part => ({
        name: `queue ${name}`,
        needs: 'sqs:GetQueueAttributes and cloudwatch:GetMetricStatistics',
        look: () => ofQueue(examined, name, url),
      }),
    ),
    { name: 'dead letters', needs: 'sqs:GetQueueAttributes', look: () => ofDeadLetters(examined) },
    { name: 'concurrency', needs: 'lambda:GetAccountSettings', look: () => ofConcurrency(examined) },
    {
      name: 'clock',
      needs: 'sqs:GetQueueAttributes',
      look: async () => {
        const { awsTime } = await facts.queue(output('FollowUpQueueUrl'));
        // AWS says whole seconds.
        return [clockFinding(awsTime === null ? null : (examined.now() - awsTime) / 1_000)];
      },
    },
  ];
}

const addressesOf = ({ outputs }: Pick<Deployment, 'outputs'>): readonly string[] =>
  Object.entries(outputs)
    .filter(([name]) => name.startsWith('MxAllowListAddress'))
    .map(([, address]) => address);

/** MX answers allow-listed addresses only: a function asks it. */
async function ofMx({ deployment, facts }: Examined): Promise<readonly Finding[]> {
  const invoked = await facts.invoke(deployment.output('CheckMxFunction'));
  if ('error' in invoked) {
    return [failure('mx', `check-mx failed: ${invoked.error}`, 'Its log lines say more: tail --errors.')];
  }
  const checked = readCheckedMx(invoked.answer);
  if (checked === null) return [warning('mx', 'check-mx answered something else: is it of another release?')];
  const { mx_time: mxTime, at } = checked;
  const ahead = mxTime === null ? null : (epochMillisecondsOf(mxTime) - epochMillisecondsOf(at)) / 1_000;
  const accepted = mxFinding(checked, deployment.output('MxSecretArn'), addressesOf(deployment));
  return checked.status === null ? [accepted] : [accepted, mxClockFinding(ahead)];
}

/** Secrets beside MX’s own, which `check-mx` uses. Their texts are read here and shown nowhere. */
function secretsOf({ deployment: { outputs }, facts }: Examined): readonly Part[] {
  const needs = 'secretsmanager:GetSecretValue';
  const clients = (name: string, arn: string | undefined, whose: string): readonly Part[] =>
    arn === undefined
      ? []
      : [{ name, needs, look: async () => [clientsFinding(name, await facts.secret(arn), whose, arn)] }];
  const callbacks = outputs['CallbacksSecretArn'];
  return [
    ...clients('callers', outputs['ApiCallersSecretArn'], 'every caller'),
    ...clients('webhook keys', outputs['WebhooksSecretArn'], 'every webhook'),
    ...(callbacks === undefined
      ? []
      : [
          {
            name: 'callback keys',
            needs,
            look: async () => [callbackKeysFinding(await facts.secret(callbacks), callbacks)],
          },
        ]),
  ];
}

/** A webhook that was answered well; the function’s log is the only place that has them one by one. */
const WEBHOOK = '{ $.event = "request.answered" && $.status = 204 }';

/** The longest of these times, in hours, within which one came; null: none. */
async function newestWebhook({ deployment, facts, now }: Examined): Promise<number | null> {
  const group = (await logGroupsOf(deployment)).find(({ functionId }) => functionId === 'MxWebhook');
  if (group === undefined) return null;
  for (const hours of [1, 24, 7 * 24]) {
    if (await facts.hasLine(group.name, WEBHOOK, now() - hours * 3_600_000)) return hours;
  }
  return null;
}

async function ofAlarms({ deployment, facts }: Examined): Promise<readonly Finding[]> {
  if (deployment.isLocal) return [absent('alarms', 'alarms and no topic')];
  const { confirmed, pending } = await facts.subscriptions(deployment.output('AlarmTopicArn'));
  return [alarmsFinding(confirmed, pending)];
}

/** The line of alarms says that the local stack has none. */
async function ofFiring({ deployment, facts, now }: Examined): Promise<readonly Finding[]> {
  if (deployment.isLocal) return [];
  const names = alarmNamesIn(await facts.resources(), deployment.output('MembersTable'));
  return firingFindings(names, await facts.alarms(names), instantOf(now()));
}

const queuesOf = ({ outputs }: Pick<Deployment, 'outputs'>): readonly (readonly [name: string, url: string])[] =>
  (
    [
      ['follow-ups', outputs['FollowUpQueueUrl']],
      ['starts', outputs['StartQueueUrl']],
      ['callbacks', outputs['CallbackQueueUrl']],
    ] as const
  ).flatMap(([name, url]) => (url === undefined ? [] : [[name, url] as const]));

async function ofQueue({ deployment, facts, now }: Examined, name: string, url: string): Promise<readonly Finding[]> {
  const { messages: waiting } = await facts.queue(url);
  const lateSeconds = wholeNumberOf(deployment, 'AlarmLateSeconds');
  // CloudWatch has it, and the local stack has no CloudWatch.
  const oldestSeconds = deployment.isLocal ? null : await facts.oldestMessage(url, now());
  return [queueFinding(name, { waiting, oldestSeconds, lateSeconds })];
}

async function ofDeadLetters({ deployment: { outputs }, facts }: Examined): Promise<readonly Finding[]> {
  const names = {
    'follow-ups': 'FollowUpDeadLetterQueueUrl',
    starts: 'StartDeadLetterQueueUrl',
    callbacks: 'CallbackDeadLetterQueueUrl',
    ticks: 'TickDeadLetterQueueUrl',
  };
  const counts: (readonly [string, number])[] = [];
  for (const [name, key] of Object.entries(names)) {
    const url = outputs[key];
    if (url !== undefined) counts.push([name, (await facts.queue(url)).messages]);
  }
  return [deadLettersFinding(counts)];
}

/** Of the function of callbacks (`infra/service-parts.ts`). */
const CALLBACKS_AT_ONCE = 5;

async function ofConcurrency({ deployment, facts }: Examined): Promise<readonly Finding[]> {
  const followUps = wholeNumberOf(deployment, 'FollowUpConcurrency');
  const starts = wholeNumberOf(deployment, 'StartConcurrency');
  if (deployment.isLocal) return [absent('concurrency', 'quota')];
  const callbacks = deployment.outputs['CallbackQueueUrl'] === undefined ? 0 : CALLBACKS_AT_ONCE;
  return [concurrencyFinding({ ...(await facts.concurrency()), followUps, starts, callbacks })];
}
