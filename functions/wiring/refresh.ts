/** The real dependencies of everything that starts, follows or ends a refresh. Built once per cold start. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ulid } from 'ulid';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { balancesReader } from '../../shared/clients/balances-table.ts';
import { callbacksInDynamoDb, noCallbacks } from '../../shared/clients/callbacks-table.ts';
import { eventBus } from '../../shared/clients/event-bus.ts';
import { httpsTransport } from '../../shared/clients/https-transport.ts';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { mxClient } from '../../shared/clients/mx-client.ts';
import { deliveryQueue, followUpQueue, noticeQueue } from '../../shared/clients/queues.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { type SecretOptions, secret } from '../../shared/clients/secret.ts';
import { unstartedInDynamoDb } from '../../shared/clients/unstarted-members.ts';
import type { CallbackRules } from '../../shared/domain/callback-url.ts';
import { epochMillisecondsOf, type Instant, instantOf } from '../../shared/domain/instant.ts';
import { ownIdsIn } from '../../shared/domain/own-ids.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { RefreshDeps } from '../../shared/domain/ports.ts';
import type { CallbackRulesEnvironment, EndingEnvironment, MxEnvironment } from '../../shared/lambda/environment.ts';
import type { Telemetry } from '../../shared/lambda/log.ts';

/** The clock of every function: the machine's. */
export const now = (): Instant => instantOf(Date.now());

/** DynamoDB. Region and credentials come from Lambda's environment. */
export const dynamoDb = (): DynamoDBClient => new DynamoDBClient(limitedCalls());

/** SQS. */
export const sqs = (): SQSClient => new SQSClient(limitedCalls());

/** Secrets Manager. */
export const secretsManager = (): SecretsManagerClient => new SecretsManagerClient(limitedCalls());

/** How secrets are kept whose changes have to reach functions that stay warm. */
export const keptForMinutes = (report: Telemetry): SecretOptions => ({
  maxAgeSeconds: 300,
  onServedOn: (error) => report.log('secret.served_on', { error }),
});

/** Everything that ends a refresh, without MX. */
export function endingDeps(env: EndingEnvironment, db: DynamoDBClient): Omit<RefreshDeps, 'mx'> {
  // By name: a field of the policy that no setting fills does not compile.
  const policy: Policy = env;
  const queues = sqs();
  return {
    members: membersInDynamoDb(db, env.membersTable, policy),
    unstarted: unstartedInDynamoDb(db, env.membersTable),
    refreshes: refreshesInDynamoDb(db, env.refreshesTable, env.refreshRetentionDays, now),
    followUps: followUpQueue(queues, env.followUpQueueUrl),
    balances: balancesReader(db, env.balancesTable),
    events: eventBus(
      new EventBridgeClient(limitedCalls()),
      env.eventBusName,
      env.ownIdsInEvents ? ownIdsIn(membersReader(db, env.membersTable)) : null,
    ),
    amountsInEvents: env.amountsInEvents,
    // No queue: the operator has allowed no hosts, so no callback can have been asked for.
    callbacks:
      env.callbackQueueUrl === '' ? noCallbacks : callbacksInDynamoDb(db, env.refreshesTable, env.refreshRetentionDays),
    deliveries: deliveryQueue(queues, env.callbackQueueUrl),
    notices: noticeQueue(queues, env.followUpQueueUrl),
    policy,
    now,
    within,
    random: Math.random,
    // The generator is given: on its own the library looks for one by loading `node:crypto` in a way bundles dislike.
    newRefreshId: (at) => `RFR-${ulid(epochMillisecondsOf(at), randomUnit)}`,
  };
}

/** True when `work` is done within so many milliseconds. */
async function within(milliseconds: number, work: Promise<void>): Promise<boolean> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      sleep(milliseconds, false, { signal: stop.signal }).catch(() => false),
    ]);
  } finally {
    stop.abort();
  }
}

/** Which callbacks the operator allows. */
export const callbackRulesOf = (env: CallbackRulesEnvironment): CallbackRules => ({
  hosts: env.callbackHosts,
  loopback: env.callbackLoopback,
});

/** MX at `mxBaseUrl`, with `timeoutMs` for each call. */
export const mxOf = (env: MxEnvironment, timeoutMs: number): RefreshDeps['mx'] =>
  mxClient({
    baseUrl: env.mxBaseUrl,
    acceptVersion: env.mxAcceptVersion,
    credentials: secret(secretsManager(), env.mxSecretArn, now),
    send: httpsTransport(),
    timeoutMs,
    now,
  });

/** Refresh ids are names that must not be guessed. */
const randomUnit = (): number => {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value / 2 ** 32;
};
