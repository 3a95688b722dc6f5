/**
 * Exact decimals, from MX's bytes to DynamoDB and back to our answers. Money must not pass through a double:
 * `JSON.parse` on its own turns `12345678901234567.89` into `12345678901234568`.
 */

// Not in TypeScript's library yet: `JSON.rawJSON` and the third argument of a reviver (ECMAScript "JSON.parse source
// text access", in Node 24).
declare global {
  interface JSON {
    rawJSON(text: string): object;
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** DynamoDB's number: up to 38 significant digits, magnitude 1E-130 to 9.99E+125 (AWS limit). */
const MAX_DIGITS = 38;
const MIN_EXPONENT = -130;
const MAX_EXPONENT = 125;

/** A decimal number, kept as its own text. Serialises to a bare JSON number with the same digits. */
export class Decimal {
  /** A JSON number, digit for digit as it was read. */
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** @throws TypeError when `text` is not a JSON number or does not fit a DynamoDB number without loss. */
  static of(text: string): Decimal {
    const decimal = Decimal.read(text);
    if (decimal === null) throw new TypeError('not a decimal of at most 38 digits');
    return decimal;
  }

  /** As `of`, with `null` for what is not such a number. */
  static read(text: string): Decimal | null {
    if (!NUMBER.test(text)) return null;
    const { digits, exponent } = parts(text);
    if (digits.length > MAX_DIGITS) return null;
    // The exponent of the leading digit, which is what DynamoDB's range speaks of. Zero has none, and gets -1 here.
    const magnitude = exponent + digits.length - 1;
    if (magnitude < MIN_EXPONENT || magnitude > MAX_EXPONENT) return null;
    return new Decimal(text);
  }

  /** Whether both are the same number: `1.50`, `1.5` and `15e-1` are. */
  equals(other: Decimal): boolean {
    const a = parts(this.text);
    const b = parts(other.text);
    return a.digits === b.digits && a.exponent === b.exponent && (a.negative === b.negative || a.digits === '');
  }

  /** Used by `JSON.stringify`: the digits themselves, never a double. */
  toJSON(): object {
    return JSON.rawJSON(this.text);
  }
}

/** Sign, significant digits without zeros around them, and the power of ten of the last of them. Zero has no digits. */
function parts(text: string): { negative: boolean; digits: string; exponent: number } {
  const negative = text.startsWith('-');
  const [mantissa = '', power = '0'] = text.slice(negative ? 1 : 0).split(/[eE]/);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return { negative, digits, exponent: 0 };
  return { negative, digits, exponent: Number(power) - fraction.length + (all.length - digits.length) };
}

/** A JSON value in which every number is a `Decimal`. */
export type ExactJson = null | boolean | string | Decimal | readonly ExactJson[] | ExactObject;

/** A JSON object in which every number is a `Decimal`. */
export interface ExactObject {
  readonly [key: string]: ExactJson;
}

/**
 * Parses JSON with every number as a `Decimal`. A number outside DynamoDB's range (more than 38 digits) is left as its
 * own text, so that a reader of the field can refuse it rather than store it with other last digits.
 *
 * @throws SyntaxError when `text` is not JSON.
 */
export function parseExactJson(text: string): ExactJson {
  const reviver = (_key: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === 'number' ? (Decimal.read(context.source ?? '') ?? context.source) : value;
  // TypeScript's library does not know the third argument yet; the cast says what the reviver above makes true.
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as ExactJson;
}

/** Whether `value` is a JSON object. */
export const isExactObject = (value: ExactJson | undefined): value is ExactObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
