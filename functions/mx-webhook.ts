// POST /webhooks/mx, a webhook of MX's  ->  a message on the follow-up queue, 204
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { webhookQueue } from '../shared/clients/queues.ts';
import type { Clock } from '../shared/domain/instant.ts';
import { readWebhook, webhookFields } from '../shared/domain/mx-webhook.ts';
import type { Webhooks } from '../shared/domain/ports.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, httpHandler } from '../shared/lambda/http.ts';
import type { Telemetry } from '../shared/lambda/log.ts';
import { Refusal } from '../shared/lambda/refusal.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { keptForMinutes, now, secretOf, sqs } from './wiring/refresh.ts';
import { instanceTelemetry } from './wiring/telemetry.ts';

/** What receiving needs. */
export interface ReceiveDeps {
  readonly webhooks: Webhooks;
  readonly telemetry: Telemetry;
  readonly now: Clock;
}

/**
 * Answers MX: 204 to everything that came from it, readable or not, because it would send the same bytes again for a day
 * (MX facts 6.1). Only when the queue does not take it, 429: MX then sends it again soon.
 */
export async function receiveWebhook(deps: ReceiveDeps, body: unknown): Promise<ApiAnswer> {
  const read = readWebhook(body, deps.now());
  deps.telemetry.count('WebhookReceived');
  if (read.kind === 'ignored') {
    deps.telemetry.count('WebhookIgnored');
    return { status: 204, logged: { reason: read.reason } };
  }
  try {
    await deps.webhooks.send(read.webhook, 0);
  } catch (cause) {
    // MX may read this: the name of AWS's error says what is wrong, its message would name resources.
    const why = cause instanceof Error ? cause.name : 'unknown';
    throw new Refusal('too_many_requests', `the queue did not take the webhook (${why})`, {}, { cause });
  }
  return { status: 204 };
}

/** MX's webhooks are smaller; what is larger is not read. */
const MAX_BYTES = 256 * 1024;

/**
 * The request with as much of its body as is read. This API's own rules for size, content type and version do not apply
 * to MX: it would repeat a refused webhook unchanged.
 */
export function asOurs(event: APIGatewayProxyEventV2): APIGatewayProxyEventV2 {
  const { 'accept-version': _, ...headers } = event.headers;
  return {
    ...event,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(shortFields(jsonIn(event))),
    isBase64Encoded: false,
  };
}

function jsonIn({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): unknown {
  if (body.length > MAX_BYTES) return null;
  try {
    return JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body);
  } catch {
    return null;
  }
}

/** No guid or type is longer than this. */
const MAX_TEXT = 200;

function shortFields(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const fields = webhookFields.map((name): [string, unknown] => [name, Reflect.get(json, name)]);
  return Object.fromEntries(
    fields.filter(([, value]) => typeof value === 'number' || (typeof value === 'string' && value.length <= MAX_TEXT)),
  );
}

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('mx-webhook', source);
  const report = instanceTelemetry('mx-webhook', env);
  const deps: ReceiveDeps = {
    webhooks: webhookQueue(sqs(env.followUpQueueUrl), env.followUpQueueUrl),
    telemetry: report,
    now,
  };
  const options = {
    telemetry: report,
    // MX cannot sign with AWS credentials, so this function checks the caller itself, also with `apiAccess` = `iam`.
    callersSecret: secretOf(env.mxWebhookSecretArn, keptForMinutes(report)),
    right: () => 'webhook' as const,
    now,
  };
  const answer = httpHandler(options, ({ body }) => receiveWebhook(deps, body));
  return (event: APIGatewayProxyEventV2, context: Context) => answer(asOurs(event), context);
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
