import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type BalancesReader, balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { accountView, type ObservationStamp, type StorageRules } from '../../shared/domain/balance.ts';
import { Decimal, parseExactJson } from '../../shared/domain/decimal.ts';
import { readAccountsPage } from '../../shared/domain/mx-readers.ts';
import type { Balances } from '../../shared/domain/ports.ts';
import { type BalancesTable, fakeBalances } from '../fakes/fake-balances.ts';
import { at, mxAccount, newKey, refreshId } from '../samples.ts';
import { jsonNumber, sameNumber } from './decimals.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const plain: StorageRules = { keepAccountNumbers: false, keepUnknownFields: false };

type Subject = (rules?: StorageRules) => Balances & BalancesReader;

const fakeTable: BalancesTable = new Map();

const stamp = (seconds: number, refresh = 1): ObservationStamp => ({
  observedAt: at(seconds),
  refreshId: refreshId(refresh),
  trigger: 'http',
});

describe.each<[string, Subject]>([
  ['the fake', (rules = plain) => fakeBalances(fakeTable, rules)],
  ['DynamoDB', (rules = plain) => balancesInDynamoDb(tables.client, tables.balances, rules)],
])('balances: %s', (_name, subject) => {
  it('has nothing of a member that was never stored', async () => {
    const balances = subject();
    expect(await balances.ofMember(newKey())).toEqual([]);
    expect(await balances.read(newKey(), 'ACT-1')).toBeNull();
  });

  it('gives back fields, stamp, and no change yet', async () => {
    const balances = subject();
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '12.50', '"currency_code":"USD","is_closed":false')], stamp(0));
    const stored = {
      member: key,
      accountGuid: 'ACT-1',
      fields: {
        guid: 'ACT-1',
        member_guid: key.memberGuid,
        user_guid: key.userGuid,
        balance: expect.any(Decimal),
        currency_code: 'USD',
        is_closed: false,
      },
      observedAt: at(0),
      freshAsOf: at(0),
      amountsSince: at(0),
      staleReason: null,
      refreshId: refreshId(1),
      trigger: 'http',
      lastChange: null,
      listed: true,
    };
    expect(await balances.ofMember(key)).toEqual([stored]);
    expect(await balances.read(key, 'ACT-1')).toEqual(stored);
  });

  it.each([
    ['in their order', [10, 20]],
    ['the older one last', [20, 10]],
  ])('keeps the newer of two observations: %s', async (_order, [first = 0, second = 0]) => {
    const balances = subject();
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', String(first))], stamp(first, first));
    await balances.store(key, [mxAccount('ACT-1', String(second))], stamp(second, second));
    const [stored] = await balances.ofMember(key);
    expect(stored).toMatchObject({ observedAt: at(20), refreshId: refreshId(20) });
    expect(textOf(stored?.fields['balance'])).toBe('20');
  });

  it('breaks a tie by the refresh id, in either order', async () => {
    const balances = subject();
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '2')], stamp(0, 2));
    await balances.store(key, [mxAccount('ACT-1', '1')], stamp(0, 1));
    expect((await balances.read(key, 'ACT-1'))?.refreshId).toBe(refreshId(2));
    await balances.store(key, [mxAccount('ACT-1', '3')], stamp(0, 3));
    expect((await balances.read(key, 'ACT-1'))?.refreshId).toBe(refreshId(3));
  });

  it('ends with the newest of many stored at once', async () => {
    const balances = subject();
    const key = newKey();
    const order = [3, 1, 4, 2];
    await Promise.all(order.map((n) => balances.store(key, [mxAccount('ACT-1', String(n))], stamp(n, n))));
    const stored = await balances.read(key, 'ACT-1');
    expect(stored?.observedAt).toBe(at(4));
    expect(textOf(stored?.fields['balance'])).toBe('4');
  });

  it('keeps the balance before the last change, its refresh', async () => {
    const balances = subject();
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '10.00')], stamp(0, 1));
    await balances.store(key, [mxAccount('ACT-1', '12')], stamp(10, 2));
    const changed = { lastChange: { refreshId: refreshId(2), at: at(10) }, amountsSince: at(10) };
    const after = await balances.read(key, 'ACT-1');
    expect(after).toMatchObject(changed);
    expect(sameNumber(textOf(after?.lastChange?.previousBalance), '10')).toBe(true);
    // The same amount again, written another way, is no change.
    await balances.store(key, [mxAccount('ACT-1', '12.00')], stamp(20, 3));
    const later = await balances.read(key, 'ACT-1');
    expect(later).toMatchObject({ ...changed, refreshId: refreshId(3), observedAt: at(20) });
    expect(sameNumber(textOf(later?.lastChange?.previousBalance), '10')).toBe(true);
  });

  it('keeps its change when the same refresh stores twice', async () => {
    const balances = subject();
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '10')], stamp(0, 1));
    for (const seconds of [10, 40]) await balances.store(key, [mxAccount('ACT-1', '12')], stamp(seconds, 2));
    const stored = await balances.read(key, 'ACT-1');
    expect(stored).toMatchObject({ observedAt: at(40), lastChange: { refreshId: refreshId(2), at: at(10) } });
    expect(sameNumber(textOf(stored?.lastChange?.previousBalance), '10')).toBe(true);
  });

  it('marks unlisted accounts, keeps numbers, lists them again', async () => {
    const balances = subject();
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '1'), mxAccount('ACT-2', '2')], stamp(0, 1));
    await balances.store(key, [mxAccount('ACT-1', '1')], stamp(10, 2));
    const gone = await balances.read(key, 'ACT-2');
    expect(gone).toMatchObject({ listed: false, observedAt: at(0), refreshId: refreshId(1) });
    expect(textOf(gone?.fields['balance'])).toBe('2');
    expect((await balances.read(key, 'ACT-1'))?.listed).toBe(true);
    await balances.store(key, [mxAccount('ACT-2', '2')], stamp(20, 3));
    expect(await balances.read(key, 'ACT-2')).toMatchObject({ listed: true, observedAt: at(20) });
    expect((await balances.read(key, 'ACT-1'))?.listed).toBe(false);
  });

  it('does not let an older list take an account off', async () => {
    const balances = subject();
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '1')], stamp(10, 2));
    await balances.store(key, [], stamp(0, 1));
    expect((await balances.read(key, 'ACT-1'))?.listed).toBe(true);
  });

  it('keeps left-behind accounts’ age, stores all at once', async () => {
    const balances = subject();
    const key = newKey();
    const imported = '"imported_at":"2026-01-06T12:00:00Z"';
    const accounts = [mxAccount('ACT-1', '1', imported), mxAccount('ACT-2', '2', imported)];
    await balances.store(key, accounts, stamp(0), { leftBehind: new Set(['ACT-2']) });
    const leftBehind = { freshAsOf: '2026-01-06T12:00:00.000Z', observedAt: at(0), staleReason: 'not_imported' };
    expect(await balances.read(key, 'ACT-1')).toMatchObject({ freshAsOf: at(0), staleReason: null });
    expect(await balances.read(key, 'ACT-2')).toMatchObject(leftBehind);
    await balances.store(key, accounts, stamp(10, 2), { leftBehind: new Set() });
    expect(await balances.read(key, 'ACT-2')).toMatchObject({ freshAsOf: at(10), staleReason: null });
  });

  it('uses its caller’s list, reads again after a conflict', async () => {
    const balances = subject();
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '1'), mxAccount('ACT-2', '2')], stamp(0, 1));
    const read = await balances.ofMember(key);
    await balances.store(key, [mxAccount('ACT-1', '3'), mxAccount('ACT-2', '2')], stamp(30, 3));
    await balances.store(key, [mxAccount('ACT-1', '9')], stamp(20, 2), { stored: read });
    expect(textOf((await balances.read(key, 'ACT-1'))?.fields['balance'])).toBe('3');
    expect(await balances.read(key, 'ACT-2')).toMatchObject({ listed: true, observedAt: at(30) });
    const now = await balances.ofMember(key);
    await balances.store(key, [mxAccount('ACT-1', '4')], stamp(40, 4), { stored: now });
    expect(await balances.read(key, 'ACT-1')).toMatchObject({ observedAt: at(40), lastChange: { at: at(40) } });
    expect(await balances.read(key, 'ACT-2')).toMatchObject({ listed: false });
  });

  it('leaves other members of the same user alone', async () => {
    const balances = subject();
    const key = newKey();
    const other = { ...key, memberGuid: `${key.memberGuid}-2` };
    await balances.store(key, [mxAccount('ACT-1', '1')], stamp(0));
    await balances.store(other, [mxAccount('ACT-1', '2')], stamp(0));
    await balances.store(other, [], stamp(10, 2));
    expect(await balances.ofMember(key)).toMatchObject([{ accountGuid: 'ACT-1', listed: true }]);
    expect(await balances.ofMember(other)).toMatchObject([{ accountGuid: 'ACT-1', listed: false }]);
  });

  it('keeps zero, and nothing for null and missing', async () => {
    const balances = subject();
    const key = newKey();
    const accounts = [mxAccount('ACT-0', '0'), mxAccount('ACT-1', 'null'), mxAccount('ACT-2', null)];
    await balances.store(key, accounts, stamp(0));
    const fields = async (guid: string) => (await balances.read(key, guid))?.fields ?? {};
    expect(textOf((await fields('ACT-0'))['balance'])).toBe('0');
    for (const guid of ['ACT-1', 'ACT-2']) expect(Object.hasOwn(await fields(guid), 'balance')).toBe(false);
    // From nothing to zero is a change; before it there was no amount.
    await balances.store(key, [mxAccount('ACT-1', '0')], stamp(10, 2));
    expect(await balances.read(key, 'ACT-1')).toMatchObject({
      lastChange: { previousBalance: null, refreshId: refreshId(2), at: at(10) },
    });
  });

  it('masks account numbers and drops unknown fields by default', async () => {
    const key = newKey();
    const account = mxAccount('ACT-1', '1', '"account_number":"4921710685","brand_new":"yes"');
    await subject().store(key, [account], stamp(0));
    expect((await subject().read(key, 'ACT-1'))?.fields).toMatchObject({ account_number: '****0685' });
    expect((await subject().read(key, 'ACT-1'))?.fields).not.toHaveProperty('brand_new');
    const keeping = subject({ keepAccountNumbers: true, keepUnknownFields: true });
    await keeping.store(key, [account], stamp(10, 2));
    expect((await keeping.read(key, 'ACT-1'))?.fields).toMatchObject({
      account_number: '4921710685',
      brand_new: 'yes',
    });
  });

  it('an unknown field of MX replaces none of ours', async () => {
    const balances = subject({ keepAccountNumbers: false, keepUnknownFields: true });
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '1', '"observed_at":"2099-01-01","listed":false')], stamp(0));
    expect(await balances.read(key, 'ACT-1')).toMatchObject({ observedAt: at(0), listed: true });
  });

  it('gives all accounts beyond one answer of DynamoDB', async () => {
    const balances = subject();
    const key = newKey();
    const much = `"metadata":"${'x'.repeat(90_000)}"`;
    const accounts = Array.from({ length: 13 }, (_, n) => mxAccount(`ACT-${n}`, String(n), much));
    await balances.store(key, accounts, stamp(0));
    const stored = await balances.ofMember(key);
    expect(new Set(stored.map(({ accountGuid }) => accountGuid)).size).toBe(13);
    // The second store has to find every item: it would overwrite, or mark as unlisted, an item that it missed.
    await balances.store(key, accounts, stamp(10, 2));
    expect((await balances.ofMember(key)).every(({ listed, observedAt }) => listed && observedAt === at(10))).toBe(
      true,
    );
  });

  it('answers with MX’s number, digit for digit', { timeout: 60_000 }, async () => {
    const balances = subject();
    const key = newKey();
    let seconds = 0;
    await fc.assert(
      fc.asyncProperty(jsonNumber, async (sent) => {
        seconds += 1;
        // MX's bytes, as they come over the wire.
        const bytes = Buffer.from(
          `{"accounts":[{"guid":"ACT-1","balance":${sent},"apr":${sent}}],"pagination":{"current_page":1,"per_page":25,"total_entries":1,"total_pages":1}}`,
        );
        const { accounts } = readAccountsPage(parseExactJson(bytes.toString('utf8')));
        await balances.store(key, accounts, stamp(seconds));
        const stored = await balances.read(key, 'ACT-1');
        if (stored === null) return expect.fail('nothing is stored');
        const answer = JSON.stringify(accountView(stored));
        for (const field of ['balance', 'apr']) {
          const [, answered = ''] = new RegExp(`"${field}":([^,}]+)`).exec(answer) ?? [];
          if (!sameNumber(answered, sent)) expect.fail(`${field}: MX sent ${sent}, the answer has ${answered}`);
        }
      }),
      { numRuns: 300, seed: 20_260_115 },
    );
  });
});

const textOf = (value: unknown): string => (value instanceof Decimal ? value.text : String(value));
