import { describe, expect, it } from 'vitest';
import { environmentOf, type FunctionName, variableOf } from '../../shared/lambda/environment.ts';
import { at, everythingOn, listAt, type Resource, synthesize } from './synthesized.ts';

const stack = synthesize(everythingOn);
const functionNames = Object.keys(environmentOf) as FunctionName[];
const nameOf = (resource: Resource): unknown => at(resource.Properties, 'Description');
const functions = stack.ofType('AWS::Lambda::Function');

describe('the data', () => {
  it('is kept with the stack deleted, and protected', () => {
    const tables = stack.ofType('AWS::DynamoDB::GlobalTable');
    expect(tables).toHaveLength(5);
    for (const table of tables) {
      expect(table.DeletionPolicy, table.id).toBe('Retain');
      expect(at(table.Properties, 'Replicas', 0, 'DeletionProtectionEnabled'), table.id).toBe(true);
    }
    for (const { id, DeletionPolicy } of [
      ...stack.ofType('AWS::SecretsManager::Secret'),
      ...stack.ofType('AWS::EC2::EIP'),
    ])
      expect(DeletionPolicy, id).toBe('Retain');
  });

  it('goes with the stack when the settings say so', () => {
    const passing = synthesize({ retainData: false, stage: 'trial' });
    const kept = passing.resources.filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    expect(kept.map(({ id }) => id)).toEqual([]);
    for (const table of passing.ofType('AWS::DynamoDB::GlobalTable'))
      expect(at(table.Properties, 'Replicas', 0, 'DeletionProtectionEnabled'), table.id).toBe(false);
  });

  it('can be restored within the last 35 days', () => {
    for (const table of stack.ofType('AWS::DynamoDB::GlobalTable'))
      expect(
        at(table.Properties, 'Replicas', 0, 'PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled'),
        table.id,
      ).toBe(true);
  });

  it('is encrypted so that other accounts can read', () => {
    for (const table of stack.ofType('AWS::DynamoDB::GlobalTable'))
      expect(at(table.Properties, 'SSESpecification'), table.id).toEqual({ SSEEnabled: false });
    for (const queue of stack.ofType('AWS::SQS::Queue'))
      expect(at(queue.Properties, 'SqsManagedSseEnabled'), queue.id).toBe(true);
  });

  it('has the keys that the published contract names', () => {
    const keys = stack
      .ofType('AWS::DynamoDB::GlobalTable')
      .map(({ Properties }) => [
        listAt(Properties, 'KeySchema').map((key) => at(key, 'AttributeName')),
        listAt(Properties, 'GlobalSecondaryIndexes').map((index) => [
          at(index, 'IndexName'),
          at(index, 'Projection', 'ProjectionType'),
          ...listAt(index, 'KeySchema').map((key) => at(key, 'AttributeName')),
        ]),
        at(Properties, 'TimeToLiveSpecification', 'AttributeName'),
      ]);
    expect(keys).toEqual([
      [['user_guid', 'account_key'], [], undefined],
      [
        ['user_guid', 'item_key'],
        [
          ['open', 'KEYS_ONLY', 'open_shard', 'open_since'],
          ['attention', 'KEYS_ONLY', 'attention', 'attention_since'],
        ],
        undefined,
      ],
      [['refresh_id', 'item_key'], [['by_member', 'INCLUDE', 'member_key', 'refresh_id']], 'expires_at'],
      [['user_guid', 'amounts_key'], [], 'expires_at'],
      [['erasure_id'], [], 'expires_at'],
    ]);
  });

  it('is found by a stable name', () => {
    const names = stack.ofType('AWS::SSM::Parameter').map(({ Properties }) => at(Properties, 'Name'));
    expect(names).toEqual(
      ['balances', 'members', 'refreshes', 'history'].map((table) => `/mx-fresh-balances-dev/tables/${table}`),
    );
    expect(Object.keys(stack.outputs)).toEqual(
      expect.arrayContaining([
        'BalancesTable',
        'MembersTable',
        'RefreshesTable',
        'HistoryTable',
        'ApiUrl',
        'MxAllowListAddress',
      ]),
    );
  });

  it('says what the operator’s command has to know', () => {
    const { outputs } = synthesize({ scheduleShards: 16, minScheduleHours: 6, breaker: false, deadlineSeconds: 900 });
    const value = (name: string) => at(outputs, name, 'Value');
    expect(['ScheduleShards', 'MinScheduleHours', 'MxAcceptVersion'].map(value)).toEqual(['16', '6', 'v20250224']);
    expect(['Learning', 'Breaker', 'DeadlineSeconds'].map(value)).toEqual(['true', 'false', '900']);
    expect(value('MxBaseUrl')).toMatch(/^https:/);
  });

  it('publishes each queue of work with its dead letters', () => {
    for (const work of ['FollowUp', 'Start', 'Callback']) {
      const id = at(stack.outputs, `${work}QueueUrl`, 'Value', 'Ref');
      const queue = stack.ofType('AWS::SQS::Queue').find((candidate) => candidate.id === id);
      const dead = at(queue?.Properties, 'RedrivePolicy', 'deadLetterTargetArn', 'Fn::GetAtt', 0);
      expect(dead).toEqual(at(stack.outputs, `${work}DeadLetterQueueUrl`, 'Value', 'Ref'));
    }
    const plain = synthesize().outputs;
    expect(at(plain, 'TickDeadLetterQueueUrl', 'Value', 'Ref')).toMatch(/^TickDeadLettersQueue/);
    expect(Object.keys(plain).filter((name) => name.startsWith('Callback'))).toEqual([]);
  });
});

