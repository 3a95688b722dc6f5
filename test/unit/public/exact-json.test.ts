import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../../../shared/domain/decimal.ts';
import { isDecimalText, parseJson, withoutExponent } from '../../../shared/public/exact-json.ts';

describe('JSON with every number as its own text', () => {
  it('keeps digits that a double would change', () => {
    expect(parseJson('{"balance":12345678901234567.89,"apr":-0.10,"n":[0,1.000]}')).toEqual({
      balance: '12345678901234567.89',
      apr: '-0.10',
      n: ['0', '1.000'],
    });
  });

  it('leaves digits in texts and names alone', () => {
    const value = { 'a "1" b': '2, 3', '4': '\\', '5\\"6': ':7', '\u2028': '"8":9' };
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  it('reads every JSON as JSON.parse does, but for the numbers', () => {
    const asText = (value: unknown): unknown => {
      if (typeof value === 'number') return withoutExponent(JSON.stringify(value));
      if (Array.isArray(value)) return value.map(asText);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asText(inner)]));
    };
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), fc.constantFrom(undefined, 2), (value, space) => {
        expect(parseJson(JSON.stringify(value, null, space))).toEqual(asText(value));
      }),
    );
  });

  it.each(['', '01', '1.', '-', '.5', '1 2', '{1:2}', '{10:2}', '"a', '[1,]', 'NaN', '1e', '<html>1</html>'])(
    'refuses what is not JSON: %s',
    (text) => expect(() => parseJson(text)).toThrow(SyntaxError),
  );
});

describe('a number without its exponent', () => {
  it.each([
    ['1.5e3', '1500'],
    ['-1.50E1', '-15.0'],
    ['12e-1', '1.2'],
    ['5e-7', '0.0000005'],
    ['0.05e1', '0.5'],
    ['0.5e1', '5'],
    ['0e5', '0'],
    ['1000.50', '1000.50'],
  ])('%s is %s', (number, plain) => expect(withoutExponent(number)).toBe(plain));

  it('is the same number', () => {
    const number = fc
      .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(12), fc.integer({ min: -60, max: 60 }))
      .map(([digits, fraction, exponent]) => `${digits}.${'1'.repeat(fraction + 1)}e${exponent}`);
    fc.assert(
      fc.property(number, (text) => {
        const plain = withoutExponent(text);
        expect(isDecimalText(plain)).toBe(true);
        expect(parts(plain)).toEqual(parts(text));
      }),
    );
    // Significant digits and the place of the last of them, read in another way than the code does.
    function parts(text: string): [string, number] {
      const [mantissa = '', exponent = '0'] = text.split('e');
      const [whole = '', fraction = ''] = mantissa.split('.');
      const digits = (whole + fraction).replace(/^(-?)0+(?=\d)/, '$1');
      const significant = digits.replace(/(?<=\d)0+$/, '');
      return [significant, Number(exponent) - fraction.length + digits.length - significant.length];
    }
  });

  it('is what the service stores and answers, too', () => {
    for (const text of ['1e2', '1.25E-3', '-7e0']) {
      expect(Decimal.of(withoutExponent(text)).equals(Decimal.of(text))).toBe(true);
    }
  });

  it('refuses to write out an exponent beyond a table’s range', () => {
    expect(withoutExponent('1e999999999')).toBe('1e999999999');
    expect(isDecimalText('1e999999999')).toBe(false);
  });
});
