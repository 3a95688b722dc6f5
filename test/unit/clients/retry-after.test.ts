import { expect, it } from 'vitest';
import { httpDate } from '../../../shared/clients/http-date.ts';
import { retryAfterSeconds } from '../../../shared/clients/retry-after.ts';

const NOW = Date.UTC(2026, 9, 21, 7, 0, 0);

it.each<[string | undefined, number | null]>([
  ['7', 7],
  [' 7 ', 7],
  ['0.5', 1],
  ['86400', 86_400],
  ['86401', 86_400],
  ['9999999999999', 86_400],
  ['0', null],
  ['-3', null],
  ['+3', null],
  ['1e3', null],
  ['0x10', null],
  ['', null],
  ['soon', null],
  [undefined, null],
  ['Wed, 21 Oct 2026 07:00:28 GMT', 28],
  ['Wed, 21 Oct 2026 17:00:00 GMT', 36_000],
  ['Wed, 21 Oct 2026 07:00:00 GMT', null],
  ['Wed, 21 Oct 2026 06:59:59 GMT', null],
  ['Thu, 21 Oct 2027 07:00:00 GMT', 86_400],
  ['2026-10-21T07:00:28Z', null],
  ['Wednesday, 21-Oct-26 07:00:28 GMT', null],
  ['Wed, 99 Oct 2026 07:00:28 GMT', null],
])('Retry-After %j: %j', (header, seconds) => {
  expect(retryAfterSeconds({ 'retry-after': header }, NOW)).toBe(seconds);
});

it('compares a date with the answer’s own clock', () => {
  const headers = { 'retry-after': 'Wed, 21 Oct 2026 07:00:28 GMT', date: 'Wed, 21 Oct 2026 07:00:18 GMT' };
  expect(retryAfterSeconds(headers, NOW)).toBe(10);
  expect(retryAfterSeconds({ ...headers, date: 'now' }, NOW)).toBe(28);
});

it.each<[string | string[] | undefined, number | null]>([
  ['Wed, 21 Oct 2026 07:00:28 GMT', NOW + 28_000],
  ['not Wed, 21 Oct 2026 07:00:28 GMT', null],
  ['Wed, 21 Oct 2026 07:00:28 GMT+0100', null],
  ['2026-10-21T07:00:28Z', null],
  [['Wed, 21 Oct 2026 07:00:28 GMT'], null],
  [undefined, null],
])('the date %j is %s', (header, milliseconds) => {
  expect(httpDate(header)).toBe(milliseconds);
});

it('takes the first of several', () => {
  expect(retryAfterSeconds({ 'retry-after': ['5', '9'] }, NOW)).toBe(5);
});