describe('the functions', () => {
  it('are all there, once each', () => {
    expect(functions.map(nameOf).sort()).toEqual([...functionNames].sort());
  });

  it.each(['check-balance', 'member-schedule'])('%s enrols only into shards that are read', (name) => {
    const byName = (wanted: string) => functions.find((candidate) => nameOf(candidate) === wanted);
    expect(listAt(byName(name), 'DependsOn')).toContain(byName('run-schedule')?.id);
  });

  it('are absent, with all parts, when switched off', () => {
    const plain = synthesize();
    const missing = functionNames.filter(
      (name) => !plain.ofType('AWS::Lambda::Function').some((candidate) => nameOf(candidate) === name),
    );
    expect(missing).toEqual(['mx-webhook', 'deliver-callback']);
    expect(plain.resources.filter(({ id }) => /Webhook|Callback/.test(id))).toEqual([]);
  });

  it.each(functionNames)('%s gets exactly the environment of its contract', (name) => {
    const variables = at(
      functions.find((candidate) => nameOf(candidate) === name)?.Properties,
      'Environment',
      'Variables',
    );
    expect(Object.keys(variables as object).sort()).toEqual(environmentOf[name].map(variableOf).sort());
  });

  it('have no credential in their environment, only its place', () => {
    for (const { id, Properties } of functions)
      for (const [name, value] of Object.entries(at(Properties, 'Environment', 'Variables') as object))
        if (/SECRET|KEY|PASSWORD|TOKEN/.test(name) && !name.startsWith('KEEP_'))
          expect(value === '' || Object.keys(value).includes('Ref'), `${id} ${name}`).toBe(true);
  });

  it('end within 30 seconds when they answer a call', () => {
    const answering = [
      'check-balance',
      'read-balances',
      'read-refresh',
      'member-schedule',
      'unknown-route',
      'mx-webhook',
    ];
    for (const fn of functions.filter((candidate) => answering.includes(String(nameOf(candidate)))))
      expect(at(fn.Properties, 'Timeout'), fn.id).toBeLessThan(30);
  });

  it('have more time than the longest call of AWS', () => {
    for (const fn of functions) expect(Number(at(fn.Properties, 'Timeout')), fn.id).toBeGreaterThan(9);
  });

  it('may call themselves only where listed', () => {
    const loops = functions.map((fn) => [nameOf(fn), at(fn.Properties, 'RecursiveLoop')]);
    expect(Object.fromEntries(loops)).toEqual({
      'check-balance': 'Terminate',
      'check-mx': 'Terminate',
      'deliver-callback': 'Allow',
      'erase-data': 'Terminate',
      'follow-up': 'Allow',
      'member-schedule': 'Terminate',
      'mx-webhook': 'Terminate',
      'read-balances': 'Terminate',
      'read-refresh': 'Terminate',
      'run-schedule': 'Terminate',
      'start-due': 'Allow',
      sweep: 'Terminate',
      'unknown-route': 'Terminate',
    });
  });

  it('write to logs that end', () => {
    expect(stack.ofType('AWS::Logs::LogGroup')).toHaveLength(functions.length + 1);
    for (const group of stack.ofType('AWS::Logs::LogGroup'))
      expect(at(group.Properties, 'RetentionInDays'), group.id).toBe(30);
    for (const fn of functions) expect(at(fn.Properties, 'LoggingConfig', 'LogGroup'), fn.id).toBeDefined();
  });
});

