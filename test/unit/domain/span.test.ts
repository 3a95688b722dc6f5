import { expect, it } from 'vitest';
import { spanOf } from '../../../shared/domain/span.ts';

it.each([
  [-5, '0 s'],
  [0.9, '0 s'],
  [119.9, '119 s'],
  [120, '2 min'],
  [7_199, '119 min'],
  [7_200, '2 h'],
  [172_799, '47 h'],
  [172_800, '2 d'],
])('%s seconds are %s', (seconds, text) => {
  expect(spanOf(seconds)).toBe(text);
});
