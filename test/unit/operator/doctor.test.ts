import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../infra/operator/deployment.ts';
import { type AlarmState, alarmNamesIn, firingFindings } from '../../../infra/operator/doctor/alarm-states.ts';
import type { AwsFacts } from '../../../infra/operator/doctor/aws-facts.ts';
import { examine } from '../../../infra/operator/doctor/examine.ts';
import { exitCodeOf, failure, ok, type State, warning } from '../../../infra/operator/doctor/finding.ts';
import {
  alarmsFinding,
  type CheckedMx,
  callbackKeysFinding,
  clientsFinding,
  clockFinding,
  concurrencyFinding,
  deadLettersFinding,
  egressFinding,
  mxClockFinding,
  mxFinding,
  pauseFinding,
  queueFinding,
  stackFinding,
  webhooksFinding,
} from '../../../infra/operator/doctor/judgements.ts';
import type { KeptPause } from '../../../shared/domain/pause.ts';
import { at, T0 } from '../../samples.ts';

const mx = (given: Partial<CheckedMx> = {}): CheckedMx => ({
  ...{ accepted: false, status: 500, code: 'mx_unavailable', says: 'MX answered 500', mx_time: T0, at: T0 },
  ...given,
});
const quota = (unreserved: number) =>
  concurrencyFinding({ account: 1_000, unreserved, followUps: 10, starts: 5, callbacks: 5 });
const pause = (from: number, until: number) => ({ from: at(from), until: at(until), why: 'MX asked for it' });
const resource = (LogicalResourceId: string, ResourceType: string, PhysicalResourceId: string, more: object = {}) => ({
  ...{ LogicalResourceId, ResourceType, PhysicalResourceId },
  ...more,
});
const ALARM = 'AWS::CloudWatch::Alarm';
const resources = [
  resource('OneStorageMembers0123ABCD', 'AWS::DynamoDB::GlobalTable', 'members-1'),
  resource('TwoStorageMembers0123ABCD', 'AWS::DynamoDB::GlobalTable', 'members-2'),
  resource('OneFollowUpsLate0123ABCD', ALARM, 'late'),
  resource('OneAlarmsUsersAreHurt0123ABCD', 'AWS::CloudWatch::CompositeAlarm', 'hurt'),
  resource('OneOld0123ABCD', ALARM, 'old', { ResourceStatus: 'DELETE_COMPLETE' }),
  resource('TwoFollowUpsLate0123ABCD', ALARM, 'late-of-two'),
  resource('OneTopic0123ABCD', 'AWS::SNS::Topic', 'topic'),
];
const alarm = (name: string, state: string, since: number | null = 0): AlarmState => ({
  ...{ name, state, since: since === null ? null : at(since) },
  description: 'Balances arrive late. Runbook: docs/runbook.md#follow-ups-late',
});
const key = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64');

