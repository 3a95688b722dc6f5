import { describe, expect, it } from 'vitest';
import { at, everythingOn, listAt, type Statement, statementsOf, synthesize } from './synthesized.ts';

const stack = synthesize({ ...everythingOn, apiAccess: 'basic' });
const statements = statementsOf(stack);
const about = (resource: string) => (statement: Statement) =>
  statement.resources.some((candidate) => JSON.stringify(candidate).includes(resource));
const writes = ({ actions }: Statement): boolean =>
  actions.some((action) => /^dynamodb:(Put|Update|Delete|Batch|Transact|PartiQL|\*)/.test(String(action)));
const roles = (some: readonly Statement[]): string[] => [
  ...new Set(some.map(({ policy }) => policy.replace(/RoleDefaultPolicy.*$/, ''))),
];

/** Each wildcard of the stack, and why it is one. */
const reasons: Record<string, string> = {
  ec2: 'Lambda makes network interfaces in the VPC, which have no name before they exist',
};

describe('permissions', () => {
  it('let only follow-up write balances', () => {
    expect(roles(statements.filter(about('StorageBalances')).filter(writes))).toEqual(['FollowUp']);
  });

  it('only follow-up deletes balances and refreshes', () => {
    const deletes = statements.filter(({ actions }) => actions.includes('dynamodb:DeleteItem'));
    expect(roles(deletes.filter(about('StorageBalances')))).toEqual(['FollowUp']);
    expect(roles(deletes.filter(about('StorageRefreshes')))).toEqual(['FollowUp']);
  });

  it('let only those who call MX read its credentials', () => {
    expect(roles(statements.filter(about('CredentialsMx'))).sort()).toEqual([
      'CheckBalance',
      'CheckMx',
      'FollowUp',
      'StartRefresh',
    ]);
  });

  it('let only those who answer calls read who may call', () => {
    expect(roles(statements.filter(about('CredentialsApiCallers'))).sort()).toEqual([
      'CheckBalance',
      'EraseData',
      'MemberSchedule',
      'ReadBalances',
      'ReadRefresh',
    ]);
  });

  it('only their functions read webhook and callback keys', () => {
    expect(roles(statements.filter(about('CredentialsWebhooks')))).toEqual(['MxWebhook']);
    expect(roles(statements.filter(about('CredentialsCallbacks')))).toEqual(['DeliverCallback']);
  });

  it('let MX’s door do nothing but send', () => {
    const door = statements.filter(({ policy }) => policy.startsWith('MxWebhookRole'));
    expect(door.flatMap(({ actions }) => actions)).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:SendMessage',
      'secretsmanager:GetSecretValue',
    ]);
  });

  it('cover exactly the resources a function is told', () => {
    const resource: Record<string, string> = {
      BALANCES_TABLE: 'StorageBalances',
      MEMBERS_TABLE: 'StorageMembers',
      REFRESHES_TABLE: 'StorageRefreshes',
      FOLLOW_UP_QUEUE_URL: 'FollowUpsQueue',
      START_QUEUE_URL: 'StartsQueue',
      EVENT_BUS_NAME: 'Events',
      MX_SECRET_ARN: 'CredentialsMx',
      API_CALLERS_SECRET_ARN: 'CredentialsApiCallers',
      MX_WEBHOOK_SECRET_ARN: 'CredentialsWebhooks',
      CALLBACK_QUEUE_URL: 'CallbacksQueue',
      CALLBACK_SECRET_ARN: 'CredentialsCallbacks',
    };
    for (const fn of stack.ofType('AWS::Lambda::Function')) {
      const variables = Object.keys(at(fn.Properties, 'Environment', 'Variables') as object);
      const told = variables.flatMap((variable) => resource[variable] ?? []);
      const role = fn.id.replace(/Function[0-9A-F]{8}$/, 'RoleDefaultPolicy');
      const touched = JSON.stringify(statements.filter(({ policy }) => policy.startsWith(role)));
      const allowed = Object.values(resource).filter((name) => touched.includes(`"${name}`));
      expect(allowed, fn.id).toEqual(Object.values(resource).filter((name) => told.includes(name)));
    }
  });

  it('have no wildcard without a reason', () => {
    const wild = statements.filter(
      ({ actions, resources }) =>
        actions.some((action) => String(action).includes('*')) || JSON.stringify(resources).includes('*'),
    );
    const unexplained = wild.filter(({ actions }) =>
      actions.some((action) => !reasons[String(action)] && !reasons[String(action).split(':')[0] ?? '']),
    );
    expect(unexplained).toEqual([]);
    expect(wild).toHaveLength(4);
  });

  it('come from this stack alone: no managed policy of AWS', () => {
    const managed = synthesize()
      .ofType('AWS::IAM::Role')
      .flatMap(({ Properties }) => listAt(Properties, 'ManagedPolicyArns'));
    expect(managed).toEqual([]);
  });

  it('are one role for each function', () => {
    const used = synthesize()
      .ofType('AWS::Lambda::Function')
      .map(({ Properties }) => JSON.stringify(listAt(Properties, 'Role')));
    expect(new Set(used).size).toBe(used.length);
  });
});
