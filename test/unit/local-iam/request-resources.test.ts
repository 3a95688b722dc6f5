/** What each call has to be allowed. */
import { expect, it } from 'vitest';
import { authorizationsOf } from '../../../infra/local/iam/request-resources.ts';

const account = { region: 'eu-west-1', account: '111122223333' };
const asked = (call: string, input: unknown): readonly string[] =>
  authorizationsOf(call, input, account).map(({ action, resource }) => `${action} ${resource}`);

const table = 'arn:aws:dynamodb:eu-west-1:111122223333:table';
const queue = 'arn:aws:sqs:eu-west-1:111122223333:starts';
const bus = 'arn:aws:events:eu-west-1:111122223333:event-bus';
const secret = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:mx-AbCdEf';
const QueueUrl = 'http://127.0.0.1:4000/111122223333/starts';

it.each<[string, object, readonly string[]]>([
  ['dynamodb:GetItem', { TableName: 'members' }, [`dynamodb:GetItem ${table}/members`]],
  ['dynamodb:PutItem', { TableName: 'members' }, [`dynamodb:PutItem ${table}/members`]],
  ['dynamodb:UpdateItem', { TableName: `${table}/members` }, [`dynamodb:UpdateItem ${table}/members`]],
  ['dynamodb:DeleteItem', { TableName: 'members' }, [`dynamodb:DeleteItem ${table}/members`]],
  ['dynamodb:DescribeTable', { TableName: 'members' }, [`dynamodb:DescribeTable ${table}/members`]],
  ['dynamodb:Query', { TableName: 'members' }, [`dynamodb:Query ${table}/members`]],
  ['dynamodb:Query', { TableName: 'members', IndexName: 'open' }, [`dynamodb:Query ${table}/members/index/open`]],
  ['dynamodb:Scan', { TableName: 'members', IndexName: 'open' }, [`dynamodb:Scan ${table}/members/index/open`]],
  [
    'dynamodb:BatchGetItem',
    { RequestItems: { members: {}, balances: {} } },
    [`dynamodb:BatchGetItem ${table}/members`, `dynamodb:BatchGetItem ${table}/balances`],
  ],
  ['dynamodb:BatchWriteItem', { RequestItems: { a: [] } }, [`dynamodb:BatchWriteItem ${table}/a`]],
  ['sqs:SendMessage', { QueueUrl }, [`sqs:SendMessage ${queue}`]],
  ['sqs:SendMessageBatch', { QueueUrl }, [`sqs:SendMessage ${queue}`]],
  ['sqs:ReceiveMessage', { QueueUrl }, [`sqs:ReceiveMessage ${queue}`]],
  ['sqs:DeleteMessage', { QueueUrl }, [`sqs:DeleteMessage ${queue}`]],
  ['sqs:DeleteMessageBatch', { QueueUrl }, [`sqs:DeleteMessage ${queue}`]],
  ['sqs:ChangeMessageVisibility', { QueueUrl }, [`sqs:ChangeMessageVisibility ${queue}`]],
  ['sqs:ChangeMessageVisibilityBatch', { QueueUrl }, [`sqs:ChangeMessageVisibility ${queue}`]],
  ['sqs:GetQueueAttributes', { QueueUrl: `${QueueUrl}.fifo` }, [`sqs:GetQueueAttributes ${queue}.fifo`]],
  [
    'events:PutEvents',
    { Entries: [{ EventBusName: 'out' }, { EventBusName: `${bus}/out` }, {}] },
    [`events:PutEvents ${bus}/out`, `events:PutEvents ${bus}/default`],
  ],
  ['secretsmanager:GetSecretValue', { SecretId: secret }, [`secretsmanager:GetSecretValue ${secret}`]],
])('%s %j', (call, input, expected) => {
  expect(asked(call, input)).toEqual(expected);
});

it.each<[string, unknown, string]>([
  ['dynamodb:TransactWriteItems', {}, 'it is not known which resources dynamodb:TransactWriteItems is about'],
  ['toString', {}, 'it is not known which resources toString is about'],
  ['dynamodb:GetItem', {}, 'the request does not say its TableName'],
  ['dynamodb:Query', { TableName: 'members', IndexName: 7 }, 'the request does not say its IndexName'],
  ['dynamodb:BatchGetItem', {}, 'the request does not say its RequestItems'],
  ['sqs:SendMessage', { QueueUrl: 'starts' }, 'starts is no URL of a queue'],
  ['events:PutEvents', {}, 'the request does not say its Entries'],
  ['events:PutEvents', { Entries: [{ EventBusName: 7 }] }, 'the request does not say its EventBusName'],
  ['secretsmanager:GetSecretValue', { SecretId: 'mx' }, 'the secret mx is named without its ARN'],
  ['dynamodb:GetItem', [], 'the request of dynamodb:GetItem is no object'],
  ['dynamodb:GetItem', null, 'the request of dynamodb:GetItem is no object'],
  ['dynamodb:GetItem', { TableName: '' }, 'the request does not say its TableName'],
  ['sqs:SendMessage', { QueueUrl: `${QueueUrl}/more` }, 'is no URL of a queue'],
])('%s %j is an error', (call, input, sentence) => {
  expect(() => asked(call, input)).toThrow(sentence);
});
