import { describe, expect, it } from 'vitest';
import { type CheckBalanceRequest, checkBalance } from '../../../shared/domain/check-balance.ts';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import { runningRefresh } from '../../../shared/domain/refresh.ts';
import { detailsByCode } from '../../../shared/domain/refresh-details.ts';
import { fakeWaitLeases } from '../../fakes/fake-wait-leases.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { putRefresh } from '../../fakes/put-refresh.ts';
import { attemptOf, claim, key, knownMember, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';
import { slowSteps } from './slow-steps.ts';

const plain: CheckBalanceRequest = {
  identifiers: { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid },
  maxAgeSeconds: null,
  userPresent: false,
  correlationId: null,
  callback: null,
  waitUntil: null,
};

function world(record: MemberRecord = knownMember()) {
  const made = refreshWorld(withMember(record));
  const told: string[] = [];
  const deps = {
    ...made.deps,
    schedule: made.schedule,
    defaultScheduleHours: 0,
    scheduleShards: 1,
    staleAfterSeconds: 3600,
    waitLeases: fakeWaitLeases(new Map(), made.deps.now),
    waitersAtOnce: 100,
    accepted: (joined: boolean) => void told.push(joined ? 'joined' : 'accepted'),
    callbacksPerCaller: 10,
    callbacks: {
      async put({ id, url }: { id: string; url: string }) {
        told.push(`${id} ${url}`);
        return true;
      },
      page: async () => ({ callbacks: [], hasMore: false }),
    },
  };
  return { ...made, told, deps };
}

describe('the trigger’s use case', () => {
  it('answers stored balances that are young enough', async () => {
    const { deps, balances, wait, told, mxCalls } = world();
    const accounts = [readAccount(parseExactJson('{"guid":"ACT-1","balance":10.50}'))];
    await balances.store(key, accounts, { observedAt: T0, refreshId: 'RFR-0', trigger: 'http' });
    wait(60);
    const answer = await checkBalance({ ...deps, sleep: async () => {} }, { ...plain, maxAgeSeconds: 60 });
    expect(answer).toMatchObject({
      kind: 'stored',
      stored: { balances: [{ accountGuid: 'ACT-1' }], freshness: { verdict: 'fresh', ageSeconds: 60 } },
    });
    expect([mxCalls, told]).toEqual([[], []]);
  });

  it('an account left behind: stale, no new job', async () => {
    const lastSuccess = { refreshId: 'RFR-0', observedAt: T0, incomplete: false };
    const { deps, balances, wait, told, mxCalls } = world(knownMember({ lastSuccess }));
    const account = (guid: string, importedAt: string) =>
      readAccount(parseExactJson(`{"guid":"${guid}","balance":1,"imported_at":"${importedAt}"}`));
    const accounts = [account('ACT-1', '2026-11-21T12:00:00Z'), account('ACT-2', '2026-11-21T11:40:00Z')];
    const stamp = { observedAt: T0, refreshId: 'RFR-0', trigger: 'http' } as const;
    await balances.store(key, accounts, stamp, { leftBehind: new Set(['ACT-2']) });
    wait(60);
    const answer = await checkBalance({ ...deps, sleep: async () => {} }, { ...plain, maxAgeSeconds: 600 });
    expect(answer).toMatchObject({
      kind: 'stored',
      // An operator’s hour would let 21 minutes pass for fresh; this caller asked for ten.
      stored: { freshness: { verdict: 'stale', reason: 'not_imported', ageSeconds: 1260 } },
    });
    expect([mxCalls, told]).toEqual([[], []]);
    wait(541);
    const later = await checkBalance({ ...deps, sleep: async () => {} }, { ...plain, maxAgeSeconds: 600 });
    expect(later.kind).toBe('accepted');
  });

  it('starts nothing after a success that found no accounts', async () => {
    const lastSuccess = { refreshId: 'RFR-0', observedAt: T0, incomplete: false };
    const { deps, mxCalls } = world(knownMember({ lastSuccess }));
    const answer = await checkBalance({ ...deps, sleep: async () => {} }, { ...plain, maxAgeSeconds: 600 });
    expect(answer).toMatchObject({
      kind: 'stored',
      stored: { balances: [], freshness: { verdict: 'stale', reason: 'no_accounts' } },
    });
    expect(mxCalls).toEqual([]);
  });

  it('registers the callback under the id for this refresh', async () => {
    const { deps, told } = world(knownMember({ claim: claim() }));
    const callback = { url: 'https://a.example/', idFor: (refreshId: string) => `CBK of ${refreshId}` };
    const answer = await checkBalance({ ...deps, sleep: async () => {} }, { ...plain, callback });
    expect(answer).toMatchObject({ kind: 'accepted', joined: true, refresh: { refreshId: 'RFR-1' } });
    expect(told).toEqual(['joined', 'CBK of RFR-1 https://a.example/']);
  });

  it('throws member_deleted when it is deleted while waited for', async () => {
    const { deps, table, history, wait } = world();
    const sleep = async (): Promise<void> => {
      wait(1);
      const refresh = await history.read('RFR-00000000000000000000000001');
      if (refresh === null) throw new Error('the refresh was put before the wait');
      await putRefresh(history, {
        ...refresh,
        status: 'ended',
        progress: null,
        result: {
          outcome: 'failed',
          action: 'reconnect',
          code: 'member_deleted',
          message: 'The member was deleted at MX.',
          userMessage: null,
          connectionStatus: null,
          challenges: [],
          endedAt: T0,
          observedAt: null,
        },
      });
      table.members.set(textOf(key), knownMember({ deletedAt: T0 }));
    };
    const asked = checkBalance({ ...deps, sleep }, { ...plain, waitUntil: plusSeconds(T0, 10) });
    await expect(asked).rejects.toMatchObject({ code: 'member_deleted' });
  });
});

describe('the trigger’s use case waits until', () => {
  it('the name of a caller that joined is noted', async () => {
    const { deps } = world(knownMember({ claim: claim({ correlationId: 'order-1' }) }));
    const steps = slowSteps();
    const noted = { ...deps.refreshes, recordJoined: steps.slow('noted', deps.refreshes.recordJoined) };
    const use = { ...deps, refreshes: noted, sleep: async () => {} };
    await checkBalance(use, { ...plain, correlationId: 'order-2' });
    expect(steps.steps).toEqual(['noted']);
    await checkBalance(use, { ...plain, correlationId: 'order-1' });
    expect(steps.steps).toEqual(['noted']);
  });

  it('its own start is none that it joined', async () => {
    const { deps } = world();
    const joined: string[] = [];
    const refreshes = { ...deps.refreshes, recordJoined: async (_: unknown, name: string) => void joined.push(name) };
    await checkBalance({ ...deps, refreshes, sleep: async () => {} }, { ...plain, correlationId: 'order-1' });
    expect(joined).toEqual([]);
  });
});

it('stored balances come with MX’s words for the user', async () => {
  const lastAttempt = attemptOf(claim({ refreshId: 'RFR-9' }), { hasDetails: true });
  const { deps, balances, history } = world(knownMember({ lastAttempt }));
  await balances.store(key, [readAccount(parseExactJson('{"guid":"ACT-1","balance":1}'))], {
    observedAt: plusSeconds(T0, 30),
    refreshId: 'RFR-0',
    trigger: 'http',
  });
  const ofUser = { ...detailsByCode(lastAttempt), userMessage: 'Please log in again.' };
  await history.putDetails(runningRefresh(key, claim({ refreshId: 'RFR-9' })), lastAttempt.endedAt, ofUser);
  const answer = await checkBalance({ ...deps, sleep: async () => {} }, { ...plain, maxAgeSeconds: 600 });
  expect(answer).toMatchObject({ kind: 'stored', stored: { userMessage: 'Please log in again.' } });
  const wordless = world(knownMember());
  await wordless.balances.store(key, [readAccount(parseExactJson('{"guid":"ACT-1","balance":1}'))], {
    observedAt: plusSeconds(T0, 30),
    refreshId: 'RFR-0',
    trigger: 'http',
  });
  expect(
    await checkBalance({ ...wordless.deps, sleep: async () => {} }, { ...plain, maxAgeSeconds: 600 }),
  ).toMatchObject({ kind: 'stored', stored: { userMessage: null } });
});
