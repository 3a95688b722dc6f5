import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { countOperatorFaults, telemetry } from '../../../shared/lambda/log.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

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
  it('is one line of JSON with its event, its function and its stage', () => {
    telemetry('sweep', 'prod').log('sweep.done', { counts: { end: 2 } });
    expect(lines()).toMatchObject([
      {
        level: 'INFO',
        message: 'sweep.done',
        event: 'sweep.done',
        service: 'sweep',
        stage: 'prod',
        counts: { end: 2 },
      },
    ]);
    expect(written.join('').trimEnd()).not.toContain('\n');
  });

  it('leaves out what is not known', () => {
    telemetry('follow-up', 'prod').log('follow_up.done', { refresh_id: undefined, look: 3 });
    expect(written.join('')).not.toContain('undefined');
    expect(lines()[0]).not.toHaveProperty('refresh_id');
    expect(lines()[0]).toMatchObject({ look: 3 });
  });

  it('of a failure that has a name is a warning with code, fate and message, without a stack', () => {
    const error = new Failure('mx_timeout', 'MX did not answer', {}, { cause: new Error('socket') });
    telemetry('follow-up', 'prod').log('follow_up.failed', { member_guid: 'MBR-1', error });
    expect(lines()).toMatchObject([
      { level: 'WARN', code: 'mx_timeout', fate: 'try-again', failure: 'MX did not answer', member_guid: 'MBR-1' },
    ]);
    expect(written.join('')).not.toContain('socket');
    expect(lines()[0]).not.toHaveProperty('cause');
  });

  it('of anything else is an error with its cause and the place where it happened', () => {
    telemetry('sweep', 'prod').log('sweep.failed', { error: new RangeError('out of range') });
    const [line] = lines();
    expect(line).toMatchObject({
      level: 'ERROR',
      code: 'internal',
      cause: { name: 'RangeError', message: 'out of range' },
    });
    expect(line.cause.stack).toMatch(/log\.test\.ts/);
  });

  it('of something thrown that is no error is an error as well', () => {
    telemetry('sweep', 'prod').log('sweep.failed', { error: 'a text' });
    expect(lines()).toMatchObject([{ level: 'ERROR', code: 'internal' }]);
  });

  it('carries nothing over to the next one', () => {
    const report = telemetry('sweep', 'prod');
    report.log('sweep.failed', { member_guid: 'MBR-1', error: new Error('x') });
    report.log('sweep.done');
    expect(lines()[1]).not.toHaveProperty('member_guid');
    expect(lines()[1]).not.toHaveProperty('code');
  });
});

describe('metrics', () => {
  it('are written when they are flushed, in CloudWatch’s embedded format, by stage and function', () => {
    const report = telemetry('start-due', 'prod');
    report.count('RefreshAccepted', 3);
    report.count('RefreshHeldBack');
    expect(written).toEqual([]);
    report.flush();
    const [line] = lines();
    expect(line).toMatchObject({ RefreshAccepted: 3, RefreshHeldBack: 1, service: 'start-due', stage: 'prod' });
    const [metrics] = line._aws.CloudWatchMetrics;
    expect(metrics.Namespace).toBe('MxFreshBalances');
    expect(metrics.Dimensions).toEqual([['service', 'stage']]);
    expect(metrics.Metrics).toEqual([
      { Name: 'RefreshAccepted', Unit: 'Count' },
      { Name: 'RefreshHeldBack', Unit: 'Count' },
    ]);
  });

  it('start at nothing after a flush', () => {
    const report = telemetry('follow-up', 'prod');
    report.count('FollowUp');
    report.flush();
    report.count('FollowUp');
    report.flush();
    expect(lines().map((line) => line.FollowUp)).toEqual([1, 1]);
  });
});

it('only what an operator has to repair counts as refused credentials', () => {
  const counted = recordedTelemetry();
  for (const code of ['mx_timeout', 'mx_rate_limited', 'unauthorized', 'internal', undefined])
    countOperatorFaults(counted, code);
  expect(counted.counts).toEqual([]);
  for (const code of ['mx_credentials_missing', 'mx_credentials_rejected', 'mx_forbidden', 'mx_redirected'])
    countOperatorFaults(counted, code);
  expect(counted.counts).toHaveLength(4);
});
