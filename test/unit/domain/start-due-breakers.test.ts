/** Due members of an institution that does not work: who waits, who is the probe, and what a probe is worth. */
import { expect, it } from 'vitest';
import { type Breaker, closedBreaker } from '../../../shared/domain/breaker.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { startDue } from '../../../shared/domain/start-due.ts';
import { startMark } from '../../../shared/domain/start-mark.ts';
import { noTrouble } from '../../../shared/domain/trouble.ts';
import { type BreakersTable, fakeBreakers } from '../../fakes/fake-breakers.ts';
import { claim, member, T0 } from '../../samples.ts';
import { enrolledAs, none, scheduled, worldUnder } from './start-due-world.ts';

const openedBefore = (seconds: number): Breaker => ({
  ...closedBreaker,
  open: { since: plusSeconds(T0, -seconds), code: 'failed' },
  changedAt: plusSeconds(T0, -seconds),
});

const riverbank = [1, 2, 3].map((number) => scheduled(number, { institutionCode: 'riverbank' }));

/** Members of institutions whose breakers opened so many seconds ago. Each write takes a while. */
function world(seconds: number, startsPerSecond = Number.POSITIVE_INFINITY, records = riverbank) {
  const made = worldUnder(startsPerSecond, ...records);
  const opened = { ...noTrouble, breaker: openedBefore(seconds), version: 1 };
  const table: BreakersTable = new Map([
    ['riverbank', opened],
    ['lakebank', opened],
  ]);
  const breakers = fakeBreakers(table, new Map());
  const { write } = breakers;
  breakers.write = async (code, trouble, version) => {
    for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
    return write(code, trouble, version);
  };
  const deps = { ...made.deps, breakers };
  const run = (...numbers: number[]) => startDue(deps, { dueAt: T0, startAt: null, members: numbers.map(enrolledAs) });
  const probedAt = (code = 'riverbank') => table.get(code)?.breaker.probedAt;
  return { ...made, deps, run, probedAt };
}

it('all wait while it is too early for a probe', async () => {
  const { run, batches, mxCalls, ceiling } = world(299);
  expect(await run(1, 2, 3)).toEqual({ ...none, deferred: 3 });
  expect(batches).toMatchObject([{ batch: { dueAt: T0, startAt: null, members: [1, 2, 3].map(enrolledAs) } }]);
  expect(batches[0]?.delaySeconds).toBeGreaterThanOrEqual(600);
  // Nothing is asked of MX, and nothing of the ceiling is used up.
  expect([mxCalls, ceiling.reservedUntil]).toEqual([[], 0]);
});

it('one goes through as a probe', async () => {
  const { run, batches, mxCalls, probedAt } = world(300);
  expect(await run(1, 2, 3)).toEqual({ ...none, accepted: 1, deferred: 2 });
  expect(mxCalls).toEqual(['read USR-1/MBR-1', 'start USR-1/MBR-1']);
  expect(batches).toMatchObject([{ batch: { members: [enrolledAs(2), enrolledAs(3)] } }]);
  expect(probedAt()).toBe(T0);
});

it('a probe that needs its user leaves it to another', async () => {
  const { run, answers, probedAt } = world(300);
  answers.read = ({ userIdentifier, memberIdentifier }) =>
    member({
      key: { userGuid: userIdentifier, memberGuid: memberIdentifier },
      connectionStatus: memberIdentifier === 'MBR-1' ? 'DENIED' : 'CONNECTED',
    });
  expect(await run(1)).toEqual({ ...none, held_back: 1 });
  expect(probedAt()).toBeNull();
  expect(await run(2)).toEqual({ ...none, accepted: 1 });
  expect(probedAt()).toBe(T0);
});

it('a probe whose allowance is used up is given back', async () => {
  const { deps, run, probedAt, reported } = world(300);
  const starts = [1, 2, 3, 4, 5].map((seconds) => startMark(plusSeconds(T0, -seconds), null));
  const { read } = deps.members;
  deps.members.read = async (key) => {
    const record = await read(key);
    return record && { ...record, starts };
  };
  expect(await run(1)).toEqual({ ...none, failed: 1 });
  expect([probedAt(), reported.length]).toEqual([null, 1]);
});

it('a table that is away changes no result', async () => {
  const { deps, run, answers } = world(300);
  answers.read = () => new Failure('mx_unavailable', 'down');
  const { read } = deps.breakers;
  let reads = 0;
  deps.breakers.read = (code) => {
    reads += 1;
    return reads === 1 ? read(code) : Promise.reject(new Error('throttled'));
  };
  expect(await run(1)).toEqual({ ...none, deferred: 1 });
});

it('a probe that MX does not answer is given back', async () => {
  const { run, answers, probedAt } = world(300);
  answers.read = () => new Failure('mx_unavailable', 'down');
  expect(await run(1)).toEqual({ ...none, deferred: 1 });
  expect(probedAt()).toBeNull();
});

it('a probe over the ceiling is given back', async () => {
  const { run, ceiling, probedAt } = world(300, 1);
  ceiling.reservedUntil = Date.parse(plusSeconds(T0, 60));
  expect(await run(1, 2)).toEqual({ ...none, deferred: 2 });
  expect(probedAt()).toBeNull();
});

it('probes of two institutions over the ceiling are given back', async () => {
  const members = [scheduled(1, { institutionCode: 'riverbank' }), scheduled(2, { institutionCode: 'lakebank' })];
  const { run, ceiling, probedAt } = world(300, 1, members);
  ceiling.reservedUntil = Date.parse(plusSeconds(T0, 60));
  expect(await run(1, 2)).toEqual({ ...none, deferred: 2 });
  expect([probedAt(), probedAt('lakebank')]).toEqual([null, null]);
});

it('a probe is given back when MX is not asked', async () => {
  const others = [1, 2, 3, 4, 5].map((number) => scheduled(number, { institutionCode: null }));
  const { run, answers, mxCalls, probedAt } = world(300, 100, [
    ...others,
    scheduled(6, { institutionCode: 'riverbank' }),
  ]);
  answers.read = () => new Failure('mx_unavailable', 'down');
  expect(await run(1, 2, 3, 4, 5, 6)).toEqual({ ...none, deferred: 6 });
  expect([mxCalls.length, probedAt()]).toEqual([5, null]);
});

it('a probe that joins a refresh is one', async () => {
  const running = claim({ acceptedAt: plusSeconds(T0, -30) });
  const { run, probedAt } = world(300, 100, [scheduled(1, { institutionCode: 'riverbank', claim: running })]);
  expect(await run(1)).toEqual({ ...none, joined: 1 });
  expect(probedAt()).toBe(T0);
});

it('members of other institutions start', async () => {
  const { deps } = world(0);
  const other = worldUnder(100, scheduled(4, { institutionCode: 'seabank' }), scheduled(5, { institutionCode: null }));
  const both = { ...other.deps, breakers: deps.breakers };
  const members = [4, 5].map(enrolledAs);
  expect(await startDue(both, { dueAt: T0, startAt: null, members })).toEqual({ ...none, accepted: 2 });
});

it('a member whose next turn comes first is dropped', async () => {
  const { run, batches, wait } = world(0);
  wait(86_400 - 600);
  expect(await run(1)).toEqual({ ...none, dropped: 0, accepted: 1 });
  expect(await run(2)).toEqual({ ...none, dropped: 1 });
  expect(batches).toEqual([]);
});
