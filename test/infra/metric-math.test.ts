import { expect, it } from 'vitest';
import { evaluateMath, type Value } from './metric-math.ts';

const values = { a: 6, b: 2, none: null, zero: 0 };

it.each<[string, Value]>([
  ['a + b * 2', 10],
  ['(a + b) * 2', 16],
  ['a - b - 1', 3],
  ['a / b / 3', 1],
  ['a / zero', null],
  ['a + none', null],
  ['FILL(none, 3) + a', 9],
  ['FILL(b, 3)', 2],
  ['IF(a > b AND zero == 0, 1, 0)', 1],
  ['IF(a < b OR zero > 0, 1, 0)', 0],
  ['IF(a >= 6, a / zero, 100)', null],
  ['IF(a >= 7, a / zero, 100)', 100],
  ['IF(none, 1, 0)', null],
  ['b <= 2', 1],
])('%s is %d', (expression, value) => {
  expect(evaluateMath(expression, values)).toBe(value);
});

it.each(['RATE(a)', 'a +', 'a b', 'FILL(a)', 'IF(a, 1)', 'a % b', 'c'])('%s is refused', (expression) => {
  expect(() => evaluateMath(expression, values)).toThrow();
});
