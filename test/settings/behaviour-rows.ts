/** The rows of `behaviour.test.ts`: what each setting makes a function do. */
import { GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { SettingName } from '../../infra/setting-table.ts';
import { memberAttribute } from '../../shared/clients/member-item.ts';
import { at } from '../infra/synthesized.ts';
import { basic, type Deployed, memberParameters } from './deployed.ts';
import { done, member, running } from './stub-mx.ts';

/** What is observed of a deployment with `setting` = `value`, and with `beside` as far as another setting matters. */
export interface BehaviourRow {
  readonly setting: SettingName;
  readonly value: string | number | boolean;
  readonly what: string;
  readonly beside?: Readonly<Partial<Record<SettingName, string | number | boolean>>>;
  readonly observe: (deployed: Deployed) => Promise<unknown>;
  readonly expected: unknown;
}

/** How a refresh has ended, or that it goes on. */
const endOf = (deployed: Deployed): unknown =>
  ['refresh.succeeded', 'refresh.action_required', 'refresh.failed']
    .flatMap((type) => deployed.published(type))
    .map(({ detail }) => at(detail, 'data', 'outcome'))[0] ?? 'goes on';

/** Has the newest follow-up delivered at each of these seconds; what had become of the refresh then. */
const lookAt =
  (seconds: readonly number[], seen: Readonly<Record<string, unknown>> = {}) =>
  async (deployed: Deployed): Promise<readonly unknown[]> => {
    await deployed.trigger();
    deployed.mx.member = seen;
    const ends: unknown[] = [];
    for (const second of seconds) {
      deployed.at(second);
      await deployed.look();
      ends.push(endOf(deployed));
    }
    return ends;
  };

const delays = (deployed: Deployed, queue: 'FollowUps' | 'Starts' = 'FollowUps'): readonly number[] =>
  deployed.sent(queue).map(({ delaySeconds }) => delaySeconds);

/** A refresh from `second` on that succeeds 10 s later with these accounts. */
async function refresh(deployed: Deployed, second: number, accounts: readonly object[] = [account]): Promise<void> {
  deployed.at(second);
  await deployed.trigger();
  const moment = new Date(Date.now() + 1000).toISOString();
  deployed.mx.member = {
    most_recent_job_guid: `JOB-${second}`,
    aggregated_at: moment,
    successfully_aggregated_at: moment,
  };
  deployed.mx.accounts = accounts;
  deployed.at(second + 10);
  await deployed.look();
}

const account = {
  guid: 'ACT-1',
  user_guid: member.userGuid,
  member_guid: member.memberGuid,
  account_number: '4921710685',
  balance: 10.5,
  currency_code: 'USD',
};

/** What is answered to putting the member on a schedule, with each of these hours. */
const scheduleEvery =
  (...hours: readonly number[]) =>
  async (deployed: Deployed): Promise<readonly unknown[]> => {
    await deployed.trigger();
    const answers: unknown[] = [];
    for (const every of hours) {
      const { status, body } = await deployed.http('MemberSchedule', {
        method: 'PUT',
        routeKey: 'PUT /users/{user_identifier}/members/{member_identifier}/schedule',
        parameters: memberParameters,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ every }),
      });
      answers.push([status, at(body, 'code'), at(body, 'limit')]);
    }
    return answers;
  };

/** The own ids in the event of a refresh's end, and whether any message has one. */
async function ownIds(deployed: Deployed): Promise<readonly unknown[]> {
  deployed.mx.member = { id: 'own-member', user_id: 'own-user' };
  await deployed.trigger({ callback_url: 'https://hooks.example.com/a' });
  deployed.mx.member = { ...done, id: 'own-member', user_id: 'own-user' };
  deployed.at(10);
  await deployed.look();
  const [event] = deployed.published('refresh.succeeded');
  const messages = [...deployed.sent('FollowUps'), ...deployed.sent('Callbacks')].map(({ body }) => body).join();
  return [
    [at(event?.detail, 'data', 'member_id'), at(event?.detail, 'data', 'user_id')],
    /own-(member|user)/.test(messages),
  ];
}

const readAccounts = (deployed: Deployed) =>
  deployed.http('ReadBalances', {
    routeKey: 'GET /users/{user_identifier}/members/{member_identifier}/accounts',
    parameters: memberParameters,
  });

