import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { countOperatorFaults, telemetry } from '../../../shared/lambda/log.ts';
import { Refusal } from '../../../shared/lambda/refusal.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

const now = () => '2026-11-26T12:00:00.007Z';

const written: string[] = [];

beforeEach(() => {
  written.length = 0;
  const write = (chunk: string | Uint8Array): boolean => {
    written.push(String(chunk));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const lines = () =>
  written
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('a log line', () => {
  it('is one line of JSON, each thing said once', () => {
    telemetry('sweep', 'prod', now).log('sweep.done', { counts: { end: 2 } });
    const [line, ...more] = lines();
    expect(more).toEqual([]);
    expect(line).toEqual({
      level: 'INFO',
      timestamp: '2026-11-26T12:00:00.007Z',
      service: 'sweep',
      event: 'sweep.done',
      counts: { end: 2 },
    });
    expect(written.join('')).toMatch(/^\{.*\}\n$/);
  });

  it('leaves out what is not known', () => {
    telemetry('follow-up', 'prod', now).log('follow_up.done', { refresh_id: undefined, look: 3 });
    expect(written.join('')).not.toContain('undefined');
    expect(lines()[0]).not.toHaveProperty('refresh_id');
    expect(lines()[0]).toMatchObject({ look: 3 });
  });

  it('of a named failure: warning, code, fate, no stack', () => {
    const error = new Failure('mx_timeout', 'MX did not answer', {}, { cause: new Error('socket') });
    telemetry('follow-up', 'prod', now).log('follow_up.failed', { member_guid: 'MBR-1', error });
    expect(lines()).toMatchObject([
      { level: 'WARN', code: 'mx_timeout', fate: 'try-again', failure: 'MX did not answer', member_guid: 'MBR-1' },
    ]);
    expect(written.join('')).not.toContain('socket');
    expect(lines()[0]).not.toHaveProperty('cause');
  });

  it('of other errors: error, cause and place', () => {
    telemetry('sweep', 'prod', now).log('sweep.failed', { error: new RangeError('out of range') });
    const [line] = lines();
    expect(line).toMatchObject({
      level: 'ERROR',
      code: 'internal',
      cause: { name: 'RangeError', message: 'out of range' },
    });
    expect(line.cause.stack).toMatch(/log\.test\.ts/);
  });

  it('of a thrown non-error: an error as well', () => {
    telemetry('sweep', 'prod', now).log('sweep.failed', { error: 'a text' });
    expect(lines()).toMatchObject([{ level: 'ERROR', code: 'internal' }]);
  });

  it('carries nothing over to the next one', () => {
    const report = telemetry('sweep', 'prod', now);
    report.log('sweep.failed', { member_guid: 'MBR-1', error: new Error('x') });
    report.log('sweep.done');
    expect(lines()[1]).not.toHaveProperty('member_guid');
    expect(lines()[1]).not.toHaveProperty('code');
  });
});

describe('text from callers', () => {
  it('reaches no line: their messages are left out', () => {
    const report = telemetry('check-balance', 'prod', now);
    report.log('request.failed', { error: new Failure('invalid_request', 'alice is not known here') });
    report.log('request.failed', { error: new Refusal('not_found', 'alice') });
    expect(lines()).toMatchObject([{ code: 'invalid_request' }, { code: 'not_found' }]);
    expect(written.join('')).not.toContain('alice');
  });

  it('and any other text has at most 300 characters', () => {
    const report = telemetry('check-balance', 'prod', now);
    const long = 'x'.repeat(10_000);
    report.about({ request_id: 'r-1', caller: long });
    report.log('mx.failed', { error: new Failure('mx_timeout', long) });
    report.log('request.failed', { error: new TypeError(long) });
    const [first, second] = lines();
    expect([first.failure, first.caller, second.cause.message].map(({ length }) => length)).toEqual([300, 300, 300]);
    expect(written.every((line) => line.length < 2_000)).toBe(true);
  });
});

describe('a text of a line', () => {
  it.each([
    [300, 300, 'x'],
    [301, 300, '…'],
  ])('of %i characters has %i', (length, kept, last) => {
    telemetry('follow-up', 'prod', now).log('mx.failed', { error: new Failure('mx_timeout', 'x'.repeat(length)) });
    const [{ failure }] = lines();
    expect([failure.length, failure.at(-1)]).toEqual([kept, last]);
  });

  it.each([
    ['Error: look\nat it\n    at a\n    at b\n    at c\n    at d', '    at a\n    at b\n    at c'],
    ['Error: x\n  y at z\n    at a', '    at a'],
    [undefined, undefined],
  ])('names three places of a fault: %j', (stack, places) => {
    const error = Object.assign(new TypeError('x'), { stack });
    telemetry('follow-up', 'prod', now).log('mx.failed', { error });
    expect(lines().map(({ level, cause }) => [level, cause.stack])).toEqual([['ERROR', places]]);
  });
});

describe('the request', () => {
  it('is in each of its lines and no later', () => {
    const report = telemetry('check-balance', 'prod', now);
    report.about({ request_id: 'r-1' });
    report.log('request.failed', { error: new Refusal('unauthorized', 'no') });
    report.about({ request_id: 'r-1', caller: 'shop' });
    report.log('request.answered');
    report.flush();
    report.log('request.answered');
    expect(lines().map(({ request_id, caller }) => [request_id, caller])).toEqual([
      ['r-1', undefined],
      ['r-1', 'shop'],
      [undefined, undefined],
    ]);
  });
});

describe('metrics', () => {
  const declared = (names: readonly string[]) => ({
    Timestamp: 1_795_694_400_007,
    CloudWatchMetrics: [
      {
        Namespace: 'MxFreshBalances',
        Dimensions: [['service', 'stage']],
        Metrics: names.map((Name) => ({ Name, Unit: 'Count' })),
      },
    ],
  });

  it('come in the next line, embedded, by function and stage', () => {
    const report = telemetry('start-due', 'prod', now);
    report.count('RefreshAccepted', 3);
    report.count('RefreshHeldBack');
    expect(written).toEqual([]);
    report.log('start.done', { counts: { accepted: 3 } });
    report.flush();
    expect(lines()).toEqual([
      {
        level: 'INFO',
        timestamp: '2026-11-26T12:00:00.007Z',
        service: 'start-due',
        stage: 'prod',
        event: 'start.done',
        counts: { accepted: 3 },
        _aws: declared(['RefreshAccepted', 'RefreshHeldBack']),
        RefreshAccepted: 3,
        RefreshHeldBack: 1,
      },
    ]);
  });

  it('stand in the line of a failure too', () => {
    const report = telemetry('follow-up', 'prod', now);
    report.count('MxCredentialsRejected');
    report.log('follow_up.failed', { error: new Failure('mx_forbidden', 'MX refuses') });
    expect(lines()).toMatchObject([{ level: 'WARN', code: 'mx_forbidden', MxCredentialsRejected: 1 }]);
  });

  it('have their own line when flushed before any', () => {
    const report = telemetry('mx-webhook', 'prod', now);
    report.count('WebhookReceived');
    report.flush();
    expect(lines()).toEqual([
      {
        level: 'INFO',
        timestamp: '2026-11-26T12:00:00.007Z',
        service: 'mx-webhook',
        stage: 'prod',
        _aws: declared(['WebhookReceived']),
        WebhookReceived: 1,
      },
    ]);
  });

  it('are summed and written once, zero included', () => {
    const report = telemetry('run-schedule', 'prod', now);
    report.count('MembersDue', 0);
    report.flush();
    report.count('MembersDue', 2);
    report.count('MembersDue', 3);
    report.flush();
    report.log('schedule.done');
    expect(lines().map((line) => line.MembersDue)).toEqual([0, 5, undefined]);
  });

  it('of the deployment have the stage alone', () => {
    const report = telemetry('sweep', 'prod', now);
    report.count('SweepRepaired');
    report.count('RefreshTimedOut');
    report.measure('LooksTaken', 7);
    report.measure('LooksTaken', 9);
    report.measure('SecondsToStored', 12.5);
    report.log('sweep.done');
    expect(lines()).toMatchObject([
      {
        service: 'sweep',
        stage: 'prod',
        SweepRepaired: 1,
        RefreshTimedOut: 1,
        LooksTaken: [7, 9],
        SecondsToStored: [12.5],
        _aws: {
          CloudWatchMetrics: [
            { Dimensions: [['service', 'stage']], Metrics: [{ Name: 'SweepRepaired', Unit: 'Count' }] },
            {
              Dimensions: [['stage']],
              Metrics: [
                { Name: 'RefreshTimedOut', Unit: 'Count' },
                { Name: 'LooksTaken', Unit: 'Count' },
                { Name: 'SecondsToStored', Unit: 'Seconds' },
              ],
            },
          ],
        },
      },
    ]);
  });

  it('are at most a hundred values a line', () => {
    const report = telemetry('follow-up', 'prod', now);
    for (let value = 0; value < 150; value += 1) report.measure('LooksTaken', value);
    report.flush();
    expect(lines().map((line) => [line.level, line.LooksTaken.length, line.LooksTaken[0]])).toEqual([
      ['INFO', 100, 0],
      ['INFO', 50, 100],
    ]);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('have no value %d', (value) => {
    const report = telemetry('follow-up', 'prod', now);
    report.measure('SecondsToStored', value);
    report.flush();
    expect(written).toEqual([]);
  });

  it('are no line without counts', () => {
    telemetry('read-balances', 'prod', now).flush();
    expect(written).toEqual([]);
  });
});

it('only faults for an operator count as refused credentials', () => {
  const counted = recordedTelemetry();
  for (const code of ['mx_timeout', 'mx_rate_limited', 'unauthorized', 'internal', undefined])
    countOperatorFaults(counted, code);
  expect(counted.counts).toEqual([]);
  for (const code of ['mx_credentials_missing', 'mx_credentials_rejected', 'mx_forbidden', 'mx_redirected'])
    countOperatorFaults(counted, code);
  expect(counted.counts).toHaveLength(4);
});

describe('an unexpected failure', () => {
  const failed = (version: string | undefined) => {
    const report = telemetry('follow-up', 'prod', now, version);
    report.count('MessagePutBack');
    report.log('follow_up.failed', { error: new RangeError('out of range') });
    return lines();
  };

  it('is counted by version, other metrics are not', () => {
    expect(failed('7')).toMatchObject([
      {
        level: 'ERROR',
        service: 'follow-up',
        stage: 'prod',
        version: '7',
        UnexpectedFailure: 1,
        MessagePutBack: 1,
        _aws: {
          CloudWatchMetrics: [
            { Dimensions: [['service', 'stage']], Metrics: [{ Name: 'MessagePutBack', Unit: 'Count' }] },
            { Dimensions: [['service', 'stage', 'version']], Metrics: [{ Name: 'UnexpectedFailure', Unit: 'Count' }] },
          ],
        },
      },
    ]);
  });

  it('without a version is not counted', () => {
    expect(failed(undefined)[0]).not.toHaveProperty('UnexpectedFailure');
    expect(lines()[0]).not.toHaveProperty('version');
  });

  it('is no failure of MX’s', () => {
    telemetry('follow-up', 'prod', now, '7').log('mx.failed', {
      error: new Failure('mx_timeout', 'MX did not answer'),
    });
    expect(lines()[0]).not.toHaveProperty('UnexpectedFailure');
  });
});
