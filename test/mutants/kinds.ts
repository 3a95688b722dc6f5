/** What may be wrong with a node: the faults of each kind, as text that takes the node's place. */
import { isMessageText } from './message-texts.ts';
import type { Kind } from './mutant.ts';
import { at, listOf, type Node, nameOf, plain } from './syntax.ts';

/** One fault. */
export interface Fault {
  readonly kind: Kind;
  readonly after: string;
}

/** A node where it stands. */
export interface Place {
  readonly node: Node;
  /** Nearest first. */
  readonly ancestors: readonly Node[];
  /** The text of a node, as it is in the file. */
  readonly text: (node: Node) => string;
}

/** Each operator with what it is mistaken for: at its boundary, and turned round. */
const comparisons: Readonly<Record<string, { boundary?: string; negation: string }>> = {
  '<': { boundary: '<=', negation: '>=' },
  '<=': { boundary: '<', negation: '>' },
  '>': { boundary: '>=', negation: '<=' },
  '>=': { boundary: '>', negation: '<' },
  '===': { negation: '!==' },
  '!==': { negation: '===' },
  '==': { negation: '!=' },
  '!=': { negation: '==' },
};

const arithmetic: Readonly<Record<string, string>> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '**': '*' };
const assignments: Readonly<Record<string, string>> = { '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=', '??=': '=' };

/** Whether a comparison or `!` is itself turned round: then its condition need not be. */
const turnsItself = ({ type, ...node }: Node): boolean =>
  (type === 'BinaryExpression' && Object.hasOwn(comparisons, String(Reflect.get(node, 'operator')))) ||
  (type === 'UnaryExpression' && Reflect.get(node, 'operator') === '!');

/** The faults of an expression. */
export function faultsOf(place: Place): readonly Fault[] {
  const { node } = place;
  const faults = (expressions[node.type] ?? none)(place);
  return isCondition(place) && !turnsItself(node)
    ? [...faults, { kind: 'negation', after: `!(${place.text(node)})` }]
    : faults;
}

const none = (): readonly Fault[] => [];

/** The condition of an `if` or of a loop. */
function isCondition({ node, ancestors: [parent] }: Place): boolean {
  return (
    parent !== undefined &&
    ['IfStatement', 'WhileStatement', 'DoWhileStatement', 'ForStatement'].includes(parent.type) &&
    at(parent, 'test') === node
  );
}

/** `node` with one of its operators in another's place. */
function withOperator({ node, text }: Place, operator: string): string {
  const [left, right] = [at(node, 'left'), at(node, 'right')];
  return left && right ? `${text(left)} ${operator} ${text(right)}` : text(node);
}

