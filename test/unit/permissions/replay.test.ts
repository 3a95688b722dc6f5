/** The replay of recorded calls: what it calls needed, needless and refused. */
import { expect, it } from 'vitest';
import { Blueprint } from '../../../infra/local/stack/blueprint.ts';
import { replay } from '../../permissions/grants.ts';
import type { RecordedCall } from '../../permissions/record.ts';

const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const allow = (Action: unknown, Resource: unknown) => ({ Effect: 'Allow', Action, Resource });

/** A function with these statements, two tables and a queue. */
function template(...Statement: readonly object[]): Blueprint {
  const PolicyDocument = { Version: '2012-10-17', Statement };
  const Resources = {
    Members: { Type: 'AWS::DynamoDB::GlobalTable' },
    Balances: { Type: 'AWS::DynamoDB::GlobalTable' },
    Starts: { Type: 'AWS::SQS::Queue' },
    Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'P', PolicyDocument }] } },
    Reads: { Type: 'AWS::Lambda::Function', Properties: { Role: arn('Role') } },
  };
  return new Blueprint(
    { Resources },
    { region: 'us-east-1', account: '000000000000', stackName: 's', awsEndpointUrl: 'http://a', apiUrl: 'http://b' },
  );
}

const call = (action: string, name: string): RecordedCall => ({ function: 'Reads', action, name });
const read = call('dynamodb:GetItem', 'Members');
const query = call('dynamodb:Query', 'Members/index/open');

/** Grants as `action resource`. */
const outcome = (blueprint: Blueprint, ...calls: readonly RecordedCall[]) => {
  const { used, needless, refused } = replay(blueprint, calls);
  const named = ({ action, name }: { readonly action: string; readonly name: string }) => `${action} ${name}`;
  return { used: used.map(named), needless: needless.map(named), refused: refused.map(named) };
};

it('what a call asks for is used, all else needless', () => {
  const index = { 'Fn::Join': ['', [arn('Members'), '/index/open']] };
  const blueprint = template(
    allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [arn('Members'), arn('Balances')]),
    allow('dynamodb:Query', index),
  );
  expect(outcome(blueprint, read, query)).toEqual({
    used: ['dynamodb:GetItem Members', 'dynamodb:Query Members/index/open'],
    needless: ['dynamodb:GetItem Balances', 'dynamodb:PutItem Members', 'dynamodb:PutItem Balances'],
    refused: [],
  });
});

it('of two grants for the same neither is needed', () => {
  const blueprint = template(allow('dynamodb:GetItem', arn('Members')), allow('dynamodb:Get*', '*'));
  expect(outcome(blueprint, read)).toEqual({
    used: [],
    needless: ['dynamodb:GetItem Members', 'dynamodb:Get* *'],
    refused: [],
  });
});

it('the same grant twice is one', () => {
  const statement = allow('dynamodb:GetItem', arn('Members'));
  expect(outcome(template(statement, statement), read)).toEqual({
    used: ['dynamodb:GetItem Members'],
    needless: [],
    refused: [],
  });
});

it('a grant that a Deny takes back is needless', () => {
  const blueprint = template(allow('dynamodb:*', arn('Members')), { ...allow('*', '*'), Effect: 'Deny' });
  expect(outcome(blueprint, read)).toEqual({
    used: [],
    needless: ['dynamodb:* Members'],
    refused: ['dynamodb:GetItem Members'],
  });
});

it.each([
  ['is not allowed', call('sqs:SendMessage', 'Starts')],
  ['is about a resource that is gone', call('dynamodb:GetItem', 'Former')],
  ['was made by a function that is gone', { ...read, function: 'Former' }],
])('a call that %s is refused', (_what, one) => {
  expect(replay(template(allow('dynamodb:GetItem', arn('Members'))), [read, one]).refused).toEqual([one]);
});

it('an Allow by exception has no list of grants', () => {
  const byException = { Effect: 'Allow', NotAction: 'sqs:*', Resource: '*' };
  expect(() => replay(template(byException), [])).toThrow('Role, P, statement 1: allows by exception');
});
