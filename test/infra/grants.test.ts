/** What each function may do, written out: a grant that is added or removed has to be added or removed here. */
import { expect, it } from 'vitest';
import { at, denialsOf, everythingOn, listAt, statementsOf, synthesize } from './synthesized.ts';

const stack = synthesize({ ...everythingOn, apiAccess: 'basic' });

/** `Members` for the table, `Members/open` for its index, `*` for everything. */
function resourceName(resource: unknown): string {
  const join = listAt(resource, 'Fn::Join', 1);
  if (join.length > 0) return `${resourceName(join[0])}${String(join[1]).replace('/index', '')}`;
  const id = at(resource, 'Ref') ?? at(resource, 'Fn::GetAtt', 0) ?? resource;
  return String(id)
    .replace(/^Storage/, '')
    .replace(/(Queue|Function)?[0-9A-F]{8}$/, '');
}

const consumes = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:SendMessage'];
const works = ['sqs:ChangeMessageVisibility', ...consumes];
const read = ['secretsmanager:GetSecretValue'];
const send = ['sqs:SendMessage'];
const publish = ['events:PutEvents'];
const db = (...actions: readonly string[]): readonly string[] => actions.map((action) => `dynamodb:${action}`);
const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const deadTick = send;
const network = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

const expected: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  CheckBalance: {
    '*': network,
    Balances: db('Query'),
    Members: db('DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'),
    Refreshes: db('GetItem', 'PutItem', 'Query', 'UpdateItem'),
    Callbacks: send,
    FollowUps: send,
    Events: publish,
    CredentialsApiCallers: read,
    CredentialsMx: read,
  },
  FollowUp: {
    '*': network,
    Balances: db('DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
    Members: db('DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
    Refreshes: db('DeleteItem', 'GetItem', 'Query', 'UpdateItem'),
    'Refreshes/by_member': db('Query'),
    History: db('DeleteItem', 'PutItem', 'Query'),
    Erasures: db('UpdateItem'),
    Callbacks: send,
    FollowUps: works,
    Events: publish,
    CredentialsMx: read,
  },
  StartRefresh: {
    '*': network,
    Balances: db('Query'),
    Members: db('DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'),
    Refreshes: db('GetItem', 'Query', 'UpdateItem'),
    Callbacks: send,
    FollowUps: send,
    Starts: works,
    Events: publish,
    CredentialsMx: read,
  },
  Sweep: {
    Balances: db('Query'),
    Members: db('BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'),
    'Members/open': db('Query'),
    Refreshes: db('GetItem', 'Query', 'UpdateItem'),
    Callbacks: send,
    FollowUps: send,
    Sweeps: consumes,
    Events: publish,
    TickDeadLetters: deadTick,
  },
  ScheduledRefresh: { Members: db('GetItem', 'Query', 'UpdateItem'), Starts: send, TickDeadLetters: deadTick },
  MxWebhook: { FollowUps: send, CredentialsWebhooks: read },
  DeliverCallback: { Members: db('GetItem'), Callbacks: works, CredentialsCallbacks: read },
  ReadBalances: {
    Balances: db('Query'),
    History: db('Query'),
    Members: db('GetItem', 'Query'),
    Refreshes: db('GetItem'),
    CredentialsApiCallers: read,
  },
  ReadRefresh: {
    Members: db('BatchGetItem', 'GetItem'),
    'Members/attention': db('Query'),
    Refreshes: db('GetItem', 'Query'),
    'Refreshes/by_member': db('Query'),
    CredentialsApiCallers: read,
  },
  MemberSchedule: { Members: db('DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'), CredentialsApiCallers: read },
  EraseData: {
    Balances: db('Query'),
    Members: db('GetItem', 'Query'),
    History: db('Query'),
    Erasures: db('GetItem', 'UpdateItem'),
    FollowUps: send,
    CredentialsApiCallers: read,
  },
  UnknownRoute: {},
  CheckMx: { '*': network, CredentialsMx: read, Refreshes: db('GetItem') },
};

/** By function, then by resource, all actions. The roles of schedules are called otherwise. */
function granted(): Record<string, Record<string, string[]>> {
  const found: Record<string, Record<string, string[]>> = {};
  for (const { policy, actions, resources } of statementsOf(stack)) {
    const [, role] = /^(\w+)RoleDefaultPolicy/.exec(policy) ?? [];
    if (role === undefined) continue;
    const ofRole = found[role] ?? {};
    found[role] = ofRole;
    for (const resource of resources.map(resourceName))
      ofRole[resource] = [...(ofRole[resource] ?? []), ...actions.map(String)].toSorted();
  }
  return found;
}

it('each function may do this and nothing else', () => {
  const withLogs = Object.entries(expected).map(([name, grants]) => [name, { ...grants, [`${name}Logs`]: logs }]);
  expect(granted()).toEqual(Object.fromEntries(withLogs));
});

it('functions that write refreshes are denied the pauses', () => {
  const writers = Object.entries(expected)
    .filter(([, grants]) => grants['Refreshes']?.some((action) => /(Put|Update|Delete)Item/.test(action)))
    .map(([name]) => name);
  expect(writers).toEqual(['CheckBalance', 'FollowUp', 'StartRefresh', 'Sweep']);
  const denials = denialsOf(stack);
  expect(denials.map(({ policy }) => policy.replace(/RoleDefaultPolicy.*$/, '')).toSorted()).toEqual(writers);
  for (const { actions, resources, condition } of denials) {
    expect(resources.map(resourceName)).toEqual(['Refreshes']);
    expect(condition).toEqual({ 'ForAnyValue:StringEquals': { 'dynamodb:LeadingKeys': ['PAUSES'] } });
    expect(actions.toSorted()).toEqual(
      db('BatchWriteItem', 'DeleteItem', 'PartiQLDelete', 'PartiQLInsert', 'PartiQLUpdate', 'PutItem', 'UpdateItem'),
    );
  }
});

it('a schedule calls its function, or sets the tick aside', () => {
  const statements = statementsOf(stack).filter(({ policy }) => policy.startsWith('SchedulerRole'));
  expect(statements.map(({ actions, resources }) => [...actions, ...new Set(resources.map(resourceName))])).toEqual([
    ['lambda:InvokeFunction', 'ScheduledRefresh'],
    ['sqs:SendMessage', 'TickDeadLetters'],
    ['lambda:InvokeFunction', 'Sweep'],
    ['sqs:SendMessage', 'TickDeadLetters'],
  ]);
});
