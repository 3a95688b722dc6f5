import { describe, expect, it } from 'vitest';
import { atCursor, cursorOf, readHistoryQuery } from '../../../shared/lambda/history-query.ts';
import { at, T0 } from '../../samples.ts';

const none = { from: null, to: null, before: null, limit: 25, cursor: null };
const read = (query: Readonly<Record<string, string | undefined>>) => readHistoryQuery({ query });

describe('the query of a history', () => {
  it.each<[string, Record<string, string>, object]>([
    ['nothing', {}, none],
    [
      'instants',
      { from: '2026-11-01T00:00:00Z', to: '2026-11-21T13:00:00.5+01:00' },
      {
        ...none,
        from: '2026-11-01T00:00:00.000Z',
        to: '2026-11-21T12:00:00.500Z',
      },
    ],
    ['a beginning', { from: T0 }, { ...none, from: T0 }],
    ['an end', { to: T0 }, { ...none, to: T0 }],
    ['one instant twice', { from: T0, to: T0 }, { ...none, from: T0, to: T0 }],
    ['the fewest', { limit: '1' }, { ...none, limit: 1 }],
    ['the most', { limit: '100' }, { ...none, limit: 100 }],
    ['a cursor', { cursor: '1795435200000.0123456789' }, { ...none, cursor: '1795435200000.0123456789' }],
  ])('takes %s', (_what, query, expected) => {
    expect(read(query)).toEqual(expected);
  });

  it.each<[Record<string, string>, string]>([
    [{ from: '' }, 'from'],
    [{ from: '2026-11-21' }, 'from'],
    [{ from: '2026-11-21T13:00:00 01:00' }, 'from'],
    [{ to: 'now' }, 'to'],
    [{ to: '1795435200' }, 'to'],
    [{ from: at(1), to: T0 }, 'from'],
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: '1.5' }, 'limit'],
    [{ limit: '' }, 'limit'],
    [{ cursor: '' }, 'cursor'],
    [{ cursor: '1795435200000' }, 'cursor'],
    [{ cursor: '1795435200000.0123456789 ' }, 'cursor'],
    [{ cursor: '99999999999999.0123456789' }, 'cursor'],
  ])('refuses %j', (query, field) => {
    expect(() => read(query)).toThrow(expect.objectContaining({ code: 'invalid_request', details: { field } }));
  });

  it('says what it has to be', () => {
    expect(() => read({ from: at(1), to: T0 })).toThrow('from must not be later than to');
    expect(() => read({ limit: '0' })).toThrow('limit must be a whole number from 1 to 100');
  });

  it('tells how + is written, where an offset has none', () => {
    expect(() => read({ from: '2026-11-21T13:00:00 01:00' })).toThrow('%2B');
  });
});

describe('a cursor', () => {
  const asked = read({ from: at(-100), to: T0 });
  const cursor = cursorOf(at(-50), asked, 'ACT-1');

  it('leads to the page behind its instant', () => {
    expect(atCursor({ ...asked, cursor }, 'ACT-1')).toEqual({ from: at(-100), to: T0, before: at(-50), limit: 25 });
    expect(atCursor({ ...asked, limit: 3, cursor }, 'ACT-1')).toMatchObject({ before: at(-50), limit: 3 });
    expect(read({ cursor }).cursor).toBe(cursor);
  });

  it('absent leads to the first page', () => {
    expect(atCursor(asked, 'ACT-1')).toEqual({ from: at(-100), to: T0, before: null, limit: 25 });
  });

  it.each([
    ['account', asked, 'ACT-2'],
    ['from', { ...asked, from: at(-99) }, 'ACT-1'],
    ['to', { ...asked, to: null }, 'ACT-1'],
  ])('of another %s is refused', (_what, query, account) => {
    expect(() => atCursor({ ...query, cursor }, account)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: { field: 'cursor' } }),
    );
  });

  it('written another way is refused', () => {
    expect(() => atCursor({ ...asked, cursor: `0${cursor}` }, 'ACT-1')).toThrow('next_cursor');
  });
});
