/** Finds known values of bank and personal data in texts, in any form in which a program may write them. */

/** What must not be in a log, a metric, an event, a dead letter or an error answer. */
export type SecretKind = 'amount' | 'account number' | 'name' | 'own id' | 'MFA answer' | 'credential';

/** A value to look for. */
export interface Secret {
  readonly kind: SecretKind;
  readonly value: string;
}

const WORD = /[\p{L}\p{N}_-]+/gu;
const NUMBER = /(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w|\.\d)/g;
/** A group of its digits may look like an amount by chance: 05e5 is 500,000. */
const UUID = /(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])/gi;
const BASE64 = /[A-Za-z0-9+/_-]{8,}={0,2}/g;
/** What was encoded twice is found, what was encoded more often is not. */
const DEPTH = 2;

/** Digits that a number of bytes, a status or a count does not have by chance. */
const TELLING_AMOUNT = /^(?:\d{3,}e-[1-9]\d*|\d+e[5-9]|\d{2,}e4|\d{3,}e3|\d{4,}e2|\d{5,}e1|\d{6,}e0)$/;

/**
 * Whether finding this value says something. `CORRECT`, 12 or 3000 may be in a log for other reasons: a value that is to be
 * looked for has six characters, not only letters; an amount has cents, or 100,000 and more.
 */
export const isTelling = ({ kind, value }: Secret): boolean =>
  kind === 'amount'
    ? TELLING_AMOUNT.test(plainAmount(value) ?? '')
    : value.length >= 6 && /[\p{L}\p{N}]/u.test(value) && /\P{L}/u.test(value);

/** Looks for values in texts. It takes a time that follows the texts' length, not the number of values. */
export class Detector {
  readonly #amounts = new Map<string, Secret>();
  /** By their first word, in small letters. */
  readonly #texts = new Map<string, Map<string, { readonly secret: Secret; readonly words: readonly string[] }>>();
  #size = 0;

  /** How many values are looked for. */
  get size(): number {
    return this.#size;
  }

  /** From here on this value is looked for, if it is telling. */
  add(secret: Secret): void {
    if (!isTelling(secret)) return;
    if (secret.kind === 'amount') {
      this.#keep(this.#amounts, plainAmount(secret.value) ?? secret.value, secret);
      return;
    }
    const words = wordsOf(secret.value);
    const [first = ''] = words;
    const beginning = this.#texts.get(first) ?? new Map();
    this.#texts.set(first, beginning);
    this.#keep(beginning, `${secret.kind} ${words.join(' ')}`, { secret, words });
  }

  /** The values that are in the text: as they are, escaped in JSON, encoded for an address or in base 64. */
  find(text: string): readonly Secret[] {
    const found = new Set<Secret>();
    for (const form of formsOf(text, DEPTH)) {
      for (const [number] of form.replace(UUID, ' ').matchAll(NUMBER)) {
        const secret = this.#amounts.get(plainAmount(number) ?? '');
        if (secret !== undefined) found.add(secret);
      }
      const words = wordsOf(form);
      words.forEach((word, at) => {
        for (const { secret, words: wanted } of this.#texts.get(word)?.values() ?? [])
          if (wanted.every((each, offset) => words[at + offset] === each)) found.add(secret);
      });
    }
    return [...found];
  }

  #keep<V>(into: Map<string, V>, key: string, value: V): void {
    if (into.has(key)) return;
    into.set(key, value);
    this.#size += 1;
  }
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(WORD) ?? [];

/** The text without JSON's escapes, and what is encoded in it. */
function formsOf(text: string, depth: number): readonly string[] {
  const plain = text
    .replace(/\\+u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\+[bfnrt]/g, ' ');
  if (depth === 0) return [plain];
  const encoded = [
    ...(/%[0-9a-fA-F]{2}/.test(plain) ? [plain.replaceAll('+', ' ').replace(/(?:%[0-9a-fA-F]{2})+/g, unescaped)] : []),
    ...(plain.match(BASE64) ?? []).flatMap(decoded),
  ];
  return [plain, ...encoded.flatMap((each) => formsOf(each, depth - 1))];
}

function unescaped(escapes: string): string {
  return Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8');
}

/** Nothing for what only looks like base 64: a guid, a path. */
function decoded(encoded: string): readonly string[] {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return /^[\P{C}\s]+$/u.test(text) && !text.includes('\ufffd') ? [text] : [];
}

/** One text for all spellings of a number without its sign: 500000.0 and 5E+5 are `5e5`. Undefined for other texts. */
function plainAmount(text: string): string | undefined {
  const [, whole, part = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = (whole + part).replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  return `${short}e${Number(exponent) - part.length + digits.length - short.length}`;
}
