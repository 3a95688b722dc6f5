/**
 * Puts every mutant of a file into one copy of it, each behind a switch: a program with hundreds of faults of which at
 * most one is on. So a mutant costs no more than the tests that reach it.
 */
import { faultsOf, isConsistentRead, loops, mayBeRemoved } from './kinds.ts';
import type { Kind, Mutant } from './mutant.ts';
import { at, childrenOf, type Node, nameOf, parse, plain } from './syntax.ts';

/** A file with its mutants. */
export interface Mutated {
  readonly mutants: readonly Mutant[];
  /** The file's text with all of them, lines where they were. */
  readonly text: string;
}

/** The name of the switch in a mutated file; `switch.ts` makes it. */
const SWITCH = '__mutant';

/** Reads `source` of `file` and numbers its mutants from `firstId`. */
export function mutate(file: string, source: string, firstId: number): Mutated {
  const mutants: Mutant[] = [];
  const lines = lineStarts(source);
  const textOf = (node: Node): string => source.slice(node.start, node.end);

  /** Notes a mutant; the condition that is true while it is on. */
  function note(node: Node, ancestors: readonly Node[], kind: Kind, after: string): string {
    const id = firstId + mutants.length;
    mutants.push({
      id,
      file,
      line: lineOf(lines, node.start),
      within: within(ancestors),
      kind,
      before: onOneLine(textOf(node)),
      after: onOneLine(after),
    });
    return `${SWITCH}(${id})`;
  }

  /** The node's text with the mutants of what is inside it. `around` may put something around a child's text. */
  function inner(
    node: Node,
    ancestors: readonly Node[],
    around: (child: Node, text: string) => string = asItIs,
  ): string {
    const below = [node, ...ancestors];
    let text = '';
    let from = node.start;
    for (const child of childrenOf(node)) {
      if (isName(node, child)) continue;
      text += source.slice(from, child.start) + around(child, render(child, below));
      from = child.end;
    }
    return text + source.slice(from, node.end);
  }

  function render(node: Node, ancestors: readonly Node[]): string {
    const place = { node, ancestors, text: textOf };
    if (node.type === 'Property' && at(node, 'key')?.type === 'Literal' && ancestors[0]?.type === 'ObjectExpression') {
      return renderTextKey(node, ancestors);
    }
    if (loops.has(node.type)) return renderLoop(node, ancestors);
    const text = inner(node, ancestors);
    if (isConsistentRead(node)) return `...(${note(node, ancestors, 'consistent read', '')} ? {} : {${text}})`;
    if (mayBeRemoved(place)) {
      // In braces, or the `else` of an outer `if` would become this one's.
      return `{ if (!${note(node, ancestors, 'statement removed', '')}) {${text}} }`;
    }
    const faults = faultsOf(place);
    if (faults.length === 0) return text;
    const choices = faults.map(({ kind, after }) => `${note(node, ancestors, kind, after)} ? (${after}) : `);
    return `(${choices.join('')}(${text}))`;
  }

  /** `'#status': value`: the key is a text like any other. */
  function renderTextKey(node: Node, ancestors: readonly Node[]): string {
    const [key, value] = [at(node, 'key'), at(node, 'value')];
    if (key === null || value === null) return textOf(node);
    const below = [node, ...ancestors];
    const on = note(key, below, 'string', "''");
    return `[${on} ? '' : ${textOf(key)}]${source.slice(key.end, value.start)}${render(value, below)}`;
  }

  /** What a `continue` comes to as well: the condition of a `do`, the end of any other loop's body. */
  function renderLoop(node: Node, ancestors: readonly Node[]): string {
    const body = at(node, 'body');
    const head = source.slice(node.start, body?.start ?? node.end).trim();
    const on = note(node, ancestors, 'first turn only', `${head} … once`);
    if (node.type === 'DoWhileStatement') {
      const test = at(node, 'test');
      return inner(node, ancestors, (child, inside) => (child === test ? `!${on} && (${inside})` : inside));
    }
    const turns = `__turns${mutants.length}`;
    const once = inner(node, ancestors, (child, inside) =>
      child === body ? `{ if (${turns}++ > 0 && ${on}) break; ${inside} }` : inside,
    );
    return `{ let ${turns} = 0; ${once} }`;
  }

  const program = parse(file, source);
  const text = source.slice(0, program.start) + inner(program, []) + source.slice(program.end);
  return { mutants, text: `const ${SWITCH} = globalThis.__mutants.isOn; ${text}` };
}

const asItIs = (_child: Node, text: string): string => text;

/** Whether a child only names something: a key that is not computed, the module of an `export … from`. */
function isName(node: Node, child: Node): boolean {
  if (node.type === 'Property' && at(node, 'key') === child && plain(node, 'computed') !== true) return true;
  return node.type === 'ExportNamedDeclaration' && at(node, 'source') === child;
}

const onOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

function within(ancestors: readonly Node[]): string {
  const named = ancestors.filter(({ type }) =>
    [
      'FunctionDeclaration',
      'VariableDeclarator',
      'MethodDefinition',
      'PropertyDefinition',
      'Property',
      'ClassDeclaration',
    ].includes(type),
  );
  return named
    .map(nameOf)
    .filter((name) => name !== null)
    .toReversed()
    .join('.');
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

function lineOf(starts: readonly number[], offset: number): number {
  const after = starts.findIndex((start) => start > offset);
  return after === -1 ? starts.length : after;
}
