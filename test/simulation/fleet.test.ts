/**
 * Many members that are due at once, under a ceiling, in virtual time: the start function as it is, with messages that come
 * twice, functions that crash after they have sent a message and before theirs is deleted, and MX away at the beginning.
 */
import { expect, it } from 'vitest';
import { createRandom } from '../../infra/mx-simulator/random.ts';
import { decodeStartBatch, encodeStartBatch } from '../../shared/clients/messages.ts';
import { Failure } from '../../shared/domain/failure.ts';
import {
  type DelayedBatch,
  type EnrolledMember,
  membersPerMessage,
  noWishes,
  startBatches,
} from '../../shared/domain/schedule.ts';
import { startDue } from '../../shared/domain/start-due.ts';
import { fakeStartCeiling } from '../fakes/fake-start-ceiling.ts';
import { textOf, withMember } from '../fakes/members-table.ts';
import { emptyMember, member, T0 } from '../samples.ts';
import { refreshWorld } from '../unit/domain/refresh-world.ts';

const STARTS_PER_SECOND = 10;
const OVERDUE = 5_000;
const AWAY_SECONDS = 90;
/** Six times what the function may take, as the queue of a deployment has it. */
const VISIBILITY_SECONDS = 360;

const slot = 'SLOT#24h#00720#0';
const enrolled = Array.from({ length: OVERDUE }, (_, number): EnrolledMember => {
  const name = String(number).padStart(12, '0');
  const key = { userGuid: `USR-${name}`, memberGuid: `MBR-${name}` };
  return { member: key, everyHours: 24, slot, ...noWishes };
});

/** Delivers every message until none is left: when each member's POST was sent, in seconds after the first message. */
async function deliverAll(seed: number) {
  const random = createRandom(seed);
  const records = enrolled.map(({ member: key }) => emptyMember(key, { enrolment: { everyHours: 24, slot } }));
  const world = refreshWorld(withMember(...records));
  const posts = new Map<string, number[]>();
  let seconds = 0;
  const goTo = (later: number): void => {
    world.wait(Math.max(0, later - seconds));
    seconds = Math.max(seconds, later);
  };
  const waiting: { at: number; body: string }[] = [];
  const put = (batches: readonly DelayedBatch[]): void => {
    for (const { batch, delaySeconds } of batches) {
      const message = { at: seconds + delaySeconds + random.next(), body: encodeStartBatch(batch) };
      waiting.push(message);
      if (random.chance(0.05)) waiting.push({ ...message, at: message.at + random.next() * 60 });
    }
  };
  const shown = (asked: { userIdentifier: string; memberIdentifier: string }) =>
    member({ key: { userGuid: asked.userIdentifier, memberGuid: asked.memberIdentifier } });
  world.answers.read = (asked) => (seconds < AWAY_SECONDS ? new Failure('mx_unavailable', '503') : shown(asked));
  world.answers.start = (asked) => {
    posts.set(asked.memberIdentifier, [...(posts.get(asked.memberIdentifier) ?? []), seconds]);
    return shown(asked);
  };
  const deps = {
    ...world.deps,
    schedule: world.schedule,
    starts: { sendAll: async (batches: readonly DelayedBatch[]) => put(batches) },
    ceiling: fakeStartCeiling({ reservedUntil: 0 }, STARTS_PER_SECOND),
    accepted: () => {},
    report: () => {},
  };
  put(startBatches(enrolled, T0, membersPerMessage(STARTS_PER_SECOND)));
  let deliveries = 0;
  while (waiting.length > 0) {
    const next = waiting.reduce((first, one, index) => (one.at < (waiting[first]?.at ?? 0) ? index : first), 0);
    const [message] = waiting.splice(next, 1);
    if (message === undefined) break;
    goTo(message.at);
    deliveries += 1;
    const batch = decodeStartBatch(message.body);
    await startDue(deps, batch);
    // It crashes before its message is deleted, which comes again.
    if (random.chance(0.05)) waiting.push({ ...message, at: seconds + VISIBILITY_SECONDS });
    // Some refreshes are over by then, and released.
    for (const { member: key } of batch.members) {
      const record = world.table.members.get(textOf(key));
      const claim = record?.claim;
      if (record === undefined || !claim || random.chance(0.5)) continue;
      world.table.members.set(textOf(key), { ...record, claim: null });
    }
  }
  return { posts, deliveries, seconds };
}

it('5,000 overdue members are started once each, under the ceiling', async () => {
  const { posts, seconds } = await deliverAll(7);
  expect(posts.size).toBe(OVERDUE);
  expect([...posts.values()].filter((some) => some.length > 1)).toEqual([]);
  const times = [...posts.values()].flat().toSorted((a, b) => a - b);
  expect(times[0]).toBeGreaterThanOrEqual(AWAY_SECONDS);
  // In any ten seconds a hundred, and what a message that comes up to two seconds after its time brings.
  const within = times.map((from, index) => times.slice(index).findIndex((at) => at >= from + 10));
  expect(Math.max(...within)).toBeLessThanOrEqual(12 * STARTS_PER_SECOND);
  // 500 s at the ceiling, and what was wasted: messages that came twice, and those that crashed.
  expect(times.at(-1)).toBeLessThan(1_500);
  expect(seconds).toBeLessThan(3_600);
});
