/** What `doctor` asks AWS that the local stack does not have, over HTTP: answers as AWS’s documents show them. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AwsFacts, awsFacts } from '../../infra/operator/doctor/aws-facts.ts';
import { type Seen, type StubServer, stubServer } from './stub-server.ts';

let server: StubServer;
let facts: AwsFacts;
let answer: (seen: Seen, response: ServerResponse) => void;
beforeAll(async () => {
  server = await stubServer((seen, response) => answer(seen, response));
  const access = {
    ...{ endpoint: server.url, region: 'eu-west-1', maxAttempts: 1 },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  facts = awsFacts({ aws: () => access } as unknown as Parameters<typeof awsFacts>[0]);
});
beforeEach(() => {
  server.seen.length = 0;
});
afterAll(async () => {
  facts.close();
  await server.close();
});

const json = (body: unknown) => (_seen: Seen, response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const subscriptions = (arns: readonly string[], next = ''): string =>
  `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListSubscriptionsByTopicResult><Subscriptions>${arns
    .map((arn) => `<member><SubscriptionArn>${arn}</SubscriptionArn><Protocol>email</Protocol></member>`)
    .join(
      '',
    )}</Subscriptions>${next === '' ? '' : `<NextToken>${next}</NextToken>`}</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`;

it('counts confirmed and waiting subscriptions', async () => {
  answer = ({ body }, response) => {
    const isSecond = body.includes('NextToken=two');
    const arn = 'arn:aws:sns:eu-west-1:123456789012:topic:1';
    const page = isSecond ? subscriptions([arn, 'Deleted']) : subscriptions(['PendingConfirmation', arn], 'two');
    response.writeHead(200, { 'content-type': 'text/xml' }).end(page);
  };
  expect(await facts.subscriptions('arn:aws:sns:eu-west-1:123456789012:topic')).toEqual({ confirmed: 2, pending: 1 });
  expect(server.seen).toHaveLength(2);
});

it('tells missing rights from other errors by name', async () => {
  answer = (_seen, response) =>
    response
      .writeHead(403, { 'content-type': 'text/xml' })
      .end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>',
      );
  await expect(facts.subscriptions('arn:aws:sns:eu-west-1:123456789012:topic')).rejects.toMatchObject({
    name: expect.stringMatching(/AuthorizationError/),
  });
});

it('reads the quota of the account', async () => {
  answer = json({ AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 900 } });
  expect(await facts.concurrency()).toEqual({ account: 1_000, unreserved: 900 });
  expect(server.seen[0]?.url).toContain('/account-settings');
});

it('reads the newest age of a queue', async () => {
  const now = Date.parse('2026-11-27T12:00:00Z');
  const at = (minutes: number): number => now / 1_000 - minutes * 60;
  answer = json({
    Datapoints: [
      { Timestamp: at(1), Maximum: 42 },
      { Timestamp: at(6), Maximum: 7 },
    ],
  });
  expect(await facts.oldestMessage('https://sqs.eu-west-1.amazonaws.com/123456789012/Starts', now)).toBe(42);
  expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({
    ...{ Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage', Statistics: ['Maximum'] },
    Dimensions: [{ Name: 'QueueName', Value: 'Starts' }],
  });
  answer = json({ Datapoints: [] });
  expect(await facts.oldestMessage('https://sqs.eu-west-1.amazonaws.com/123456789012/Starts', now)).toBeNull();
});

it('knows what a function returned from what it threw', async () => {
  answer = json({ accepted: true });
  expect(await facts.invoke('check-mx')).toEqual({ answer: { accepted: true } });
  expect(server.seen[0]).toMatchObject({ method: 'POST', body: '{}', url: expect.stringContaining('/check-mx/') });
  answer = (_seen, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json', 'x-amz-function-error': 'Unhandled' })
      .end('{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out"}');
  expect(await facts.invoke('check-mx')).toEqual({ error: 'Sandbox.Timedout: Task timed out' });
});

it('reads alarms of both kinds, by hundreds', async () => {
  const names = Array.from({ length: 101 }, (_, index) => `alarm-${index}`);
  answer = (seen, response) => {
    const { AlarmNames, NextToken } = JSON.parse(seen.body) as { AlarmNames: string[]; NextToken?: string };
    const at = Date.parse('2026-11-27T12:00:00Z') / 1_000;
    const state = { StateValue: 'ALARM', AlarmDescription: 'Old. Runbook: r#h', StateUpdatedTimestamp: at + 60 };
    const page =
      AlarmNames.length === 1
        ? {
            MetricAlarms: [],
            CompositeAlarms: [{ ...state, AlarmName: AlarmNames[0], StateTransitionedTimestamp: at }],
          }
        : NextToken === undefined
          ? { MetricAlarms: [{ ...state, AlarmName: 'alarm-0' }], NextToken: 'more' }
          : { MetricAlarms: [{ AlarmName: 'alarm-1', StateValue: 'OK' }] };
    json(page)(seen, response);
  };
  expect(await facts.alarms(names)).toEqual([
    { name: 'alarm-0', state: 'ALARM', since: '2026-11-27T12:01:00.000Z', description: 'Old. Runbook: r#h' },
    { name: 'alarm-1', state: 'OK', since: null, description: '' },
    { name: 'alarm-100', state: 'ALARM', since: '2026-11-27T12:00:00.000Z', description: 'Old. Runbook: r#h' },
  ]);
  const asked = server.seen.map(({ body }) => JSON.parse(body));
  expect(asked.map(({ AlarmNames }) => AlarmNames.length)).toEqual([100, 100, 1]);
  expect(asked[0]).toMatchObject({ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100 });
});

it('looks for a line on 50 pages at most', async () => {
  answer = ({ body }, response) =>
    json(body.includes('"nextToken":"2"') ? { events: [{ eventId: '1' }] } : { events: [], nextToken: '2' })(
      { body } as Seen,
      response,
    );
  expect(await facts.hasLine('group', '{ $.a = 1 }', 5)).toBe(true);
  expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({ logGroupName: 'group', startTime: 5, limit: 1 });
  answer = json({ events: [], nextToken: 'always' });
  server.seen.length = 0;
  expect(await facts.hasLine('group', '{ $.a = 1 }', 5)).toBe(false);
  expect(server.seen).toHaveLength(50);
  answer = json({ events: [] });
  expect(await facts.hasLine('group', '{ $.a = 1 }', 5)).toBe(false);
});

it('counts messages in every state, with AWS’s time', async () => {
  answer = (_seen, response) =>
    response
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.0', date: 'Fri, 27 Nov 2026 12:00:00 GMT' })
      .end(
        JSON.stringify({
          Attributes: {
            ...{ ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesNotVisible: '2' },
            ApproximateNumberOfMessagesDelayed: '3',
          },
        }),
      );
  expect(await facts.queue(`${server.url}/123456789012/Starts`)).toEqual({
    ...{ messages: 6, awsTime: Date.parse('2026-11-27T12:00:00Z') },
  });
});
