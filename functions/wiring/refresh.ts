/** The real dependencies of everything that starts, follows or ends a refresh. Built once per cold start. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ulid } from 'ulid';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { balancesReader } from '../../shared/clients/balances-table.ts';
import { breakersInDynamoDb, noBreakers } from '../../shared/clients/breakers-table.ts';
import { callbacksInDynamoDb, noCallbacks } from '../../shared/clients/callbacks-table.ts';
import { eventBus } from '../../shared/clients/event-bus.ts';
import { httpsTransport } from '../../shared/clients/https-transport.ts';
import { institutionsInDynamoDb, noInstitutions } from '../../shared/clients/institutions-table.ts';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { mxClient } from '../../shared/clients/mx-client.ts';
import { mxDeletion } from '../../shared/clients/mx-deletion.ts';
import type { MxClientOptions } from '../../shared/clients/mx-request.ts';
import { pauseGate } from '../../shared/clients/pause-gate.ts';
import { pausesInDynamoDb } from '../../shared/clients/pauses-table.ts';
import { deliveryQueue, followUpQueue, noticeQueue } from '../../shared/clients/queues.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { type Secret, type SecretOptions, secret } from '../../shared/clients/secret.ts';
import { unstartedInDynamoDb } from '../../shared/clients/unstarted-members.ts';
import { breakerRules } from '../../shared/domain/breaker.ts';
import type { CallbackRules } from '../../shared/domain/callback-url.ts';
import { epochMillisecondsOf, type Instant, instantOf } from '../../shared/domain/instant.ts';
import { supportRules } from '../../shared/domain/not-supported.ts';
import { ownIdsIn } from '../../shared/domain/own-ids.ts';
import type { Pauses } from '../../shared/domain/pause.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { RefreshDeps } from '../../shared/domain/ports.ts';
import type { CallbackRulesEnvironment, EndingEnvironment, MxEnvironment } from '../../shared/lambda/environment.ts';
import type { Telemetry } from '../../shared/lambda/log.ts';
import { refreshMetrics } from '../../shared/lambda/refresh-metrics.ts';
import { beforeFirstCall } from './first-call.ts';

/** The clock of every function: the machine's. */
export const now = (): Instant => instantOf(Date.now());

/** Calls of DynamoDB that a first invocation has under way together, as a rule. */
const AT_ONCE = 4;

/**
 * DynamoDB. Region and credentials come from Lambda's environment. Every function that has it may read `membersTable`.
 *
 * @param asked how many calls of it are made before the first invocation anyway (`pausesOf`).
 */
export function dynamoDb(membersTable: string, asked = 0): DynamoDBClient {
  const client = new DynamoDBClient(limitedCalls());
  // Of something that is not there. Each call has a connection of its own, and any service's takes the same way through
  // the code.
  const nothing = new GetItemCommand({ TableName: membersTable, Key: { user_guid: { S: '-' }, item_key: { S: '-' } } });
  for (let opened = asked; opened < AT_ONCE; opened += 1) beforeFirstCall(() => client.send(nothing));
  return client;
}

/** SQS. The SDK sends its calls to the host of the queue's URL: a connection to that of `queueUrl` is opened early. */
export function sqs(queueUrl: string): SQSClient {
  const limits = limitedCalls();
  beforeFirstCall(async () => limits.requestHandler.open(new URL(queueUrl)));
  return new SQSClient(limits);
}

/** The secret `arn`, fetched before the first invocation. */
export function secretOf(arn: string, options: SecretOptions = {}): Secret {
  const found = secret(new SecretsManagerClient(limitedCalls()), arn, now, options);
  beforeFirstCall(() => found.current());
  return found;
}

/** How secrets are kept whose changes have to reach functions that stay warm. */
export const keptForMinutes = (report: Telemetry): SecretOptions => ({
  maxAgeSeconds: 300,
  onServedOn: (error) => report.log('secret.served_on', { error }),
});

/** The operator's pauses, read before the first invocation. */
export function pausesOf(env: PausesEnvironment, db: DynamoDBClient, report: Telemetry): Pauses {
  const pauses = pausesIn(env, db, report);
  beforeFirstCall(() => pauses.known());
  return pauses;
}

interface PausesEnvironment {
  readonly refreshesTable: string;
}

const pausesIn = ({ refreshesTable }: PausesEnvironment, db: DynamoDBClient, report: Telemetry): Pauses =>
  pausesInDynamoDb(db, refreshesTable, { now, unread: (error) => report.log('pause.unread', { error }) });

/** Everything that ends a refresh, without MX. */
export function endingDeps(
  env: EndingEnvironment,
  db: DynamoDBClient,
  report: Telemetry,
  queues = sqs(env.followUpQueueUrl),
): Omit<RefreshDeps, 'mx'> {
  // By name: a field of the policy that no setting fills does not compile.
  const policy: Policy = env;
  return {
    pauses: pausesOf(env, db, report),
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
    institutions: env.learning
      ? institutionsInDynamoDb(db, env.refreshesTable, {
          now,
          random: Math.random,
          unread: (error) => report.log('institution.unread', { error }),
          unlisted: (error) => report.log('institution.not_learnt', { error }),
        })
      : noInstitutions,
    breakers:
      env.learning && env.breaker
        ? breakersInDynamoDb(db, env.refreshesTable, {
            now,
            unread: (error) => report.log('institution.unread', { error }),
          })
        : noBreakers,
    breakerRules,
    supportRules,
    notLearnt: (error) => report.log('institution.not_learnt', { error }),
    measures: refreshMetrics(report),
    looks: { lagSeconds: env.lookLagMilliseconds / 1000, webhooks: env.webhooks !== 'off' },
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

/** MX at `mxBaseUrl`, with `timeoutMs` for each call, except in `pauses`. */
export const mxOf = (env: MxEnvironment, pauses: Pauses, timeoutMs: number): RefreshDeps['mx'] =>
  mxClient(reachMx(env, pauses, timeoutMs));

/** Both sides of MX: what refreshes ask it, and deleting there. They share connections and the secret. */
export function mxAndDeletionOf(env: MxEnvironment, pauses: Pauses, timeoutMs: number) {
  const options = reachMx(env, pauses, timeoutMs);
  return { mx: mxClient(options), mxDeletion: mxDeletion(options) };
}

function reachMx(env: MxEnvironment, pauses: Pauses, timeoutMs: number): MxClientOptions {
  const { send, open } = httpsTransport();
  beforeFirstCall(() => open(new URL(env.mxBaseUrl)));
  return { ...mxAddress(env, pauses, timeoutMs), credentials: secretOf(env.mxSecretArn), send };
}

/** Ways to MX with secret and pauses as they are now, and not as an earlier one has read them. Nothing is done before they are used. */
export function waysToMx(
  env: MxEnvironment & PausesEnvironment,
  report: Telemetry,
  timeoutMs: number,
): () => MxClientOptions {
  const db = new DynamoDBClient(limitedCalls());
  const { send } = httpsTransport();
  const client = new SecretsManagerClient(limitedCalls());
  return () => ({
    ...mxAddress(env, pausesIn(env, db, report), timeoutMs),
    credentials: secret(client, env.mxSecretArn, now),
    send,
  });
}

const mxAddress = ({ mxBaseUrl, mxAcceptVersion }: MxEnvironment, pauses: Pauses, timeoutMs: number) => ({
  ...{ baseUrl: mxBaseUrl, acceptVersion: mxAcceptVersion, timeoutMs, now },
  gate: pauseGate({ pauses, now, random: Math.random }),
});

/** Refresh ids are names that must not be guessed. */
const randomUnit = (): number => {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value / 2 ** 32;
};
