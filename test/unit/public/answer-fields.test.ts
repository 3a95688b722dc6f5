/** An answer's fields, one by one: what is missing or of another type is said by name. */
import { describe, expect, it } from 'vitest';
import {
  countIn,
  countOrNullIn,
  decimalOrNullIn,
  flagIn,
  flagOrNullIn,
  listIn,
  objectIn,
  objectOf,
  textIn,
  textOrNullIn,
  textsOrNullIn,
  wordIn,
  wordOrNullIn,
} from '../../../shared/public/answer-fields.ts';
import type { Json, JsonObject } from '../../../shared/public/exact-json.ts';
import { isTrigger } from '../../../shared/public/vocabulary.ts';

const wrong = (what: string) =>
  expect.objectContaining({ code: 'unexpected_answer', status: null, action: 'contact_support', detail: what });

type Read = (value: JsonObject, name: string) => unknown;
const word: Read = (value, name) => wordIn(value, name, isTrigger);
const wordOrNull: Read = (value, name) => wordOrNullIn(value, name, isTrigger);

describe('a field of an answer', () => {
  it.each<[string, Read, Json, unknown]>([
    ['an object', objectIn, { a: '1' }, { a: '1' }],
    ['a list', listIn, ['1'], ['1']],
    ['a text', textIn, 'x', 'x'],
    ['a text or null', textOrNullIn, 'x', 'x'],
    ['texts', textsOrNullIn, ['x', 'y'], ['x', 'y']],
    ['no text among texts', textsOrNullIn, [], []],
    ['a flag', flagIn, false, false],
    ['a flag or null', flagOrNullIn, true, true],
    ['a count', countIn, '0', 0],
    ['a large count', countIn, '123456789012345', 123_456_789_012_345],
    ['a count or null', countOrNullIn, '7', 7],
    ['a word', word, 'http', 'http'],
    ['a word or null', wordOrNull, 'http', 'http'],
    ['a decimal or null', decimalOrNullIn, '12345678901234567.89', '12345678901234567.89'],
  ])('is read: %s', (_what, read, given, expected) => {
    expect(read({ it: given }, 'it')).toEqual(expected);
  });

  it.each<[string, Read]>([
    ['a text', textOrNullIn],
    ['texts', textsOrNullIn],
    ['a flag', flagOrNullIn],
    ['a count', countOrNullIn],
    ['a word', wordOrNull],
    ['a decimal', decimalOrNullIn],
  ])('may be missing or null: %s', (_what, read) => {
    expect([read({}, 'it'), read({ it: null }, 'it')]).toEqual([null, null]);
  });

  it.each<[Read, Json | undefined, string]>([
    [objectIn, undefined, 'an object'],
    [objectIn, ['1'], 'an object'],
    [objectIn, null, 'an object'],
    [listIn, undefined, 'a list'],
    [listIn, 'x', 'a list'],
    [textIn, undefined, 'a text'],
    [textIn, null, 'a text'],
    [textIn, true, 'a text'],
    [textOrNullIn, false, 'a text'],
    [textsOrNullIn, 'x', 'a list'],
    [textsOrNullIn, ['x', null], 'a list of texts'],
    [flagIn, undefined, 'true or false'],
    [flagIn, 'true', 'true or false'],
    [flagOrNullIn, 'true', 'true or false'],
    [countIn, '-1', 'a whole number'],
    [countIn, '1.5', 'a whole number'],
    [countIn, 'x1', 'a whole number'],
    [countIn, '1x', 'a whole number'],
    [countIn, '1234567890123456', 'a whole number'],
    [countOrNullIn, '', 'a whole number'],
    [decimalOrNullIn, 'much', 'a number'],
    [decimalOrNullIn, true, 'a number'],
    [word, undefined, 'a word that this version of the client knows'],
    [word, 'telepathy', 'a word that this version of the client knows'],
    [wordOrNull, 'telepathy', 'a word that this version of the client knows'],
  ])('is refused by name: %o of %j', (read, given, what) => {
    const answer: JsonObject = given === undefined ? {} : { it: given };
    expect(() => read(answer, 'it')).toThrow(wrong(`it in the answer is not ${what}`));
  });
});

describe('an answer', () => {
  it.each<Json>([null, 'x', ['x'], true])('that is no object is refused: %j', (value) => {
    expect(() => objectOf(value)).toThrow(wrong('the answer is not a JSON object'));
    expect(() => objectIn(value, 'it')).toThrow(wrong('the answer is not a JSON object'));
  });
});
