/** Ids that are the same whenever they are made from the same things, so that what is repeated can be recognised. */
import { epochMillisecondsOf, type Instant } from './instant.ts';

/** FNV-1a, 128 bit. For MX's guids only: of texts that callers choose, some could be made to collide. */
function fingerprint(text: string): bigint {
  let value = 0x6c62272e07bb014262b821756295c58dn;
  for (const letter of text) {
    value = BigInt.asUintN(128, (value ^ BigInt(letter.codePointAt(0) ?? 0)) * 0x0000000001000000000000000000013bn);
  }
  return value;
}

/** Crockford's base 32, as in every ULID. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID of `time` whose other 80 bits depend on `parts` (and not on chance): sorts among the others by its time. */
export function stableUlid(time: Instant, ...parts: readonly string[]): string {
  const milliseconds = BigInt(Math.max(0, epochMillisecondsOf(time)));
  return digits(milliseconds, 10) + digits(fingerprint(JSON.stringify([time, ...parts])) >> 48n, 16);
}

/** Ten digits that are equal for equal `parts`; `parts` cannot be found from them. */
export const fingerprintOf = (...parts: readonly unknown[]): string =>
  digits(fingerprint(JSON.stringify(parts)) >> 78n, 10);

const digits = (value: bigint, count: number): string =>
  Array.from({ length: count }, (_, index) => DIGITS[Number((value >> BigInt(5 * (count - 1 - index))) & 31n)]).join(
    '',
  );
