/** What is measured is told once, by the function that has written it, before anything that may fail. */
import { describe, expect, it } from 'vitest';
import { endRefresh } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { at, claim, key, member, mxAccount, newJob } from '../../samples.ts';
import { lookWorld } from './look-world.ts';
import { newAccounts, news, refreshed, webhook, webhookWorld, withStored } from './webhook-world.ts';

/** The job is over, and has brought two accounts. */
function world() {
  const made = lookWorld();
  const over = member({ ...newJob, successfullyAggregatedAt: at(4) });
  made.answers.read = () => over;
  made.deps.mx.listAccounts = async () =>
    ['ACT-1', 'ACT-2'].map((guid) => mxAccount(guid, '7', `"imported_at":"${at(3)}"`));
  return { ...made, over };
}

describe('a refresh that stores', () => {
  it('is told as stored, then as ended', async () => {
    const { look, measured, over } = world();
    expect(await look()).toBe('stored');
    expect(measured).toEqual([
      { stored: 'RFR-1', replaced: 0, now: 2 },
      { ended: 'succeeded', member: over, endedAt: at(10) },
    ]);
  });

  it('is told once when its message comes twice', async () => {
    const { look, measured } = world();
    await look();
    await look();
    expect(measured).toHaveLength(2);
  });

  it('is told although nothing can be published', async () => {
    const { look, deps, measured } = world();
    deps.events.publish = async () => {
      throw new Error('the bus is away');
    };
    deps.notices.send = async () => {
      throw new Error('the queue is away');
    };
    await expect(look()).rejects.toThrow('away');
    expect(measured).toHaveLength(2);
  });
});

it('an end that another function has written is not told', async () => {
  const { deps, measured } = world();
  deps.members.end = async () => false;
  deps.members.read = async () => null;
  expect(
    await endRefresh(deps, {
      key,
      claim: claim(),
      ending: endingOf('deadline'),
      institutionCode: null,
      attention: null,
    }),
  ).toBe(false);
  expect(measured).toEqual([]);
});

it('data that MX gathered by itself are told as stored', async () => {
  const made = webhookWorld([refreshed({ importsMove: true })]);
  await withStored(made);
  made.shows({ ...news, connectionStatus: 'CONNECTED' }, newAccounts);
  expect(await made.handle(webhook())).toBe('stored');
  expect(made.measured).toMatchObject([{ replaced: 1, now: 1 }]);
});
