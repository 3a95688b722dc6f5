import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documents } from '../../docs/generate/documents.ts';
import { outcomesDocument } from '../../docs/generate/outcomes-document.ts';
import { problemsDocument } from '../../docs/generate/problems-document.ts';
import { outcomes } from '../../shared/domain/outcome.ts';
import { connectionStatuses, memberErrorEnds } from '../../shared/domain/statuses.ts';
import { problemCodes } from '../../shared/lambda/problem.ts';

const onDisk = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

// Compared as true or false: vitest would print the difference of 5,000 lines of docs/openapi.json.
it.each(documents)('$path is what npm run docs writes', ({ path, text }) => {
  expect(onDisk(path) === text(), `${path} is out of date; run npm run docs`).toBe(true);
});

describe('docs/outcomes.md', () => {
  it('has a row for each status, for null, for an unknown one and for each error code', () => {
    const rows = outcomesDocument().split('\n');
    const names = [...connectionStatuses.map((status) => `\`${status}\``), 'null', 'any other'];
    for (const name of [...names, ...Object.keys(memberErrorEnds)]) {
      expect(
        rows.filter((row) => row.startsWith(`| ${name} |`)),
        name,
      ).toHaveLength(1);
    }
  });

  it('has a row for every code of an end', () => {
    const rows = outcomesDocument().split('\n');
    const all = rows.slice(rows.indexOf('## All codes'));
    for (const code of Object.keys(outcomes)) {
      expect(
        all.filter((row) => row.startsWith(`| \`${code}\` |`)),
        code,
      ).toHaveLength(1);
    }
  });
});

it('docs/problems.md has a row for every problem', () => {
  for (const code of problemCodes) expect(problemsDocument()).toContain(`| \`${code}\` |`);
});
