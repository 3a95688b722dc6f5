import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import type { MemberIdentifiers, MxAccount, MxMember, OddField } from '../../../shared/domain/mx.ts';
import type { Mx } from '../../../shared/domain/ports.ts';
import { observedMx } from '../../../shared/lambda/observed-mx.ts';
import { member } from '../../samples.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

const byGuid: MemberIdentifiers = {
  userIdentifier: 'USR-1',
  memberIdentifier: 'MBR-11111111-0000-4000-8000-000000000001',
};
const byOwnId: MemberIdentifiers = { userIdentifier: 'jane@bank', memberIdentifier: 'MBR-jane' };

const account = (guid: string, oddFields: readonly OddField[]): MxAccount => ({
  guid,
  fields: {},
  unknownFields: {},
  oddFields,
  isUnreadable: false,
});

function observing(given: { member?: MxMember; accounts?: readonly MxAccount[]; failure?: Error } = {}) {
  const telemetry = recordedTelemetry();
  const answer = async <T>(value: T): Promise<T> => {
    if (given.failure) throw given.failure;
    return value;
  };
  const plain: Mx = {
    readMember: () => answer(given.member ?? member()),
    readChallenges: () => answer([]),
    checkBalance: () => answer(member()),
    resume: () => answer(member()),
    listAccounts: () => answer(given.accounts ?? []),
  };
  return { mx: observedMx(plain, telemetry), telemetry };
}

const calls = ['readMember', 'readChallenges', 'checkBalance', 'resume', 'listAccounts'] as const;

describe.each(calls)('a failed %s', (call) => {
  it('because of a pause is no failure of MX’s', async () => {
    const failure = new Failure('paused', 'no');
    const { mx, telemetry } = observing({ failure });
    await expect(mx[call](byGuid, [])).rejects.toBe(failure);
    expect([telemetry.counts, telemetry.lines]).toEqual([[], []]);
  });

  it.each<[FailureCode, string[]]>([
    ['mx_rate_limited', ['MxThrottled']],
    ['mx_unavailable', ['MxUnavailable']],
    ['mx_timeout', ['MxTimedOut']],
    ['mx_bad_answer', ['MxBadAnswer']],
    ['mx_not_found', ['MxRefused']],
    ['mx_forbidden', ['MxRefused', 'MxCredentialsRejected']],
    ['mx_credentials_missing', ['MxRefused', 'MxCredentialsRejected']],
    ['mx_credentials_rejected', ['MxRefused', 'MxCredentialsRejected']],
    ['mx_redirected', ['MxRefused', 'MxCredentialsRejected']],
  ])('with %s is thrown on, counted and logged once', async (code, counts) => {
    const failure = new Failure(code, 'no');
    const { mx, telemetry } = observing({ failure });
    await expect(mx[call](byGuid, [])).rejects.toBe(failure);
    expect(telemetry.counts).toEqual(counts);
    expect(telemetry.lines).toEqual([
      { event: 'mx.failed', fields: { call, member_guid: 'MBR-11111111-0000-4000-8000-000000000001', error: failure } },
    ]);
  });

  it.each([byOwnId.memberIdentifier, `jane-${byGuid.memberIdentifier}`, `${byGuid.memberIdentifier}-jane`])(
    'logs no id of the caller’s own: %s',
    async (memberIdentifier) => {
      const { mx, telemetry } = observing({ failure: new Failure('mx_timeout', 'no') });
      await expect(mx[call]({ ...byOwnId, memberIdentifier }, [])).rejects.toThrow();
      expect(telemetry.lines).toHaveLength(1);
      expect(JSON.stringify(telemetry.lines)).not.toContain('jane');
    },
  );
});

it('an answer without surprises writes and counts nothing', async () => {
  const { mx, telemetry } = observing({ accounts: [account('A', [])] });
  for (const call of calls) await mx[call](byGuid, []);
  expect([telemetry.lines, telemetry.counts]).toEqual([[], []]);
});

describe('fields that are not kept', () => {
  const rewards: OddField = { name: 'rewards', why: 'unknown' };
  const apr: OddField = { name: 'apr', why: 'unreadable' };

  it('are counted each time and named once', async () => {
    const { mx, telemetry } = observing({ accounts: [account('A', [rewards, apr]), account('B', [rewards])] });
    await mx.listAccounts(byGuid);
    await mx.listAccounts(byGuid);
    expect(telemetry.counts).toEqual(['MxFieldDropped', 'MxFieldDropped']);
    expect(telemetry.lines).toEqual([
      {
        event: 'mx.fields_dropped',
        fields: {
          member_guid: 'MBR-11111111-0000-4000-8000-000000000001',
          fields: ['account.rewards: unknown', 'account.apr: unreadable'],
        },
      },
    ]);
  });

  it('of a member and of an account are told apart', async () => {
    const { mx, telemetry } = observing({ member: member({ oddFields: [apr] }), accounts: [account('A', [apr])] });
    await mx.readMember(byGuid);
    await mx.listAccounts(byGuid);
    expect(telemetry.lines.map(({ fields }) => fields.fields)).toEqual([
      ['member.apr: unreadable'],
      ['account.apr: unreadable'],
    ]);
  });

  it('are named up to 100 in all', async () => {
    const many = Array.from({ length: 130 }, (_, n): OddField => ({ name: `f${n}`, why: 'unknown' }));
    const { mx, telemetry } = observing({ accounts: [account('A', many)] });
    await mx.listAccounts(byGuid);
    expect(telemetry.lines[0]?.fields.fields).toHaveLength(100);
  });
});

describe('a connection status', () => {
  it.each([
    ['CONNECTED', []],
    [null, []],
    ['REAUTHORISE_NOW', ['REAUTHORISE_NOW']],
    ['constructor', ['not a word']],
    ['reAUTHORISE', ['not a word']],
    ['REAUTHORISE now', ['not a word']],
    ['X'.repeat(40), ['X'.repeat(40)]],
    ['X'.repeat(41), ['not a word']],
    ['x'.repeat(64), ['not a word']],
  ])('%s is logged as unknown: %j', async (connectionStatus, reasons) => {
    const { mx, telemetry } = observing({ member: member({ connectionStatus }) });
    await mx.readMember(byGuid);
    expect(telemetry.lines).toEqual(
      reasons.map((reason) => ({
        event: 'mx.unknown_status',
        fields: { member_guid: 'MBR-11111111-0000-4000-8000-000000000001', reason },
      })),
    );
    expect(telemetry.counts).toEqual(reasons.map(() => 'MxUnknownStatus'));
  });
});
