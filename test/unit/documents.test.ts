import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documents } from '../../docs/generate/documents.ts';
import { allResults, outcomesDocument } from '../../docs/generate/outcomes-document.ts';
import { problemsDocument } from '../../docs/generate/problems-document.ts';
import { connectionStatuses, memberErrorEnds } from '../../shared/domain/statuses.ts';
import { problemCodes } from '../../shared/lambda/problem.ts';
import { sourceFiles } from './source-files.ts';

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

  it('has every code with which the domain can end a refresh', () => {
    const literal = /\bcode: '([a-z_]+)'|\bended\(\s*'\w+',\s*'\w+',\s*'([a-z_]+)'|\bstillWaiting\(()/g;
    const codes = sourceFiles('shared/domain').flatMap(({ code }) =>
      [...code.matchAll(literal)].map(([, named, positional]) => named ?? positional ?? ''),
    );
    const known = allResults();
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => code !== '' && !known.has(code))).toEqual([]);
  });

  it('has a meaning and an end for every code', () => {
    for (const [code, results] of allResults()) {
      for (const { message, outcome, action } of results) {
        expect(message, code).not.toBe('');
        expect(action === 'none', code).toBe(outcome === 'succeeded');
      }
    }
  });
});

it('docs/problems.md has a row for every problem', () => {
  for (const code of problemCodes) expect(problemsDocument()).toContain(`| \`${code}\` |`);
});
