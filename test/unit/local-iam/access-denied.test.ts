/** The sentences in which AWS refuses, as it writes them. */
import { expect, it } from 'vitest';
import { accessDenied } from '../../../infra/local/iam/access-denied.ts';
import { decide } from '../../../infra/local/iam/evaluate-policy.ts';
import { context, read, statement, tableArn } from './policies.ts';

const session = 'arn:aws:sts::111122223333:assumed-role/Reader/read-balances';
const queue = 'arn:aws:sqs:eu-west-1:111122223333:starts';

it.each([
  [
    'no Allow',
    'dynamodb:PutItem',
    tableArn,
    {},
    `User: ${session} is not authorized to perform: dynamodb:PutItem on resource: ${tableArn} because no identity-based policy allows the dynamodb:PutItem action`,
  ],
  [
    'no Allow for a queue',
    'sqs:SendMessage',
    queue,
    {},
    `User: ${session} is not authorized to perform: sqs:sendmessage on resource: ${queue} because no identity-based policy allows the sqs:sendmessage action`,
  ],
  [
    'the role’s Deny',
    'dynamodb:PutItem',
    tableArn,
    { role: read([statement({ Effect: 'Deny' })]) },
    `User: ${session} is not authorized to perform: dynamodb:PutItem on resource: ${tableArn} with an explicit deny in an identity-based policy`,
  ],
  [
    'the resource’s Deny',
    'sqs:SendMessage',
    queue,
    { resource: read([statement({ Effect: 'Deny', Principal: '*' })], 'resource') },
    `User: ${session} is not authorized to perform: sqs:sendmessage on resource: ${queue} with an explicit deny in a resource-based policy`,
  ],
  ['an Allow', 'dynamodb:PutItem', tableArn, { role: read([statement()]) }, undefined],
])('%s', (_what, action, resource, policies, expected) => {
  const request = { action, resource, context };
  expect(accessDenied(decide(request, { role: [], resource: [], ...policies }), session, request)).toBe(expected);
});
