/** Whether a line is wanted. */
export type LogFilter = (line: string) => boolean;

/**
 * Reads a filter pattern of CloudWatch Logs: words that must all occur (`"two words"`, `-without`), or comparisons of
 * JSON fields joined by `&&` or `||`, such as `{ $.level = "ERROR" && $.status = 5* }`.
 *
 * @throws Error with a sentence for patterns that are not implemented
 */
export function readLogFilter(pattern: string): LogFilter {
  const text = pattern.trim();
  if (text === '') return () => true;
  return text.startsWith('{') ? readFields(text) : readWords(text);
}

function readWords(text: string): LogFilter {
  if (/^[[%]|(^|\s)\?/.test(text)) throw unreadable(text);
  const words = [...text.matchAll(/(-?)(?:"([^"]*)"|(\S+))/g)].map(([, without, quoted, plain]) => ({
    wanted: without !== '-',
    word: quoted ?? plain ?? '',
  }));
  return (line) => words.every(({ wanted, word }) => line.includes(word) === wanted);
}

function readFields(text: string): LogFilter {
  const inside = /^\{(.*)\}$/s.exec(text)?.[1] ?? '';
  const any = inside.includes('||');
  if (/[()]/.test(inside) || (any && inside.includes('&&'))) throw unreadable(text);
  const comparisons = inside.split(any ? '||' : '&&').map((part) => readComparison(part, text));
  return (line) => {
    const fields = parsed(line);
    if (fields === undefined) return false;
    return any ? comparisons.some((holds) => holds(fields)) : comparisons.every((holds) => holds(fields));
  };
}

function readComparison(part: string, whole: string): (fields: unknown) => boolean {
  const [, path = '', operator = '', quoted, plain = ''] =
    /^\s*\$\.([\w.]+)\s*(!=|>=|<=|=|>|<)\s*(?:"([^"]*)"|(\S+))\s*$/.exec(part) ?? [];
  if (path === '') throw unreadable(whole);
  const expected = quoted ?? plain;
  const wild = new RegExp(`^${expected.split('*').map(escaped).join('.*')}$`, 's');
  const compare: Readonly<Record<string, (value: unknown) => boolean>> = {
    '=': (value) => wild.test(String(value)),
    '!=': (value) => !wild.test(String(value)),
    '>': (value) => Number(value) > Number(expected),
    '>=': (value) => Number(value) >= Number(expected),
    '<': (value) => Number(value) < Number(expected),
    '<=': (value) => Number(value) <= Number(expected),
  };
  return (fields) => {
    let value: unknown = fields;
    for (const name of path.split('.')) value = Reflect.get(Object(value), name);
    // A missing field matches no comparison, as in CloudWatch.
    return value !== undefined && compare[operator]?.(value) === true;
  };
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const unreadable = (pattern: string): Error =>
  new Error(
    `the local stack cannot read the filter pattern ${pattern}; it reads words, and comparisons of JSON fields such as { $.level = "ERROR" }`,
  );