describe('doctor says', () => {
  it.each<[string, ReturnType<typeof ok>, State, string, string | null]>([
    [
      'a stack',
      stackFinding('stack x', 'UPDATE_COMPLETE', '1.0.0', '1.0.0'),
      'ok',
      'stack x: UPDATE_COMPLETE, version 1.0.0',
      null,
    ],
    [
      'another version',
      stackFinding('x', 'UPDATE_COMPLETE', '1.0.0', '1.1.0'),
      'warning',
      'x: UPDATE_COMPLETE, version 1.0.0; this command is 1.1.0',
      'Use the command of the release that is deployed.',
    ],
    [
      'a failed rollback',
      stackFinding('x', 'UPDATE_ROLLBACK_FAILED', '1', '1'),
      'failure',
      'x: UPDATE_ROLLBACK_FAILED, version 1',
      'The last deployment has failed: CloudFormation’s events say why. Deploy again.',
    ],
    [
      'a rollback',
      stackFinding('x', 'UPDATE_ROLLBACK_COMPLETE', '1', '1'),
      'warning',
      'x: UPDATE_ROLLBACK_COMPLETE, version 1',
      'The last deployment was taken back: CloudFormation’s events say why.',
    ],
    [
      'a deployment under way',
      stackFinding('x', 'UPDATE_IN_PROGRESS', '1', '2'),
      'warning',
      'x: UPDATE_IN_PROGRESS, version 1',
      'A deployment is under way: ask again after it.',
    ],
    ['no pause', pauseFinding([pause(-20, -10)], T0), 'ok', 'calls to MX are not paused', null],
    [
      'a pause',
      pauseFinding([pause(-20, -10), pause(0, 60)], T0),
      'warning',
      `calls to MX are paused until ${at(60)}: MX asked for it`,
      'End it: resume.',
    ],
    ['a pause that is over', pauseFinding([pause(-60, 0)], T0), 'ok', 'calls to MX are not paused', null],
    [
      'MX that accepts',
      mxFinding(mx({ accepted: true, code: null, says: null }), 'arn', []),
      'ok',
      'MX accepts the credentials and the address',
      null,
    ],
    [
      'no credentials',
      mxFinding(mx({ code: 'mx_credentials_missing' }), 'arn', []),
      'failure',
      'the secret with MX’s credentials is empty',
      'Put them into arn.',
    ],
    [
      'wrong credentials',
      mxFinding(mx({ code: 'mx_credentials_rejected', says: 'wrong' }), 'arn', []),
      'failure',
      'wrong',
      'Put the right ones into arn.',
    ],
    [
      'a foreign address',
      mxFinding(mx({ code: 'mx_forbidden', says: 'no' }), 'arn', ['192.0.2.1', '192.0.2.2']),
      'failure',
      'no',
      'Have MX allow-list 192.0.2.1 and 192.0.2.2.',
    ],
    [
      'no address',
      mxFinding(mx({ code: 'mx_forbidden', says: 'no' }), 'arn', []),
      'failure',
      'no',
      'Have MX allow-list the addresses that the functions call from.',
    ],
    [
      'a pause’s MX',
      mxFinding(mx({ code: 'paused', says: 'x' }), 'arn', []),
      'warning',
      'was not asked: calls to MX are paused',
      null,
    ],
    [
      'a redirect',
      mxFinding(mx({ code: 'mx_redirected', says: 'away' }), 'arn', []),
      'failure',
      'away',
      'The setting mxBaseUrl leads elsewhere: deploy with the right one.',
    ],
    [
      'trouble',
      mxFinding(mx({ says: null }), 'arn', []),
      'warning',
      'MX answered 500',
      'Ask again in a minute; MX’s own status page says more.',
    ],
    ['an address', egressFinding(['192.0.2.1']), 'ok', 'calls of MX come from 192.0.2.1', null],
    [
      'no fixed address',
      egressFinding([]),
      'warning',
      'calls of MX come from no address of this stack: from your own network’s, or from any of AWS’s',
      expect.stringContaining('fixedEgress') as unknown as string,
    ],
    [
      'callers',
      clientsFinding('callers', '{"clients":[{},{}]}', 'every caller', 'arn'),
      'ok',
      '2 clients may call',
      null,
    ],
    [
      'no callers',
      clientsFinding('callers', '{"clients":[]}', 'every caller', 'arn'),
      'failure',
      'the secret is empty: every caller is refused',
      'Put the hash of a key into arn.',
    ],
    [
      'a broken secret',
      clientsFinding('callers', 'x', 'every caller', 'arn'),
      'failure',
      'the secret is not {"clients":[…]}',
      'Put it right: arn.',
    ],
    [
      'a secret of null',
      clientsFinding('callers', 'null', 'every caller', 'arn'),
      'failure',
      'the secret is not {"clients":[…]}',
      'Put it right: arn.',
    ],
    ['callback keys', callbackKeysFinding(`{"current":"${key(24)}"}`, 'arn'), 'ok', 'callbacks are signed', null],
    [
      'a short key',
      callbackKeysFinding(`{"current":"${key(23)}"}`, 'arn'),
      'failure',
      'there is no key to sign callbacks with: none is sent',
      'Put one into arn.',
    ],
    [
      'no key',
      callbackKeysFinding('{}', 'arn'),
      'failure',
      'there is no key to sign callbacks with: none is sent',
      'Put one into arn.',
    ],
    ['a webhook', webhooksFinding(1), 'ok', 'one came within the last hour', null],
    ['a webhook of today', webhooksFinding(24), 'ok', 'one came within the last 24 hours', null],
    [
      'an old webhook',
      webhooksFinding(168),
      'warning',
      'none came for a day',
      'If refreshes ended meanwhile: see docs/webhooks.md.',
    ],
    [
      'no webhook',
      webhooksFinding(null),
      'warning',
      'none came in seven days',
      'See whether MX has the URL and the key (docs/webhooks.md).',
    ],
    ['alarms', alarmsFinding(1, 0), 'ok', 'go to 1 subscription', null],
    ['more alarms', alarmsFinding(2, 1), 'ok', 'go to 2 subscriptions; 1 other not confirmed', null],
    [
      'an unconfirmed address',
      alarmsFinding(0, 1),
      'failure',
      'reach no person: the subscription is not confirmed',
      'Click the link in AWS’s mail.',
    ],
    [
      'no subscription',
      alarmsFinding(0, 0),
      'failure',
      'reach no person: the topic has no subscription',
      'Set alarmEmail, or subscribe to AlarmTopicArn.',
    ],
    [
      'a queue',
      queueFinding('starts', { waiting: 3, oldestSeconds: 900, lateSeconds: 1_200 }),
      'ok',
      'about 3 messages, the oldest sent 15 minutes ago',
      null,
    ],
    [
      'an old message',
      queueFinding('starts', { waiting: 1, oldestSeconds: 901, lateSeconds: 1_200 }),
      'warning',
      'about 1 message, the oldest sent 15 minutes ago',
      'See docs/runbook.md, starts-late.',
    ],
    [
      'a late queue',
      queueFinding('starts', { waiting: 9, oldestSeconds: 1_200, lateSeconds: 1_200 }),
      'failure',
      'about 9 messages, the oldest sent 20 minutes ago',
      'See docs/runbook.md, starts-late.',
    ],
    [
      'a queue of unknown age',
      queueFinding('starts', { waiting: 0, oldestSeconds: null, lateSeconds: 1_200 }),
      'ok',
      'about 0 messages',
      null,
    ],
    ['no dead letters', deadLettersFinding([['starts', 0]]), 'ok', 'none', null],
    [
      'dead letters',
      deadLettersFinding([
        ['starts', 0],
        ['ticks', 2],
        ['callbacks', 1],
      ]),
      'warning',
      'about 2 in ticks, about 1 in callbacks',
      'See them: dead-letters list.',
    ],
    [
      'enough quota',
      quota(48),
      'ok',
      'the queues may take 28 invocations at once, 48 of the account’s 1000 are not reserved',
      null,
    ],
    [
      'little quota',
      quota(47),
      'warning',
      'the queues may take 28 invocations at once, 47 of the account’s 1000 are not reserved',
      expect.stringContaining('Ask AWS') as unknown as string,
    ],
    [
      'too little quota',
      quota(27),
      'failure',
      'the queues may take 28 invocations at once, 27 of the account’s 1000 are not reserved',
      expect.stringContaining('Ask AWS') as unknown as string,
    ],
    ['a clock', clockFinding(-29), 'ok', 'this machine’s is 29 s behind AWS’s', null],
    [
      'a clock that is off',
      clockFinding(30),
      'warning',
      'this machine’s is 30 s ahead of AWS’s',
      'Set this machine’s clock.',
    ],
    [
      'a wrong clock',
      clockFinding(-300),
      'failure',
      'this machine’s is 300 s behind AWS’s',
      'Set this machine’s clock: AWS refuses its signatures.',
    ],
    ['no time of AWS', clockFinding(null), 'warning', 'AWS has not said its time', null],
    ['MX’s clock', mxClockFinding(59), 'ok', 'MX’s is 59 s ahead of ours', null],
    [
      'MX’s wrong clock',
      mxClockFinding(-60),
      'warning',
      'MX’s is 60 s behind ours',
      'Tell MX. Refreshes go on: MX’s times are compared with each other.',
    ],
    ['no time of MX', mxClockFinding(null), 'warning', 'MX has not said its time', null],
  ])('of %s', (_what, finding, state, says, todo) => {
    expect(finding).toMatchObject({ state, says, todo });
  });

  it('by its exit code what is worst', () => {
    expect(exitCodeOf([ok('a', ''), { ...ok('b', ''), state: 'absent' }])).toBe(0);
    expect(exitCodeOf([ok('a', ''), warning('b', '')])).toBe(1);
    expect(exitCodeOf([failure('a', '', ''), warning('b', '')])).toBe(6);
  });
});

