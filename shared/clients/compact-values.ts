/** Attribute values that take few bytes, and reading them. Absent stands for null and for false. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { epochMillisecondsOf, type Instant, instantOf } from '../domain/instant.ts';
import type { Item } from './attribute-values.ts';

/** An instant as milliseconds since 1970: 8 bytes where its text takes 24. */
export const millisecondsOf = (instant: Instant): AttributeValue => ({ N: String(epochMillisecondsOf(instant)) });

/** The same; null is absent. */
export const milliseconds = (instant: Instant | null | undefined): AttributeValue | undefined =>
  instant == null ? undefined : millisecondsOf(instant);

/** The way back from `milliseconds`. */
export const instantIn = (item: Item, name: string): Instant | null => {
  const number = item[name]?.N;
  return number === undefined ? null : instantOf(Number(number));
};

/** True; false is absent. */
export const flag = (value: boolean): AttributeValue | undefined => (value ? { BOOL: true } : undefined);

/** The way back from `flag`. */
export const flagIn = (item: Item, name: string): boolean => item[name]?.BOOL === true;

/** A text; null is absent. */
export const text = (value: string | null | undefined): AttributeValue | undefined =>
  value == null ? undefined : { S: value };

/** The way back from `text`. */
export const textIn = (item: Item, name: string): string | null => item[name]?.S ?? null;

/** Those of `attributes` that are there. */
export const present = (attributes: Readonly<Record<string, AttributeValue | undefined>>): Item =>
  Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined),
  );

/** A count, or what its absence stands for. */
export const countIn = (item: Item, name: string, absent: number): number => Number(item[name]?.N ?? absent);

/** Words of a closed list and the letters that are stored for them. */
export interface Codes<Word extends string> {
  toAttribute(word: Word): AttributeValue;
  /** @throws TypeError for a letter that stands for none of the words. */
  in(item: Item, name: string): Word;
}

/** Stores each word of `letters` as its letter. */
export function codesOf<Word extends string>(letters: Readonly<Record<Word, string>>): Codes<Word> {
  const isWord = (key: string): key is Word => Object.hasOwn(letters, key);
  const words = new Map(
    Object.keys(letters)
      .filter(isWord)
      .map((word) => [letters[word], word] as const),
  );
  return {
    toAttribute: (word) => ({ S: letters[word] }),
    in(item, name) {
      const word = words.get(item[name]?.S ?? '');
      if (word === undefined) throw new TypeError(`${name} has a letter that stands for nothing`);
      return word;
    },
  };
}
