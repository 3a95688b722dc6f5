/** The partition keys that a call's items have. */
import { expect, it } from 'vitest';
import { leadingKeysOf } from '../../../infra/local/iam/leading-keys.ts';

const key = (id: string, more: object = {}) => ({ id: { S: id }, part: { S: 'p' }, ...more });
const keysOf = (call: string, input: unknown): readonly string[] =>
  leadingKeysOf({ call, input, partitionKey: 'id', isTable: (name) => name === 'mine' });

it.each<[string, object, readonly string[]]>([
  ['dynamodb:GetItem', { Key: key('a') }, ['a']],
  ['dynamodb:UpdateItem', { Key: key('a') }, ['a']],
  ['dynamodb:DeleteItem', { Key: key('a') }, ['a']],
  ['dynamodb:PutItem', { Item: key('a', { more: { N: '1' } }) }, ['a']],
  [
    'dynamodb:BatchGetItem',
    { RequestItems: { mine: { Keys: [key('a'), key('b')] }, other: { Keys: [key('c')] } } },
    ['a', 'b'],
  ],
  [
    'dynamodb:BatchWriteItem',
    {
      RequestItems: {
        mine: [{ PutRequest: { Item: key('a') } }, { DeleteRequest: { Key: key('b') } }],
        other: [{ PutRequest: { Item: key('c') } }],
      },
    },
    ['a', 'b'],
  ],
])('%s', (call, input, expected) => {
  expect(keysOf(call, input)).toEqual(expected);
});

it.each<[string, unknown, string]>([
  ['dynamodb:Query', {}, 'it is not known which partition keys dynamodb:Query is about'],
  ['toString', {}, 'it is not known which partition keys toString is about'],
  ['dynamodb:GetItem', {}, 'an item of dynamodb:GetItem has no text for its partition key id'],
  [
    'dynamodb:PutItem',
    { Item: { id: { N: '1' } } },
    'an item of dynamodb:PutItem has no text for its partition key id',
  ],
  ['dynamodb:BatchWriteItem', { RequestItems: { mine: [{}] } }, 'has no text for its partition key id'],
  ['dynamodb:BatchWriteItem', {}, 'RequestItems: must be an object'],
  ['dynamodb:BatchGetItem', { RequestItems: { mine: ['x'] } }, 'RequestItems: must be an object'],
  ['dynamodb:GetItem', null, 'dynamodb:GetItem: must be an object'],
])('%s %j is an error', (call, input, sentence) => {
  expect(() => keysOf(call, input)).toThrow(sentence);
});
