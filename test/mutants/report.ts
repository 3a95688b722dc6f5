/** The report of a run: totals per folder, and every survivor by its place. */
import { type Accepted, speaksOf } from './accepted.ts';
import type { Status, Verdict } from './mutant.ts';

/** The most survivors that may be accepted, as a part of all mutants. */
export const MOST_ACCEPTED = 0.03;

/** A run's end. */
export interface Report {
  readonly text: string;
  /** Whether every survivor is accepted, and not too many are. */
  readonly passed: boolean;
}

/** How many mutants of a folder became what. */
interface Totals extends Record<Status, number> {
  accepted: number;
  all: number;
}

const noneYet = (): Totals => ({ killed: 0, survived: 0, timeout: 0, 'not covered': 0, accepted: 0, all: 0 });

/** The folder of a file as the totals have it: two levels, `functions` as one. */
const folderOf = (file: string): string => file.split('/').slice(0, -1).slice(0, 2).join('/');

const percent = (part: number, all: number): string => (all === 0 ? '–' : `${((100 * part) / all).toFixed(1)} %`);

/** Writes the report of `verdicts`. @param whole whether these are all mutants there are: how many may be accepted is a part of all. */
export function reportOf(verdicts: readonly Verdict[], accepted: readonly Accepted[], whole: boolean): Report {
  const isAccepted = ({ mutant }: Verdict): boolean => accepted.some((entry) => speaksOf(entry, mutant));
  const alive = verdicts.filter(({ status }) => status === 'survived' || status === 'not covered');
  const open = alive.filter((verdict) => !isAccepted(verdict));
  const files = new Set(verdicts.map(({ mutant }) => mutant.file));
  const stale = accepted.filter(
    (entry) => files.has(entry.file) && !alive.some(({ mutant }) => speaksOf(entry, mutant)),
  );

  const totals = new Map<string, Totals>();
  for (const verdict of verdicts) {
    for (const name of [folderOf(verdict.mutant.file), 'all']) {
      const of = totals.get(name) ?? noneYet();
      totals.set(name, of);
      of.all += 1;
      if (alive.includes(verdict) && isAccepted(verdict)) of.accepted += 1;
      else of[verdict.status] += 1;
    }
  }
  const rows = [...totals].map(
    ([name, of]) =>
      `| ${name} | ${of.all} | ${of.killed} | ${of.survived} | ${of['not covered']} | ${of.accepted} | ${of.timeout} | ${percent(of.killed, of.all)} |`,
  );
  const places = (some: readonly Verdict[]): readonly string[] =>
    some.map(
      ({ mutant: { file, line, within, kind, before, after }, status }) =>
        `${file}:${line} [${kind}]${status === 'not covered' ? ' (no test comes by)' : ''} in ${within || 'the file'}\n    ${shortened(before)}\n  → ${shortened(after)}`,
    );
  const slow = verdicts.filter(({ status }) => status === 'timeout');
  const tooMany = whole && alive.length - open.length > MOST_ACCEPTED * verdicts.length;
  const text = [
    ...(open.length === 0 ? ['No survivor that is not accepted.'] : [`${open.length} survivors:`, '', ...places(open)]),
    ...(slow.length === 0 ? [] : ['', `${slow.length} kept tests from ending, which is no kill:`, '', ...places(slow)]),
    ...stale.map(
      (entry) => `accepted.json: ${entry.file} [${entry.kind}] ${shortened(entry.before)} is no survivor any more`,
    ),
    ...(tooMany ? [`More than ${percent(MOST_ACCEPTED, 1)} of the mutants are accepted.`] : []),
    '',
    '| folder | mutants | killed | survived | not covered | accepted | timeout | score |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.toSorted((a, b) => Number(a.startsWith('| all ')) - Number(b.startsWith('| all ')) || a.localeCompare(b)),
  ].join('\n');
  return { text, passed: open.length === 0 && stale.length === 0 && !tooMany };
}

const shortened = (text: string): string =>
  text.length > 110 ? `${text.slice(0, 107)}…` : text === '' ? '(nothing)' : text;
