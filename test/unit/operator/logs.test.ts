import { describe, expect, it } from 'vitest';
import { groupOfFunction, logGroupsIn } from '../../../infra/operator/logs/log-groups.ts';
import { isTrouble, jsonFor, type LogEvent, lineFor, refreshesIn } from '../../../infra/operator/logs/log-line.ts';
import {
  callerOf,
  patternFor,
  patternsForRefreshes,
  rangeOf,
  sinceOf,
  wantedOf,
} from '../../../infra/operator/logs/wanted.ts';
import { at, refreshId, T0 } from '../../samples.ts';

const event = (message: unknown): LogEvent => ({
  id: 'group 1',
  at: Date.parse(T0),
  functionId: 'FollowUp',
  message: typeof message === 'string' ? message : JSON.stringify(message),
});

describe('a log line', () => {
  it('is a line of words for people', () => {
    const line = {
      ...{ level: 'INFO', timestamp: T0, service: 'follow-up', stage: 'dev', version: '7', event: 'follow_up.done' },
      ...{ refresh_id: 'RFR-1', correlation_id: 'order-1', look: 2, outcome: 'looking_again', code: null },
      ...{ counts: { accepted: 1 }, failure: 'no answer in time', _aws: { Timestamp: 1 }, RefreshAccepted: 1 },
    };
    expect(lineFor(event(line))).toBe(
      `${T0} INFO  follow-up follow_up.done refresh_id=RFR-1 correlation_id=order-1 look=2 outcome=looking_again counts={"accepted":1} failure="no answer in time"`,
    );
  });

  it.each<[string, unknown, string]>([
    [
      'of Lambda itself',
      { time: T0, type: 'platform.report', record: { status: 'timeout' } },
      `${T0} ?     follow-up platform.report time=${T0} record={"status":"timeout"}`,
    ],
    ['that is plain text', 'Error:\n\u001b[2Jat x\n', `${T0} ?     follow-up Error: [2Jat x`],
    ['that is a list', '[1]', `${T0} ?     follow-up [1]`],
    [
      'with an escape',
      { level: 'WARN', service: 'sweep', event: 'x', failure: 'a\u001b[2J' },
      `${T0} WARN  sweep x failure="a\\u001b[2J"`,
    ],
  ])('%s moves no cursor', (_what, message, line) => {
    expect(lineFor(event(message))).toBe(line);
  });

  it('is as it was written for programs', () => {
    expect(jsonFor(event('{"level":"INFO",  "a":1}\n'))).toBe('{"level":"INFO",  "a":1}');
    expect(JSON.parse(jsonFor(event('boom')))).toEqual({ timestamp: T0, service: 'follow-up', message: 'boom' });
  });

  it.each<[unknown, boolean]>([
    [{ level: 'INFO' }, false],
    [{ level: 'WARN' }, true],
    [{ level: 'ERROR' }, true],
    [{ level: 'FATAL' }, true],
    [{}, false],
    ['plain text', true],
    [{ type: 'platform.report', record: { status: 'success' } }, false],
    [{ type: 'platform.report', record: { status: 'timeout' } }, true],
    [{ type: 'platform.report', record: null }, false],
  ])('%j is trouble: %s', (message, trouble) => {
    expect(isTrouble(event(message))).toBe(trouble);
  });

  it('names its refresh', () => {
    const lines = [{ refresh_id: 'RFR-1' }, { refresh_id: 'RFR-1' }, { refresh_id: 4 }, {}, 'text'].map(event);
    expect([...refreshesIn(lines)]).toEqual(['RFR-1']);
  });
});

describe('the requests of a caller', () => {
  it.each(['shop', 'arn:aws:sts::123456789012:assumed-role/Shop/i-0+a,b=c@d'])('%s', (caller) => {
    expect(callerOf(caller)).toEqual({ fields: ['caller'], value: caller, withRefreshes: false });
  });

  it.each(['', 'a b', 'a"b', 'shop*', 'x'.repeat(301)])('are not asked for as “%s”', (caller) => {
    expect(() => callerOf(caller)).toThrow(/is no caller: it has to be a client id, or the ARN/);
  });
});

describe('what is searched for', () => {
  it.each<[string, readonly string[], boolean]>([
    [refreshId(1), ['refresh_id'], false],
    ['MBR-1', ['member_guid'], true],
    ['CBK-1', ['callback_id'], false],
    [`ERS-${'0'.repeat(32)}`, ['erasure_id'], false],
    ['order-4711', ['correlation_id', 'request_id', 'message_id'], true],
    ['Zyx_w=', ['correlation_id', 'request_id', 'message_id'], true],
  ])('%s', (id, fields, withRefreshes) => {
    expect(wantedOf(id)).toEqual({ fields, value: id, withRefreshes });
  });

  it.each(['', 'a b', 'a"b', 'RFR-*', 'x'.repeat(101)])('is refused: "%s"', (id) => {
    expect(() => wantedOf(id)).toThrow(/is no id/);
  });

  it('is a pattern of CloudWatch’s', () => {
    const conditions = ['a', 'b'].map((field) => ({ field, value: 'x' }));
    expect(patternFor(conditions)).toBe('{ $.a = "x" || $.b = "x" }');
  });

  it('is never longer than CloudWatch takes', () => {
    const patterns = patternsForRefreshes(Array.from({ length: 31 }, (_, n) => refreshId(n)));
    expect(patterns.map((pattern) => pattern.split('||').length)).toEqual([15, 15, 1]);
    expect(Math.max(...patterns.map(({ length }) => length))).toBeLessThanOrEqual(1_024);
  });
});

