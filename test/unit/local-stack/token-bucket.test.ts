import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../infra/local/stack/token-bucket.ts';

/** What `requests` at each of these milliseconds get: how many are let through. */
function through(throttle: { ratePerSecond: number; burst: number }, arrivals: readonly (readonly [number, number])[]) {
  let now = 0;
  const bucket = new TokenBucket(throttle, () => now);
  return arrivals.map(([at, requests]) => {
    now = at;
    return Array.from({ length: requests }, () => bucket.take()).filter((taken) => taken).length;
  });
}

describe('a token bucket', () => {
  it.each<[string, { ratePerSecond: number; burst: number }, [number, number][], number[]]>([
    ['begins full', { ratePerSecond: 1, burst: 3 }, [[0, 5]], [3]],
    [
      'gives back at its rate',
      { ratePerSecond: 2, burst: 3 },
      [
        [0, 3],
        [499, 1],
        [500, 1],
        [1500, 5],
      ],
      [3, 0, 1, 2],
    ],
    [
      'never holds more than its burst',
      { ratePerSecond: 100, burst: 3 },
      [
        [0, 3],
        [60_000, 9],
      ],
      [3, 3],
    ],
    [
      'lets its rate through for ever',
      { ratePerSecond: 10, burst: 1 },
      [
        [0, 1],
        [100, 1],
        [200, 2],
        [300, 1],
      ],
      [1, 1, 1, 1],
    ],
    [
      'gives nothing when the clock is set back',
      { ratePerSecond: 1, burst: 1 },
      [
        [5000, 1],
        [0, 1],
        [999, 1],
        [1000, 1],
      ],
      [1, 0, 0, 1],
    ],
  ])('%s', (_what, throttle, arrivals, expected) => {
    expect(through(throttle, arrivals)).toEqual(expected);
  });
});
