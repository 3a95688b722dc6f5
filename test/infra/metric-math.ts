/** As much of CloudWatch's metric math as this template uses. What it does not know it refuses. */

/** A value of a period; null: there is no data. */
export type Value = number | null;

/** The values of metrics in one period, by their ids. */
export type Values = Readonly<Record<string, Value>>;

type Evaluate = (values: Values) => Value;

/** The operators by how loosely they bind, the loosest first. */
const levels: readonly Readonly<Record<string, (a: number, b: number) => Value>>[] = [
  { OR: (a, b) => Number(a !== 0 || b !== 0) },
  { AND: (a, b) => Number(a !== 0 && b !== 0) },
  {
    '>=': (a, b) => Number(a >= b),
    '<=': (a, b) => Number(a <= b),
    '==': (a, b) => Number(a === b),
    '>': (a, b) => Number(a > b),
    '<': (a, b) => Number(a < b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  // A division by zero has no value.
  { '*': (a, b) => a * b, '/': (a, b) => (b === 0 ? null : a / b) },
];

/**
 * Evaluates an expression in one period.
 *
 * @throws Error for what is not implemented, and for metrics that are not in `values`.
 */
export function evaluateMath(expression: string, values: Values): Value {
  const tokens = [...expression.matchAll(/\s*(\d+(?:\.\d+)?|[A-Za-z]\w*|>=|<=|==|[-+*/()<>,]|\S)/g)].map(
    ([, token = '']) => token,
  );
  let next = 0;
  const take = (token: string): boolean => {
    if (tokens[next] !== token) return false;
    next += 1;
    return true;
  };
  const need = (token: string): void => {
    if (!take(token)) throw new Error(`"${token}" is missing before "${tokens[next] ?? ''}" in ${expression}`);
  };

  function level(depth: number): Evaluate {
    const known = levels[depth];
    if (known === undefined) return value();
    let left = level(depth + 1);
    for (;;) {
      const operator = known[tokens[next] ?? ''];
      if (operator === undefined) return left;
      next += 1;
      const [a, b] = [left, level(depth + 1)];
      left = (of) => both(operator, a(of), b(of));
    }
  }

  function call(name: string, count: number): readonly Evaluate[] {
    need('(');
    const given = Array.from({ length: count }, (_, index) => {
      if (index > 0) need(',');
      return level(0);
    });
    if (!take(')')) throw new Error(`${name} has ${count} arguments: ${expression}`);
    return given;
  }

  function value(): Evaluate {
    if (take('(')) {
      const inner = level(0);
      need(')');
      return inner;
    }
    const token = tokens[next] ?? '';
    next += 1;
    if (/^\d/.test(token)) return () => Number(token);
    if (token === 'FILL') {
      const [of, filler] = call(token, 2);
      return (all) => of?.(all) ?? filler?.(all) ?? null;
    }
    if (token === 'IF') {
      const [condition, yes, no] = call(token, 3);
      return (all) => {
        const holds = condition?.(all) ?? null;
        return holds === null ? null : ((holds === 0 ? no : yes)?.(all) ?? null);
      };
    }
    if (!Object.hasOwn(values, token)) throw new Error(`${token} is not known here: ${expression}`);
    return (all) => all[token] ?? null;
  }

  const whole = level(0);
  if (next < tokens.length) throw new Error(`"${tokens[next]}" is not understood: ${expression}`);
  return whole(values);
}

const both = (operator: (a: number, b: number) => Value, a: Value, b: Value): Value =>
  a === null || b === null ? null : operator(a, b);
