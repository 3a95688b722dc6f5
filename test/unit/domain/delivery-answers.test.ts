/** One try to deliver a callback: what each answer of its receiver leads to. */
import { describe, expect, it } from 'vitest';
import { type DeliverDeps, deliverCallback, type Receipt, waitAfter } from '../../../shared/domain/deliver-callback.ts';
import { endedEvent } from '../../../shared/domain/event.ts';
import type { Delivery } from '../../../shared/domain/notify-ports.ts';
import { at, attemptOf, claim, key, T0 } from '../../samples.ts';

const URL_1 = 'https://hooks.example.com/1';
const event = endedEvent(key, { ...attemptOf(claim()), correlationId: null });

function world(receipt: Receipt | null, given: Partial<Delivery> = {}) {
  const sent: [Delivery, number][] = [];
  const posted: object[] = [];
  const deps: DeliverDeps = {
    post: async (_, body) => {
      posted.push(body);
      return receipt;
    },
    ownIds: async () => ({ user_id: 'user-1', member_id: 'member-1' }),
    deliveries: {
      async send(later, inSeconds) {
        for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
        sent.push([later, inSeconds]);
      },
      sendAll: async () => expect.fail('one delivery is not many'),
    },
    rules: { hosts: ['hooks.example.com'], loopback: false },
    now: () => T0,
    random: () => 0.5,
  };
  const delivery: Delivery = {
    callbackId: 'CBK-1',
    url: URL_1,
    event,
    attempt: 0,
    notBefore: T0,
    since: T0,
    ...given,
  };
  return { deps, delivery, sent, posted, deliver: () => deliverCallback(deps, delivery) };
}

const answered = (status: number, retryAfterSeconds: number | null = null): Receipt => ({ status, retryAfterSeconds });

describe('a callback', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [199, 'retrying'],
    [300, 'retrying'],
    [301, 'retrying'],
    [404, 'retrying'],
    [409, 'retrying'],
    [411, 'retrying'],
    [500, 'retrying'],
    [410, 'gone'],
  ])('answered with %d is %s', async (status, expected) => {
    const { deliver, sent } = world(answered(status));
    expect(await deliver()).toBe(expected);
    expect(sent).toHaveLength(expected === 'retrying' ? 1 : 0);
  });

  it('is sent again after its wait, as the next try', async () => {
    const { deliver, sent, delivery } = world(null, { attempt: 1 });
    expect(await deliver()).toBe('retrying');
    expect(sent).toEqual([[{ ...delivery, attempt: 2, notBefore: at(30) }, 30]]);
  });

  it('waits as long as its receiver asks', async () => {
    const { deliver, sent } = world(answered(503, 77));
    await deliver();
    expect(sent).toMatchObject([[{ notBefore: at(77) }, 77]]);
  });

  it.each([
    [0.2, 1],
    [7.1, 8],
  ])('that comes %d s early waits %d s', async (early, inSeconds) => {
    const { deliver, sent, posted, delivery } = world(answered(204), { notBefore: at(early) });
    expect(await deliver()).toBe('waiting');
    expect([sent, posted]).toEqual([[[delivery, inSeconds]], []]);
  });

  it('to a host taken off the list is dropped', async () => {
    const { deliver, deps, posted } = world(answered(204));
    expect(await deliverCallback({ ...deps, rules: { hosts: [], loopback: false } }, world(null).delivery)).toBe(
      'not_allowed',
    );
    expect(posted).toEqual([]);
    expect(await deliver()).toBe('delivered');
  });

  it.each<[string, Receipt | null, string]>([
    ['no answer', null, 'the receiver of a callback did not answer for about a day'],
    ['a refusal', answered(500), 'the receiver of a callback answered 500 for about a day'],
  ])('is given up after eleven waits: %s', async (_what, receipt, message) => {
    const { deliver, sent } = world(receipt, { attempt: 11 });
    await expect(deliver()).rejects.toMatchObject({ code: 'callback_not_delivered', message });
    expect(sent).toEqual([]);
  });

  it('whose member cannot be read is tried like a POST', async () => {
    const { deps, delivery, posted, sent } = world(answered(204));
    const ownIds = () => Promise.reject(new Error('the table is away'));
    expect(await deliverCallback({ ...deps, ownIds }, delivery)).toBe('retrying');
    expect([posted, sent.length]).toEqual([[], 1]);
    await expect(deliverCallback({ ...deps, ownIds }, { ...delivery, attempt: 11 })).rejects.toThrow(
      'the member of a callback could not be read for about a day',
    );
  });
});

describe('the waits', () => {
  it('grow from seconds to hours', () => {
    const waits = Array.from({ length: 12 }, (_, attempt) => waitAfter(attempt, null, 0.5));
    expect(waits).toEqual([5, 30, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800, null]);
  });

  it.each([
    [0, 24],
    [0.99, 36],
  ])('differ by a fifth to both sides: %d', (random, seconds) => {
    expect(waitAfter(1, null, random)).toBe(seconds);
  });

  it.each([
    [29, 30],
    [31, 31],
    [28_800, 28_800],
    [28_801, 28_800],
  ])('are what is asked at least: %d', (asked, seconds) => {
    expect(waitAfter(1, asked, 0.5)).toBe(seconds);
  });
});