describe('the range', () => {
  const now = '2026-11-27T12:00:00.000Z';
  const ofMember = wantedOf('MBR-1');
  // 2026-11-21T12:00:00.000Z.
  const accepted = `RFR-01M7YZMHG0${'0'.repeat(16)}`;

  it.each<[string, string]>([
    ['90m', '2026-11-27T10:30:00.000Z'],
    ['24h', '2026-11-26T12:00:00.000Z'],
    ['7d', '2026-11-20T12:00:00.000Z'],
    ['30s', '2026-11-27T11:59:30.000Z'],
    ['2026-11-27T11:00:00Z', '2026-11-27T11:00:00.000Z'],
  ])('--since %s', (since, from) => {
    expect(rangeOf(since, ofMember, now)).toEqual({ from, until: null });
  });

  it.each(['yesterday', '5', '7w', '2026-11-27', '2026-13-27T11:00:00Z', '-5m'])('refuses --since %s', (since) => {
    expect(() => sinceOf(since, now)).toThrow(/^--since is .*; it has to be like 90m/);
  });

  it('is a day, or the life of a refresh', () => {
    expect(rangeOf(null, ofMember, now)).toEqual({ from: '2026-11-26T12:00:00.000Z', until: null });
    expect(rangeOf(null, wantedOf(accepted), now)).toEqual({ from: at(-60), until: at(2 * 86_400) });
    expect(rangeOf('1h', wantedOf(accepted), now)).toEqual({ from: '2026-11-27T11:00:00.000Z', until: null });
  });

  it.each([`RFR-7ZZZZZZZZZ${'0'.repeat(16)}`, 'RFR-odd'])('of %s is a day: it tells no past time', (id) => {
    expect(rangeOf(null, wantedOf(id), now)).toEqual({ from: '2026-11-26T12:00:00.000Z', until: null });
  });
});

describe('the log groups', () => {
  const resource = (
    LogicalResourceId: string,
    ResourceType: string,
    PhysicalResourceId = `name of ${LogicalResourceId}`,
  ) => ({
    ...{ LogicalResourceId, ResourceType, PhysicalResourceId },
  });
  const resources = [
    resource('OneStorageMembersC303E722', 'AWS::DynamoDB::GlobalTable', 'members-1'),
    resource('TwoStorageMembersC303E722', 'AWS::DynamoDB::GlobalTable', 'members-2'),
    resource('OneSweepFunction01234567', 'AWS::Lambda::Function'),
    resource('OneSweepLogs89ABCDEF', 'AWS::Logs::LogGroup'),
    resource('OneHttpAccessLogs89ABCDEF', 'AWS::Logs::LogGroup'),
    resource('TwoSweepFunction01234567', 'AWS::Lambda::Function'),
    resource('TwoSweepLogs89ABCDEF', 'AWS::Logs::LogGroup'),
    resource('ForeignFunction01234567', 'AWS::Lambda::Function'),
    resource('ForeignLogs89ABCDEF', 'AWS::Logs::LogGroup'),
  ];

  it('are those of this deployment’s functions', () => {
    expect(logGroupsIn(resources, 'members-1')).toEqual([
      { functionId: 'Sweep', name: 'name of OneSweepLogs89ABCDEF' },
    ]);
    expect(logGroupsIn(resources, 'members-3')).toEqual([]);
  });

  it('are found by the names of functions, renamed ones too', () => {
    const groups = ['FollowUp', 'ScheduledRefresh', 'StartRefresh'].map((functionId) => ({
      functionId,
      name: functionId,
    }));
    expect(['follow-up', 'run-schedule', 'start-due'].map((name) => groupOfFunction(groups, name).name)).toEqual([
      'FollowUp',
      'ScheduledRefresh',
      'StartRefresh',
    ]);
    expect(() => groupOfFunction(groups, 'scheduled-refresh')).toThrow(
      'There is no function scheduled-refresh here; there are follow-up, run-schedule, start-due.',
    );
  });

  it('of all have the whole day as their range', () => {
    const now = '2026-11-27T12:00:00.000Z';
    expect(rangeOf(null, null, now)).toEqual({ from: '2026-11-26T12:00:00.000Z', until: null });
  });
});