const expressions: Readonly<Record<string, (place: Place) => readonly Fault[]>> = {
  BinaryExpression(place) {
    const operator = String(plain(place.node, 'operator'));
    const comparison = comparisons[operator];
    if (comparison !== undefined) {
      const { boundary, negation } = comparison;
      return [
        ...(boundary === undefined ? [] : [{ kind: 'boundary' as const, after: withOperator(place, boundary) }]),
        { kind: 'negation', after: withOperator(place, negation) },
      ];
    }
    const other = arithmetic[operator];
    if (other === undefined || isMessage(place)) return [];
    return [{ kind: 'arithmetic', after: withOperator(place, other) }];
  },

  AssignmentExpression(place) {
    const other = assignments[String(plain(place.node, 'operator'))];
    return other === undefined ? [] : [{ kind: 'arithmetic', after: withOperator(place, other) }];
  },

  UpdateExpression({ node, text }) {
    const operand = at(node, 'argument');
    const after = (operator: string): string =>
      plain(node, 'prefix') === true
        ? `${operator}${operand && text(operand)}`
        : `${operand && text(operand)}${operator}`;
    return [{ kind: 'arithmetic', after: after(plain(node, 'operator') === '++' ? '--' : '++') }];
  },

  LogicalExpression({ node, text }) {
    const parts = [at(node, 'left'), at(node, 'right')].filter((part) => part !== null);
    return parts.map((part) => ({ kind: 'condition part', after: text(part) }));
  },

  UnaryExpression({ node, text }) {
    const [operator, operand] = [plain(node, 'operator'), at(node, 'argument')];
    if (operand === null) return [];
    if (operator === '!') return [{ kind: 'negation', after: text(operand) }];
    return operator === '-' ? [{ kind: 'arithmetic', after: text(operand) }] : [];
  },

  ConditionalExpression({ node, text }) {
    const [test, yes, no] = [at(node, 'test'), at(node, 'consequent'), at(node, 'alternate')];
    if (!test || !yes || !no || turnsItself(test)) return [];
    return [{ kind: 'swapped ternary', after: `${text(test)} ? ${text(no)} : ${text(yes)}` }];
  },

  Literal(place) {
    const value = plain(place.node, 'value');
    if (typeof value === 'boolean') return [{ kind: 'boolean', after: String(!value) }];
    if (typeof value === 'number') return [{ kind: 'number', after: String(value + 1) }];
    if (typeof value === 'string') {
      if (isMessageText(place.node, value, place.ancestors)) return [];
      return [{ kind: 'string', after: value === '' ? "'mutant'" : "''" }];
    }
    return value instanceof RegExp ? withoutAnchors(value) : [];
  },

  TemplateLiteral(place) {
    return isMessage(place) ? [] : [{ kind: 'string', after: "''" }];
  },

  ArrayExpression({ node }) {
    return listOf(node, 'elements').length === 0 ? [] : [{ kind: 'array emptied', after: '[]' }];
  },

  ObjectExpression({ node }) {
    return listOf(node, 'properties').length === 0 ? [] : [{ kind: 'object emptied', after: '{}' }];
  },

  AwaitExpression({ node, text }) {
    const awaited = at(node, 'argument');
    return awaited === null ? [] : [{ kind: 'await dropped', after: text(awaited) }];
  },

  ChainExpression({ node, ancestors: [parent], text }) {
    if (parent?.type === 'UnaryExpression' && plain(parent, 'operator') === 'delete') return [];
    return optionalLinks(node).map((link) => {
      const before = link.start - node.start;
      const [start, end] = [text(node).slice(0, before), text(node).slice(before)];
      // `?.[` and `?.(` lose both signs, `?.name` keeps its dot.
      return {
        kind: 'optional chain',
        after: start + end.replace(/^\s*\?\.(?=[[(])/, '').replace(/^(\s*)\?\./, '$1.'),
      };
    });
  },
};

/** Where each `?.` of a chain begins. */
function optionalLinks(chain: Node): readonly { readonly start: number }[] {
  const links: { start: number }[] = [];
  let link = at(chain, 'expression');
  while (link !== null) {
    const inner = at(link, 'object') ?? at(link, 'callee') ?? at(link, 'expression');
    if (inner !== null && plain(link, 'optional') === true) links.push({ start: inner.end });
    link = inner;
  }
  return links;
}

function withoutAnchors({ source, flags }: RegExp): readonly Fault[] {
  const variants = [source.replace(/^\^/, ''), source.replace(/(?<!\\)\$$/, '')].filter((other) => other !== source);
  return variants.map((other) => ({ kind: 'regex anchor', after: `/${other}/${flags}` }));
}

const isMessage = ({ node, ancestors, text }: Place): boolean => isMessageText(node, text(node), ancestors);

/** Statements that may be missing: calls, assignments, and what leaves a loop or a function. */
export function mayBeRemoved({ node, ancestors: [parent] }: Place): boolean {
  switch (node.type) {
    case 'ThrowStatement':
    case 'ContinueStatement':
    case 'BreakStatement':
      return true;
    case 'ReturnStatement':
      return at(node, 'argument') === null;
    case 'ExpressionStatement': {
      if (typeof plain(node, 'directive') === 'string' || parent?.type === 'ArrowFunctionExpression') return false;
      const expression = at(node, 'expression');
      const callee = expression && at(expression, 'callee');
      return callee?.type !== 'Super';
    }
    default:
      return false;
  }
}

/** Loops: each may stop after its first turn, as a page loop does that never asks for the second page. */
export const loops: ReadonlySet<string> = new Set([
  'ForStatement',
  'ForOfStatement',
  'ForInStatement',
  'WhileStatement',
  'DoWhileStatement',
]);

/** Properties that may be missing. */
export const isConsistentRead = (node: Node): boolean => node.type === 'Property' && nameOf(node) === 'ConsistentRead';
