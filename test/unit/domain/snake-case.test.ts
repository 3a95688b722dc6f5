import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Decimal } from '../../../shared/domain/decimal.ts';
import { camelCased, snakeCased } from '../../../shared/domain/snake-case.ts';
import { seeded } from './number-texts.ts';

it('renames every key of plain objects, no value', () => {
  const value = {
    refreshId: 'aB',
    member: { userGuid: null },
    startedAt: [{ jobGuid: 'JOB-1' }, 'refreshId'],
    look: 2,
  };
  expect(snakeCased(value)).toEqual({
    refresh_id: 'aB',
    member: { user_guid: null },
    started_at: [{ job_guid: 'JOB-1' }, 'refreshId'],
    look: 2,
  });
});

it('undefined and instances are values', () => {
  const made = new Date(0);
  const { sent_at: sent, ...others } = snakeCased({ sentAt: made, noValue: undefined, aText: 'x' }) as Record<
    string,
    unknown
  >;
  expect(sent).toBe(made);
  expect(others).toStrictEqual({ no_value: undefined, a_text: 'x' });
});

it('a decimal is a value, not an object of ours', () => {
  const amount = Decimal.of('1.50');
  expect(snakeCased({ previousBalance: amount })).toEqual({ previous_balance: amount });
  expect(camelCased({ previous_balance: amount })).toEqual({ previousBalance: amount });
});

it('what was renamed comes back as it was', () => {
  const name = fc.stringMatching(/^[a-z]{1,6}([A-Z][a-z]{0,5}){0,3}$/);
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const shape = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(shape, (value) => {
      expect(camelCased(snakeCased(value))).toEqual(value);
    }),
    seeded,
  );
});
