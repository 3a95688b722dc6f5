/** Refreshes from trigger to stored accounts, at an MX that does not import every account with every job. */
import { expect, it } from 'vitest';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { followRefresh } from '../../../shared/domain/follow-refresh.ts';
import type { MxAccount, MxMember } from '../../../shared/domain/mx.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { withMember } from '../../fakes/members-table.ts';
import { key, knownMember, member } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const identifiers = { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid };

const account = (guid: string, importedAt: string): MxAccount =>
  readAccount(parseExactJson(`{"guid":"${guid}","balance":1,"imported_at":"${importedAt}"}`));

const running = (shown: MxMember): MxMember => ({ ...shown, isBeingAggregated: true });

/** A world at whose MX `shows` says what the accounts are and how a look sees the member. */
function worldWith(accounts: () => readonly MxAccount[], importsMove = false) {
  const world = refreshWorld(withMember(knownMember({ importsMove })));
  const deps = {
    ...world.deps,
    balances: world.balances,
    mx: { ...world.deps.mx, listAccounts: async () => accounts() },
  };
  /** Starts a refresh, then takes its looks, `seconds` apart, until it has ended. */
  const refresh = async (before: MxMember, after: MxMember, posted = running(after)) => {
    world.answers.read = () => before;
    world.answers.start = () => posted;
    await startRefresh(deps, identifiers, { userPresent: false, correlationId: null });
    world.answers.read = () => after;
    let looks = 0;
    for (let next = world.sent.pop(); next !== undefined && looks < 50; next = world.sent.pop()) {
      world.wait(next.inSeconds);
      await followRefresh(deps, next.followUp);
      looks += 1;
    }
    const record = await deps.members.read(key);
    return { looks, attempt: record?.lastAttempt, importsMove: record?.importsMove };
  };
  const ages = async () =>
    (await world.balances.ofMember(key)).map(({ freshAsOf, staleReason }) => [freshAsOf, staleReason]);
  return { world, refresh, ages };
}

const firstJob = { mostRecentJobGuid: 'JOB-1', aggregatedAt: '2026-11-21T12:00:01.000Z' } as const;

it('one moved, one old: left behind, imports move', async () => {
  const accounts = [account('ACT-1', '2026-11-21T12:00:03Z'), account('ACT-2', '2026-11-12T12:00:00Z')];
  const { refresh, ages } = worldWith(() => accounts);
  expect(await refresh(member(), member(firstJob))).toMatchObject({
    looks: 1,
    attempt: { outcome: 'succeeded', code: 'stored' },
    importsMove: true,
  });
  expect(await ages()).toEqual([
    ['2026-11-21T12:00:05.000Z', null],
    ['2026-11-12T12:00:00.000Z', 'not_imported'],
  ]);
});

it('none moved, imports unknown: the job’s proof decides', async () => {
  const { refresh, ages } = worldWith(() => [account('ACT-1', '2026-11-12T12:00:00Z')]);
  expect(await refresh(member(), member(firstJob))).toMatchObject({
    attempt: { code: 'stored' },
    importsMove: false,
  });
  expect(await ages()).toEqual([['2026-11-21T12:00:05.000Z', null]]);
});

it('none moved, flag alone: three looks, then nothing_imported', async () => {
  const { refresh, ages } = worldWith(() => [account('ACT-1', '2026-11-12T12:00:00Z')], true);
  expect(await refresh(member(), member(firstJob))).toMatchObject({
    looks: 3,
    attempt: { outcome: 'not_refreshed', action: 'retry_later', code: 'nothing_imported' },
  });
  expect(await ages()).toEqual([]);
});

it('none moved, a later success: stored with its age', async () => {
  const { refresh, ages } = worldWith(() => [account('ACT-1', '2026-11-12T12:00:00Z')], true);
  const success = member({ ...firstJob, successfullyAggregatedAt: '2026-11-21T12:00:04.000Z' });
  expect(await refresh(member(), success)).toMatchObject({ looks: 1, attempt: { code: 'stored' } });
  expect(await ages()).toEqual([['2026-11-12T12:00:00.000Z', 'not_imported']]);
});

it('POST starts nothing, MX 20 s ahead: not refreshed', async () => {
  const { refresh, ages } = worldWith(() => [account('ACT-1', '2026-11-21T12:00:15Z')]);
  const ahead = '2026-11-21T12:00:12.000Z';
  const idle = member({ aggregatedAt: ahead, successfullyAggregatedAt: '2026-11-21T12:00:16.000Z' });
  expect(await refresh(idle, idle, idle)).toMatchObject({
    attempt: { outcome: 'not_refreshed', code: 'no_evidence' },
    importsMove: false,
  });
  expect(await ages()).toEqual([]);
});

it('another job’s imports do not count as ours', async () => {
  const { refresh } = worldWith(() => [account('ACT-1', '2026-11-21T12:00:03Z')]);
  const followed = member({
    mostRecentJobGuid: 'JOB-2',
    aggregatedAt: '2026-11-21T12:00:02.000Z',
    successfullyAggregatedAt: '2026-11-21T12:00:03.000Z',
  });
  expect(await refresh(member(), followed, running(member(firstJob)))).toMatchObject({
    attempt: { code: 'stored' },
    importsMove: false,
  });
});