/** The stored item of the account, two of its attributes. */
async function storedAccount(deployed: Deployed): Promise<unknown> {
  await refresh(deployed, 0, [{ ...account, brand_new_field: 'new' }]);
  const { Item = {} } = await deployed.aws.tables.client.send(
    new GetItemCommand({
      TableName: 'balances',
      Key: { user_guid: { S: 'USR-1' }, account_key: { S: 'MBR-1#ACT-1' } },
    }),
  );
  return [Item['account_number']?.S, Item['brand_new_field']?.S ?? 'dropped'];
}

/** The banks that are listed after one refresh, and what is said of the settings. */
async function listedBanks(deployed: Deployed): Promise<unknown> {
  await learnt(deployed);
  const { body } = await deployed.http('ReadRefresh', { routeKey: 'GET /institution_health' });
  const { institutions = [] } = Object(body);
  return [institutions.map((one: unknown) => at(one, 'code')), at(body, 'settings')];
}

/** How long a job of the last bin took, as a reader is told. */
async function longestJob(deployed: Deployed): Promise<unknown> {
  await deployed.aws.tables.client.send(
    new PutItemCommand({
      TableName: 'refreshes',
      Item: {
        refresh_id: { S: 'INSTITUTION#riverbank' },
        item_key: { S: 'DAY#2026-11-21#0' },
        o_timed_out: { N: '1' },
        b23: { N: '1' },
      },
    }),
  );
  return at(await institutionOf(deployed), 'job_seconds', 'p50');
}

/** What a reader is told of the bank. */
async function institutionOf(deployed: Deployed): Promise<unknown> {
  const routeKey = 'GET /institution_health/{institution_code}';
  const parameters = { institution_code: 'riverbank' };
  return at((await deployed.http('ReadRefresh', { routeKey, parameters })).body, 'institution');
}

/** The counters of the member's institution after one refresh. */
async function learnt(deployed: Deployed): Promise<unknown> {
  deployed.mx.member = { institution_code: 'riverbank' };
  await deployed.trigger();
  const moment = '2026-11-21T12:00:01.000Z';
  deployed.mx.member = {
    ...{ institution_code: 'riverbank', most_recent_job_guid: 'JOB-2' },
    ...{ aggregated_at: moment, successfully_aggregated_at: moment },
  };
  deployed.mx.accounts = [account];
  deployed.at(10);
  await deployed.look();
  const { Items = [] } = await deployed.aws.tables.client.send(
    new QueryCommand({
      TableName: 'refreshes',
      KeyConditionExpression: 'refresh_id = :id',
      ExpressionAttributeValues: { ':id': { S: 'INSTITUTION#riverbank' } },
    }),
  );
  return Items.map((item) =>
    Object.keys(item)
      .filter((name) => /^[bdo]_?/.test(name))
      .toSorted(),
  );
}

/** Five users' jobs fail: which events tell of their institution, and what the next trigger says of it. */
async function brokenBank(deployed: Deployed): Promise<unknown> {
  const bank = { institution_code: 'riverbank', most_recent_job_guid: 'JOB-1' };
  const users = [1, 2, 3, 4, 5];
  const of = (user: number) => ({ user_identifier: `USR-${user}`, member_identifier: `MBR-${user}` });
  const shown = (user: number) => ({ guid: `MBR-${user}`, user_guid: `USR-${user}` });
  const trigger = async (user: number) => {
    deployed.mx.member = { ...bank, ...shown(user) };
    return deployed.http('CheckBalance', {
      method: 'POST',
      routeKey: 'POST /users/{user_identifier}/members/{member_identifier}/check_balance',
      parameters: of(user),
      headers: { 'content-type': 'application/json' },
    });
  };
  for (const user of users) await trigger(user);
  deployed.at(10);
  const looks = deployed.sent('FollowUps').map(({ body }) => body);
  for (const user of users) {
    const failed = { connection_status: 'FAILED', error: { error_code: null } };
    deployed.mx.member = { ...bank, ...shown(user), ...running, ...failed, is_being_aggregated: false };
    const [first = ''] = looks.filter((body) => body.includes(`USR-${user}`));
    await deployed.deliver('FollowUp', first);
    deployed.at(10 + 4 * user);
    const [second = ''] = deployed
      .sent('FollowUps')
      .map(({ body }) => body)
      .filter((body) => body.includes(`USR-${user}`) && !looks.includes(body));
    await deployed.deliver('FollowUp', second);
  }
  deployed.at(100);
  const said = (await trigger(6)).body;
  const told = deployed.aws.events.map(({ type }) => type).filter((type) => type.startsWith('institution.'));
  const shownBank = await institutionOf(deployed);
  return [
    told,
    at(said, 'institution_degraded'),
    [at(shownBank, 'breaker', 'state'), at(shownBank, 'today', 'refreshes')],
  ];
}

