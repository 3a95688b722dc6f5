/**
 * The alarms on this service's own metrics, in situations that are wrong and in some that are not: the functions run with the
 * environment of the template, and what they write is what the alarm of the same template looks at.
 */
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { writePauses } from '../../shared/clients/pauses-table.ts';
import { metricsIn, metricsOfAlarm, stateOf } from '../infra/cloudwatch.ts';
import { everythingOn, synthesize } from '../infra/synthesized.ts';
import { type Deployed, deploy, memberParameters, T0 } from './deployed.ts';

let deployed: Deployed;

const secondsAfterT0 = (seconds: number): string => new Date(Date.parse(T0) + seconds * 1000).toISOString();

/** Asks for a refresh of the only member of the user with this number, who is no other test's. */
async function trigger(user: number): Promise<number | undefined> {
  const parameters = { user_identifier: `USR-${user}`, member_identifier: `MBR-${user}` };
  deployed.mx.member = { ...deployed.mx.member, guid: parameters.member_identifier, user_guid: `USR-${user}` };
  const { status } = await deployed.http('CheckBalance', {
    method: 'POST',
    routeKey: 'POST /users/{user_identifier}/members/{member_identifier}/check_balance',
    parameters,
    headers: { 'content-type': 'application/json' },
  });
  return status;
}

/** How MX shows a job that began after `second`, with these fields over those of one that is over. */
type Job = (second: number) => Readonly<Record<string, unknown>>;

const succeeds: Job = (second) => ({ successfully_aggregated_at: secondsAfterT0(second + 4) });
const isDenied: Job = () => ({ connection_status: 'DENIED' });
const runsOn: Job = () => ({ is_being_aggregated: true });

/** Refreshes a member at `second`: two looks, and one after the deadline of 60 s. */
async function refresh(user: number, second: number, job: Job): Promise<void> {
  deployed.at(second);
  deployed.mx.member = {};
  await trigger(user);
  const shown = { most_recent_job_guid: `JOB-${second}`, aggregated_at: secondsAfterT0(second + 1) };
  deployed.mx.member = { ...deployed.mx.member, ...shown, ...job(second) };
  for (const later of [5, 10, 61]) {
    deployed.at(second + later);
    await deployed.look();
  }
}

/** A pause that began so many seconds ago, and the sweep of the minute. */
async function paused(seconds: number): Promise<number> {
  const pause = { from: T0, until: secondsAfterT0(86_400), why: 'some' };
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: deployed.aws.url, credentials });
  await writePauses(client, 'refreshes', { pauses: [pause], version: 0 });
  client.destroy();
  deployed.at(seconds);
  await deployed.tick('Sweep');
  return seconds + 60;
}
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Refreshes of a member whose balance is another one each time; before the second one `change` happens. */
async function moves(change: () => Promise<unknown>): Promise<number> {
  for (const [index, balance] of [100, 90].entries()) {
    if (index === 1) await change();
    deployed.mx.accounts = [{ guid: 'ACT-1', user_guid: 'USR-1', member_guid: 'MBR-1', balance }];
    await refresh(1, index * 70, succeeds);
  }
  return 140;
}

interface Situation {
  readonly alarm: string;
  readonly what: string;
  readonly state: 'ALARM' | 'OK';
  /** What has to have been counted for the state to say anything. */
  readonly counted?: readonly [metric: string, count: number];
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Plays it, and gives the second at which CloudWatch looks at the alarm. */
  readonly play: () => Promise<number>;
}

const fewEnds = { deadlineSeconds: 60, alarmMinEnds: 4 };

/** One refresh after the other, each like the next of these jobs. */
const refreshes = (jobs: readonly Job[]) => async () => {
  for (const [index, job] of jobs.entries()) await refresh(index + 1, index * 70, job);
  return jobs.length * 70;
};

