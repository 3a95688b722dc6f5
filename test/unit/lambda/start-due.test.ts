import { expect, it } from 'vitest';
import { startBatch } from '../../../functions/start-due.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { member, T0 } from '../../samples.ts';
import { enrolledAs, keyOf, none, scheduled, world } from '../domain/start-due-world.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

it('a batch counts what became of its members', async () => {
  const made = world(
    ...numbers(1, 6).map((number) => scheduled(number)),
    // MX has asked to wait: a minute, and longer than until the next turn.
    ...numbers(7, 10).map((number) => scheduled(number, { startNotBefore: plusSeconds(T0, 60) })),
    ...numbers(11, 15).map((number) => scheduled(number, { startNotBefore: plusSeconds(T0, 86_400) })),
  );
  made.answers.read = ({ userIdentifier, memberIdentifier }) => {
    const number = Number(memberIdentifier.slice(4));
    const key = { userGuid: userIdentifier, memberGuid: memberIdentifier };
    if (number === 2 || number === 3) return member({ key, connectionStatus: 'DENIED' });
    return number >= 4 ? member({ key, successfullyAggregatedAt: plusSeconds(T0, -3_600) }) : member({ key });
  };
  made.answers.start = () => member({ key: keyOf(1) });
  const telemetry = recordedTelemetry();
  const members = numbers(1, 15).map(enrolledAs);
  await startBatch(made.deps, telemetry, { dueAt: T0, startAt: null, members });
  expect(telemetry.lines).toEqual([
    {
      event: 'start.done',
      fields: { counts: { ...none, accepted: 1, held_back: 2, left_to_mx: 3, deferred: 4, dropped: 5 } },
    },
  ]);
  expect(telemetry.sums).toEqual({
    RefreshAccepted: 1,
    RefreshHeldBack: 2,
    StartLeftToMx: 3,
    StartDeferred: 4,
    StartDropped: 5,
  });
  // A metric stands in the line that follows it, and costs none of its own.
  expect(telemetry.order.at(-1)).toBe('log');
});
