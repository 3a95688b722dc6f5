import { describe, expect, it } from 'vitest';
import { mutate } from '../../mutants/mutate.ts';

/** The mutants of a source, each as kind and code with the fault. */
const faultsIn = (source: string): readonly (readonly [string, string])[] =>
  mutate('x.ts', source, 1).mutants.map(({ kind, after }) => [kind, after]);

describe('the faults of', () => {
  it.each<[string, readonly (readonly [string, string])[]]>([
    [
      'f(a < b);',
      [
        ['boundary', 'a <= b'],
        ['negation', 'a >= b'],
        ['statement removed', ''],
      ],
    ],
    ['const x = a === b;', [['negation', 'a !== b']]],
    [
      'const x = a && b;',
      [
        ['condition part', 'a'],
        ['condition part', 'b'],
      ],
    ],
    [
      'const x = a ?? b;',
      [
        ['condition part', 'a'],
        ['condition part', 'b'],
      ],
    ],
    ['const x = !a;', [['negation', 'a']]],
    ['const x = -a;', [['arithmetic', 'a']]],
    ['const x = a + b;', [['arithmetic', 'a - b']]],
    ['const x = a * b;', [['arithmetic', 'a / b']]],
    [
      'x += y;',
      [
        ['arithmetic', 'x -= y'],
        ['statement removed', ''],
      ],
    ],
    [
      'x++;',
      [
        ['arithmetic', 'x--'],
        ['statement removed', ''],
      ],
    ],
    ['const x = 0;', [['number', '1']]],
    ['const x = true;', [['boolean', 'false']]],
    ["const x = 'code';", [['string', "''"]]],
    ["const x = '';", [['string', "'mutant'"]]],
    [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the code under test has the template
      'const x = `${a}#`;',
      [['string', "''"]],
    ],
    ['const x = a ? b : c;', [['swapped ternary', 'a ? c : b']]],
    [
      'const x = a > 1 ? b : c;',
      [
        ['number', '2'],
        ['boundary', 'a >= 1'],
        ['negation', 'a <= 1'],
      ],
    ],
    ['const x = [a];', [['array emptied', '[]']]],
    ['const x = { a };', [['object emptied', '{}']]],
    ['const x = { [a]: b };', [['object emptied', '{}']]],
    [
      "const x = { ':id': b };",
      [
        ['string', "''"],
        ['object emptied', '{}'],
      ],
    ],
    ['const x = await a;', [['await dropped', 'a']]],
    ['const x = a?.b.c;', [['optional chain', 'a.b.c']]],
    [
      'const x = a?.[b]?.(c);',
      [
        ['optional chain', 'a?.[b](c)'],
        ['optional chain', 'a[b]?.(c)'],
      ],
    ],
    [
      'const x = /^a$/i;',
      [
        ['regex anchor', '/a$/i'],
        ['regex anchor', '/^a/i'],
      ],
    ],
    [
      'if (a) b;',
      [
        ['negation', '!(a)'],
        ['statement removed', ''],
      ],
    ],
    [
      'const x = { ConsistentRead: true };',
      [
        ['boolean', 'false'],
        ['consistent read', ''],
        ['object emptied', '{}'],
      ],
    ],
    ['function f() { return; }', [['statement removed', '']]],
    [
      'for (const a of b) { f(a); }',
      [
        ['first turn only', 'for (const a of b) … once'],
        ['statement removed', ''],
      ],
    ],
  ])('%s', (source, faults) => {
    expect(faultsIn(source)).toEqual(faults);
  });

  it.each([
    "import a from './a.ts';",
    "export { a, type B, c as d } from './a.ts';",
    "export type { A } from './a.ts';",
    'const a = b; export { a };',
    "const x = import('./a.ts');",
    "type A = 'a' | 1;",
    "const x: Record<'a', 1> = y;",
    'const x = <T>(a: T) => a;',
    "'use strict';",
    'class A extends B { constructor() { super(); } }',
    'const x = delete a?.b;',
    'const { a, b: c } = d;',
  ])('no fault is put into %s', (source) => {
    const { mutants, text } = mutate('x.ts', source, 1);
    expect(mutants).toEqual([]);
    expect(text).toBe(`const __mutant = globalThis.__mutants.isOn; ${source}`);
  });
});

describe('message texts', () => {
  it.each([
    "const x = new Error('no such thing');",
    "const x = new Failure('no such thing');",
    "const x = new Refusal('no such thing');",
    "const x = { message: y ?? 'no such thing' };",
    "const x = refuse('has to be short');",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the code under test has the template
    "const x = new Error(`only ${names.join(', ')} are allowed`);",
    "const x = new Error('no ' + what);",
  ])('are left out: %s', (source) => {
    expect(faultsIn(source).filter(([kind]) => kind === 'string')).toEqual([]);
  });

  it.each([
    "const x = new Failure('bad_message');",
    "const x = f('claim.phase = :running AND open');",
    "const x = { code: 'a b' };",
    "const x = { message: 'one_word' };",
  ])('codes and conditions are not: %s', (source) => {
    expect(faultsIn(source).filter(([kind]) => kind === 'string')).toHaveLength(1);
  });
});

describe('a mutated file', () => {
  /** What `expression` gives in `source` with mutant `on` switched on. */
  function run(source: string, on: number): unknown {
    const { text } = mutate('x.ts', source, 1);
    const program = text.replace('globalThis.__mutants.isOn', '(id) => id === on').replace(/export /g, '');
    return new Function('on', `${program}; return result;`)(on);
  }

  it.each([
    ['const result = [1, 2].length > 1 ? 3 : 4;', 0, 3],
    ['const result = [1, 2].length > 1 ? 3 : 4;', 3, 4],
    ['let result = 0; for (const a of [1, 2, 3]) result += a;', 0, 6],
    ['let result = 0; do { result += 1; if (result < 2) continue; } while (result < 5);', 0, 5],
    ["const { a = 'x', ...rest } = { b: 1 }; const result = a + Object.keys(rest).join();", 0, 'xb'],
    ["const o = { 'a-b': { c: 2 } }; const result = o['a-b']?.c;", 0, 2],
    ['let result = 0; if (result > 1) result = 2; else result = 3;', 0, 3],
    ['const f = { v: 4, g() { return this.v; } }; const result = f.g?.();', 0, 4],
  ])('%s, mutant %i: %j', (source, on, result) => {
    expect(run(source, on)).toBe(result);
  });

  it('stops a loop after its first turn', () => {
    const source = 'let result = 0; for (const a of b()) { result += a; } function b() { return [1, 2, 3]; }';
    const { mutants } = mutate('x.ts', source, 1);
    const once = mutants.find(({ kind }) => kind === 'first turn only')?.id ?? 0;
    expect([run(source, 0), run(source, once)]).toEqual([6, 1]);
  });

  it('keeps its lines, and says where each mutant is', () => {
    const source = "/** A. */\nexport function f(a: number) {\n  while (a > 1) {\n    a -= 1;\n  }\n  return 'b';\n}\n";
    const { mutants, text } = mutate('a/x.ts', source, 7);
    expect(text.split('\n')).toHaveLength(source.split('\n').length);
    expect(mutants.find(({ kind }) => kind === 'string')).toEqual({
      id: 7 + mutants.length - 1,
      file: 'a/x.ts',
      line: 6,
      within: 'f',
      kind: 'string',
      before: "'b'",
      after: "''",
    });
  });
});
