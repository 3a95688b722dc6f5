import { afterEach, expect, it, vi } from 'vitest';
import { instanceTelemetry } from '../../../functions/wiring/telemetry.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('the first line of an instance has its cold start', () => {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    written.push(String(line));
    return true;
  });
  const report = instanceTelemetry('follow-up', { stage: 'prod' });
  report.log('follow_up.done');
  report.flush();
  report.log('follow_up.done');
  const lines = written.map((line) => JSON.parse(line));
  expect(lines).toMatchObject([{ service: 'follow-up', stage: 'prod', ColdStart: 1 }, { service: 'follow-up' }]);
  expect(lines[1]).not.toHaveProperty('ColdStart');
});