describe('alarms', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const all = (state: string, since: number | null = 0) => names.map((name) => alarm(name, state, since));
  const found = (states: readonly AlarmState[], of: readonly string[] = names) =>
    firingFindings(of, states, T0).map(({ state, says, todo }) => [state, says, todo]);

  it('that rest are one line', () => {
    expect(found(all('OK'))).toEqual([['ok', 'none of 5 alarms', null]]);
    expect(found(all('OK', -7_200))).toEqual([['ok', 'none of 5 alarms', null]]);
  });

  it('that fire are a line each, the oldest first', () => {
    const states = [alarm('a', 'ALARM', -5), alarm('b', 'ALARM', -7), alarm('c', 'ALARM', -9), alarm('d', 'OK')];
    const todo = 'See docs/runbook.md#follow-ups-late';
    const lines = [
      ['failure', `c since ${at(-9)}: Balances arrive late.`, todo],
      ['failure', `b since ${at(-7)}: Balances arrive late.`, todo],
      ['failure', `a since ${at(-5)}: Balances arrive late.`, todo],
    ];
    expect(found(states, ['a', 'b', 'c', 'd'])).toEqual(lines);
    expect(found(states.toReversed(), ['a', 'b', 'c', 'd'])).toEqual(lines);
    const unknown = alarm('e', 'ALARM', null);
    for (const some of [
      [...states, unknown],
      [unknown, ...states],
    ])
      expect(found(some)[0]?.[1]).toBe('e since an unknown time: Balances arrive late.');
  });

  it('of an unknown time are named all the same', () => {
    expect(found([{ ...alarm('a', 'ALARM', null), description: 'Mine.' }], ['a'])).toEqual([
      ['failure', 'a since an unknown time: Mine.', 'See docs/runbook.md'],
    ]);
  });

  it('without data are a warning after an hour', () => {
    expect(found(all('INSUFFICIENT_DATA', -3_599))[0]?.[0]).toBe('ok');
    expect(found(all('INSUFFICIENT_DATA', null))[0]?.[0]).toBe('ok');
    expect(found(all('INSUFFICIENT_DATA', -3_600))).toEqual([
      ['warning', 'without data for more than an hour: a, b, c and 2 more', expect.stringContaining('CloudWatch')],
    ]);
    const three = all('INSUFFICIENT_DATA', -3_600).slice(0, 3);
    expect(found(three, ['a', 'b', 'c'])[0]?.[1]).toBe('without data for more than an hour: a, b, c');
  });

  it('that were deleted by hand are a warning', () => {
    expect(found([alarm('a', 'OK'), alarm('c', 'ALARM')], ['a', 'b', 'c'])).toEqual([
      ['failure', `c since ${T0}: Balances arrive late.`, 'See docs/runbook.md#follow-ups-late'],
      [
        'warning',
        'deleted by hand: b',
        'The same template does not bring it back: CloudFormation does not notice. Make it anew as the template has it.',
      ],
    ]);
    expect(found([], [])).toEqual([
      ['warning', 'the stack has no alarms', 'Deploy it with the release of this command.'],
    ]);
  });

  it('of another deployment in the stack are not asked for', () => {
    expect(alarmNamesIn(resources, 'members-2')).toEqual(['late-of-two']);
    expect(alarmNamesIn(resources, 'members-3')).toEqual([]);
  });
});