/** MX refuses two users' jobs, an hour apart: what is told of one that is due then, and whether MX is asked for it. */
async function noBalanceChecks(deployed: Deployed): Promise<unknown> {
  const bank = { institution_code: 'riverbank' };
  deployed.mx.member = bank;
  await slots(deployed);
  deployed.mx.member = { ...done, ...bank };
  deployed.at(10);
  await deployed.look();
  deployed.mx.refusesJobs = true;
  for (const [second, user] of [
    [3_600, 2],
    [7_200, 3],
  ] as const) {
    const of = { user_identifier: `USR-${user}`, member_identifier: `MBR-${user}` };
    deployed.at(second);
    deployed.mx.member = { ...bank, guid: of.member_identifier, user_guid: of.user_identifier };
    await deployed.http('CheckBalance', {
      method: 'POST',
      routeKey: 'POST /users/{user_identifier}/members/{member_identifier}/check_balance',
      parameters: of,
      headers: { 'content-type': 'application/json' },
    });
  }
  deployed.mx.member = { ...done, ...bank };
  const asked = deployed.mx.seen.length;
  deployed.at(7_200 + 38 * 60);
  await deployed.tick('ScheduledRefresh');
  await deployed.deliver('StartRefresh', deployed.sent('Starts').at(-1)?.body ?? '');
  const told = deployed.published('schedule.held').map(({ detail }) => at(detail, 'data', 'code'));
  return [told, deployed.mx.seen.slice(asked).map(({ method }) => method)];
}

