import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal, isExactObject, parseExactJson } from '../../../shared/domain/decimal.ts';
import { numberTexts, sameValue, seeded } from './number-texts.ts';

describe('a number of at most 38 digits', () => {
  it('comes out of JSON digit for digit', () => {
    fc.assert(
      fc.property(numberTexts, ({ text }) => {
        const json = `{"balance":${text},"list":[${text}]}`;
        expect(JSON.stringify(parseExactJson(json))).toBe(json);
      }),
      seeded,
    );
  });

  it('equals another exactly when the numbers are equal', () => {
    fc.assert(
      fc.property(numberTexts, numberTexts, (a, b) => {
        expect(Decimal.of(a.text).equals(Decimal.of(b.text))).toBe(sameValue(a.value, b.value));
      }),
      seeded,
    );
  });

  it('equals itself when it is written with another exponent', () => {
    fc.assert(
      fc.property(numberTexts, fc.nat({ max: 20 }), ({ text, value }, more) => {
        const rewritten = `${value.coefficient * 10n ** BigInt(more)}e${value.exponent - more}`;
        expect(Decimal.of(text).equals(Decimal.of(rewritten))).toBe(true);
      }),
      seeded,
    );
  });

  it('differs with another sign or power of ten', () => {
    fc.assert(
      fc.property(numberTexts, fc.integer({ min: 1, max: 5 }), ({ text, value }, more) => {
        const negated = text.startsWith('-') ? text.slice(1) : `-${text}`;
        const shifted = `${value.coefficient}e${value.exponent + more}`;
        for (const other of [negated, shifted]) {
          expect(Decimal.of(text).equals(Decimal.of(other))).toBe(value.coefficient === 0n);
        }
      }),
      seeded,
    );
  });

  it('is not rounded where a double would be', () => {
    expect(JSON.stringify(parseExactJson('[12345678901234567.89, 0.1000]'))).toBe('[12345678901234567.89,0.1000]');
  });

  it('differs from one that differs in the 38th digit only', () => {
    const digits = '1'.repeat(37);
    expect(Decimal.of(`${digits}1`).equals(Decimal.of(`${digits}2`))).toBe(false);
  });
});

describe('zero', () => {
  it.each(['0', '-0', '0.00', '0e5', '-0.0E-7', '0e999'])('is the same number as %s', (text) => {
    expect(Decimal.of(text).equals(Decimal.of('0'))).toBe(true);
    expect(Decimal.of(text).equals(Decimal.of('0.01'))).toBe(false);
  });

  it('keeps the text that MX wrote', () => {
    expect(JSON.stringify({ a: Decimal.of('-0.00') })).toBe('{"a":-0.00}');
  });
});

describe('what DynamoDB could not hold without loss', () => {
  it.each([
    ['39 digits', `1${'0'.repeat(37)}1`],
    ['39 digits around the point', `1.${'0'.repeat(37)}1`],
    ['a magnitude above 9.99E+125', '1e126'],
    ['a magnitude below 1E-130', '9e-131'],
    ['an exponent of many digits', '1e99999999999999999999'],
  ])('%s is refused', (_what, text) => {
    expect(Decimal.read(text)).toBeNull();
    expect(() => Decimal.of(text)).toThrow(TypeError);
  });

  it.each([`1${'0'.repeat(60)}`, '9.99e125', '1e-130', `-${'9'.repeat(38)}`, `0.${'0'.repeat(90)}1`])(
    'but %s fits: zeros around the digits do not count',
    (text) => expect(Decimal.read(text)?.text).toBe(text),
  );

  it('the parser leaves a number as its text', () => {
    const text = '1'.repeat(39);
    expect(parseExactJson(`{"balance":${text}}`)).toEqual({ balance: text });
  });

  it('is refused in the error without repeating the amount', () => {
    expect(() => Decimal.of('123456.789,00')).toThrow(/^not a decimal of at most 38 digits$/);
  });
});

it.each(['', ' 1', '1 ', '+1', '01', '.5', '5.', '1e', '0x10', 'NaN', 'Infinity', '1,000', '--1', '1n'])(
  'text %j is not a number',
  (text) => expect(Decimal.read(text)).toBeNull(),
);

it('JSON without numbers parses as always; others are refused', () => {
  expect(parseExactJson('{"a":[null,true,"1.50"],"b":{}}')).toEqual({ a: [null, true, '1.50'], b: {} });
  expect(() => parseExactJson('{"a":1,}')).toThrow(SyntaxError);
});

it('an object differs from list, number, null and text', () => {
  expect(isExactObject(parseExactJson('{}'))).toBe(true);
  for (const json of ['[]', '1', 'null', '"{}"', 'true']) expect(isExactObject(parseExactJson(json)), json).toBe(false);
  expect(isExactObject(undefined)).toBe(false);
});