describe('an examination', () => {
  const outputs: Readonly<Record<string, string>> = {
    ...{ Version: '1.2.3', CheckMxFunction: 'check-mx', MxSecretArn: 'arn:mx', AlarmTopicArn: 'arn:topic' },
    ...{ MxAllowListAddress: '192.0.2.1', MxAllowListAddress2: '192.0.2.2' },
    ...{ ApiCallersSecretArn: 'arn:callers', CallbacksSecretArn: 'arn:callbacks' },
    ...{ FollowUpQueueUrl: 'https://sqs/follow-ups', FollowUpDeadLetterQueueUrl: 'https://sqs/dead' },
    ...{ FollowUpConcurrency: '10', StartConcurrency: '5', AlarmLateSeconds: '3600', MembersTable: 'members-1' },
  };
  const deployment = {
    ...{
      place: 'stack x',
      account: '123',
      region: 'r',
      stack: 'x',
      status: 'UPDATE_COMPLETE',
      isLocal: false,
      outputs,
    },
    output: (name: string) => outputs[name] ?? 'missing',
  } as unknown as Deployment;
  const facts: AwsFacts = {
    queue: async () => ({ messages: 0, awsTime: Date.parse(T0) }),
    oldestMessage: async () => 60,
    secret: async (arn) => (arn === 'arn:callers' ? '{"clients":[{}]}' : `{"current":"${key(33)}"}`),
    invoke: async () => ({ answer: mx({ accepted: true, code: null, says: null }) }),
    subscriptions: async () => ({ confirmed: 1, pending: 0 }),
    resources: async () => resources,
    alarms: async (names) => names.map((name) => alarm(name, 'OK')),
    concurrency: async () => ({ account: 1_000, unreserved: 900 }),
    hasLine: async () => true,
    close: () => {},
  };
  const examined = async (
    more: Partial<AwsFacts> = {},
    of: Partial<Deployment> = {},
    pauses: () => Promise<readonly KeptPause[]> = async () => [],
  ) => {
    const findings = await examine({
      ...{ deployment: { ...deployment, ...of }, version: '1.2.3' },
      ...{ facts: { ...facts, ...more }, now: () => Date.parse(T0), pauses },
    });
    return Object.fromEntries(findings.map(({ name, ...said }) => [name, said]));
  };
  const denied = (name: string) => () => Promise.reject(Object.assign(new Error('no'), { name }));

  it('has a line for each part', async () => {
    const found = await examined();
    expect(Object.keys(found)).toEqual([
      ...['stack', 'pause', 'mx', 'mx clock', 'address', 'callers', 'callback keys', 'alarms', 'firing alarms'],
      ...['queue follow-ups', 'dead letters', 'concurrency', 'clock'],
    ]);
    expect(new Set(Object.values(found).map(({ state }) => state))).toEqual(new Set(['ok']));
    expect(found['address']?.says).toBe('calls of MX come from 192.0.2.1 and 192.0.2.2');
  });

  it('says which rights are missing, and goes on', async () => {
    const found = await examined({
      invoke: denied('AccessDeniedException'),
      subscriptions: denied('AuthorizationError'),
      alarms: denied('AccessDenied'),
      concurrency: denied('ExpiredTokenException'),
    });
    expect(found['mx']).toEqual({
      ...{ state: 'warning', todo: null },
      says: 'could not look: these credentials lack lambda:InvokeFunction on check-mx',
    });
    expect(found['alarms']?.says).toBe('could not look: these credentials lack sns:ListSubscriptionsByTopic');
    expect(found['firing alarms']).toEqual({
      ...{ state: 'warning', todo: null },
      says: 'could not look: these credentials lack cloudformation:ListStackResources, or cloudwatch:DescribeAlarms on *',
    });
    expect(found['concurrency']?.says).toBe('could not look: The AWS credentials have expired: sign in anew.');
    expect(found['clock']?.state).toBe('ok');
  });

  it.each<[string, Awaited<ReturnType<AwsFacts['invoke']>>, State, string]>([
    [
      'fails',
      { error: 'Error: function check-mx cannot start' },
      'failure',
      'check-mx failed: Error: function check-mx cannot start',
    ],
    [
      'answers something else',
      { answer: null },
      'warning',
      'check-mx answered something else: is it of another release?',
    ],
  ])('says when check-mx %s', async (_what, invoked, state, says) => {
    expect((await examined({ invoke: async () => invoked }))['mx']).toMatchObject({ state, says });
  });

  it('asks for the alarms of this deployment alone', async () => {
    const asked: (readonly string[])[] = [];
    const alarms = async (names: readonly string[]) => {
      asked.push(names);
      return [alarm('late', 'ALARM', -60), alarm('hurt', 'OK')];
    };
    expect((await examined({ alarms }))['firing alarms']).toEqual({
      ...{ state: 'failure', says: `late since ${at(-60)}: Balances arrive late.` },
      todo: 'See docs/runbook.md#follow-ups-late',
    });
    expect(asked).toEqual([['late', 'hurt']]);
  });

  it('judges a queue’s age by the setting', async () => {
    const queueAt = async (seconds: number) =>
      (await examined({ oldestMessage: async () => seconds }))['queue follow-ups']?.state;
    expect([await queueAt(3_599), await queueAt(3_600)]).toEqual(['warning', 'failure']);
  });

  it('has no clock of an MX that did not answer', async () => {
    const found = await examined({ invoke: async () => ({ answer: mx({ status: null, mx_time: null }) }) });
    expect([found['mx']?.state, found['mx clock']]).toEqual(['warning', undefined]);
  });

  it('says whether calls are paused, if it may look', async () => {
    expect((await examined({}, {}, async () => [pause(-60, 60)]))['pause']?.state).toBe('warning');
    const unknown = await examined({}, {}, denied('AccessDeniedException'));
    expect(unknown['pause']?.says).toBe(
      'could not look: these credentials lack dynamodb:GetItem on the refreshes table',
    );
    expect(unknown['mx']?.state).toBe('ok');
  });

  it('names what the local stack has not', async () => {
    const never = denied('Error');
    const gone = { subscriptions: never, concurrency: never, oldestMessage: never, resources: never, alarms: never };
    const found = await examined(gone, { isLocal: true });
    const states = Object.entries(found).map(([name, { state }]) => `${name} ${state}`);
    expect(states.filter((state) => !state.endsWith(' ok'))).toEqual(['alarms absent', 'concurrency absent']);
  });
});