/** Every item of a refresh, by its sort key, with the second of its end. */
async function expiries(deployed: Deployed, refreshId: string): Promise<unknown> {
  const { Items = [] } = await deployed.aws.tables.client.send(
    new QueryCommand({
      TableName: 'refreshes',
      KeyConditionExpression: 'refresh_id = :id',
      ExpressionAttributeValues: { ':id': { S: refreshId } },
    }),
  );
  return Items.map((item) => [item['item_key']?.S?.replace(/#.*/, ''), item['expires_at']?.N]);
}

/** An amount changes 110 s after the start: balance and time to live of each row of the history. */
async function historyRows(deployed: Deployed): Promise<unknown> {
  await refresh(deployed, 0);
  await refresh(deployed, 100, [{ ...account, balance: 11 }]);
  const { Items = [] } = await deployed.aws.tables.client.send(
    new QueryCommand({
      TableName: 'history',
      KeyConditionExpression: 'user_guid = :user',
      ExpressionAttributeValues: { ':user': { S: member.userGuid } },
    }),
  );
  return Items.map((item) => [item['balance']?.N, item['expires_at']?.N]);
}

/** When the trigger is accepted: at each of these seconds, after one refresh from 0 s on. */
const triggersAt =
  (...seconds: readonly number[]) =>
  async (deployed: Deployed): Promise<readonly unknown[]> => {
    await refresh(deployed, 0);
    const answers: unknown[] = [];
    for (const second of seconds) {
      deployed.at(second);
      const { status, headers } = await deployed.trigger();
      answers.push([status, headers['retry-after']]);
    }
    return answers;
  };

/** What the two kinds of readers are told of the next start after one refresh from 0 s on. */
async function nextAllowed(deployed: Deployed): Promise<readonly unknown[]> {
  await refresh(deployed, 0);
  const { headers } = await readAccounts(deployed);
  const { body } = await deployed.http('ReadRefresh', {
    routeKey: 'GET /users/{user_identifier}/members/{member_identifier}/refreshes',
    parameters: memberParameters,
  });
  return [headers['balances-next-refresh-allowed-at'], at(body, 'refreshes', 0, 'next_refresh_allowed_at')];
}

const webhook = (deployed: Deployed) =>
  deployed.http('MxWebhook', {
    method: 'POST',
    routeKey: 'POST /webhooks/mx',
    headers: { authorization: basic('mx') },
    body: JSON.stringify({
      type: 'AGGREGATION',
      action: 'member_data_updated',
      user_guid: member.userGuid,
      member_guid: member.memberGuid,
      completed_at: 1_795_262_404,
    }),
  });

/** How often MX is read after a webhook about a member that was never refreshed. */
async function readsAfterWebhook(deployed: Deployed): Promise<unknown> {
  const { status } = await webhook(deployed);
  await deployed.look();
  return [status, deployed.mx.seen.length > 0 ? 'MX is read' : 'MX is not read'];
}

const scheduleOf = async (deployed: Deployed): Promise<unknown> =>
  at(
    (
      await deployed.http('MemberSchedule', {
        routeKey: 'GET /users/{user_identifier}/members/{member_identifier}/schedule',
        parameters: memberParameters,
      })
    ).body,
    'schedule',
    'every',
  );

/** The partition of the schedule in which a member is, put there by PUT or by the default. */
async function slots(deployed: Deployed): Promise<readonly unknown[]> {
  await deployed.trigger();
  const slot = async (): Promise<unknown> => {
    const { Item = {} } = await deployed.aws.tables.client.send(
      new GetItemCommand({ TableName: 'members', Key: { user_guid: { S: 'USR-1' }, item_key: { S: 'MBR-1' } } }),
    );
    return Item[memberAttribute.enrolment]?.M?.['s']?.S;
  };
  const byDefault = await slot();
  await deployed.http('MemberSchedule', {
    method: 'PUT',
    routeKey: 'PUT /users/{user_identifier}/members/{member_identifier}/schedule',
    parameters: memberParameters,
    headers: { 'content-type': 'application/json' },
    body: '{"every":1}',
  });
  return [byDefault, await slot()];
}

/** What a callback to `url` is answered, and where it is sent when its refresh has ended. */
const callbackTo =
  (...urls: readonly string[]) =>
  async (deployed: Deployed): Promise<readonly unknown[]> => {
    const answers: unknown[] = [];
    for (const url of urls) {
      const { status, body } = await deployed.trigger({ callback_url: url });
      answers.push([status, at(body, 'field')]);
    }
    return answers;
  };

const unauthorized = async (deployed: Deployed): Promise<readonly unknown[]> => {
  const ask = async (headers: Record<string, string>) =>
    (
      await deployed.http('ReadBalances', {
        routeKey: 'GET /users/{user_identifier}/members/{member_identifier}/accounts',
        parameters: memberParameters,
        headers,
      })
    ).status;
  const routes = deployed.template.ofType('AWS::ApiGatewayV2::Route');
  const authorization = new Set(routes.map(({ Properties }) => at(Properties, 'AuthorizationType')));
  return [await ask({}), await ask({ authorization: basic('shop') }), ...authorization];
};

/** What a trigger with `max_age` shows. */
async function triggerFields(deployed: Deployed): Promise<readonly unknown[]> {
  await refresh(deployed, 0);
  const { status, body } = await deployed.trigger({ max_age: 3600 });
  return [status, Object.keys(Object(body))];
}

/** Every setting that acts in a function. */
export const behaviourRows: readonly BehaviourRow[] = [
  {
    setting: 'mxAcceptVersion',
    value: 'v20300101',
    what: 'MX is asked in this version',
    observe: async (deployed) => {
      await deployed.trigger();
      return deployed.mx.seen.map(({ method, headers }) => [method, headers['accept-version']]);
    },
    expected: [
      ['GET', 'v20300101'],
      ['POST', 'v20300101'],
    ],
  },
  {
    setting: 'stage',
    value: 'acme',
    what: 'metrics have it as a dimension, and the tables’ names have it',
    observe: async (deployed) => {
      await deployed.trigger();
      const metric = deployed.lines.find((line) => line.includes('RefreshAccepted')) ?? '';
      return [
        at(JSON.parse(metric), 'stage'),
        deployed.template.ofType('AWS::SSM::Parameter').map(({ Properties }) => at(Properties, 'Name')),
      ];
    },
    expected: [
      'acme',
      [
        '/mx-fresh-balances-acme/tables/balances',
        '/mx-fresh-balances-acme/tables/members',
        '/mx-fresh-balances-acme/tables/refreshes',
        '/mx-fresh-balances-acme/tables/history',
      ],
    ],
  },
  {
    setting: 'deadlineSeconds',
    value: 100,
    what: 'a job that runs on is given up after 100 s',
    observe: lookAt([99, 102], running),
    expected: ['goes on', 'timed_out'],
  },
  {
    setting: 'deadlineSeconds',
    value: 100,
    what: 'the refresh says so from the start',
    observe: async (deployed) => at((await deployed.trigger()).body, 'refresh', 'deadline'),
    expected: '2026-11-21T12:01:40.000Z',
  },
  {
    setting: 'waitersAtOnce',
    value: 0,
    what: 'who asks to wait gets 202 at once',
    // The clock stands still: a wait would not end.
    observe: async (deployed) => (await deployed.trigger({ wait: 25 })).status,
    expected: 202,
  },
  {
    setting: 'firstLookSeconds',
    value: 8,
    what: 'the first look is 8 s away, also for the caller',
    observe: async (deployed) => {
      const { headers } = await deployed.trigger();
      return [delays(deployed), headers['retry-after']];
    },
    expected: [[8], '8'],
  },
  {
    setting: 'firstLookSeconds',
    value: 8,
    what: 'not acted on while webhooks are on',
    beside: { webhooks: 'known' },
    observe: async (deployed) => {
      await deployed.trigger();
      return delays(deployed);
    },
    expected: [20],
  },
  {
    setting: 'learning',
    value: true,
    what: 'the first look comes by the usual lengths of jobs',
    observe: async (deployed) => {
      await deployed.trigger();
      return delays(deployed);
    },
    expected: [4],
  },
  {
    setting: 'learning',
    value: true,
    what: 'an ended refresh is counted for its institution',
    observe: learnt,
    // Its 202 does not name the job, so its length is not learnt.
    expected: [['d_not_ours', 'o_succeeded']],
  },
  {
    setting: 'learning',
    value: true,
    what: 'institutions are listed, and that more is learnt',
    observe: listedBanks,
    expected: [['riverbank'], { learning: true, breaker: true }],
  },
  {
    setting: 'learning',
    value: false,
    what: 'no institution is listed, and no breaker heeded',
    observe: listedBanks,
    expected: [[], { learning: false, breaker: false }],
  },
  {
    setting: 'deadlineSeconds',
    value: 900,
    what: 'a job that ran at the deadline took 450 s or more',
    observe: longestJob,
    expected: { from: 450, to: null },
  },
  {
    setting: 'learning',
    value: false,
    what: 'nothing is counted',
    observe: learnt,
    expected: [],
  },
  {
    setting: 'breaker',
    value: true,
    what: 'a bank that does not work is told of, and said',
    beside: { learning: true },
    observe: brokenBank,
    expected: [
      ['institution.degraded'],
      { since: '2026-11-21T12:00:30.000Z', code: 'failed', message: 'The job failed for a technical reason.' },
      ['open', 5],
    ],
  },
  {
    setting: 'breaker',
    value: false,
    what: 'nothing is said of a bank',
    beside: { learning: true },
    observe: brokenBank,
    expected: [[], undefined, [undefined, 5]],
  },
  {
    setting: 'breaker',
    value: true,
    what: 'an institution without balance checks gets no scheduled start',
    beside: { learning: true, minScheduleHours: 1, defaultScheduleHours: 168 },
    observe: noBalanceChecks,
    expected: [['not_supported'], []],
  },
  {
    setting: 'breaker',
    value: false,
    what: 'an institution without balance checks is asked all the same',
    beside: { learning: true, minScheduleHours: 1, defaultScheduleHours: 168 },
    observe: noBalanceChecks,
    expected: [[], ['GET', 'POST']],
  },
  {
    setting: 'lookLagMilliseconds',
    value: 2000,
    what: 'fewer looks: the first one is 8 s away',
    beside: { learning: true },
    observe: async (deployed) => {
      await deployed.trigger();
      deployed.mx.member = running;
      deployed.at(10);
      await deployed.look();
      return delays(deployed);
    },
    expected: [8, 9],
  },
  {
    setting: 'firstLookWithWebhooksSeconds',
    value: 33,
    what: 'the first look is 33 s away with webhooks',
    beside: { webhooks: 'all' },
    observe: async (deployed) => {
      await deployed.trigger();
      return delays(deployed);
    },
    expected: [33],
  },
  {
    setting: 'firstLookWithWebhooksSeconds',
    value: 33,
    what: 'not acted on without webhooks',
    observe: async (deployed) => {
      await deployed.trigger();
      return delays(deployed);
    },
    expected: [5],
  },
  {
    setting: 'minLookGapSeconds',
    value: 4,
    what: 'looks are 4 s apart, and an earlier one is put off',
    observe: async (deployed) => {
      await lookAt([5, 8], running)(deployed);
      return delays(deployed);
    },
    // The first look, the next after 4 s and not 2.5, and what came a second too early.
    expected: [5, 4, 1],
  },
  {
    setting: 'minLookGapSeconds',
    value: 4,
    what: 'a reader is told to ask again after 4 s',
    observe: async (deployed) => {
      const { body } = await deployed.trigger();
      const { headers } = await deployed.http('ReadRefresh', {
        routeKey: 'GET /refreshes/{refresh_id}',
        parameters: { refresh_id: String(at(body, 'refresh', 'refresh_id')) },
      });
      return headers['retry-after'];
    },
    expected: '4',
  },
  {
    setting: 'maxLookGapSeconds',
    value: 50,
    what: 'a job that has run for 300 s is looked at after 50 s',
    observe: async (deployed) => {
      await lookAt([300], running)(deployed);
      return delays(deployed);
    },
    expected: [5, 50],
  },
  {
    setting: 'graceSeconds',
    value: 7,
    what: 'without proof a job is given up after 7 s',
    beside: { graceLooks: 1 },
    observe: lookAt([3, 6.999, 10]),
    expected: ['goes on', 'goes on', 'not_refreshed'],
  },
  {
    setting: 'graceSeconds',
    value: 7,
    what: 'at exactly 7 s already',
    beside: { graceLooks: 1 },
    observe: lookAt([7]),
    expected: ['not_refreshed'],
  },
  {
    setting: 'graceLooks',
    value: 3,
    what: 'without proof a job is given up at the third look',
    beside: { graceSeconds: 1 },
    observe: lookAt([20, 40, 60]),
    expected: ['goes on', 'goes on', 'not_refreshed'],
  },
  {
    setting: 'allowanceStarts',
    value: 1,
    what: 'the second job within the window is refused',
    observe: triggersAt(20),
    expected: [[429, '7180']],
  },
  {
    setting: 'allowanceStarts',
    value: 2,
    what: 'the second job is started, the third refused',
    observe: async (deployed) => {
      await refresh(deployed, 0);
      deployed.at(20);
      const second = await deployed.trigger();
      await refresh(deployed, 20);
      deployed.at(40);
      const third = await deployed.trigger();
      return [second.status, third.status, third.headers['retry-after']];
    },
    expected: [202, 429, '7160'],
  },
  {
    setting: 'allowanceStarts',
    value: 1,
    what: 'readers are told when the next may start',
    observe: nextAllowed,
    expected: ['2026-11-21T14:00:00.000Z', '2026-11-21T14:00:00.000Z'],
  },
  {
    setting: 'allowanceStartsPerCaller',
    value: 1,
    what: 'the caller’s second job within the window is refused, and says why',
    observe: async (deployed) => {
      await refresh(deployed, 0);
      deployed.at(20);
      const { status, headers, body } = await deployed.trigger();
      return [status, headers['retry-after'], at(body, 'code'), at(body, 'limit')];
    },
    expected: [429, '7180', 'caller_allowance_used_up', 'allowanceStartsPerCaller'],
  },
  {
    setting: 'allowanceWindowSeconds',
    value: 600,
    what: 'a job no longer counts after 600 s',
    beside: { allowanceStarts: 1 },
    observe: triggersAt(599, 600),
    expected: [
      [429, '1'],
      [202, '5'],
    ],
  },
  {
    setting: 'allowanceWindowSeconds',
    value: 600,
    what: 'readers are told when the next may start',
    beside: { allowanceStarts: 1 },
    observe: nextAllowed,
    expected: ['2026-11-21T12:10:00.000Z', '2026-11-21T12:10:00.000Z'],
  },
  {
    setting: 'staleAfterSeconds',
    value: 60,
    what: 'balances are stale when read 61 s after they were observed',
    observe: async (deployed) => {
      await refresh(deployed, 0);
      const verdicts: unknown[] = [];
      for (const second of [70, 71]) {
        deployed.at(second);
        verdicts.push((await readAccounts(deployed)).headers['balances-freshness']);
      }
      return verdicts;
    },
    expected: ['fresh', 'stale'],
  },
  {
    setting: 'staleAfterSeconds',
    value: 60,
    what: 'the trigger’s answer says the same',
    observe: async (deployed) => {
      await refresh(deployed, 0);
      const verdicts: unknown[] = [];
      for (const second of [70, 71]) {
        deployed.at(second);
        verdicts.push(at((await deployed.trigger({ max_age: 1000 })).body, 'freshness', 'verdict'));
      }
      return verdicts;
    },
    expected: ['fresh', 'stale'],
  },
  {
    setting: 'refreshRetentionDays',
    value: 2,
    what: 'a refresh and its callback expire two days after it was accepted',
    beside: { callbackHosts: 'hooks.example.com' },
    observe: async (deployed) => {
      const { body } = await deployed.trigger({ callback_url: 'https://hooks.example.com/' });
      return expiries(deployed, String(at(body, 'refresh', 'refresh_id')));
    },
    // 2026-11-23T12:00:00Z.
    expected: [
      ['CALLBACK', '1795435200'],
      ['REFRESH', '1795435200'],
    ],
  },
  {
    setting: 'historyDays',
    value: 30,
    what: 'former amounts are kept, 30 days from when they were replaced',
    observe: historyRows,
    // 2026-12-21T12:01:50Z.
    expected: [['10.5', '1797854510']],
  },
  {
    setting: 'historyDays',
    value: 0,
    what: 'former amounts are not kept',
    observe: historyRows,
    expected: [],
  },
  {
    setting: 'defaultScheduleHours',
    value: 24,
    what: 'a member that was refreshed is on the schedule',
    observe: async (deployed) => {
      await deployed.trigger();
      return scheduleOf(deployed);
    },
    expected: 24,
  },
  {
    setting: 'minScheduleHours',
    value: 6,
    what: 'callers may not ask for less',
    observe: scheduleEvery(4, 6),
    expected: [
      [400, 'schedule_too_often', 'minScheduleHours'],
      [200, undefined, undefined],
    ],
  },
  {
    setting: 'scheduleChangesPerCaller',
    value: 2,
    what: 'a caller’s third change in a day is refused',
    beside: { minScheduleHours: 1 },
    observe: scheduleEvery(6, 24, 6),
    expected: [
      [200, undefined, undefined],
      [200, undefined, undefined],
      [429, 'schedule_changes_used_up', 'scheduleChangesPerCaller'],
    ],
  },
  {
    setting: 'scheduleShards',
    value: 5,
    what: 'members are put into the shard of their guid',
    beside: { defaultScheduleHours: 168, minScheduleHours: 1 },
    observe: slots,
    // FNV-1a of MBR-1 is 514115678: minute 5438 of a week, shard 51003 mod 5; minute 38 of an hour, shard 8568594 mod 5.
    expected: ['SLOT#168h#05438#3', 'SLOT#1h#00038#4'],
  },
  {
    setting: 'scheduleShards',
    value: 5,
    what: 'members of every shard are started when they are due',
    beside: { minScheduleHours: 1 },
    observe: async (deployed) => {
      await slots(deployed);
      deployed.at(38 * 60);
      await deployed.tick('ScheduledRefresh');
      return deployed.sent('Starts').map(({ body }) => at(JSON.parse(body), 'members', 0, 'slot'));
    },
    expected: ['SLOT#1h#00038#4'],
  },
  {
    setting: 'startsPerSecond',
    value: 2,
    what: 'a message over the ceiling waits for its reserved time',
    beside: { minScheduleHours: 1 },
    observe: async (deployed) => {
      await slots(deployed);
      deployed.at(38 * 60);
      await deployed.tick('ScheduledRefresh');
      const message = deployed.sent('Starts')[0]?.body ?? '';
      for (let time = 0; time < 2; time += 1) await deployed.deliver('StartRefresh', message);
      return deployed.sent('Starts').map(({ body, delaySeconds }) => [at(JSON.parse(body), 'start_at'), delaySeconds]);
    },
    expected: [
      [undefined, 0],
      ['2026-11-21T12:38:00.500Z', 1],
    ],
  },
  {
    setting: 'keepAccountNumbers',
    value: true,
    what: 'account numbers are stored whole, unknown fields are not',
    observe: storedAccount,
    expected: ['4921710685', 'dropped'],
  },
  {
    setting: 'keepUnknownFields',
    value: true,
    what: 'unknown fields are stored, account numbers are not',
    observe: storedAccount,
    expected: ['****0685', 'new'],
  },
  ...[
    { value: true, expected: { balance: '11', previous_balance: '10.5', currency_code: 'USD' } },
    { value: false, expected: undefined },
  ].map(({ value, expected }) => ({
    setting: 'amountsInEvents' as const,
    value,
    what: value ? 'balance.changed says from what to what' : 'balance.changed has no amount',
    observe: async (deployed: Deployed) => {
      await refresh(deployed, 0);
      await refresh(deployed, 100, [{ ...account, balance: 11 }]);
      return at(deployed.published('balance.changed').at(-1)?.detail, 'data', 'amounts');
    },
    expected,
  })),
  {
    setting: 'webhooks',
    value: 'known',
    what: 'webhooks of members never refreshed are ignored',
    observe: readsAfterWebhook,
    expected: [204, 'MX is not read'],
  },
  {
    setting: 'webhooks',
    value: 'all',
    what: 'webhooks of members never refreshed are handled',
    observe: readsAfterWebhook,
    expected: [204, 'MX is read'],
  },
  {
    setting: 'webhooks',
    value: 'off',
    what: 'there is no route, function or secret for them',
    observe: async ({ template }) =>
      template.resources.filter(({ id, Properties }) => /webhook/i.test(`${id} ${at(Properties, 'RouteKey')}`)),
    expected: [],
  },
  {
    setting: 'callbackHosts',
    value: 'hooks.example.com,other.example.com:8443',
    what: 'callbacks go to these hosts and ports only',
    observe: callbackTo(
      'https://hooks.example.com/a',
      'https://other.example.com:8443/a',
      'https://other.example.com/a',
      'https://third.example.com/a',
      'http://localhost:1/a',
    ),
    expected: [
      [202, undefined],
      [202, undefined],
      [400, 'callback_url'],
      [400, 'callback_url'],
      [400, 'callback_url'],
    ],
  },
  {
    setting: 'callbackHosts',
    value: 'hooks.example.com',
    what: 'a delivery to a host taken off the list is given up',
    observe: async (deployed) => {
      await deployed.trigger({ callback_url: 'https://hooks.example.com/a' });
      deployed.mx.member = done;
      deployed.at(10);
      await deployed.look();
      const [booked] = deployed.sent('Callbacks');
      const message = (booked?.body ?? '').replace('hooks.example.com', 'former.example.com');
      return [await deployed.deliver('DeliverCallback', message), deployed.lines.join().includes('not_allowed')];
    },
    expected: [true, true],
  },
  {
    setting: 'callbackLoopback',
    value: true,
    what: 'callbacks go to this machine, and to no host',
    observe: async (deployed) => {
      const url = deployed.mx.url.replace('127.0.0.1', 'localhost');
      const answers = await callbackTo(`${url}/hook`, 'https://hooks.example.com/a')(deployed);
      deployed.mx.member = done;
      deployed.at(10);
      await deployed.look();
      await deployed.deliver('DeliverCallback', deployed.sent('Callbacks')[0]?.body ?? '');
      return [...answers, deployed.mx.seen.filter((seen) => seen.url === '/hook').length];
    },
    expected: [[202, undefined], [400, 'callback_url'], 1],
  },
  {
    setting: 'callbackLoopback',
    value: false,
    what: 'callbacks to this machine are refused',
    beside: { callbackHosts: 'hooks.example.com' },
    observe: callbackTo('http://localhost:1/a'),
    expected: [[400, 'callback_url']],
  },
  {
    setting: 'ownIdsInEvents',
    value: true,
    what: 'events have the member’s own ids, and no message has',
    beside: { callbackHosts: 'hooks.example.com' },
    observe: ownIds,
    expected: [['own-member', 'own-user'], false],
  },
  {
    setting: 'ownIdsInEvents',
    value: false,
    what: 'events have guids only',
    beside: { callbackHosts: 'hooks.example.com' },
    observe: ownIds,
    expected: [[undefined, undefined], false],
  },
  {
    setting: 'callbacksPerCaller',
    value: 2,
    what: 'a third callback of one caller for one refresh is refused',
    beside: { callbackHosts: 'hooks.example.com' },
    observe: callbackTo('https://hooks.example.com/a', 'https://hooks.example.com/b', 'https://hooks.example.com/c'),
    expected: [
      [202, undefined],
      [202, undefined],
      [409, undefined],
    ],
  },
  {
    setting: 'iamTriggerReads',
    value: false,
    what: 'who may trigger is shown no accounts',
    observe: triggerFields,
    expected: [200, ['member', 'refresh', 'freshness']],
  },
  {
    setting: 'iamTriggerReads',
    value: true,
    what: 'who may trigger is shown accounts',
    observe: triggerFields,
    expected: [200, ['member', 'refresh', 'accounts', 'freshness']],
  },
  {
    setting: 'apiAccess',
    value: 'basic',
    what: 'the functions ask for a key, the gateway asks for nothing',
    observe: unauthorized,
    expected: [401, 404, 'NONE'],
  },
  {
    setting: 'apiAccess',
    value: 'iam',
    what: 'the gateway asks for a signature, the functions for nothing',
    observe: unauthorized,
    expected: [404, 404, 'AWS_IAM'],
  },
];
