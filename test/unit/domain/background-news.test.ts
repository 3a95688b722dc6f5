/** Data that MX gathered by itself: what counts as newer, and what its refresh says. */
import { describe, expect, it } from 'vitest';
import { isNews, storeNews } from '../../../shared/domain/background-refresh.ts';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import type { EndedRefresh } from '../../../shared/domain/refresh.ts';
import { at, key, member, mxAccount, T0 } from '../../samples.ts';
import { slowSteps } from './slow-steps.ts';
import { account, newAccounts, news, refreshed, webhook, webhookWorld, withStored } from './webhook-world.ts';

describe('MX’s data are newer', () => {
  const old = { aggregatedAt: at(-100), successfullyAggregatedAt: at(-90) };
  const body = { aggregated_at: at(-100), successfully_aggregated_at: at(-90) };
  const listed = [mxAccount('ACT-1', '1', `"imported_at":"${at(-95)}"`)];
  const stored: StoredBalance = {
    member: key,
    accountGuid: 'ACT-1',
    fields: { imported_at: at(-95) },
    observedAt: at(-80),
    freshAsOf: at(-80),
    amountsSince: at(-80),
    staleReason: null,
    lastChange: null,
    refreshId: 'RFR-0',
    trigger: 'http',
    listed: true,
  };

  it.each<[string, boolean, Partial<MxMember>, Parameters<typeof isNews>[0], typeof listed, StoredBalance[]]>([
    ['nothing moved', false, old, body, listed, [stored]],
    ['a job began since', true, { ...old, aggregatedAt: at(-50) }, body, listed, [stored]],
    ['a success since', true, { ...old, successfullyAggregatedAt: at(-50) }, body, listed, [stored]],
    ['an account that is new', true, old, body, listed, []],
    ['an account imported since', true, old, body, [mxAccount('ACT-1', '1', `"imported_at":"${at(-50)}"`)], [stored]],
    ['an account without import', false, old, body, [mxAccount('ACT-1')], [stored]],
    ['an account imported for the first time', true, old, body, listed, [{ ...stored, fields: {} }]],
    ['a job, and no object is stored', true, old, undefined, listed, [stored]],
    ['no job at all', false, { aggregatedAt: null, successfullyAggregatedAt: null }, body, listed, [stored]],
    [
      'no object and no job',
      false,
      { aggregatedAt: null, successfullyAggregatedAt: null },
      undefined,
      listed,
      [stored],
    ],
  ])('or not: %s', (_what, is, shown, known, accounts, balances) => {
    expect(isNews(known, member(shown), accounts, balances)).toBe(is);
  });
});

describe('the refresh of MX’s own data', () => {
  const stored = async (list = newAccounts) => {
    const world = webhookWorld([refreshed({ importsMove: true })]);
    await withStored(world);
    world.shows({ ...news, connectionStatus: 'CONNECTED' }, list);
    const asked: unknown[] = [];
    const { listAccounts } = world.deps.mx;
    world.deps.mx.listAccounts = (of) => {
      asked.push(of);
      return listAccounts(of);
    };
    expect(await world.handle(webhook())).toBe('stored');
    const refresh = await world.deps.refreshes.read(world.record()?.lastAttempt?.refreshId ?? '');
    return { world, refresh, asked };
  };

  it('says that no caller asked for it, and what happened', async () => {
    const { refresh, asked, world } = await stored();
    expect(asked).toEqual([{ userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' }]);
    expect(refresh).toMatchObject({
      status: 'ended',
      userPresent: false,
      acceptedAt: T0,
      deadline: at(600),
      result: { message: 'MX had gathered data by itself; the balances are stored.', connectionStatus: 'CONNECTED' },
    });
    expect(world.record()?.lastAttempt).toMatchObject({ hasDetails: true, code: 'stored' });
  });

  it('is what a duplicate has written, if that was faster', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows(news, newAccounts);
    const { steps, slow } = slowSteps();
    const ends: unknown[] = [];
    const known: { refresh: EndedRefresh | null } = { refresh: null };
    const deps = {
      ...world.deps,
      refreshes: {
        ...world.deps.refreshes,
        end: slow('end', async (end: unknown) => void ends.push(end)),
        read: slow('read', async () => known.refresh),
      },
    };
    const webhookAt = { ...webhook(), completedAt: at(-2) };
    const own = await storeNews(deps, webhookAt, { body: undefined, importsMove: false }, member(news));
    expect(own).toMatchObject({ status: 'ended', acceptedAt: T0 });
    expect([steps, ends]).toMatchObject([['end', 'read'], [{ refresh: { status: 'running', result: null } }]]);
    known.refresh = own && { ...own, acceptedAt: at(-5) };
    expect(await storeNews(deps, webhookAt, { body: undefined, importsMove: false }, member(news))).toEqual(
      known.refresh,
    );
  });

  it('says otherwise when an account cannot be read', async () => {
    const { refresh } = await stored([...newAccounts, account('ACT-2', '"1e400"', at(-3))]);
    expect(refresh).toMatchObject({ result: { code: 'stored_incomplete', connectionStatus: 'CONNECTED' } });
    expect(refresh?.result?.message).not.toContain('by itself');
  });

  it('leaves an account behind that the job did not import', async () => {
    const { world } = await stored([...newAccounts, account('ACT-2', '5', '2026-11-20T00:00:00Z')]);
    const reasons = (await world.balances.ofMember(key)).map(({ accountGuid, staleReason }) => [
      accountGuid,
      staleReason,
    ]);
    expect(reasons).toEqual([
      ['ACT-1', null],
      ['ACT-2', 'not_imported'],
    ]);
  });
});
