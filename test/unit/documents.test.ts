import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { documents } from '../../docs/generate/documents.ts';
import { examples } from '../../docs/generate/openapi/examples.ts';
import { outcomesDocument } from '../../docs/generate/outcomes-document.ts';
import { problemsDocument } from '../../docs/generate/problems-document.ts';
import { referencePage } from '../../docs/generate/reference-page.ts';
import { outcomes } from '../../shared/domain/outcome.ts';
import { connectionStatuses, memberErrorEnds } from '../../shared/domain/statuses.ts';
import { problemCodes } from '../../shared/lambda/problem.ts';

const onDisk = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

// Compared as true or false: vitest would print the difference of 5,000 lines of docs/openapi.json.
it.each(documents.filter(({ committed }) => committed))('$path is what npm run docs writes', ({ path, text }) => {
  expect(onDisk(path) === text(), `${path} is out of date; run npm run docs`).toBe(true);
});

describe('docs/outcomes.md', () => {
  it('has a row for each status and error code', () => {
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

it('docs/institutions.md shows the API’s own example', () => {
  const [, shown = ''] = /```json\n([\s\S]*?)\n```/.exec(onDisk('docs/institutions.md')) ?? [];
  expect(JSON.parse(shown)).toEqual(examples.institution);
});

describe('docs/api-reference.html', () => {
  const page = referencePage();
  const scripts = [...page.matchAll(/<script>\n(.*?)<\/script>/gs)].map(([, code = '']) => code);

  it('is not kept in git', () => {
    expect(documents.filter(({ committed }) => !committed).map(({ path }) => path)).toEqual([
      'docs/api-reference.html',
    ]);
    expect(onDisk('.gitignore').split('\n')).toContain('docs/api-reference.html');
  });

  it('is the same each time, and has scripts that parse', () => {
    expect(referencePage() === page).toBe(true);
    expect(scripts).toHaveLength(2);
    for (const code of scripts) expect(() => new Script(code)).not.toThrow();
  });

  it('shows the document that is committed', () => {
    const [, spec = ''] = /, spec: (.*) \}\);\n$/.exec(scripts[1] ?? '') ?? [];
    expect(JSON.parse(spec)).toEqual(JSON.parse(onDisk('docs/openapi.json')));
    expect(spec).not.toContain('<');
  });

  it('loads no address but data, by its policy', () => {
    const outside = scripts.reduce((rest, code) => rest.replace(code, ''), page);
    expect(outside).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">`,
    );
    expect(outside).not.toMatch(/\b(src|href)\s*=/);
    expect([...outside.matchAll(/url\("?(.{5})/g)].filter(([, start]) => start !== 'data:')).toEqual([]);
    expect(outside).not.toContain('@import');
  });
});
