/** AWS's rules as a table. */
import { describe, expect, it } from 'vitest';
import { outcome, statement, tableArn } from './policies.ts';

const index = `${tableArn}/index/open`;
const neighbour = 'arn:aws:dynamodb:eu-west-1:111122223333:table/members2';
const deny = (over: object = {}) => statement({ Effect: 'Deny', ...over });

describe('effects', () => {
  it('nothing allows: denied', () => {
    expect(outcome({})).toBe('implicit deny');
  });

  it('one Allow of several is enough', () => {
    const role = [statement({ Action: 'dynamodb:PutItem' }), statement({ Action: 'dynamodb:GetItem' })];
    expect(outcome({ role })).toBe('allow');
  });

  it.each([
    ['before the Allow', [deny(), statement()]],
    ['behind the Allow', [statement(), deny()]],
  ])('a Deny wins %s', (_where, role) => {
    expect(outcome({ role })).toBe('explicit deny');
  });

  it('a Deny of something else does not count', () => {
    expect(outcome({ role: [statement(), deny({ Action: 'dynamodb:PutItem' })] })).toBe('allow');
  });

  it('a resource’s Deny wins over the role’s Allow', () => {
    const resource = [deny({ Principal: { AWS: '*' } })];
    expect(outcome({ role: [statement()], resource })).toBe('explicit deny');
  });

  it('a resource’s Allow for everyone is enough', () => {
    expect(outcome({ resource: [statement({ Principal: '*' })] })).toBe('allow');
  });

  it('a resource’s Allow for a service is none', () => {
    const Principal = { Service: 'events.amazonaws.com' };
    expect(outcome({ resource: [statement({ Principal })] })).toBe('implicit deny');
  });
});

describe('actions', () => {
  it.each([
    ['dynamodb:GetItem', 'allow'],
    ['DynamoDB:getitem', 'allow'],
    ['dynamodb:Get*', 'allow'],
    ['dynamodb:G?tItem', 'allow'],
    ['dynamodb:*', 'allow'],
    ['*', 'allow'],
    ['dynamodb:GetItems', 'implicit deny'],
    ['dynamodb:GetIte', 'implicit deny'],
    ['dynamodb:Get?', 'implicit deny'],
    ['sqs:*', 'implicit deny'],
  ])('Action %s: %s', (Action, expected) => {
    expect(outcome({ role: [statement({ Action })] })).toBe(expected);
  });

  it.each([
    ['NotAction of another one allows', { NotAction: 'dynamodb:PutItem' }, 'allow'],
    ['NotAction of this one does not', { NotAction: ['sqs:*', 'dynamodb:Get*'] }, 'implicit deny'],
  ])('%s', (_what, over, expected) => {
    expect(outcome({ role: [{ Effect: 'Allow', Resource: '*', ...over }] })).toBe(expected);
  });

  it('Deny NotAction denies what it does not name', () => {
    const role = [statement(), { Effect: 'Deny', NotAction: 'sqs:*', Resource: '*' }];
    expect(outcome({ role })).toBe('explicit deny');
    expect(outcome({ role }, { action: 'sqs:SendMessage' })).toBe('allow');
  });
});

describe('resources', () => {
  it.each([
    [tableArn, tableArn, 'allow'],
    [tableArn, neighbour, 'implicit deny'],
    [tableArn, index, 'implicit deny'],
    [index, index, 'allow'],
    [index, tableArn, 'implicit deny'],
    [`${tableArn}/index/*`, index, 'allow'],
    [`${tableArn}*`, neighbour, 'allow'],
    [`${tableArn}?`, neighbour, 'allow'],
    [`${tableArn}?`, tableArn, 'implicit deny'],
    ['arn:aws:dynamodb:*:*:table/members', tableArn, 'allow'],
    ['arn:aws:dynamodb:*:table/members:x', tableArn, 'implicit deny'],
    ['arn:aws:dynamodb:*:*:table/MEMBERS', tableArn, 'implicit deny'],
    ['arn:aws:logs:*:*:group:a:*', 'arn:aws:logs:eu-west-1:1:group:a:x', 'allow'],
    ['arn:aws:logs:*:*:group:a:*', 'arn:aws:logs:eu-west-1:1:groupa:x', 'implicit deny'],
    ['arn:aws:secretsmanager:*:*:secret:s*', 'arn:aws:secretsmanager:eu-west-1:1:secret:s:x', 'allow'],
  ])('Resource %s, asked for %s: %s', (Resource, resource, expected) => {
    expect(outcome({ role: [statement({ Resource })] }, { resource })).toBe(expected);
  });

  it.each([
    ['NotResource of the neighbour allows', neighbour, 'allow'],
    ['NotResource of this one does not', tableArn, 'implicit deny'],
  ])('%s', (_what, NotResource, expected) => {
    expect(outcome({ role: [{ Effect: 'Allow', Action: '*', NotResource }] })).toBe(expected);
  });
});