/** So many triggers in each of three times five minutes, while MX answers with 429. */
const throttled = (each: readonly number[]) => async () => {
  deployed.mx.status = 429;
  for (const [period, count] of each.entries())
    for (let index = 0; index < count; index += 1) {
      deployed.at(period * 300 + index * 10);
      await trigger(10 * period + index + 1);
    }
  return each.length * 300;
};

/** Refreshes that are accepted at these seconds and never looked at. */
const accepted = (seconds: readonly number[]) => async () => {
  for (const [index, second] of seconds.entries()) {
    deployed.at(second);
    expect(await trigger(index + 1)).toBe(202);
  }
  return 3600;
};

/** So many requests with a wrong key, half of them to read. */
const wrongKeys = (count: number) => async () => {
  for (let index = 0; index < count; index += 1) {
    const [to, routeKey] =
      index % 2 === 0
        ? (['CheckBalance', 'POST /users/{user_identifier}/members/{member_identifier}/check_balance'] as const)
        : (['ReadBalances', 'GET /users/{user_identifier}/members/{member_identifier}/accounts'] as const);
    const headers = { authorization: `Basic ${Buffer.from('shop:wrong').toString('base64')}` };
    await deployed.http(to, { method: routeKey.replace(/ .*/, ''), routeKey, parameters: memberParameters, headers });
  }
  return 60;
};

const situations: readonly Situation[] = [
  {
    alarm: 'HealthSuccessFalls',
    what: 'three of four refreshes time out',
    settings: fewEnds,
    play: refreshes([succeeds, runsOn, runsOn, runsOn]),
    state: 'ALARM',
  },
  {
    alarm: 'HealthSuccessFalls',
    what: 'half of them succeed',
    settings: fewEnds,
    play: refreshes([succeeds, runsOn, succeeds, runsOn]),
    counted: ['RefreshSucceeded', 2],
    state: 'OK',
  },
  {
    alarm: 'HealthSuccessFalls',
    what: 'users have to act',
    settings: fewEnds,
    play: refreshes([isDenied, isDenied, isDenied, isDenied, isDenied]),
    counted: ['RefreshActionRequired', 5],
    state: 'OK',
  },
  {
    alarm: 'HealthSuccessFalls',
    what: 'too few end to say anything',
    settings: fewEnds,
    play: refreshes([runsOn, runsOn, runsOn]),
    counted: ['RefreshMissed', 3],
    state: 'OK',
  },
  { alarm: 'HealthSuccessFalls', what: 'nothing happens', play: async () => 1800, state: 'OK' },
  {
    alarm: 'HealthNothingEnds',
    what: 'refreshes begin for an hour, and none is looked at',
    play: accepted([600, 2400]),
    state: 'ALARM',
  },
  { alarm: 'HealthNothingEnds', what: 'one has just begun', play: accepted([3590]), state: 'OK' },
  { alarm: 'HealthNothingEnds', what: 'several have just begun', play: accepted([1900, 3590]), state: 'OK' },
  {
    alarm: 'HealthNothingEnds',
    what: 'one of them ends',
    settings: { deadlineSeconds: 60 },
    play: async () => {
      await refresh(9, 100, isDenied);
      return accepted([600, 2400])();
    },
    state: 'OK',
  },
  { alarm: 'HealthNothingEnds', what: 'nothing happens', play: async () => 3600, state: 'OK' },
  {
    alarm: 'HealthMxThrottles',
    what: 'MX throttles for a quarter of an hour',
    settings: { alarmMxThrottles: 2 },
    play: throttled([2, 2, 3]),
    state: 'ALARM',
  },
  {
    alarm: 'HealthMxThrottles',
    what: 'MX throttles less in between',
    settings: { alarmMxThrottles: 2 },
    play: throttled([2, 1, 3]),
    counted: ['MxThrottled', 6],
    state: 'OK',
  },
  {
    alarm: 'HealthPauseLeftOn',
    what: 'calls to MX are paused for four hours',
    play: async () => paused(4 * 3600),
    state: 'ALARM',
  },
  {
    alarm: 'HealthPauseLeftOn',
    what: 'calls to MX are paused for a minute less',
    play: async () => paused(4 * 3600 - 60),
    counted: ['MinutesPaused', 239],
    state: 'OK',
  },
  {
    alarm: 'HealthHistoryNotKept',
    what: 'the history’s table is gone',
    settings: { historyDays: 30 },
    play: () => moves(() => deployed.aws.tables.client.send(new DeleteTableCommand({ TableName: 'history' }))),
    counted: ['HistoryNotKept', 1],
    state: 'ALARM',
  },
  {
    alarm: 'HealthHistoryNotKept',
    what: 'the former amount is put into the history',
    settings: { historyDays: 30 },
    play: () => moves(async () => {}),
    counted: ['RefreshSucceeded', 2],
    state: 'OK',
  },
  {
    alarm: 'CredentialsMxRejectscheckbalance',
    what: 'MX refuses our address',
    play: async () => {
      deployed.mx.status = 403;
      await trigger(1);
      return 60;
    },
    state: 'ALARM',
  },
  {
    alarm: 'CredentialsMxRejectsfollowup',
    what: 'MX refuses our address at a look',
    play: async () => {
      await trigger(1);
      deployed.mx.status = 403;
      deployed.at(5);
      await deployed.look();
      return 60;
    },
    state: 'ALARM',
  },
  {
    alarm: 'CredentialsMxRejectsstartrefresh',
    what: 'MX refuses our address when the schedule starts',
    settings: { defaultScheduleHours: 1, minScheduleHours: 1 },
    play: async () => {
      await trigger(1);
      deployed.at(700);
      await deployed.look();
      await deployed.tick('ScheduledRefresh');
      // The member's minute of each hour is among those since then.
      deployed.at(3600);
      await deployed.tick('ScheduledRefresh');
      deployed.mx.status = 403;
      for (const { body } of deployed.sent('Starts')) await deployed.deliver('StartRefresh', body);
      return 3660;
    },
    state: 'ALARM',
  },
  {
    alarm: 'HttpWrongKeys',
    what: 'callers of several routes have wrong keys',
    settings: { apiAccess: 'basic', alarmWrongKeys: 4 },
    play: wrongKeys(4),
    state: 'ALARM',
  },
  {
    alarm: 'HttpWrongKeys',
    what: 'they are fewer',
    settings: { apiAccess: 'basic', alarmWrongKeys: 4 },
    play: wrongKeys(3),
    counted: ['CallerRefused', 3],
    state: 'OK',
  },
];

