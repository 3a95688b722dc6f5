import { expect, it } from 'vitest';
import { type AskedSchedule, readAskedSchedule } from '../../../shared/domain/asked-schedule.ts';

const asked = (given: Partial<AskedSchedule>): AskedSchedule => ({
  every: 24,
  quietHours: null,
  timeZone: null,
  maxAgeSeconds: null,
  ...given,
});
const night = { from: '22:00', to: '07:00' };

it.each<[Partial<AskedSchedule>, string]>([
  [{ every: 5 }, 'every'],
  [{ quietHours: { from: '7:00', to: '22:00' }, timeZone: 'UTC' }, 'quiet_hours'],
  [{ quietHours: { from: '22:00', to: '7:00' }, timeZone: 'UTC' }, 'quiet_hours'],
  [{ quietHours: { from: '22:00', to: '22:00' }, timeZone: 'UTC' }, 'quiet_hours'],
  [{ quietHours: night }, 'time_zone'],
  [{ timeZone: 'UTC' }, 'time_zone'],
  [{ quietHours: night, timeZone: 'Mars/X' }, 'time_zone'],
  [{ maxAgeSeconds: 0 }, 'max_age'],
  [{ maxAgeSeconds: 1.5 }, 'max_age'],
  [{ maxAgeSeconds: 86_400 }, 'max_age'],
])('a schedule %j is refused for its %s', (given, field) => {
  expect(() => readAskedSchedule(asked(given), 1)).toThrow(
    expect.objectContaining({ code: 'invalid_request', details: { field } }),
  );
});

it('a schedule has its period and its wishes', () => {
  expect(readAskedSchedule(asked({}), 1)).toEqual({
    everyHours: 24,
    wishes: { quietHours: null, maxAgeSeconds: null },
  });
  expect(readAskedSchedule(asked({ quietHours: night, timeZone: 'UTC', maxAgeSeconds: 86_399 }), 24)).toEqual({
    everyHours: 24,
    wishes: { quietHours: { ...night, timeZone: 'UTC' }, maxAgeSeconds: 86_399 },
  });
  expect(() => readAskedSchedule(asked({ every: 12 }), 24)).toThrow(
    expect.objectContaining({ code: 'schedule_too_often' }),
  );
});
