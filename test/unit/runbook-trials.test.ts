/** Each heading of docs/runbook.md was tried, and each line in it is run by a test or says why none can run it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headingsOf, notRun, runbook, trialsOf, whyNotRun } from '../runbook-lines.ts';

const headings = headingsOf(runbook);
const trials = new Map(trialsOf(runbook).map((trial) => [trial.anchor, trial]));

describe('the runbook', () => {
  it('has one row in its table for each heading', () => {
    expect(headings.length).toBeGreaterThan(40);
    expect([...trials.keys()]).toEqual(headings.map(({ anchor }) => anchor));
  });

  it.each(headings.map(({ title, anchor }) => [title, anchor]))('“%s” was tried', (_title, anchor) => {
    const { played = null, onlyAws = null } = trials.get(anchor) ?? {};
    expect(played ?? onlyAws, 'neither a test nor a reason').not.toBeNull();
    if (played === null) return;
    const path = join(import.meta.dirname, '..', played.file);
    expect(existsSync(path), played.file).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(`'${played.title}'`);
  });

  it('has no line that neither runs nor is excused', () => {
    // What a file of the table runs it checks itself: `notRun` of test/local/played-runbook.ts.
    const loose = headings
      .filter(({ anchor }) => (trials.get(anchor)?.played ?? null) === null)
      .flatMap(({ title, lines }) =>
        lines.filter((line) => whyNotRun(line) === null).map((line) => `${title}: ${line}`),
      );
    expect(loose).toEqual([]);
  });

  it('has no fence of another kind', () => {
    const kinds = new Set([...runbook.matchAll(/^ *```(\w*)\n.*?```$/gms)].map(([, kind]) => kind));
    expect([...kinds].toSorted()).toEqual(['console', 'json', 'sh']);
  });

  it('is played by files that leave nothing out', () => {
    const files = new Set([...trials.values()].flatMap(({ played }) => played?.file ?? []));
    files.delete('local/incidents.test.ts');
    for (const file of files) {
      const text = readFileSync(join(import.meta.dirname, '..', file), 'utf8');
      expect(text).toContain(`playedRunbook(running, '${file}'`);
      expect(text).toContain('expect(played.notRun()).toEqual([])');
    }
  });

  it('asks for no excuse that it does not need', () => {
    const lines = headings.flatMap((heading) => heading.lines);
    const needless = notRun.filter(([begins]) => !lines.some((line) => line.startsWith(begins)));
    expect(needless).toEqual([]);
    expect(notRun.filter(([begins]) => begins.startsWith('npm run -s ops'))).toEqual([]);
  });
});

describe('the lines of a heading', () => {
  const document = [
    '## One heading, tried',
    'Say `npm run -s ops --',
    'open` and not `dead-letters`.',
    '```sh',
    'aws a \\',
    '  --b c',
    "node -e 'one",
    "two' three",
    '',
    'a | b |',
    '  while read -r c; do',
    '    d || e',
    '  done',
    '```',
    '   ```json',
    '   {}',
    '   ```',
    '## How each heading was tried',
    '| heading | played by | only AWS shows |',
    '|---|---|---|',
    '| [One heading, tried](#one-heading-tried) | [title (a)](../test/local/x.test.ts) | – |',
    '| [Two](#two) | – | all |',
    '',
  ].join('\n');

  it('are fenced or in its text', () => {
    expect(headingsOf(document)).toEqual([
      {
        title: 'One heading, tried',
        anchor: 'one-heading-tried',
        lines: [
          'aws a --b c',
          "node -e 'one two' three",
          'a | b | while read -r c; do d || e done',
          'npm run -s ops -- open',
        ],
      },
    ]);
  });

  it('have a row that says how they were tried', () => {
    expect(trialsOf(document)).toEqual([
      { anchor: 'one-heading-tried', played: { file: 'local/x.test.ts', title: 'title (a)' }, onlyAws: null },
      { anchor: 'two', played: null, onlyAws: 'all' },
    ]);
  });
});
