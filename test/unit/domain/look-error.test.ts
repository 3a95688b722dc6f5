/** A look that an error of ours ends, such as a table that does not answer: the refresh goes on within seconds. */
import { expect, it } from 'vitest';
import { followRefresh } from '../../../shared/domain/follow-refresh.ts';
import { handleWebhook } from '../../../shared/domain/handle-webhook.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { fakeErasure } from '../../fakes/fake-erasure.ts';
import { fakeHints, fakeQueue } from '../../fakes/fake-queue.ts';
import { fakeSeenMembers } from '../../fakes/fake-seen-members.ts';
import { withMember } from '../../fakes/members-table.ts';
import { key, knownMember, member, newJob, policy } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const away = new Error('the table does not answer');

/** A world in which a refresh was started, and whose job is over. `failing` names the call that fails. */
async function startedWorld() {
  const world = refreshWorld(withMember(knownMember()));
  const fault: { at: string | null } = { at: null };
  /** `effect`, then the error if `name` is the failing call. */
  const failAfter = async <T>(name: string, effect: Promise<T>): Promise<T> => {
    const result = await effect;
    if (fault.at === name) throw away;
    return result;
  };
  const { members, events, refreshes, mx } = world.deps;
  const deps = {
    ...world.deps,
    balances: world.balances,
    members: {
      ...members,
      takeLook: (...args: Parameters<typeof members.takeLook>) =>
        failAfter('members.takeLook', members.takeLook(...args)),
      beginStoring: (...args: Parameters<typeof members.beginStoring>) =>
        failAfter('members.beginStoring', members.beginStoring(...args)),
      end: (...args: Parameters<typeof members.end>) => failAfter('members.end', members.end(...args)),
    },
    events: {
      publish: (...args: Parameters<typeof events.publish>) => failAfter('events.publish', events.publish(...args)),
    },
    refreshes,
    mx: {
      ...mx,
      readMember: (...args: Parameters<typeof mx.readMember>) => failAfter('mx.readMember', mx.readMember(...args)),
    },
  };
  await startRefresh(
    deps,
    { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid },
    { userPresent: false, correlationId: null },
  );
  world.answers.read = () => member(newJob);
  const [first] = world.sent.splice(0);
  if (first === undefined) throw new Error('no look was booked');
  world.wait(first.inSeconds);
  return { world, deps, fault, first: first.followUp };
}

it.each(['members.takeLook', 'mx.readMember', 'members.beginStoring', 'members.end'])(
  'after an error at %s the next look ends it',
  async (name) => {
    const { world, deps, fault, first } = await startedWorld();
    fault.at = name;
    await expect(followRefresh(deps, first)).rejects.toBe(away);
    fault.at = null;
    // One that is storing is left alone for as long as its function may run: the look is booked once more.
    for (let next = world.sent.shift(); next !== undefined; next = world.sent.shift()) {
      expect(next.followUp.lookNumber).toBe(2);
      world.wait(next.inSeconds);
      await followRefresh(deps, next.followUp);
    }
    expect(await deps.members.read(key)).toMatchObject({ claim: null, lastAttempt: { outcome: 'succeeded' } });
    expect(world.events.map(({ type }) => type)).toContain('refresh.succeeded');
  },
);

it('goes on after a webhook’s failed look, its own discarded', async () => {
  const { world, deps, fault, first } = await startedWorld();
  const queue = fakeQueue({ visibilitySeconds: 180, maxReceives: 5, now: () => Date.parse(world.deps.now()) });
  const webhookDeps = {
    ...deps,
    seen: fakeSeenMembers(world.table, policy),
    schedule: world.schedule,
    webhooks: fakeHints(queue),
    erasure: fakeErasure({ balances: new Map(), history: new Map() }, queue),
    webhooksOf: 'known' as const,
  };
  fault.at = 'mx.readMember';
  const completedAt = '2026-11-21T12:00:04.000Z';
  const webhook = { about: 'data' as const, member: key, completedAt, receivedAt: world.deps.now() };
  await expect(handleWebhook(webhookDeps, webhook)).rejects.toBe(away);
  fault.at = null;
  world.wait(3);
  expect(await followRefresh(deps, first)).toBe('superseded');
  const [next] = world.sent;
  expect(next).toMatchObject({ inSeconds: 5, followUp: { lookNumber: 2, state: { failedLooks: 1 } } });
  world.wait(2);
  expect(next && (await followRefresh(deps, next.followUp))).toBe('stored');
});

it('leaves the message to SQS after three errors', async () => {
  const { world, deps, fault, first } = await startedWorld();
  fault.at = 'mx.readMember';
  let failed = 0;
  let next: (typeof world.sent)[number] | undefined = { followUp: first, inSeconds: 0 };
  const waits: number[] = [];
  while (next !== undefined && failed < 10) {
    world.wait(next.inSeconds);
    await expect(followRefresh(deps, next.followUp)).rejects.toBe(away);
    failed += 1;
    next = world.sent.shift();
    if (next !== undefined) waits.push(next.inSeconds);
  }
  expect(failed).toBe(4);
  expect(waits).toEqual([5, 8, 14]);
});

it('tells the first error when no look can be booked', async () => {
  const { deps, fault, first } = await startedWorld();
  fault.at = 'mx.readMember';
  const followUps = { send: () => Promise.reject(new Error('the queue is away')) };
  await expect(followRefresh({ ...deps, followUps }, first)).rejects.toBe(away);
});
