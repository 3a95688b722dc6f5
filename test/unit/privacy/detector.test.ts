/** What the detector finds, and what it takes for chance. */
import { describe, expect, it } from 'vitest';
import { Detector, isTelling, type Secret } from '../../privacy/detector.ts';

const planted: readonly Secret[] = [
  { kind: 'amount', value: '215430.55' },
  { kind: 'amount', value: '500000.0' },
  { kind: 'account number', value: '4921710685' },
  { kind: 'name', value: 'Erika’s Savings' },
  { kind: 'own id', value: 'user-4711' },
  { kind: 'MFA answer', value: 'open sesame 1' },
  { kind: 'credential', value: 'k3y+of/mx==' },
];

function found(text: string): readonly string[] {
  const detector = new Detector();
  for (const secret of planted) detector.add(secret);
  expect(detector.size).toBe(planted.length);
  return detector.find(text).map(({ value }) => value);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('finds', () => {
  it.each([
    ['a number', '{"balance":215430.55}', '215430.55'],
    ['with another sign', 'balance: -215430.55.', '215430.55'],
    ['with an exponent', '{"balance":2.1543055E+5}', '215430.55'],
    ['with zeros behind', '[215430.5500]', '215430.55'],
    ['without its zero', '{"balance":500000}', '500000.0'],
    ['of powers only', '5e5', '500000.0'],
    ['as DynamoDB writes it', '{"balance":{"N":"215430.55"}}', '215430.55'],
    ['in an address', '/users?min=215430.55&max=1', '215430.55'],
    ['beside an id', '/9d801ade-1111-47d6-a2c4-c3589aa76842/5e5', '500000.0'],
    ['a text', '{"account_number":"4921710685"}', '4921710685'],
    ['of several words', 'the name “Erika’s Savings” is taken', 'Erika’s Savings'],
    ['in other letters', 'ERIKA’S SAVINGS', 'Erika’s Savings'],
    ['in JSON in JSON', JSON.stringify({ body: JSON.stringify({ a: 'x\nuser-4711' }) }), 'user-4711'],
    ['with JSON’s escapes', '"Erika\\u2019s Savings"', 'Erika’s Savings'],
    ['with escapes of an address', '/users/Erika%E2%80%99s%20Savings', 'Erika’s Savings'],
    ['as a form sends it', 'answer=open+sesame+1&x=%20', 'open sesame 1'],
    ['a segment of a path', 'GET /users/user-4711/members', 'user-4711'],
    ['a credential', 'api_key: k3y+of/mx==', 'k3y+of/mx=='],
    ['in HTTP Basic', `Basic ${base64('client:k3y+of/mx==')}`, 'k3y+of/mx=='],
    ['in a body in base 64', JSON.stringify({ body: base64('{"balance":215430.55}') }), '215430.55'],
    ['in base 64 twice', base64(base64('{"id":"user-4711"}')), 'user-4711'],
  ])('%s', (_, text, value) => {
    expect(found(text)).toEqual([value]);
  });

  it('each value once', () => {
    expect(found('user-4711 user-4711 {"a":4921710685,"b":215430.55}')).toEqual([
      '215430.55',
      'user-4711',
      '4921710685',
    ]);
  });
});

it.each([
  '',
  '{"status":404,"count":5,"ms":215.43,"at":"2026-11-21T12:00:00.000Z"}',
  '1215430.55 215430.551 v215430.55 215430.55.1 215430',
  'user-47110 my-user-4711 user 4711 user-4711-a',
  'open sesame 10, open the sesame 1',
  '{"request_id":"9d801ade-05e5-47d6-a2c4-c3589aa76842","member_guid":"MBR-000005e5-50E4-4000-8000-0000005e0005"}',
  'MBR-11111111-0000-4000-8000-000000215430 %ZZ %E2 aGVsbG8gd29ybGQ=',
])('finds nothing in “%s”', (text) => {
  expect(found(text)).toEqual([]);
});

it.each([
  ['amount', '10.5', true],
  ['amount', '100000', true],
  ['amount', '1234567', true],
  ['amount', '99999', false],
  ['amount', '13000.0', false],
  ['amount', '1.5', false],
  ['amount', '0', false],
  ['amount', 'much', false],
  ['MFA answer', 'correct', false],
  ['own id', 'u-1', false],
  ['own id', '123456', true],
  ['name', '------', false],
] as const)('%s %s is telling: %s', (kind, value, telling) => {
  expect(isTelling({ kind, value })).toBe(telling);
  const detector = new Detector();
  detector.add({ kind, value });
  detector.add({ kind, value });
  expect(detector.size).toBe(telling ? 1 : 0);
});
