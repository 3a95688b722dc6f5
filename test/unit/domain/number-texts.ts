/** JSON numbers in every notation, and an oracle for their value that shares no code with `Decimal`. */
import fc from 'fast-check';

/** One seed for all properties: a failure is the same tomorrow. fast-check prints the path that leads to it. */
export const seeded = { seed: 20_261_121, numRuns: 400 } as const;

/** A number written as `digits` with the decimal point `scale` places from the right. */
export interface WrittenNumber {
  readonly text: string;
  readonly value: { readonly coefficient: bigint; readonly exponent: number };
}

const plain = (negative: boolean, coefficient: bigint, scale: number): string => {
  const digits = String(coefficient).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, cut)}${scale === 0 ? '' : `.${digits.slice(cut)}`}`;
};

/** Up to 38 significant digits, with or without fraction, exponent and zeros around them. */
export const numberTexts: fc.Arbitrary<WrittenNumber> = fc
  .record({
    negative: fc.boolean(),
    coefficient: fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }), fc.bigInt({ min: 0n, max: 1000n })),
    scale: fc.nat({ max: 40 }),
    zeros: fc.nat({ max: 3 }),
    power: fc.option(fc.integer({ min: -40, max: 40 }), { nil: null }),
    mark: fc.constantFrom('e', 'E'),
  })
  .map(({ negative, coefficient, scale, zeros, power, mark }) => {
    const mantissa = plain(negative, coefficient * 10n ** BigInt(zeros), scale + zeros);
    return {
      text: power === null ? mantissa : `${mantissa}${mark}${power}`,
      value: { coefficient: negative ? -coefficient : coefficient, exponent: (power ?? 0) - scale },
    };
  });

/** Whether both are the same number, by whole-number arithmetic. */
export function sameValue(a: WrittenNumber['value'], b: WrittenNumber['value']): boolean {
  const least = Math.min(a.exponent, b.exponent);
  const scaled = (value: WrittenNumber['value']) => value.coefficient * 10n ** BigInt(value.exponent - least);
  return scaled(a) === scaled(b);
}