describe('an alarm on a metric of ours', () => {
  afterEach(() => deployed.close());

  it.each(situations)('$alarm: $what, $state', async ({ alarm, settings = {}, play, state, counted }) => {
    deployed = await deploy(settings);
    const seconds = await play();
    const found = deployed.template.ofType('AWS::CloudWatch::Alarm').find(({ id }) => id.startsWith(alarm));
    expect(found).toBeDefined();
    const data = metricsIn(deployed.lines);
    if (counted) {
      const [metric, count] = counted;
      const values = data.filter(({ name }) => name === metric).flatMap((datum) => datum.values);
      expect(values.reduce((sum, value) => sum + value, 0)).toBe(count);
    }
    expect(stateOf(found?.Properties, data, Date.parse(T0) + seconds * 1000)).toBe(state);
  });
});

it('every alarm on a metric of ours is among them', () => {
  const ours = synthesize({ ...everythingOn, apiAccess: 'basic' })
    .ofType('AWS::CloudWatch::Alarm')
    .filter(({ Properties }) => metricsOfAlarm(Properties).some(({ namespace }) => namespace === 'MxFreshBalances'))
    .map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''));
  const fired = situations.filter(({ state }) => state === 'ALARM').map(({ alarm }) => alarm);
  expect(fired.toSorted()).toEqual(ours.toSorted());
});
