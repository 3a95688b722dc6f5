/** The item of the balances table is read by other systems: what is pinned here is what `docs/balances-table.md` says. */
import { readFile } from 'node:fs/promises';
import { type AttributeValue, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import type { ObservationStamp } from '../../shared/domain/balance.ts';
import { parseExactJson } from '../../shared/domain/decimal.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { accountFields } from '../../shared/domain/mx-fields.ts';
import { readAccountsPage } from '../../shared/domain/mx-readers.ts';
import { itemBytes } from '../dynamodb/item-size.ts';
import { refreshId } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
beforeEach(async () => {
  tables = await startLocalTables();
});
afterEach(() => tables.close());

const key = {
  userGuid: 'USR-fa7537f3-48aa-a683-a02a-b18940482f54',
  memberGuid: 'MBR-7c6f361b-e582-15b6-60c0-358f12466b4b',
};
const accountGuid = 'ACT-06d7f44b-caae-0f6e-1384-01f52e75dcb1';

/** Every one of MX's 58 fields, in MX's own spelling: numbers with the digits that have to survive. */
const fromMx = (balance: string): string => `{"accounts":[{
  "account_number":"4921710685","account_ownership":"INDIVIDUAL","annuity_policy_to_date":"2025-12-31",
  "annuity_provider":"Metlife","annuity_term_year":30,"apr":1,"apy":2.35,"available_balance":1000.50,
  "available_credit":null,"balance":${balance},"cash_balance":2500,"cash_surrender_value":1000,
  "created_at":"2025-02-13T18:08:00+00:00","credit_limit":5000,"currency_code":"USD","day_payment_is_due":14,
  "death_benefit":1000,"federal_insurance_status":"INSURED","guid":"${accountGuid}","id":"act-23445745",
  "imported_at":"2026-01-15T12:00:09.000Z","institution_code":"mxbank","insured_name":"Tommy Shelby","interest_rate":3.25,
  "is_closed":false,"is_hidden":false,"is_manual":false,"last_payment":100,"last_payment_at":"2023-07-25T17:14:46Z",
  "loan_amount":1000,"margin_balance":1000,"matures_on":"2015-10-13T17:57:37.000Z","member_guid":"${key.memberGuid}",
  "member_id":"member123","member_is_managed_by_user":false,"metadata":"some metadata","minimum_balance":100,
  "minimum_payment":10,"name":"Test account 2","nickname":"My Checking","original_balance":10,"pay_out_amount":10,
  "payment_due_at":"2015-10-13T17:57:37.000Z","payoff_balance":10,"premium_amount":1,"property_type":"VEHICLE",
  "routing_number":"005026788","started_on":"2025-10-13T17:57:37.000Z","statement_balance":1000.5,"subtype":"MONEY_MARKET",
  "today_ugl_amount":1000.5,"today_ugl_percentage":6.9,"total_account_value":1,"total_account_value_ugl":1,
  "type":"CHECKING","updated_at":"2025-02-13T18:09:00+00:00","user_guid":"${key.userGuid}","user_id":"u-1234"
}],"pagination":{"current_page":1,"per_page":25,"total_entries":1,"total_pages":1}}`;

const golden: Record<string, AttributeValue> = {
  user_guid: { S: key.userGuid },
  account_key: { S: `${key.memberGuid}#${accountGuid}` },
  schema_version: { N: '2' },
  observed_at: { S: '2026-01-15T12:10:00.000Z' },
  fresh_as_of: { S: '2026-01-15T12:10:00.000Z' },
  amounts_since: { S: '2026-01-15T12:10:00.000Z' },
  refresh_id: { S: refreshId(2) },
  trigger: { S: 'schedule' },
  listed: { BOOL: true },
  previous_balance: { N: '1000' },
  changed_by_refresh: { S: refreshId(2) },
  changed_at: { S: '2026-01-15T12:10:00.000Z' },
  account_number: { S: '****0685' },
  account_ownership: { S: 'INDIVIDUAL' },
  annuity_policy_to_date: { S: '2025-12-31' },
  annuity_provider: { S: 'Metlife' },
  annuity_term_year: { N: '30' },
  apr: { N: '1' },
  apy: { N: '2.35' },
  available_balance: { N: '1000.5' },
  balance: { N: '12345678901234567.89' },
  cash_balance: { N: '2500' },
  cash_surrender_value: { N: '1000' },
  created_at: { S: '2025-02-13T18:08:00+00:00' },
  credit_limit: { N: '5000' },
  currency_code: { S: 'USD' },
  day_payment_is_due: { N: '14' },
  death_benefit: { N: '1000' },
  federal_insurance_status: { S: 'INSURED' },
  guid: { S: accountGuid },
  id: { S: 'act-23445745' },
  imported_at: { S: '2026-01-15T12:00:09.000Z' },
  institution_code: { S: 'mxbank' },
  insured_name: { S: 'Tommy Shelby' },
  interest_rate: { N: '3.25' },
  is_closed: { BOOL: false },
  is_hidden: { BOOL: false },
  is_manual: { BOOL: false },
  last_payment: { N: '100' },
  last_payment_at: { S: '2023-07-25T17:14:46Z' },
  loan_amount: { N: '1000' },
  margin_balance: { N: '1000' },
  matures_on: { S: '2015-10-13T17:57:37.000Z' },
  member_guid: { S: key.memberGuid },
  member_id: { S: 'member123' },
  member_is_managed_by_user: { BOOL: false },
  metadata: { S: 'some metadata' },
  minimum_balance: { N: '100' },
  minimum_payment: { N: '10' },
  name: { S: 'Test account 2' },
  nickname: { S: 'My Checking' },
  original_balance: { N: '10' },
  pay_out_amount: { N: '10' },
  payment_due_at: { S: '2015-10-13T17:57:37.000Z' },
  payoff_balance: { N: '10' },
  premium_amount: { N: '1' },
  property_type: { S: 'VEHICLE' },
  routing_number: { S: '005026788' },
  started_on: { S: '2025-10-13T17:57:37.000Z' },
  statement_balance: { N: '1000.5' },
  subtype: { S: 'MONEY_MARKET' },
  today_ugl_amount: { N: '1000.5' },
  today_ugl_percentage: { N: '6.9' },
  total_account_value: { N: '1' },
  total_account_value_ugl: { N: '1' },
  type: { S: 'CHECKING' },
  updated_at: { S: '2025-02-13T18:09:00+00:00' },
  user_id: { S: 'u-1234' },
};

const checkingKey = {
  userGuid: 'USR-11111111-1111-4111-8111-111111111111',
  memberGuid: 'MBR-11111111-0000-4000-8000-000000000001',
};
const behindKey = { ...checkingKey, memberGuid: 'MBR-11111111-0000-4000-8000-000000000002' };
const checkingGuid = 'ACT-5a0e1f3c-9d2b-4c77-8f10-2b6d4e8a9c01';

/** MX Bank's checking account (MX facts 7.1) with everything that MX answers of it. */
const checking = (balance: string): string => `{"accounts":[{
  "account_number":"4921710685","account_ownership":null,"annuity_policy_to_date":null,"annuity_provider":null,
  "annuity_term_year":null,"apr":null,"apy":null,"available_balance":500000.0,"available_credit":null,"balance":${balance},
  "cash_balance":null,"cash_surrender_value":null,"created_at":"2025-02-13T18:08:00+00:00","credit_limit":null,
  "currency_code":"USD","day_payment_is_due":null,"death_benefit":null,"federal_insurance_status":null,
  "guid":"${checkingGuid}","id":"act-23445745","imported_at":"2026-01-15T12:00:09.000Z","institution_code":"mxbank",
  "insured_name":null,"interest_rate":null,"is_closed":false,"is_hidden":false,"is_manual":false,"last_payment":null,
  "last_payment_at":null,"loan_amount":null,"margin_balance":null,"matures_on":null,"member_guid":"${checkingKey.memberGuid}",
  "member_id":"member-123","member_is_managed_by_user":true,"metadata":null,"minimum_balance":null,"minimum_payment":null,
  "name":"MX Checking","nickname":null,"original_balance":null,"pay_out_amount":null,"payment_due_at":null,
  "payoff_balance":null,"premium_amount":null,"property_type":null,"routing_number":"005026788","started_on":null,
  "statement_balance":null,"subtype":"NONE","today_ugl_amount":null,"today_ugl_percentage":null,
  "total_account_value":null,"total_account_value_ugl":null,"type":"CHECKING","updated_at":"2026-01-15T12:00:09+00:00",
  "user_guid":"${checkingKey.userGuid}","user_id":"user-1234"
}],"pagination":{"current_page":1,"per_page":25,"total_entries":1,"total_pages":1}}`;

const rules = { keepAccountNumbers: false, keepUnknownFields: false };

async function store(owner: MemberKey, page: string, stamp: ObservationStamp): Promise<void> {
  const { accounts } = readAccountsPage(parseExactJson(page));
  await balancesInDynamoDb(tables.client, tables.balances, rules).store(owner, accounts, stamp);
}

async function storeTwice(): Promise<void> {
  await store(key, fromMx('1000.00'), {
    observedAt: '2026-01-15T12:00:00.000Z',
    refreshId: refreshId(1),
    trigger: 'http',
  });
  await store(key, fromMx('12345678901234567.89'), {
    observedAt: '2026-01-15T12:10:00.000Z',
    refreshId: refreshId(2),
    trigger: 'schedule',
  });
}

async function stored(owner: MemberKey, account: string): Promise<Record<string, AttributeValue>> {
  const { Item = {} } = await tables.client.send(
    new GetItemCommand({
      TableName: tables.balances,
      Key: { user_guid: { S: owner.userGuid }, account_key: { S: `${owner.memberGuid}#${account}` } },
    }),
  );
  return Item;
}

describe('the item of the balances table', () => {
  it('has these attributes and no others', async () => {
    await storeTwice();
    expect(await stored(key, accountGuid)).toEqual(golden);
  });

  it('left behind: one attribute more, its import’s age', async () => {
    const { accounts } = readAccountsPage(parseExactJson(checking('500000.0')));
    const by = { observedAt: '2026-01-15T12:20:00.000Z', refreshId: refreshId(3), trigger: 'schedule' } as const;
    const balances = balancesInDynamoDb(tables.client, tables.balances, rules);
    await balances.store(behindKey, accounts, by);
    const fresh = await stored(behindKey, checkingGuid);
    await balances.store(behindKey, accounts, by, { leftBehind: new Set([checkingGuid]) });
    expect(await stored(behindKey, checkingGuid)).toEqual({
      ...fresh,
      fresh_as_of: { S: '2026-01-15T12:00:09.000Z' },
      stale_reason: { S: 'not_imported' },
    });
    expect(fresh['fresh_as_of']).toEqual({ S: '2026-01-15T12:20:00.000Z' });
  });

  it('is found by a query for a user or member', async () => {
    await storeTwice();
    const query = async (condition: string, values: Record<string, AttributeValue>) =>
      (
        await tables.client.send(
          new QueryCommand({
            TableName: tables.balances,
            KeyConditionExpression: condition,
            ExpressionAttributeValues: values,
          }),
        )
      ).Items;
    const user = { ':user': { S: key.userGuid } };
    expect(await query('user_guid = :user', user)).toEqual([golden]);
    expect(
      await query('user_guid = :user AND begins_with(account_key, :member)', {
        ...user,
        ':member': { S: `${key.memberGuid}#` },
      }),
    ).toEqual([golden]);
  });

  it('has every field of MX’s account that is not null', () => {
    const missing = Object.keys(accountFields).filter((name) => !Object.hasOwn(golden, name));
    expect(missing).toEqual(['available_credit']);
    expect(Object.keys(accountFields)).toHaveLength(58);
  });

  it('of a checking account is one write unit', async () => {
    await store(checkingKey, checking('500000.0'), {
      observedAt: '2026-01-15T12:00:00.000Z',
      refreshId: refreshId(1),
      trigger: 'schedule',
    });
    await store(checkingKey, checking('499999.5'), {
      observedAt: '2026-01-15T12:10:00.000Z',
      refreshId: refreshId(2),
      trigger: 'schedule',
    });
    const item = await stored(checkingKey, checkingGuid);
    expect(item).toHaveProperty('changed_at');
    expect(itemBytes(item)).toBeLessThanOrEqual(900);
  });

  it('its document lists every attribute and a stored sample', async () => {
    const document = await readFile(new URL('../../docs/balances-table.md', import.meta.url), 'utf8');
    const missing = [...Object.keys(golden), 'stale_reason'].filter((name) => !document.includes(`\`${name}\``));
    expect(missing).toEqual([]);
    const [, sample = ''] = /```json\n(\{[^`]*"user_guid"[^`]*\})\n```/.exec(document) ?? [];
    const shown: Record<string, AttributeValue> = JSON.parse(sample);
    for (const [name, value] of Object.entries(shown)) expect({ [name]: value }).toEqual({ [name]: golden[name] });
    expect(Object.keys(shown).length).toBeGreaterThan(10);
  });
});