describe('the way to MX', () => {
  const inNetwork = (fns: readonly Resource[]): unknown[] =>
    fns.filter(({ Properties }) => at(Properties, 'VpcConfig') !== undefined).map(nameOf);

  it('is the fixed address for functions that call MX', () => {
    const callsMx = functionNames.filter((name) => (environmentOf[name] as readonly string[]).includes('mxBaseUrl'));
    expect(inNetwork(functions).sort()).toEqual(callsMx.sort());
  });

  it('needs no network when the address need not be fixed', () => {
    const open = synthesize({ fixedEgress: false });
    expect(inNetwork(open.ofType('AWS::Lambda::Function'))).toEqual([]);
    expect(open.resources.filter(({ Type }) => Type.startsWith('AWS::EC2::'))).toEqual([]);
    expect(Object.keys(open.outputs)).not.toContain('MxAllowListAddress');
  });

  it('has one address per zone, all in outputs', () => {
    const zones = synthesize({ egressZones: 2 });
    expect(zones.ofType('AWS::EC2::EIP')).toHaveLength(2);
    expect(zones.ofType('AWS::EC2::NatGateway')).toHaveLength(2);
    expect(at(zones.outputs, 'MxAllowListAddress2', 'Value')).toEqual({ Ref: zones.ofType('AWS::EC2::EIP')[1]?.id });
  });

  it('brings no function of the CDK into the account', () => {
    expect(stack.resources.filter(({ Type }) => /^Custom::|CloudFormation::CustomResource/.test(Type))).toEqual([]);
  });

  it('lets nothing in, and only HTTPS out', () => {
    const [group] = stack.ofType('AWS::EC2::SecurityGroup');
    expect(listAt(group?.Properties, 'SecurityGroupIngress')).toEqual([]);
    expect(listAt(group?.Properties, 'SecurityGroupEgress').map((rule) => at(rule, 'ToPort'))).toEqual([443]);
  });
});

describe('the secrets', () => {
  it('are empty in the template', () => {
    const secrets = synthesize({ ...everythingOn, apiAccess: 'basic' }).ofType('AWS::SecretsManager::Secret');
    expect(secrets.map(({ Properties }) => at(Properties, 'SecretString'))).toEqual([
      '{"client_id":"","api_key":""}',
      '{"clients":[]}',
      '{"clients":[]}',
      undefined,
    ]);
  });

  it('of callbacks make their own key, in base 64', () => {
    const generated = stack
      .ofType('AWS::SecretsManager::Secret')
      .map(({ Properties }) => at(Properties, 'GenerateSecretString'))
      .filter((value) => value !== undefined);
    expect(generated).toEqual([
      {
        SecretStringTemplate: '{"previous":""}',
        GenerateStringKey: 'current',
        // A multiple of four, of letters and digits only.
        PasswordLength: 44,
        ExcludePunctuation: true,
      },
    ]);
  });

  it('of API callers exist only when callers have keys', () => {
    expect(synthesize().ofType('AWS::SecretsManager::Secret')).toHaveLength(1);
  });
});
