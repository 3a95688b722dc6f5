/**
 * The only texts that are left out: messages for people. A code, an attribute's name, a condition of DynamoDB's and a
 * header are texts too, and a fault in them is a fault.
 */
import { at, type Node, nameOf, plain } from './syntax.ts';

/** Properties that hold a sentence. */
const sentences = new Set([
  'message',
  'detail',
  'says',
  'source',
  'title',
  'meaning',
  'explanation',
  'description',
  'sentence',
]);

/** Functions of this project that make a failure of a sentence. */
const failing = new Set(['refuse', 'unreadable', 'fail', 'invalid']);

/** Whether the text `node` below `ancestors` (nearest first) is a message: several words, where a message stands. */
export function isMessageText(node: Node, words: string, ancestors: readonly Node[]): boolean {
  for (const [index, ancestor] of ancestors.entries()) {
    const below = ancestors[index - 1] ?? node;
    switch (ancestor.type) {
      // Part of a text that is put together.
      case 'TemplateLiteral':
        if (isMessageText(ancestor, ' ', ancestors.slice(index + 1))) return true;
        break;
      case 'BinaryExpression':
      case 'ConditionalExpression':
      case 'LogicalExpression':
        break;
      case 'Property':
        return /\s/.test(words) && at(ancestor, 'value') === below && sentences.has(nameOf(ancestor) ?? '');
      case 'NewExpression':
        return /\s/.test(words) && /(Error|Failure|Refusal|Violation)$/.test(calleeOf(ancestor));
      case 'CallExpression':
        if (failing.has(calleeOf(ancestor))) return /\s/.test(words);
        // `${names.join(', ')}` in a message.
        break;
      case 'MemberExpression':
        break;
      default:
        return false;
    }
  }
  return false;
}

function calleeOf(node: Node): string {
  const callee = at(node, 'callee');
  const name = callee && plain(callee, 'name');
  return typeof name === 'string' ? name : '';
}
