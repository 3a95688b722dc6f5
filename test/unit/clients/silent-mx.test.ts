/** An instance whose MX answers nothing: which calls are sent, and which fail at once. */
import { expect, it } from 'vitest';
import { unlessSilent } from '../../../shared/clients/silent-mx.ts';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { Mx } from '../../../shared/domain/ports.ts';
import { member, T0 } from '../../samples.ts';

const asked = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };

/** An MX that answers each call with what is next in `answers`. */
function instance(...answers: (FailureCode | 'ok' | Promise<void>)[]) {
  const clock = { now: T0 };
  const sent: string[] = [];
  const answer =
    <T>(call: string, value: T) =>
    async (): Promise<T> => {
      sent.push(call);
      const next = answers.shift() ?? 'ok';
      if (typeof next !== 'string') await next;
      else if (next !== 'ok') throw new Failure(next, 'as the test wants it');
      return value;
    };
  const mx: Mx = {
    readMember: answer('readMember', member()),
    readChallenges: answer('readChallenges', []),
    listAccounts: answer('listAccounts', []),
    checkBalance: answer('checkBalance', member()),
    resume: answer('resume', member()),
  };
  const guarded = unlessSilent(mx, () => clock.now);
  const wait = (seconds: number): void => {
    clock.now = plusSeconds(clock.now, seconds);
  };
  /** The code with which a read fails, or null. */
  const read = async (call: 'readMember' | 'readChallenges' | 'listAccounts' = 'readMember'): Promise<unknown> => {
    try {
      await guarded[call](asked);
      return null;
    } catch (error) {
      return error instanceof Failure ? error.code : error;
    }
  };
  const reads = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number += 1) await read();
  };
  return { guarded, sent, wait, read, reads };
}

const silence: readonly FailureCode[] = Array.from({ length: 9 }, () => 'mx_timeout' as const);

it('answers pass through', async () => {
  const { guarded, sent } = instance();
  expect(await guarded.readMember(asked)).toEqual(member());
  expect(await guarded.listAccounts(asked)).toEqual([]);
  expect(sent).toEqual(['readMember', 'listAccounts']);
});

it('after three timeouts no read is sent', async () => {
  const { sent, read, reads } = instance(...silence);
  await reads(3);
  expect(sent).toHaveLength(3);
  expect([await read(), await read('listAccounts'), await read('readChallenges')]).toEqual([
    'mx_timeout',
    'mx_timeout',
    'mx_timeout',
  ]);
  expect(sent).toHaveLength(3);
});

it.each([
  [9.999, 3],
  [10, 4],
])('%d s later %d reads were sent', async (seconds, count) => {
  const { sent, reads, wait } = instance(...silence);
  await reads(3);
  wait(seconds);
  await reads(3);
  expect(sent).toHaveLength(count);
});

it('one read asks at a time', async () => {
  let finish = (): void => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { sent, reads, read, wait, guarded } = instance('mx_timeout', 'mx_timeout', 'mx_timeout', held);
  await reads(3);
  wait(10);
  const asking = guarded.readMember(asked);
  expect(await read()).toBe('mx_timeout');
  expect(sent).toHaveLength(4);
  finish();
  await asking;
  expect([await read(), sent.length]).toEqual([null, 5]);
});

it.each<FailureCode | 'ok'>(['ok', 'mx_unavailable', 'mx_not_found', 'mx_bad_answer'])(
  'the answer %s ends the silence',
  async (answer) => {
    const { sent, reads, read, wait } = instance('mx_timeout', 'mx_timeout', 'mx_timeout', answer);
    await reads(3);
    wait(10);
    await reads(1);
    expect([await read(), sent.length]).toEqual([null, 5]);
  },
);

it('a call refused in a pause changes nothing', async () => {
  const { sent, reads, read } = instance('mx_timeout', 'mx_timeout', 'paused', 'mx_timeout');
  await reads(4);
  expect([await read(), sent.length]).toEqual(['mx_timeout', 4]);
});

it('an answer in between starts the count anew', async () => {
  const { sent, reads } = instance('mx_timeout', 'mx_timeout', 'ok', 'mx_timeout', 'mx_timeout', 'ok');
  await reads(6);
  expect(sent).toHaveLength(6);
});

it('what starts a job is always sent, and counts', async () => {
  const { guarded, sent, read } = instance(...silence);
  for (const _ of [1, 2, 3, 4]) await expect(guarded.checkBalance(asked)).rejects.toThrow('as the test wants it');
  await expect(guarded.resume(asked, [])).rejects.toThrow('as the test wants it');
  expect(await read()).toBe('mx_timeout');
  expect(sent).toEqual(['checkBalance', 'checkBalance', 'checkBalance', 'checkBalance', 'resume']);
});

it('an answer in between begins the count anew', async () => {
  const { sent, reads } = instance('mx_timeout', 'mx_timeout', 'ok', 'mx_timeout', 'mx_timeout', 'ok');
  await reads(6);
  expect(sent).toHaveLength(6);
});

it('a silence that goes on is asked every ten seconds', async () => {
  const { sent, wait, reads } = instance(...silence);
  await reads(3);
  for (const calls of [4, 5, 6]) {
    wait(10);
    await reads(2);
    expect(sent).toHaveLength(calls);
  }
});
