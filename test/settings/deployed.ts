/**
 * A deployment with given settings on this machine: every function has its environment of the synthesized template, and
 * is the wired one.
 */
import type { APIGatewayProxyStructuredResultV2, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { expect, vi } from 'vitest';
import { Blueprint } from '../../infra/local/stack/blueprint.ts';
import { Permissions } from '../../infra/local/stack/permissions.ts';
import { type Resource, type Synthesized, synthesize } from '../infra/synthesized.ts';
import { unlistedMetrics } from '../infra/written-metrics.ts';
import { recordCalls } from '../permissions/record.ts';
import { Detector, type SecretKind } from '../privacy/detector.ts';
import { credentialsIn, secretsIn, secretsInJson } from '../privacy/heard.ts';
import { leaks, recordCounts } from '../privacy/watch.ts';
import { apiEvent, type GivenRequest, lambdaContext } from '../unit/lambda/api-event.ts';
import { type Aws, type Published, type Sent, startAws } from './aws.ts';
import { member, type StubMx, startStubMx } from './stub-mx.ts';

/** The clock of a deployment stands here until a test moves it. */
export const T0 = '2026-11-21T12:00:00.000Z';

/** The functions, by their constructs in the stack, which keep their names. */
const modules = {
  CheckBalance: () => import('../../functions/check-balance.ts'),
  FollowUp: () => import('../../functions/follow-up.ts'),
  StartRefresh: () => import('../../functions/start-due.ts'),
  ScheduledRefresh: () => import('../../functions/run-schedule.ts'),
  Sweep: () => import('../../functions/sweep.ts'),
  MxWebhook: () => import('../../functions/mx-webhook.ts'),
  DeliverCallback: () => import('../../functions/deliver-callback.ts'),
  ReadBalances: () => import('../../functions/read-balances.ts'),
  ReadRefresh: () => import('../../functions/read-refresh.ts'),
  MemberSchedule: () => import('../../functions/member-schedule.ts'),
  EraseData: () => import('../../functions/erase-data.ts'),
  UnknownRoute: () => import('../../functions/unknown-route.ts'),
  CheckMx: () => import('../../functions/check-mx.ts'),
};

/** A function of the stack. */
export type Construct = keyof typeof modules;

/** A queue of the stack. */
export type QueueConstruct = 'FollowUps' | 'Starts' | 'Callbacks';

/** What came back over HTTP. */
export interface HttpAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** The key of every caller where callers have keys, and of MX at the webhook's route. */
export const KEY = 'key-of-a-caller';
const KEY_SHA256 = '7567337023d08f6f540275ef9c45f186bea19acba38bb8540412a25979451efa';

const secrets: Readonly<Record<string, string>> = {
  CredentialsMx: '{"client_id":"client","api_key":"key-at-mx"}',
  CredentialsApiCallers: JSON.stringify({
    clients: Object.entries({
      ...{ shop: ['read', 'trigger'], reader: ['read'], starter: ['trigger'], eraser: ['erase'], rightless: [] },
    }).map(([id, rights]) => ({ client_id: id, key_sha256: [KEY_SHA256], rights })),
  }),
  CredentialsWebhooks: `{"clients":[{"client_id":"mx","key_sha256":["${KEY_SHA256}"],"rights":["webhook"]}]}`,
  CredentialsCallbacks: `{"current":"${Buffer.alloc(32, 7).toString('base64')}","previous":""}`,
};

/** A deployment at play. */
export interface Deployed {
  readonly template: Synthesized;
  readonly aws: Aws;
  readonly mx: StubMx;
  /** Lines that functions wrote, logs and metrics. */
  readonly lines: readonly string[];
  /** From here on each function is wired anew at its next call, as at a cold start. */
  cold(): void;
  /** Sets the clock to `seconds` after `T0`. */
  at(seconds: number): void;
  /** Calls a function over HTTP. */
  http(to: Construct, request: GivenRequest): Promise<HttpAnswer>;
  /** POST …/check_balance for the member. */
  trigger(body?: object): Promise<HttpAnswer>;
  /** Hands a function a message; true when it was handled. */
  deliver(to: Construct, message: string): Promise<boolean>;
  /** Calls a function as the schedule does. */
  tick(to: Construct): Promise<void>;
  /** Calls a function by Lambda's API; its answer. */
  invoke(to: Construct, event: unknown): Promise<unknown>;
  /** Delivers the newest message of the follow-up queue. */
  look(): Promise<void>;
  /** What was sent to a queue so far. */
  sent(queue: QueueConstruct): readonly Sent[];
  /** What was published so far, of one type. */
  published(type: string): readonly Published[];
  close(): Promise<void>;
}

/** Stands in templates for MX's address, which is another one in each deployment. */
const MX_PLACE = 'http://127.0.0.1:9';

const synthesized = new Map<string, Synthesized>();

/** The template of `settings`, made once: it takes longer than all else that a test does. */
function templateOf(settings: Readonly<Record<string, unknown>>): Synthesized {
  const named = JSON.stringify(settings);
  const template = synthesized.get(named) ?? synthesize({ mxBaseUrl: MX_PLACE, learning: false, ...settings });
  synthesized.set(named, template);
  return template;
}

const tables = {
  StorageBalances: 'balances',
  StorageMembers: 'members',
  StorageRefreshes: 'refreshes',
  StorageErasures: 'erasures',
  StorageHistory: 'history',
} as const;

/** A resource with its name here: tables are called as the engine has them, queues by their logical ids. */
function withName(resource: Resource): Resource & { readonly Properties: Record<string, unknown> } {
  const { id, Type } = resource;
  const [, table] = Object.entries(tables).find(([beginning]) => id.startsWith(beginning)) ?? [];
  const names = Type === 'AWS::SQS::Queue' ? { QueueName: id } : table === undefined ? {} : { TableName: table };
  return { ...resource, Properties: { ...Object(resource.Properties), ...names } };
}

/** Deploys with `settings`, at `T0`, beside an MX of its own. */
export async function deploy(settings: Readonly<Record<string, unknown>>): Promise<Deployed> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(T0) });
  const lines: string[] = [];
  const keep = (chunk: string | Uint8Array): boolean => {
    lines.push(...String(chunk).trimEnd().split('\n'));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  const mx = await startStubMx();
  const aws = await startAws((arn) => secrets[Object.keys(secrets).find((name) => arn.includes(name)) ?? ''] ?? '');
  const template = templateOf(settings);
  vi.stubEnv('AWS_ENDPOINT_URL', aws.url);

  const blueprint = new Blueprint(
    { Resources: Object.fromEntries(template.resources.map((resource) => [resource.id, withName(resource)])) },
    { region: 'us-east-1', account: '000000000000', stackName: 'settings', awsEndpointUrl: aws.url, apiUrl: '' },
  );
  const permissions = new Permissions(blueprint);
  const functionOf = (construct: Construct) => blueprint.find(`${construct}Function`, 'AWS::Lambda::Function');
  const environmentOf = (construct: Construct): Record<string, string> => {
    const variables = Object.entries(functionOf(construct).properties.object('Environment').record('Variables'));
    return Object.fromEntries(variables.map(([name, value]) => [name, String(value).replace(MX_PLACE, mx.url)]));
  };

  const wired = new Map<Construct, Promise<(event: unknown, context: unknown) => unknown>>();
  const handlerOf = (construct: Construct) => {
    const known = wired.get(construct);
    if (known) return known;
    // A handler of any event: each is called below with an event of its trigger.
    const made = modules[construct]().then(
      ({ wire }) => wire(environmentOf(construct)) as (event: unknown, context: unknown) => unknown,
    );
    wired.set(construct, made);
    return made;
  };

  const sent = (queue: QueueConstruct): readonly Sent[] =>
    aws.sent.filter(({ queueUrl }) => queueUrl.includes(`/${queue}Queue`));

  /** What a function has asked of AWS and may not: it would be refused there. */
  const forbidden = new Set<string>();
  async function call(to: Construct, event: unknown): Promise<unknown> {
    const before = aws.calls.length;
    try {
      return await (await handlerOf(to))(event, lambdaContext());
    } finally {
      const caller = { via: 'function', function: functionOf(to).logicalId } as const;
      for (const { service, action, body } of aws.calls.slice(before)) {
        const { asked, refusal } = permissions.check({ caller, service, action, body });
        recordCalls(caller.function, asked);
        if (refusal !== undefined) forbidden.add(refusal);
      }
    }
  }

  /** Bank and personal data in what functions wrote and published, unless the settings put it into events. */
  function toldOn(): readonly string[] {
    const detector = new Detector();
    for (const secret of credentialsIn(basic(''))) detector.add(secret);
    // Callbacks may go to the same server.
    const asked = mx.seen.filter(({ url }) => url.startsWith('/users/'));
    for (const { method, url: path, headers: given, body } of asked) {
      const headers = { authorization: given.authorization };
      for (const secret of secretsIn({ method, path, headers, body }, { body: '' })) detector.add(secret);
    }
    for (const secret of mx.told.flatMap(secretsInJson)) detector.add(secret);
    const texts = [
      ...lines.map((text) => ({ where: 'log', text }) as const),
      ...aws.events.map(({ detail }) => ({ where: 'event', text: JSON.stringify(detail) }) as const),
    ];
    const inEvents: readonly SecretKind[] = [
      ...(settings['amountsInEvents'] === true ? (['amount'] as const) : []),
      ...(settings['ownIdsInEvents'] === true ? (['own id'] as const) : []),
    ];
    recordCounts({ texts: texts.length, values: detector.size });
    return leaks(detector, texts, inEvents);
  }

  const deployed: Deployed = {
    template,
    aws,
    mx,
    lines,
    cold: () => wired.clear(),
    at: (seconds) => void vi.setSystemTime(Date.parse(T0) + seconds * 1000),
    async http(to, given) {
      const event = apiEvent(given);
      event.requestContext.timeEpoch = Date.now();
      const result = (await call(to, event)) as APIGatewayProxyStructuredResultV2;
      const { statusCode: status, headers = {}, body } = result;
      return { status, headers, body: body === undefined ? undefined : JSON.parse(body) };
    },
    trigger: (body) =>
      deployed.http('CheckBalance', {
        method: 'POST',
        routeKey: 'POST /users/{user_identifier}/members/{member_identifier}/check_balance',
        parameters: memberParameters,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async deliver(to, message) {
      const attributes = {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: 'sender',
        ApproximateFirstReceiveTimestamp: '0',
      };
      const record = {
        messageId: 'message',
        receiptHandle: 'receipt',
        body: message,
        attributes,
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: '',
        awsRegion: 'us-east-1',
      };
      const event: SQSEvent = { Records: [record] };
      const answer = (await call(to, event)) as SQSBatchResponse | undefined;
      return (answer?.batchItemFailures ?? []).length === 0;
    },
    async tick(to) {
      await call(to, {});
    },
    invoke: (to, event) => call(to, event),
    async look() {
      await deployed.deliver('FollowUp', sent('FollowUps').at(-1)?.body ?? '');
    },
    sent,
    published: (type) => aws.events.filter((event) => event.type === type),
    async close() {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
      vi.useRealTimers();
      await Promise.all([aws.close(), mx.close()]);
      expect([...forbidden], 'what AWS would refuse').toEqual([]);
      expect(unlistedMetrics(lines), 'metrics that docs/metrics.md does not have').toEqual([]);
      expect(toldOn(), 'bank or personal data that was told on').toEqual([]);
    },
  };
  return deployed;
}

/** The member in a path. */
export const memberParameters = { user_identifier: member.userGuid, member_identifier: member.memberGuid };

/** `Authorization` of a client with `KEY`. */
export const basic = (client: string): string => `Basic ${Buffer.from(`${client}:${KEY}`).toString('base64')}`;
