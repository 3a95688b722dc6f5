/** The first line of a CSV file: what separates its fields, and which column is which. */
import { type Column, columns, requiredColumns } from './enrolment-columns.ts';
import { exitCodes, Stop } from './exit-codes.ts';

/** What the first line says. */
export interface CsvHeader {
  readonly delimiter: string;
  /** The columns in the file's order. */
  readonly columns: readonly Column[];
}

/** What separates fields in the files of this world, the likeliest first. */
const delimiters = [',', ';', '\t', '|'] as const;

/**
 * Reads the first line.
 *
 * @throws Stop `usage` with what is wrong with it.
 */
export function readHeader(line: string): CsvHeader {
  if (line.trim() === '') throw refused('The file’s first line is empty; it has to name the columns');
  const [likeliest] = delimiters
    .map((separator) => ({ separator, names: namesIn(line, separator) }))
    .toSorted((first, second) => known(second.names) - known(first.names) || second.names.length - first.names.length);
  const { separator: delimiter = ',', names = [] } = likeliest ?? {};
  const unknown = names.filter((name) => !isColumn(name));
  if (unknown.length > 0) throw refused(`Unknown ${named('column', unknown)} in the first line`);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) throw refused(`${named('Column', twice)} twice in the first line`);
  const missing = requiredColumns.filter((column) => !names.includes(column));
  if (missing.length > 0) throw refused(`No ${named('column', missing)} in the first line`);
  return { delimiter, columns: names.filter(isColumn) };
}

const namesIn = (line: string, delimiter: string): readonly string[] =>
  line.split(delimiter).map((name) => name.trim().replace(/^"(.*)"$/, '$1'));

const isColumn = (name: string): name is Column => columns.some((column) => column === name);

const known = (names: readonly string[]): number => names.filter(isColumn).length;

const named = (word: string, names: readonly string[]): string =>
  `${word}${names.length === 1 ? '' : 's'} ${names.map((name) => JSON.stringify(name.slice(0, 40))).join(', ')}`;

const refused = (what: string): Stop =>
  new Stop(
    exitCodes.usage,
    `${what}. The columns are ${columns.join(', ')}, of which ${requiredColumns.join(', ')} have to be there; fields are separated by commas, semicolons, tabs or bars.`,
  );
