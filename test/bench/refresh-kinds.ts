/** The kinds of refreshes that `npm run bench:cost` counts, and how each is made. */
import { setTimeout as after } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { encodeStartBatch } from '../../shared/clients/messages.ts';
import { instantOf } from '../../shared/domain/instant.ts';
import { MEMBERS_PER_MESSAGE, noWishes, slotOf, startBatches } from '../../shared/domain/schedule.ts';
import { type Running, refreshIdOf } from '../local/running.ts';

/** A member of the simulator's. */
export type Added = ReturnType<Running['addMember']>;

/** One kind of refresh. */
export interface Kind {
  readonly name: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Of MX's, once the members are known. @default the job succeeds */
  readonly scenario?: string;
  /** @default {@link JOB_SECONDS} */
  readonly jobSeconds?: number;
  /** Of each member. @default {@link ACCOUNTS} */
  readonly accounts?: number;
  /** Milliseconds in which the simulator answers while the refreshes run. @default at once */
  readonly mxMs?: number;
  /** Done to each member before anything is counted. */
  readonly prepare?: (running: Running, member: Added) => Promise<void>;
  /** Makes one refresh of each member, `perSecond` of them begun in a second, each to its end. */
  run(running: Running, members: readonly Added[], perSecond: number): Promise<void>;
}

/** Of a usual job. */
export const JOB_SECONDS = 10;
/** When it is looked at. */
export const LOOKS_SECONDS = [5, 8, 12];
/** Of a usual member. */
export const ACCOUNTS = 6;
/** What the price of one more account and of one more look is told by. */
const MORE_ACCOUNTS = 18;
const LONG_JOB_SECONDS = 30;

/** All kinds, in the order of the tables. */
export const kinds: readonly Kind[] = [
  { name: 'usual', run: triggerPaced },
  { name: 'crowded', settings: { followUpConcurrency: 2 }, mxMs: 1_000, run: triggerPaced },
  { name: 'learned', settings: { learning: true }, run: triggerPaced },
  {
    name: 'joined',
    run: (running, members, perSecond) =>
      triggerPaced(running, members, perSecond, async (path) => {
        await running.call('POST', `${path}/check_balance`);
      }),
  },
  { name: 'webhooks', settings: { webhooks: 'known' }, run: triggerPaced },
  { name: 'scheduled', prepare: enrol, run: startAsScheduled },
  { name: 'denied', scenario: 'denied', run: triggerPaced },
  { name: 'more-accounts', accounts: MORE_ACCOUNTS, run: triggerPaced },
  { name: 'moved', prepare: moveBalances, run: triggerPaced },
  { name: 'history', settings: { historyDays: 90 }, prepare: moveBalances, run: triggerPaced },
  { name: 'long-job', jobSeconds: LONG_JOB_SECONDS, run: triggerPaced },
];

/** What is special about each kind, for its heading. */
export const explained: Readonly<Record<string, string>> = {
  usual: 'triggered over HTTP',
  crowded: 'two invocations at once for all looks, and an MX that takes 1 s: batches fill as at a high rate',
  learned: 'with what a job before it has taught',
  joined: 'a second trigger joins each',
  webhooks: 'MX’s webhook tells the end',
  scheduled: 'started by the schedule',
  denied: 'ended by an error: the bank refuses the password',
  'more-accounts': `${MORE_ACCOUNTS} accounts instead of ${ACCOUNTS}`,
  moved: 'the balance of each of its six accounts has changed',
  history: 'the same, and former amounts are kept (historyDays)',
  'long-job': `jobs of ${LONG_JOB_SECONDS} s instead of ${JOB_SECONDS} s`,
};

/** Triggers `perSecond` a second, does `andThen` after each answer, and waits for every end. */
export async function triggerPaced(
  running: Running,
  members: readonly Added[],
  perSecond: number,
  andThen: (path: string) => Promise<void> = async () => {},
): Promise<void> {
  const ends: Promise<unknown>[] = [];
  const began = performance.now();
  for (const [index, { path }] of members.entries()) {
    await after(Math.max(0, began + (index * 1000) / perSecond - performance.now()));
    ends.push(
      accepted(running, path).then(async (refreshId) => {
        await andThen(path);
        await running.ended(refreshId);
      }),
    );
  }
  await Promise.all(ends);
}

/** Triggers until it is accepted: a machine that is overloaded answers 503, and a caller then asks again. */
async function accepted(running: Running, path: string): Promise<string> {
  for (;;) {
    const answer = await running.call('POST', `${path}/check_balance`);
    if (answer.status === 202) return refreshIdOf(answer);
    if (answer.status !== 503) throw new Error(`a trigger was answered with ${answer.status}: ${answer.text}`);
    console.error(`${path}: answered with 503 and sent again`);
    await after(1_000 * Number(answer.headers.get('retry-after') ?? 1));
  }
}

/** Another balance for each account of the member: the next refresh finds them. */
async function moveBalances(running: Running, { guid }: Added): Promise<void> {
  for (const account of running.mx.member({ member: guid }).accounts) {
    running.mx.setBalances({ member: guid, account: account.guid, values: { balance: '1234.56' }, when: 'now' });
  }
}

async function enrol(running: Running, { path }: Added): Promise<void> {
  const extra = { headers: { 'content-type': 'application/json' }, body: '{"every":24}' };
  const put = await running.call('PUT', `${path}/schedule`, extra);
  if (put.status !== 200) throw new Error(`a schedule was answered with ${put.status}: ${put.text}`);
}

/** Of the simulator's `user-3`, whose members all of them are. */
const USER_GUID = 'USR-33333333-3333-4333-8333-333333333333';

/**
 * Starts the members as the schedule does, with the messages that its minute sends for those that are due. The minutes
 * themselves cost the same for any number of refreshes.
 */
async function startAsScheduled(running: Running, members: readonly Added[], perSecond: number): Promise<void> {
  const { stack } = running.project;
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = stack;
  const over = Promise.withResolvers<void>();
  let left = members.length;
  stack.on('event', ({ detailType }) => {
    if (!detailType.startsWith('refresh.')) return;
    left -= 1;
    if (left === 0) over.resolve();
  });
  const due = members.map(({ guid }) => {
    const member = { userGuid: USER_GUID, memberGuid: guid };
    return { member, everyHours: 24 as const, slot: slotOf(member, 24, 1), ...noWishes };
  });
  const sqs = new SQSClient({ endpoint, credentials, region, useQueueUrlAsEndpoint: false });
  const began = performance.now();
  let sent = 0;
  for (const { batch } of startBatches(due, instantOf(Date.now()), MEMBERS_PER_MESSAGE)) {
    await after(Math.max(0, began + (sent * 1000) / perSecond - performance.now()));
    const QueueUrl = stack.physicalId('StartsQueue');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: encodeStartBatch(batch) }));
    sent += batch.members.length;
  }
  sqs.destroy();
  await over.promise;
}
