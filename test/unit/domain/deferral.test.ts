import { expect, it } from 'vitest';
import { deferStart, whileMxIsAway } from '../../../shared/domain/deferral.ts';
import type { DelayedBatch, EnrolledMember } from '../../../shared/domain/schedule.ts';
import { at, key, T0 } from '../../samples.ts';

const enrolled: EnrolledMember = { member: key, everyHours: 1, slot: 'SLOT#1h#00000#0' };

it.each<[string, number, number, 'deferred' | 'dropped', number[]]>([
  ['in a moment: a second, so that it is behind this one', 100, 100, 'deferred', [1]],
  ['a part of a second is a whole one', 0, 6.2, 'deferred', [7]],
  ['as late as a message can wait', 0, 900, 'deferred', [900]],
  ['later: it comes back before, and is deferred again', 0, 901, 'deferred', [900]],
  ['a second before its next turn', 3_000, 3_599, 'deferred', [599]],
  ['at its next turn', 3_000, 3_600, 'dropped', []],
])('%s', async (_what, now, notBefore, expected, delays) => {
  const sent: DelayedBatch[] = [];
  const starts = { sendAll: async (batches: readonly DelayedBatch[]) => void sent.push(...batches) };
  const deferred = await deferStart({ starts, now: () => at(now) }, enrolled, { dueAt: T0 }, at(notBefore));
  expect(deferred).toBe(expected);
  expect(sent).toEqual(delays.map((delaySeconds) => ({ batch: { dueAt: T0, members: [enrolled] }, delaySeconds })));
});

// Of these 8 seconds are MBR-1's own.
it.each([
  ['at its turn: a minute', 0, undefined, 68],
  ['two minutes late: two minutes more', 120, undefined, 248],
  ['an hour late: 15 minutes', 3_600, undefined, 4_508],
  ['as MX asked', 0, 300, 308],
  ['MX asked for an hour: 15 minutes', 0, 3_600, 908],
])('while MX is away, a member is tried again %s', (_what, late, retryAfter, seconds) => {
  expect(whileMxIsAway(enrolled, T0, at(late), retryAfter)).toBe(at(seconds));
});
