import { describe, expect, it } from 'vitest';
import { askingMx } from '../../../infra/operator/ask-mx.ts';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { member } from '../../samples.ts';
import { fakeTerminal } from './fake-terminal.ts';

const identifiers = { userIdentifier: 'user-1', memberIdentifier: 'member-1' };

/** MX, which fails with each of `failures` in turn, and then answers. */
function asking(failures: readonly Failure[]) {
  const { terminal } = fakeTerminal();
  const left = [...failures];
  const times: number[] = [];
  const ask = askingMx({
    mx: {
      readMember: async () => {
        times.push(terminal.elapsed());
        const failure = left.shift();
        if (failure !== undefined) throw failure;
        return member();
      },
    },
    turn: () => terminal.sleep(50),
    sleep: terminal.sleep,
  });
  return { ask: () => ask(identifiers), times };
}

const trouble = (code: FailureCode, retryAfterSeconds?: number): Failure =>
  new Failure(code, 'in trouble', retryAfterSeconds === undefined ? {} : { retryAfterSeconds });

describe('MX is asked', () => {
  it('in its turn', async () => {
    const { ask, times } = asking([]);
    expect(await ask()).toEqual(member());
    expect(times).toEqual([50]);
  });

  it('again while it is in trouble, after longer and longer', async () => {
    const codes = ['mx_unavailable', 'mx_timeout', 'mx_rate_limited', 'mx_bad_answer', 'mx_unavailable'] as const;
    const { ask, times } = asking(codes.map((code) => trouble(code)));
    expect(await ask()).toEqual(member());
    expect(times).toEqual([50, 1_100, 3_150, 8_200, 18_250, 48_300]);
  });

  it('again when it wants to be', async () => {
    const { ask, times } = asking([trouble('mx_rate_limited', 60)]);
    await ask();
    expect(times).toEqual([50, 60_100]);
  });

  it('six times at most', async () => {
    const { ask, times } = asking(Array.from({ length: 9 }, () => trouble('mx_unavailable')));
    await expect(ask()).rejects.toMatchObject({ code: 'mx_unavailable' });
    expect(times).toHaveLength(6);
  });

  it.each(['mx_not_found', 'mx_credentials_rejected', 'mx_refused'] as const)('once, if it says %s', async (code) => {
    const { ask, times } = asking([trouble(code)]);
    await expect(ask()).rejects.toMatchObject({ code });
    expect(times).toHaveLength(1);
  });

  it('from here: an address it refuses is explained', async () => {
    const { ask } = asking([trouble('mx_forbidden')]);
    await expect(ask()).rejects.toMatchObject({
      code: 'mx_forbidden',
      message: 'in trouble; --resolve calls MX from this machine, whose address has to be on MX’s allow list',
    });
  });
});
