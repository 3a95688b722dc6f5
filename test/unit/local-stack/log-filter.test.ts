import { describe, expect, it } from 'vitest';
import { readLogFilter } from '../../../infra/local/stack/log-filter.ts';

const line = '{"level":"ERROR","code":"mx_forbidden","status":503,"at":{"look":2}}';

describe('a filter pattern', () => {
  it.each([
    ['', true],
    ['ERROR', true],
    ['ERROR mx_forbidden', true],
    ['ERROR WARN', false],
    ['-ERROR', false],
    ['-WARN "level":"ERROR', true],
    ['{ $.level = "ERROR" }', true],
    ['{ $.level = ERROR }', true],
    ['{ $.level != "ERROR" }', false],
    ['{ $.code = "mx_*" }', true],
    ['{ $.code = "mx" }', false],
    ['{ $.status = "5*" }', true],
    ['{ $.status >= 500 }', true],
    ['{ $.status < 500 }', false],
    ['{ $.at.look = 2 }', true],
    ['{ $.missing != 1 }', false],
    ['{ $.level = "ERROR" && $.status = 404 }', false],
    ['{ $.level = "WARN" || $.status = 503 }', true],
  ])('%s', (pattern, fits) => {
    expect(readLogFilter(pattern)(line)).toBe(fits);
  });

  it('of fields fits no plain line', () => {
    expect(readLogFilter('{ $.level != "INFO" }')('plain text')).toBe(false);
  });

  it.each(['[ip, user]', '?ERROR ?WARN', '%re%', '{ $.a }', '{ ($.a = 1) || $.b = 2 }'])(
    '%s is refused in a sentence',
    (pattern) => {
      expect(() => readLogFilter(pattern)).toThrow(
        `the local stack cannot read the filter pattern ${pattern}; it reads`,
      );
    },
  );
});
