import { expect, it } from 'vitest';
import { deferStarts, whileMxIsAway } from '../../../shared/domain/deferral.ts';
import { type DelayedBatch, type EnrolledMember, noWishes } from '../../../shared/domain/schedule.ts';
import { at, key, T0 } from '../../samples.ts';

const hourly: EnrolledMember = { member: key, everyHours: 1, slot: 'SLOT#1h#00000#0', ...noWishes };
const daily: EnrolledMember = {
  member: { ...key, memberGuid: 'MBR-2' },
  everyHours: 24,
  slot: 'SLOT#24h#00000#0',
  ...noWishes,
};

/** Defers both at `now`: what is in the queue then, and what is dropped. */
async function deferAt(now: number, notBefore: number, startAt: string | null = null) {
  const sent: DelayedBatch[] = [];
  const starts = { sendAll: async (batches: readonly DelayedBatch[]) => void sent.push(...batches) };
  const batch = { dueAt: T0, members: [hourly, daily] };
  const { dropped } = await deferStarts({ starts, now: () => at(now) }, batch, at(notBefore), startAt);
  return { sent, dropped };
}

it.each([
  ['in a moment: a second, so that it is behind this one', 100, 100, 1],
  ['a part of a second is a whole one', 0, 6.2, 7],
  ['as late as a message can wait', 0, 900, 900],
  ['later: it comes back before, and is deferred again', 0, 901, 900],
  ['a second before its next turn', 3_000, 3_599, 599],
])('%s', async (_what, now, notBefore, delaySeconds) => {
  const { sent, dropped } = await deferAt(now, notBefore, at(7));
  expect(sent).toEqual([{ batch: { dueAt: T0, startAt: at(7), members: [hourly, daily] }, delaySeconds }]);
  expect(dropped).toEqual([]);
});

it('a member whose next turn comes first is dropped', async () => {
  const { sent, dropped } = await deferAt(3_000, 3_600);
  expect(sent).toEqual([{ batch: { dueAt: T0, startAt: null, members: [daily] }, delaySeconds: 600 }]);
  expect(dropped).toEqual([hourly]);
});

it('nothing is sent for no member', async () => {
  expect(await deferAt(0, 86_400)).toEqual({ sent: [], dropped: [hourly, daily] });
});

// Of these 8 seconds are the message's own, by its first member.
it.each([
  ['at its turn: a minute', 0, 0, 68],
  ['two minutes late: two minutes more', 120, 0, 248],
  ['an hour late: 15 minutes', 3_600, 0, 4_508],
  ['as MX asked', 0, 300, 308],
  ['MX asked for an hour: 15 minutes', 0, 3_600, 908],
])('while MX is away, members are tried again %s', (_what, late, retryAfter, seconds) => {
  expect(whileMxIsAway({ dueAt: T0, members: [hourly, daily] }, at(late), retryAfter)).toBe(at(seconds));
});
