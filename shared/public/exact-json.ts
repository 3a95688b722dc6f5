/**
 * JSON in which every number is its own text: `JSON.parse` turns `12345678901234567.89` into `12345678901234568`. Works
 * on every platform; `JSON.parse` with source text, which the service itself uses, is not in Node 20 and older browsers.
 */

/**
 * An exact decimal as text: digits, a point, a minus sign, no exponent. Decimal libraries, `BigInt` (without the point)
 * and `Intl.NumberFormat` take it as it is; `Number(…)` and `+` round it.
 */
export type DecimalText = `${number}`;

/** A JSON value in which every number is text. */
export type Json = null | boolean | string | readonly Json[] | JsonObject;

/** A JSON object in which every number is text. */
export interface JsonObject {
  readonly [name: string]: Json;
}

// A string is matched first and left alone, so that digits in it are. A number before a colon is no JSON: it is left
// alone too, and `JSON.parse` refuses it.
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\s*:)/g;

/** Parses JSON. @throws SyntaxError when `text` is not JSON. */
export function parseJson(text: string): Json {
  const quoted = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') ? token : `"${withoutExponent(token)}"`,
  );
  const parsed: Json = JSON.parse(quoted);
  return parsed;
}

/** Whether `value` is a JSON object. */
export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** Whether `value` is an exact decimal as text. */
export const isDecimalText = (value: unknown): value is DecimalText => typeof value === 'string' && DECIMAL.test(value);

/** Far beyond DynamoDB's range (1E-130 to 9.99E+125), so every stored amount is written out; beyond it is left as sent. */
const MAX_ZEROS = 200;

/** `1.5e3` as `1500`; what has no exponent is returned digit for digit. */
export function withoutExponent(number: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(number) ?? [];
  const exponent = Number(power);
  if (whole === '' || Math.abs(exponent) > MAX_ZEROS) return number;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const integer = digits
    .slice(0, point)
    .padEnd(point, '0')
    .replace(/^0+(?=\d)/, '');
  const rest = digits.slice(point);
  return rest === '' ? sign + integer : `${sign}${integer}.${rest}`;
}
