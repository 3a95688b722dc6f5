/** infra/local/README.md names every resource type of the template, on the right side. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { requireKnownType, runsLocally } from '../../infra/local/stack/resource-types.ts';
import { everythingOn, synthesize } from './synthesized.ts';

const readme = readFileSync(join(import.meta.dirname, '../../infra/local/README.md'), 'utf8');

/** The types in the first column of the table under `heading`. */
function typesUnder(heading: string): readonly string[] {
  const section = readme.slice(readme.indexOf(heading)).split('\n## ')[0] ?? '';
  const cells = section.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split(' | ')[0] ?? ''] : []));
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, type = '']) => type));
}

const running = typesUnder('Resource types that run');
const idle = typesUnder('Resource types without effect');

it('every listed type runs or has no effect, as said', () => {
  expect(running.filter((type) => !runsLocally(type))).toEqual([]);
  for (const type of idle) {
    expect(runsLocally(type), type).toBe(false);
    expect(() => requireKnownType('X', type.replace('*', 'Anything'))).not.toThrow();
  }
});

it.each([
  ['defaults', {}],
  [
    'everything on',
    {
      ...everythingOn,
      apiAccess: 'basic',
      alarmEmail: 'ops@example.com',
      egressZones: 2,
      eventArchiveDays: 14,
      gradualUpdates: 'canary10Percent5Minutes',
    },
  ],
])('it names every type of the template: %s', (_, settings) => {
  const named = (type: string): boolean =>
    [...running, ...idle].some((name) => (name.endsWith('*') ? type.startsWith(name.slice(0, -1)) : type === name));
  const types = new Set(synthesize(settings).resources.map(({ Type }) => Type));
  expect([...types].filter((type) => !named(type))).toEqual([]);
});
