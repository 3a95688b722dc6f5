/** The real dependencies of everything that starts, follows or ends a refresh. Built once per cold start. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ulid } from 'ulid';
import { balancesReader } from '../../shared/clients/balances-table.ts';
import { callbacksInDynamoDb, noCallbacks } from '../../shared/clients/callbacks-table.ts';
import { eventBus } from '../../shared/clients/event-bus.ts';
import { httpsTransport } from '../../shared/clients/https-transport.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { mxClient } from '../../shared/clients/mx-client.ts';
import { deliveryQueue, followUpQueue } from '../../shared/clients/queues.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { type SecretOptions, secret } from '../../shared/clients/secret.ts';
import type { CallbackRules } from '../../shared/domain/callback-url.ts';
import { epochMillisecondsOf, type Instant, instantOf } from '../../shared/domain/instant.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { RefreshDeps } from '../../shared/domain/ports.ts';
import type { Environment } from '../../shared/lambda/environment.ts';
import type { Telemetry } from '../../shared/lambda/log.ts';

/** The clock of every function: the machine's. */
export const now = (): Instant => instantOf(Date.now());

/**
 * For AWS's own services: nearby and fast, so a call that takes longer than this is lost and worth repeating. Without
 * `throwOnRequestTimeout` the SDK only writes a warning and goes on waiting.
 */
const AWS_CALL = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

/** DynamoDB. Region and credentials come from Lambda's environment. */
export const dynamoDb = (): DynamoDBClient => new DynamoDBClient(AWS_CALL);

/** SQS. */
export const sqs = (): SQSClient => new SQSClient(AWS_CALL);

/** Secrets Manager. */
export const secretsManager = (): SecretsManagerClient => new SecretsManagerClient(AWS_CALL);

/** How secrets are kept whose changes have to reach functions that stay warm. */
export const keptForMinutes = (report: Telemetry): SecretOptions => ({
  maxAgeSeconds: 300,
  onServedOn: (error) => report.log('secret.served_on', { error }),
});

/** The settings that decisions depend on. */
export const policyOf = (env: Environment<'sweep'>): Policy => ({
  deadlineSeconds: env.DEADLINE_SECONDS,
  firstLookSeconds: env.FIRST_LOOK_SECONDS,
  minLookGapSeconds: env.MIN_LOOK_GAP_SECONDS,
  maxLookGapSeconds: env.MAX_LOOK_GAP_SECONDS,
  graceSeconds: env.GRACE_SECONDS,
  graceLooks: env.GRACE_LOOKS,
  allowanceStarts: env.ALLOWANCE_STARTS,
  allowanceWindowSeconds: env.ALLOWANCE_WINDOW_SECONDS,
});

/** Everything that ends a refresh, without MX. */
export function endingDeps(env: Environment<'sweep'>, db: DynamoDBClient): Omit<RefreshDeps, 'mx'> {
  const policy = policyOf(env);
  const queues = sqs();
  return {
    members: membersInDynamoDb(db, env.MEMBERS_TABLE, policy),
    refreshes: refreshesInDynamoDb(db, env.REFRESHES_TABLE, env.REFRESH_RETENTION_DAYS, now),
    followUps: followUpQueue(queues, env.FOLLOW_UP_QUEUE_URL),
    balances: balancesReader(db, env.BALANCES_TABLE),
    events: eventBus(new EventBridgeClient(AWS_CALL), env.EVENT_BUS_NAME),
    amountsInEvents: env.AMOUNTS_IN_EVENTS,
    // No queue: the operator has allowed no hosts, and nobody can have asked.
    callbacks:
      env.CALLBACK_QUEUE_URL === ''
        ? noCallbacks
        : callbacksInDynamoDb(db, env.REFRESHES_TABLE, env.REFRESH_RETENTION_DAYS),
    deliveries: deliveryQueue(queues, env.CALLBACK_QUEUE_URL),
    policy,
    now,
    random: Math.random,
    // The generator is given: on its own the library looks for one by loading `node:crypto` in a way bundles dislike.
    newRefreshId: (at) => `RFR-${ulid(epochMillisecondsOf(at), randomUnit)}`,
  };
}

/** Which callbacks the operator allows. */
export const callbackRulesOf = (
  env: Pick<Environment<'deliver-callback'>, 'CALLBACK_HOSTS' | 'CALLBACK_LOOPBACK'>,
): CallbackRules => ({ hosts: env.CALLBACK_HOSTS, loopback: env.CALLBACK_LOOPBACK });

/** MX at `MX_BASE_URL`, with `timeoutMs` for each call. */
export const mxOf = (
  env: Pick<Environment<'start-due'>, 'MX_BASE_URL' | 'MX_ACCEPT_VERSION' | 'MX_SECRET_ARN'>,
  timeoutMs: number,
): RefreshDeps['mx'] =>
  mxClient({
    baseUrl: env.MX_BASE_URL,
    acceptVersion: env.MX_ACCEPT_VERSION,
    credentials: secret(secretsManager(), env.MX_SECRET_ARN, now),
    send: httpsTransport(),
    timeoutMs,
  });

/** Refresh ids are names that must not be guessed. */
const randomUnit = (): number => {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value / 2 ** 32;
};
