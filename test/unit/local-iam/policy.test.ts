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
  ['a second action that is none', { Action: ['sqs:*', 'GetItem'] }, 'has the action GetItem, which is none'],
  ['an action with more before it', { Action: '(sqs:Send' }, 'has the action (sqs:Send, which is none'],
  ['an action with more behind it', { Action: 'sqs:Send!' }, 'has the action sqs:Send!, which is none'],
  ['an empty NotAction', { Action: undefined, NotAction: [] }, 'has an empty NotAction'],
  ['a number for an action', { Action: [7] }, 'has 7 where text belongs'],
  ['half an ARN', { Resource: 'arn:aws:sqs' }, 'has the resource arn:aws:sqs, which is no ARN'],
  ['a wildcard for the service', { Resource: 'arn:aws:*:a:b:c' }, 'which is no ARN'],
  ['a second resource that is none', { Resource: ['*', 'members'] }, 'has the resource members, which is no ARN'],
  ['an ARN that begins otherwise', { Resource: 'urn:aws:s3:::b' }, 'has the resource urn:aws:s3:::b, which is no ARN'],
  ['an ARN of five parts', { Resource: 'arn:aws:s3::b' }, 'has the resource arn:aws:s3::b, which is no ARN'],
  ['an ARN without a partition', { Resource: 'arn::s3:::b' }, 'has the resource arn::s3:::b, which is no ARN'],
  ['an ARN without a service', { Resource: 'arn:aws::a:b:c' }, 'has the resource arn:aws::a:b:c, which is no ARN'],
  ['a name for a resource', { Resource: 'members' }, 'has the resource members, which is no ARN'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own placeholders
  ['a variable', { Resource: 'arn:aws:s3:::b/${aws:username}' }, 'has a policy variable, and none is known'],
  ['a Principal', { Principal: '*' }, 'has a Principal, which a role’s policy cannot have'],
  ['an operator', { Condition: { FooEquals: { a: 'b' } } }, 'has the condition operator FooEquals, which is unknown'],
  [
    'a quantifier',
    { Condition: { 'ForMostValues:StringEquals': { 'dynamodb:LeadingKeys': 'u' } } },
    'has the condition operator ForMostValues:StringEquals, which is unknown',
  ],
  [
    'an operator behind a quantifier',
    { Condition: { 'ForAllValues:FooEquals': { 'dynamodb:LeadingKeys': 'u' } } },
    'has the condition operator ForAllValues:FooEquals, which is unknown',
  ],
  [
    'a key of several values, alone',
    { Condition: { StringEquals: { 'dynamodb:LeadingKeys': 'u' } } },
    'compares dynamodb:LeadingKeys by StringEquals, and the key has several values',
  ],
  [
    'a key of one value, quantified',
    { Condition: { 'ForAnyValue:StringEquals': { 'aws:RequestedRegion': 'eu-west-1' } } },
    'compares aws:RequestedRegion by ForAnyValue:StringEquals, and the key has one value',
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
  [
    'half a truth',
    { Condition: { Bool: { 'aws:SecureTransport': ['untrue', 'trueish'] } } },
    'with untrue, trueish, which',
  ],
  ['no truth at its end', { Condition: { Bool: { 'aws:SecureTransport': 'trueish' } } }, 'with trueish, which'],
  ['no truth at its beginning', { Condition: { Bool: { 'aws:SecureTransport': 'untrue' } } }, 'with untrue, which'],
  ['a list of operators', { Condition: ['Bool'] }, 'statement 2, Condition: must be an object'],
  ['an operator without keys', { Condition: { Bool: null } }, 'statement 2, Bool: must be an object'],
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

it.each(['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'])('%s compares with ARNs only', (operator) => {
  const Condition = { [operator]: { 'aws:PrincipalArn': ['arn:aws:iam::1:role/a', 'arn:aws:iam::1'] } };
  expect(() => read([statement({ Condition })])).toThrow('aws:PrincipalArn with arn:aws:iam::1, which is no ARN');
});

it.each<[string, unknown]>([
  ['another version', { Version: '2008-10-17', Statement: [] }],
  ['no version', { Statement: [] }],
  ['an element', { Version: '2012-10-17', Statement: [], Statements: [] }],
  ['no object', 'allow'],
  ['null', null],
  ['a list', [{ Version: '2012-10-17', Statement: [] }]],
])('a policy with %s is refused', (_what, document) => {
  expect(() => readPolicy(document, 'role', 'P')).toThrow(
    /^P(: must have the Version 2012-10-17|: has the element Statements, which is unknown|: must be an object)$/,
  );
});

it.each([
  [{ AWS: 'arn:aws:iam::111122223333:root' }],
  [{ AWS: ['*', '111122223333'] }],
  [{ Federated: '*' }],
  [{ AWS: '*', Service: 'sqs.amazonaws.com' }],
  [{ Service: 'sqs.amazonaws.com', AWS: '*' }],
])('the principal %j is refused', (Principal) => {
  expect(() => read([statement({ Principal })], 'resource')).toThrow('only "*" and services are known');
});

it('a resource’s statement without a principal is refused', () => {
  expect(() => read([statement()], 'resource')).toThrow('P, statement 1, Principal: must be an object');
});

it.each([
  ['*', 'everyone'],
  [{ AWS: '*' }, 'everyone'],
  [{ AWS: ['*'] }, 'everyone'],
  [{ Service: ['a.amazonaws.com', 'b.amazonaws.com'] }, 'services'],
])('the principal %j: %s', (Principal, about) => {
  expect(read([statement({ Principal })], 'resource').map((one) => one.about)).toEqual([about]);
});

it('a policy may have an Id, and one statement alone', () => {
  const policy = { Version: '2012-10-17', Id: 'I', Statement: statement() };
  expect(readPolicy(policy, 'role', 'P').map(({ place }) => place)).toEqual(['P, statement 1']);
});
