import { describe, expect, it } from 'vitest';
import type { Accepted } from '../../mutants/accepted.ts';
import type { Mutant, Status, Verdict } from '../../mutants/mutant.ts';
import { reportOf } from '../../mutants/report.ts';

const mutant = (id: number, given: Partial<Mutant> = {}): Mutant => ({
  id,
  file: 'shared/domain/a.ts',
  line: id,
  within: 'f',
  kind: 'number',
  before: String(id),
  after: '9',
  ...given,
});

const verdict = (id: number, status: Status, given: Partial<Mutant> = {}): Verdict => ({
  mutant: mutant(id, given),
  status,
  by: null,
});

const accepting = ({ file, within, kind, before, after }: Mutant): Accepted => ({
  file,
  within,
  kind,
  before,
  after,
  reason: 'changes nothing',
});

const killed = (count: number): readonly Verdict[] =>
  Array.from({ length: count }, (_, index) => verdict(100 + index, 'killed'));

describe('the gate', () => {
  it.each<[string, readonly Verdict[], readonly Accepted[], boolean]>([
    ['killed', killed(2), [], true],
    ['survived', [verdict(1, 'survived')], [], false],
    ['not covered', [verdict(1, 'not covered')], [], false],
    ['timeout', [verdict(1, 'timeout')], [], true],
    ['accepted', [verdict(1, 'survived'), ...killed(40)], [accepting(mutant(1))], true],
    ['accepted for other code', [verdict(1, 'survived'), ...killed(40)], [accepting(mutant(2))], false],
    ['accepted but killed', [verdict(1, 'killed')], [accepting(mutant(1))], false],
    ['accepted in a file that was not run', killed(1), [accepting(mutant(1, { file: 'shared/domain/b.ts' }))], true],
    ['1 of 33 accepted: too many', [verdict(1, 'survived'), ...killed(32)], [accepting(mutant(1))], false],
    [
      '3 of 100 accepted',
      [1, 2, 3].map((id) => verdict(id, 'survived')).concat(killed(97)),
      [1, 2, 3].map((id) => accepting(mutant(id))),
      true,
    ],
  ])('%s', (_, verdicts, accepted, passed) => {
    expect(reportOf(verdicts, accepted, true).passed).toBe(passed);
  });
});

it('a part may have more accepted mutants than all', () => {
  expect(reportOf([verdict(1, 'survived')], [accepting(mutant(1))], false).passed).toBe(true);
});

describe('the report', () => {
  const { text } = reportOf(
    [
      verdict(1, 'survived'),
      verdict(2, 'not covered', { file: 'functions/wiring/b.ts', line: 12, within: '', before: '', after: 'x' }),
      verdict(3, 'timeout'),
      ...killed(2),
    ],
    [],
    true,
  );

  it('names each survivor with its place', () => {
    expect(text).toContain('shared/domain/a.ts:1 [number] in f\n    1\n  → 9');
    expect(text).toContain('functions/wiring/b.ts:12 [number] (no test comes by) in the file\n    (nothing)\n  → x');
  });

  it('names apart what kept tests from ending', () => {
    expect(text).toContain('1 kept tests from ending, which is no kill:\n\nshared/domain/a.ts:3');
  });

  it('has totals per folder, and of all last', () => {
    expect(text.split('\n').slice(-3)).toEqual([
      '| functions/wiring | 1 | 0 | 0 | 1 | 0 | 0 | 0.0 % |',
      '| shared/domain | 4 | 2 | 1 | 0 | 0 | 1 | 50.0 % |',
      '| all | 5 | 2 | 1 | 1 | 0 | 1 | 40.0 % |',
    ]);
  });
});
