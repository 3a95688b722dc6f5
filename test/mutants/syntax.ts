/** The syntax tree of a TypeScript file, as Vite's parser gives it (ESTree with TypeScript's nodes), read by name. */
import { parseSync } from 'vite';

/** A node, with its place in the text. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Reads `text`. @throws Error with the parser's first complaint. */
export function parse(path: string, text: string): Node {
  const { program, errors } = parseSync(path, text, { lang: 'ts', sourceType: 'module' });
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} cannot be read: ${error.message}`);
  return program;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string';

/** The node at `name`; null when there is none. */
export function at(node: Node, name: string): Node | null {
  const value: unknown = Reflect.get(node, name);
  return isNode(value) ? value : null;
}

/** The nodes of the list at `name`, without holes. */
export function listOf(node: Node, name: string): readonly Node[] {
  const value: unknown = Reflect.get(node, name);
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** A plain value of the node, such as its operator. */
export const plain = (node: Node, name: string): unknown => Reflect.get(node, name);

/** What stands in types only, or names something outside, and is never changed. */
const left = new Set([
  'ImportDeclaration',
  'ExportAllDeclaration',
  // Of `export { a }` both the name here and the name outside, which are the same text.
  'ExportSpecifier',
  'ImportExpression',
  'TaggedTemplateExpression',
]);

/** Wrappers of an expression that are no code when the program runs. */
export const typeWrappers: ReadonlySet<string> = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
]);

/** The nodes directly below that are code when the program runs, in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  if (left.has(node.type) || typeof plain(node, 'directive') === 'string') return [];
  const found = Object.entries(node).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'parent') return [];
    return (Array.isArray(value) ? value : [value]).filter(isNode);
  });
  return found
    .filter(({ type }) => !type.startsWith('TS') || typeWrappers.has(type))
    .toSorted((a, b) => a.start - b.start);
}

/** The name of a declaration or of a property, if it is written as one. */
export function nameOf(node: Node): string | null {
  const named = at(node, 'id') ?? at(node, 'key');
  const name = named && (plain(named, 'name') ?? plain(named, 'value'));
  return typeof name === 'string' ? name : null;
}
