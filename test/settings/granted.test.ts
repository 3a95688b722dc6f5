/** The check of permissions itself: what it lets pass and what it refuses. */
import { expect, it } from 'vitest';
import { everythingOn, synthesize } from '../infra/synthesized.ts';
import { callsOf, refused } from './granted.ts';

const template = synthesize({ ...everythingOn, apiAccess: 'basic' });
const starts = template.ofType('AWS::SQS::Queue').find(({ id }) => id.startsWith('StartsQueue'))?.id ?? '';

it.each([
  ['an item of its table', 'FollowUp', 'DynamoDB_20120810.PutItem', { TableName: 'balances' }],
  ['an index', 'Sweep', 'DynamoDB_20120810.Query', { TableName: 'members', IndexName: 'open' }],
  ['many items', 'Sweep', 'DynamoDB_20120810.BatchGetItem', { RequestItems: { members: {} } }],
  ['a batch of messages', 'ScheduledRefresh', 'AmazonSQS.SendMessageBatch', { QueueUrl: `http://sqs/0/${starts}` }],
])('a function may ask for %s', (_what, construct, target, input) => {
  expect(refused(template, construct, callsOf(target, input))).toEqual([]);
});

it.each([
  ['another action', 'Sweep', 'DynamoDB_20120810.DeleteItem', { TableName: 'members' }, 'dynamodb:DeleteItem members'],
  [
    'another table',
    'CheckBalance',
    'DynamoDB_20120810.PutItem',
    { TableName: 'balances' },
    'dynamodb:PutItem balances',
  ],
  [
    'an index of its table',
    'CheckBalance',
    'DynamoDB_20120810.Query',
    { TableName: 'members', IndexName: 'open' },
    'dynamodb:Query members/open',
  ],
  [
    'another queue',
    'MxWebhook',
    'AmazonSQS.SendMessage',
    { QueueUrl: `http://sqs/0/${starts}` },
    `sqs:SendMessage ${starts}`,
  ],
  ['a secret', 'Sweep', 'secretsmanager.GetSecretValue', { SecretId: 'S' }, 'secretsmanager:GetSecretValue S'],
  ['a bus', 'ReadBalances', 'AWSEvents.PutEvents', { Entries: [{ EventBusName: 'B' }] }, 'events:PutEvents B'],
])('a function may not ask for %s', (_what, construct, target, input, expected) => {
  const names = refused(template, construct, callsOf(target, input)).map(
    ({ action, resource }) => `${action} ${resource}`,
  );
  expect(names).toEqual([expected]);
});
