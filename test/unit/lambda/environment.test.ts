import { describe, expect, it } from 'vitest';
import { environmentOf, type FunctionName, readEnvironment, variableOf } from '../../../shared/lambda/environment.ts';
import { placeholders } from '../../placeholders.ts';

const functionNames = Object.keys(environmentOf) as FunctionName[];
const complete = {
  STAGE: 'test',
  MEMBERS_TABLE: 'members',
  START_QUEUE_URL: 'https://sqs/start',
  SCHEDULE_SHARDS: '2',
  STARTS_PER_SECOND: '100',
};
const faultOf = (source: Record<string, string | undefined>, name: FunctionName = 'run-schedule'): string => {
  try {
    readEnvironment(name, source);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return 'no fault';
};

it('reads a complete environment, each value in its type', () => {
  const read = readEnvironment('run-schedule', { ...complete, AWS_SECRET_ACCESS_KEY: 'x', BALANCES_TABLE: 'b' });
  expect(read).toEqual({
    stage: 'test',
    membersTable: 'members',
    startQueueUrl: 'https://sqs/start',
    scheduleShards: 2,
    startsPerSecond: 100,
  });
});

it.each<[FunctionName, object]>([
  ['start-due', { stage: 'test', startQueueUrl: 'http://127.0.0.1:1/none', startsPerSecond: 100 }],
  ['start-due', { deadlineSeconds: 600, minLookGapSeconds: 3, allowanceStarts: 5, allowanceWindowSeconds: 7_200 }],
  ['read-balances', { allowanceStarts: 5, allowanceWindowSeconds: 7_200 }],
  ['check-balance', { defaultScheduleHours: 0, scheduleShards: 1, graceLooks: 5 }],
  ['check-mx', { stage: 'test', refreshesTable: 'none' }],
])('%s is given %j', (name, values) => {
  expect(readEnvironment(name, placeholders)).toMatchObject(values);
});

it.each([
  ['stage', 'STAGE'],
  ['graceLooks', 'GRACE_LOOKS'],
  ['mxWebhookSecretArn', 'MX_WEBHOOK_SECRET_ARN'],
] as const)('the value %s is carried by the variable %s', (name, variable) => {
  expect(variableOf(name)).toBe(variable);
});

describe('a function cannot start', () => {
  it.each(functionNames)('%s without its variables: one sentence names all', (name) => {
    const fault = faultOf({}, name);
    expect(fault).toMatch(new RegExp(`^function ${name} cannot start: `));
    for (const value of environmentOf[name]) expect(fault).toContain(`${variableOf(value)} is missing`);
  });

  it('with a variable that is empty', () => {
    expect(faultOf({ ...complete, MEMBERS_TABLE: '' })).toBe(
      'function run-schedule cannot start: MEMBERS_TABLE is missing',
    );
  });

  it('with a number that is missing: once', () => {
    expect(faultOf({ ...complete, SCHEDULE_SHARDS: undefined })).toBe(
      'function run-schedule cannot start: SCHEDULE_SHARDS is missing',
    );
  });

  it('with faults of several kinds: all are listed at once', () => {
    expect(faultOf({ ...complete, STAGE: undefined, SCHEDULE_SHARDS: 'two' })).toBe(
      'function run-schedule cannot start: STAGE is missing; SCHEDULE_SHARDS must be a whole number of 0 or more',
    );
  });

  it.each(['two', '-1', '1.5', ' ', '0x10', '1e3', 'NaN', '9007199254740993'])('with the number %j', (value) => {
    expect(faultOf({ ...complete, SCHEDULE_SHARDS: value })).toContain('SCHEDULE_SHARDS must be a whole number');
  });
});

describe('variables of other types', () => {
  const api = { ...placeholders, API_ACCESS: 'iam', API_CALLERS_SECRET_ARN: '' };

  it('API_ACCESS is one of two words', () => {
    expect(readEnvironment('read-refresh', api).apiAccess).toBe('iam');
    expect(faultOf({ ...api, API_ACCESS: 'none' }, 'read-refresh')).toContain('API_ACCESS must be one of iam, basic');
  });

  it('the callers’ secret may be empty, not missing', () => {
    expect(readEnvironment('read-refresh', api).apiCallersSecretArn).toBe('');
    expect(faultOf({ ...api, API_CALLERS_SECRET_ARN: undefined }, 'read-refresh')).toContain(
      'API_CALLERS_SECRET_ARN is missing',
    );
  });

  it.each([
    ['a.example.com,b.example.com:8443', 'true', ['a.example.com', 'b.example.com:8443'], true],
    ['', 'false', [], false],
  ])('hosts %j and the flag %s are read', (CALLBACK_HOSTS, CALLBACK_LOOPBACK, callbackHosts, callbackLoopback) => {
    const read = readEnvironment('deliver-callback', { ...placeholders, CALLBACK_HOSTS, CALLBACK_LOOPBACK });
    expect(read).toMatchObject({ callbackHosts, callbackLoopback });
  });

  it.each(['off', 'known', 'all'])('WEBHOOKS may be %s', (WEBHOOKS) => {
    expect(readEnvironment('follow-up', { ...placeholders, WEBHOOKS }).webhooks).toBe(WEBHOOKS);
  });

  it.each(['TRUE', '1', 'yes', ' true'])('a flag is true or false, not %j', (value) => {
    expect(faultOf({ KEEP_ACCOUNT_NUMBERS: value }, 'follow-up')).toContain(
      'KEEP_ACCOUNT_NUMBERS must be true or false',
    );
  });
});

it('a fault never repeats a value', () => {
  expect(faultOf({ ...complete, SCHEDULE_SHARDS: 'hunter2' })).not.toContain('hunter2');
});

it.each([
  [undefined, undefined],
  ['$LATEST', undefined],
  ['7', '7'],
])('version %s of a function is told as %s', (AWS_LAMBDA_FUNCTION_VERSION, version) => {
  expect(readEnvironment('follow-up', { ...placeholders, AWS_LAMBDA_FUNCTION_VERSION }).functionVersion).toBe(version);
});