describe('conditions', () => {
  const role = 'arn:aws:iam::111122223333:role/Reader';
  it.each([
    ['Bool', { Bool: { 'aws:SecureTransport': 'true' } }, 'allow'],
    ['Bool, a value of JSON', { Bool: { 'aws:SecureTransport': true } }, 'allow'],
    ['Bool, the other', { Bool: { 'AWS:securetransport': 'false' } }, 'implicit deny'],
    ['StringEquals', { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }, 'allow'],
    ['StringEquals, case', { StringEquals: { 'aws:RequestedRegion': 'EU-west-1' } }, 'implicit deny'],
    ['StringEquals, star', { StringEquals: { 'aws:RequestedRegion': '*' } }, 'implicit deny'],
    ['one of many values', { StringEquals: { 'aws:RequestedRegion': ['x', 'eu-west-1'] } }, 'allow'],
    ['none of many values', { StringNotEquals: { 'aws:RequestedRegion': ['x', 'eu-west-1'] } }, 'implicit deny'],
    ['StringLike', { StringLike: { 'aws:RequestedRegion': 'eu-*' } }, 'allow'],
    ['StringNotLike', { StringNotLike: { 'aws:RequestedRegion': 'eu-*' } }, 'implicit deny'],
    ['ArnLike', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/R*' } }, 'allow'],
    ['ArnEquals takes wildcards', { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Reader' } }, 'allow'],
    ['ArnNotEquals', { ArnNotEquals: { 'aws:PrincipalArn': role } }, 'implicit deny'],
    ['ArnNotLike', { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/W*' } }, 'allow'],
    ['an absent key', { StringEquals: { 'aws:SourceAccount': '111122223333' } }, 'implicit deny'],
    ['a key of KMS’s requests', { StringEquals: { 'kms:ViaService': 'sqs.eu-west-1.amazonaws.com' } }, 'implicit deny'],
    ['an absent key, negated', { ArnNotLike: { 'aws:SourceArn': 'arn:aws:*:*:*:*' } }, 'allow'],
  ])('%s: %j → %s', (_what, Condition, expected) => {
    expect(outcome({ role: [statement({ Condition })] })).toBe(expected);
  });

  it.each<[string, string, readonly string[] | undefined, string]>([
    ['ForAnyValue', 'StringEquals', ['a'], 'allow'],
    ['ForAnyValue', 'StringEquals', ['x', 'b'], 'allow'],
    ['ForAnyValue', 'StringEquals', ['x', 'y'], 'implicit deny'],
    ['ForAnyValue', 'StringEquals', [], 'implicit deny'],
    ['ForAnyValue', 'StringEquals', undefined, 'implicit deny'],
    ['ForAnyValue', 'StringNotEquals', ['a', 'x'], 'allow'],
    ['ForAnyValue', 'StringNotEquals', ['a', 'b'], 'implicit deny'],
    ['ForAnyValue', 'StringNotEquals', undefined, 'implicit deny'],
    ['ForAllValues', 'StringEquals', ['a', 'b', 'a'], 'allow'],
    ['ForAllValues', 'StringEquals', ['a', 'x'], 'implicit deny'],
    ['ForAllValues', 'StringEquals', undefined, 'allow'],
    ['ForAllValues', 'StringNotEquals', ['x', 'y'], 'allow'],
    ['ForAllValues', 'StringNotEquals', ['x', 'a'], 'implicit deny'],
    ['ForAllValues', 'StringLike', ['a', 'b'], 'allow'],
  ])('%s:%s of %j: %s', (quantifier, operator, leadingKeys, expected) => {
    const Condition = { [`${quantifier}:${operator}`]: { 'dynamodb:LeadingKeys': ['a', 'b'] } };
    const one = [statement({ Condition })];
    expect(outcome({ role: one }, { context: leadingKeys === undefined ? {} : { leadingKeys } })).toBe(expected);
  });

  it('all keys and operators have to hold', () => {
    const StringEquals = { 'aws:RequestedRegion': 'eu-west-1', 'aws:PrincipalAccount': '111122223333' };
    const role2 = (region: string) => [
      statement({ Condition: { StringEquals, StringLike: { 'aws:RequestedRegion': region } } }),
    ];
    expect(outcome({ role: role2('eu-*') })).toBe('allow');
    expect(outcome({ role: role2('us-*') })).toBe('implicit deny');
  });

  it('a Deny whose condition does not hold denies nothing', () => {
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    const resource = [deny({ Principal: { AWS: '*' }, Condition })];
    expect(outcome({ role: [statement()], resource })).toBe('allow');
    expect(outcome({ role: [statement()], resource }, { context: { secureTransport: false } })).toBe('explicit deny');
  });

  it('a malformed ARN of the request is an error', () => {
    const Condition = { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/R*' } };
    const role2 = [statement(), deny({ Condition })];
    expect(() => outcome({ role: role2 }, { context: { principalArn: 'boop' } })).toThrow(
      'P, statement 2: the request’s principalArn is boop, which is no ARN',
    );
  });
});
