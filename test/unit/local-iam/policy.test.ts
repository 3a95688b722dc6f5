/** What the evaluation does not know is refused when the policy is read, with the statement's place. */
import { expect, it } from 'vitest';
import { readPolicy } from '../../../infra/local/iam/policy.ts';
import { read, statement } from './policies.ts';

it.each<[string, object, string]>([
  ['an element', { Sid: 'S', Actions: 'a' }, 'P, statement 2 (S): has the element Actions, which is unknown'],
  ['NotPrincipal', { NotPrincipal: '*' }, 'has the element NotPrincipal, which is unknown'],
  ['an effect', { Effect: 'deny' }, 'must have the Effect Allow or Deny'],
  ['both Action and NotAction', { NotAction: 'sqs:*' }, 'must have either Action or NotAction'],
  ['no Resource', { Resource: undefined }, 'must have either Resource or NotResource'],
  ['an empty Action', { Action: [] }, 'has an empty Action'],
  ['an action that is none', { Action: 'GetItem' }, 'has the action GetItem, which is none'],
  ['a number for an action', { Action: [7] }, 'has 7 where text belongs'],
  ['half an ARN', { Resource: 'arn:aws:sqs' }, 'has the resource arn:aws:sqs, which is no ARN'],
  ['a wildcard for the service', { Resource: 'arn:aws:*:a:b:c' }, 'which is no ARN'],
  ['a name for a resource', { Resource: 'members' }, 'has the resource members, which is no ARN'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own placeholders
  ['a variable', { Resource: 'arn:aws:s3:::b/${aws:username}' }, 'has a policy variable, and none is known'],
  ['a Principal', { Principal: '*' }, 'has a Principal, which a role’s policy cannot have'],
  ['an operator', { Condition: { FooEquals: { a: 'b' } } }, 'has the condition operator FooEquals, which is unknown'],
  [
    'ForAllValues',
    { Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'u' } } },
    'has the condition operator ForAllValues:StringEquals, which is unknown',
  ],
  [
    'IfExists',
    { Condition: { BoolIfExists: { 'aws:SecureTransport': 'true' } } },
    'has the condition operator BoolIfExists, which is unknown',
  ],
  [
    'a key',
    { Condition: { StringEquals: { 'aws:userid': 'x' } } },
    'has the condition key aws:userid, which is unknown',
  ],
  ['no value', { Condition: { StringEquals: { 'aws:PrincipalArn': [] } } }, 'has no value for the condition key'],
  ['a truth', { Condition: { Bool: { 'aws:SecureTransport': 'yes' } } }, 'with yes, which is neither true nor false'],
  [
    'no ARN where one is compared',
    { Condition: { ArnNotLike: { 'aws:PrincipalArn': 'boop' } } },
    'compares aws:PrincipalArn with boop, which is no ARN',
  ],
])('%s is refused', (_what, over, sentence) => {
  expect(() => read([statement(), statement({ Effect: 'Deny', ...over })])).toThrow(sentence);
  expect(() => read([statement(), statement({ Effect: 'Deny', ...over })])).toThrow(/^P, statement 2/);
});

it.each<[string, unknown]>([
  ['another version', { Version: '2008-10-17', Statement: [] }],
  ['no version', { Statement: [] }],
  ['an element', { Version: '2012-10-17', Statement: [], Statements: [] }],
  ['no object', 'allow'],
])('a policy with %s is refused', (_what, document) => {
  expect(() => readPolicy(document, 'role', 'P')).toThrow(/^P[:,]/);
});

it.each([
  [{ AWS: 'arn:aws:iam::111122223333:root' }],
  [{ AWS: ['*', '111122223333'] }],
  [{ Federated: '*' }],
  [{ AWS: '*', Service: 'sqs.amazonaws.com' }],
])('the principal %j is refused', (Principal) => {
  expect(() => read([statement({ Principal })], 'resource')).toThrow('only "*" and services are known');
});

it('a resource’s statement without a principal is refused', () => {
  expect(() => read([statement()], 'resource')).toThrow('P, statement 1, Principal: must be an object');
});
