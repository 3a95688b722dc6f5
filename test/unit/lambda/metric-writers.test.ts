/** Each function that the table of metrics names can reach code that writes the metric. */
import { describe, expect, it } from 'vitest';
import type { FunctionName } from '../../../shared/lambda/environment.ts';
import { metricTable } from '../../../shared/lambda/metric-table.ts';
import { type MetricName, OF_A_VERSION } from '../../../shared/lambda/metrics.ts';
import { type SourceFile, sourceFiles } from '../source-files.ts';

const LIST = 'shared/lambda/metrics.ts';
const files = new Map(['shared', 'functions'].flatMap(sourceFiles).map((file) => [file.path, file]));

/** What a function's file imports, and what that imports, as values. */
function reachedFrom(path: string): readonly SourceFile[] {
  const reached = new Set<string>();
  const left = [path];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const file = files.get(next);
    if (file === undefined || reached.has(next)) continue;
    reached.add(next);
    left.push(...file.imports.filter(({ typeOnly }) => !typeOnly).map(({ of }) => of));
  }
  return [...reached].flatMap((name) => files.get(name) ?? []);
}

const writes = (functionName: FunctionName, metric: MetricName): boolean =>
  reachedFrom(`functions/${functionName}.ts`).some(({ path, code }) => path !== LIST && code.includes(`'${metric}'`));

describe('the table of metrics', () => {
  const rows = Object.entries(metricTable).filter(([name]) => name !== OF_A_VERSION);

  it.each(rows)('%s: its writers can write it', (name, { writers }) => {
    expect(writers.filter((writer) => !writes(writer, name as MetricName))).toEqual([]);
  });

  it('would be found out', () => {
    expect(writes('read-balances', 'MembersDue')).toBe(false);
    expect(writes('run-schedule', 'MxThrottled')).toBe(false);
    expect(writes('follow-up', 'MxThrottled')).toBe(true);
  });
});
