/** Reading an answer's fields. What is missing or of another type is said by name, not found out later as `undefined`. */
import { type DecimalText, isDecimalText, isJsonObject, type Json, type JsonObject } from './exact-json.ts';
import { unexpectedAnswer } from './problem.ts';

const wrong = (name: string, what: string) => unexpectedAnswer(null, `${name} in the answer is not ${what}`);

/** The answer itself, as an object. */
export function objectOf(value: Json): JsonObject {
  if (isJsonObject(value)) return value;
  throw unexpectedAnswer(null, 'the answer is not a JSON object');
}

/** An object. @throws BalancesProblem `unexpected_answer`, as all functions here. */
export function objectIn(value: Json, name: string): JsonObject {
  const field = objectOf(value)[name];
  if (isJsonObject(field)) return field;
  throw wrong(name, 'an object');
}

/** A list. */
export function listIn(value: JsonObject, name: string): readonly Json[] {
  const field = value[name];
  if (Array.isArray(field)) return field;
  throw wrong(name, 'a list');
}

/** A text. */
export function textIn(value: JsonObject, name: string): string {
  const field = value[name];
  if (typeof field === 'string') return field;
  throw wrong(name, 'a text');
}

/** A text, or null; a missing one is null. */
export const textOrNullIn = (value: JsonObject, name: string): string | null =>
  (value[name] ?? null) === null ? null : textIn(value, name);

/** A list of texts, or null; a missing one is null. */
export function textsOrNullIn(value: JsonObject, name: string): readonly string[] | null {
  if ((value[name] ?? null) === null) return null;
  const texts = listIn(value, name);
  if (texts.every((text) => typeof text === 'string')) return texts;
  throw wrong(name, 'a list of texts');
}

/** True or false. */
export function flagIn(value: JsonObject, name: string): boolean {
  const field = value[name];
  if (typeof field === 'boolean') return field;
  throw wrong(name, 'true or false');
}

/** True, false or null; a missing one is null. */
export const flagOrNullIn = (value: JsonObject, name: string): boolean | null =>
  (value[name] ?? null) === null ? null : flagIn(value, name);

/** A whole number from 0. */
export function countIn(value: JsonObject, name: string): number {
  const text = textIn(value, name);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw wrong(name, 'a whole number');
}

/** A whole number from 0, or null; a missing one is null. */
export const countOrNullIn = (value: JsonObject, name: string): number | null =>
  (value[name] ?? null) === null ? null : countIn(value, name);

/** An exact decimal, or null; a missing one is null. */
export function decimalOrNullIn(value: JsonObject, name: string): DecimalText | null {
  const field = value[name] ?? null;
  if (field === null || isDecimalText(field)) return field;
  throw wrong(name, 'a number');
}

/** A word of a closed list. */
export function wordIn<Word extends string>(
  value: JsonObject,
  name: string,
  isWord: (word: unknown) => word is Word,
): Word {
  const field = value[name];
  if (isWord(field)) return field;
  throw wrong(name, 'a word that this version of the client knows');
}

/** A word of a closed list, or null; a missing one is null. */
export const wordOrNullIn = <Word extends string>(
  value: JsonObject,
  name: string,
  isWord: (word: unknown) => word is Word,
): Word | null => ((value[name] ?? null) === null ? null : wordIn(value, name, isWord));
