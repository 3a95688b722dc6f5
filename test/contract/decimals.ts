/** Decimals as a bank might send them, and whether two texts are the same number; without the code under test. */
import fc from 'fast-check';

/** JSON numbers of up to 38 significant digits: negative, with fractions, with exponents, with zeros around them. */
export const jsonNumber: fc.Arbitrary<string> = fc
  .record({
    negative: fc.boolean(),
    digits: fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 37 }))
      .map(([first, rest]) => `${first}${rest.join('')}`),
    shape: fc.constantFrom('whole', 'fraction', 'small', 'exponent', 'cents'),
    power: fc.integer({ min: -80, max: 80 }),
    at: fc.integer({ min: 1, max: 38 }),
    letter: fc.constantFrom('e', 'E'),
    plus: fc.boolean(),
  })
  .map(({ negative, digits, shape, power, at, letter, plus }) => {
    const sign = negative ? '-' : '';
    const point = Math.min(at, digits.length);
    const split = point < digits.length ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits;
    switch (shape) {
      case 'whole':
        return `${sign}${digits}`;
      case 'fraction':
        return `${sign}${split}`;
      case 'small':
        return `${sign}0.${'0'.repeat(at)}${digits}`;
      case 'cents':
        return `${sign}${digits.slice(0, 12)}.50`;
      default:
        return `${sign}${split}${letter}${power < 0 ? '-' : plus ? '+' : ''}${Math.abs(power)}`;
    }
  });

/** Whether two decimal texts are the same number. */
export function sameNumber(a: string, b: string): boolean {
  const [left, right] = [scaled(a), scaled(b)];
  const least = Math.min(left.exponent, right.exponent);
  const whole = ({ digits, exponent }: { digits: bigint; exponent: number }) =>
    digits * 10n ** BigInt(exponent - least);
  return whole(left) === whole(right);
}

function scaled(text: string): { digits: bigint; exponent: number } {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  const digits = BigInt(`${whole}${fraction}`);
  return { digits: sign === '-' ? -digits : digits, exponent: Number(power) - fraction.length };
}
