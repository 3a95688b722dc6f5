import { describe, expect, it } from 'vitest';
import { recentEndsShown } from '../../../infra/console/overview-data.ts';
import { metricOf } from '../../../infra/operator/logs/recent-ends.ts';
import { everyOutcome } from '../../../shared/domain/outcome.ts';
import { countsOfDeployment } from '../../../shared/lambda/metrics.ts';

const NOW = '2026-11-27T12:00:00.000Z';
const at = (time: string): number => Date.parse(`2026-11-27T${time}Z`);
const end = (time: string, count = 1) => ({ at: at(time), outcome: 'failed' as const, count });

describe('the ends of the last hours', () => {
  it('are put into quarters of an hour, up to now', () => {
    const ends = [
      { at: at('11:46:00.000'), outcome: 'succeeded' as const, count: 2 },
      { at: at('11:59:59.999'), outcome: 'succeeded' as const, count: 1 },
      end('06:00:00.000'),
      end('06:15:00.000'),
    ];
    const { stretches, counts, hours, isPart } = recentEndsShown({ ends, isPart: true }, NOW);
    expect(stretches).toHaveLength(24);
    expect(stretches[0]).toEqual({ from: '2026-11-27T06:00:00.000Z', counts: { failed: 1 } });
    expect(stretches[1]).toEqual({ from: '2026-11-27T06:15:00.000Z', counts: { failed: 1 } });
    expect(stretches[23]).toEqual({ from: '2026-11-27T11:45:00.000Z', counts: { succeeded: 3 } });
    expect(counts).toEqual({ succeeded: 3, action_required: 0, failed: 2, not_refreshed: 0, timed_out: 0 });
    expect([hours, isPart]).toEqual([6, true]);
  });

  it.each([
    ['05:59:59.999', 0],
    ['06:00:00.000', 1],
    ['12:00:00.000', 1],
    ['12:00:00.001', 0],
  ])('of %s count %i times', (time, count) => {
    const { counts, stretches } = recentEndsShown({ ends: [end(time)], isPart: false }, NOW);
    expect(counts['failed']).toBe(count);
    if (time === '12:00:00.000') expect(stretches.at(-1)?.counts).toEqual({ failed: 1 });
  });
});

it.each(everyOutcome)('%s has the name of its metric', (outcome) => {
  expect(countsOfDeployment).toContain(metricOf(outcome));
});
