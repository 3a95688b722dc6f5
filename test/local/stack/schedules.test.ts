import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Observations } from '../../../infra/local/stack/observations.ts';
import { readRate, Schedules } from '../../../infra/local/stack/schedules.ts';
import { kitFunction, startResources } from './fixtures/template.ts';

describe('schedules by the clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:20Z') });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const spec = (fire: (at: number) => Promise<void>, more = {}) => ({
    logicalId: 'Tick',
    everyMs: 60_000,
    enabled: true,
    maxOverlap: 1,
    fire,
    onSkipped: () => {},
    ...more,
  });
  const at = (times: number[]) => times.map((time) => new Date(time).toISOString());

  it('fire at the full minute', async () => {
    const times: number[] = [];
    const schedules = new Schedules([spec(async (time) => void times.push(time))], Date.now);
    schedules.start();
    await vi.advanceTimersByTimeAsync(39_999);
    expect(times).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_001);
    schedules.stop();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(at(times)).toEqual(['2026-01-01T00:01:00.000Z', '2026-01-01T00:02:00.000Z']);
  });

  it('leave out overlapping firings, go on after a failure', async () => {
    const skipped: string[] = [];
    const first = Promise.withResolvers<void>();
    let fired = 0;
    const fire = () => {
      fired += 1;
      return fired === 1 ? first.promise : Promise.reject(new Error('failed'));
    };
    const schedules = new Schedules([spec(fire, { onSkipped: (line: string) => skipped.push(line) })], Date.now);
    schedules.start();
    await vi.advanceTimersByTimeAsync(100_000);
    expect([fired, skipped.length, schedules.busy]).toEqual([1, 1, 1]);
    first.resolve();
    await vi.advanceTimersByTimeAsync(120_000);
    schedules.stop();
    expect([fired, skipped.length, schedules.busy]).toEqual([3, 1, 0]);
  });

  it('do not fire when they are switched off', async () => {
    const fire = vi.fn(async () => {});
    const schedules = new Schedules([spec(fire, { enabled: false })], Date.now);
    schedules.start();
    await vi.advanceTimersByTimeAsync(300_000);
    expect(fire).not.toHaveBeenCalled();
  });

  it('read rates, and say what they cannot run', () => {
    expect(
      ['rate(1 minute)', 'rate(5 minutes)', 'rate(2 hours)', 'rate(1 day)'].map((text) => readRate(text, 'x')),
    ).toEqual([60_000, 300_000, 7_200_000, 86_400_000]);
    for (const text of ['cron(0 12 * * ? *)', 'rate(0 minutes)', 'rate(1 second)']) {
      expect(() => readRate(text, 'Nightly')).toThrow(
        `Nightly: the local stack runs rate(n minutes|hours|days) only and got ${text}`,
      );
    }
  });
});

describe('schedules of a template', () => {
  const arn = { 'Fn::GetAtt': ['Echo', 'Arn'] };
  const resources = {
    Echo: kitFunction('echo'),
    Fails: kitFunction('fails'),
    Tick: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'rate(1 minute)',
        Target: { Arn: arn, Input: '{"at":"<aws.scheduler.scheduled-time>"}' },
      },
    },
    Plain: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: { ScheduleExpression: 'rate(1 minute)', Target: { Arn: arn } },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        ScheduleExpression: 'rate(5 minutes)',
        Targets: [{ Id: 'a', Arn: { 'Fn::GetAtt': ['Fails', 'Arn'] } }],
      },
    },
  };

  it('fire by hand', async () => {
    const now = () => Date.parse('2026-01-01T12:34:56.789Z');
    const stack = await startResources(resources, { runSchedules: false, now });
    const over: Observations['invocation'][] = [];
    stack.on('invocation', (invocation) => over.push(invocation));
    await stack.fireSchedule('Tick');
    expect(over).toMatchObject([{ function: 'Echo' }]);
    await stack.fireSchedule('Plain');
    await expect(stack.fireSchedule('Rule')).rejects.toThrow('as asked');
    expect(over).toHaveLength(3);
    await expect(stack.fireSchedule('Echo')).rejects.toThrow("nothing whose logical id starts with 'Echo'");
    await stack.close();
  });
});
