import { expect, it } from 'vitest';
import { clockAheadMs, memberPath } from '../../../infra/console/api-calls.ts';

it.each([
  [1_000_999, 0],
  [1_005_000, 0],
  [995_000, 0],
  [1_005_001, 5_001],
  [994_999, -5_001],
  [4_600_000, 3_600_000],
])('a clock at %d beside one at 1,000,000', (now, ahead) => {
  expect(clockAheadMs(now, 1_000_000)).toBe(ahead);
});

it.each([
  ['user-1', 'a/b?c#d', '/users/user-1/members/a%2Fb%3Fc%23d'],
  ['%2e%2e', 'm', '/users/%252e%252e/members/m'],
])('the path of %s, %s', (user, member, path) => {
  expect(memberPath({ user, member })).toBe(path);
  // It leads where it says.
  expect(new URL(`http://api${path}/schedule`).pathname).toBe(`${path}/schedule`);
});

it.each([['..'], ['.'], [''], ['x'.repeat(513)]])('no path leads elsewhere: %.5s', (name) => {
  expect(() => memberPath({ user: name, member: 'm' })).toThrow('User and member need');
  expect(() => memberPath({ user: 'u', member: name })).toThrow('User and member need');
});
