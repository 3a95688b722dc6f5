import type { AccountField, AccountValues } from './account-fields.ts';
import { writeAccount } from './account-fields.ts';
import { createRandom, guidFor } from './random.ts';

/** An account of a member: the values that MX shows, and those that so far only the bank has. */
export interface Account {
  readonly guid: string;
  id: string;
  values: AccountValues;
  /** Changes at the bank that the next successful job brings to MX. */
  atBank: AccountValues;
  /** Fields left out of the JSON: MX declares none of them required. */
  omit: Set<string>;
  /** Fields that this version of MX does not have, as MX may add some any day. */
  extra: Record<string, unknown>;
  /** JSON text of the account, null after a change. Lists are read far more often than accounts change. */
  text: string | null;
}

/** Who an account belongs to; goes into its JSON. */
export interface AccountOwner {
  guid: string;
  id: string | null;
  userGuid: string;
  userId: string | null;
  institutionCode: string;
}

const asset = { currency_code: 'USD', is_closed: false, is_hidden: false, is_manual: false, subtype: 'NONE' } as const;

/** MX facts 7.1: the six accounts of MX Bank. The balances of mortgage and loan are not known and are made up. */
export const MX_BANK_ACCOUNTS: readonly AccountValues[] = [
  {
    ...asset,
    id: 'act-23445745',
    type: 'CHECKING',
    name: 'MX Checking',
    account_number: '4921710685',
    routing_number: '005026788',
    balance: '500000.0',
    available_balance: '500000.0',
  },
  {
    ...asset,
    id: 'act-352386787',
    type: 'SAVINGS',
    name: 'MX Savings',
    account_number: '2936473248',
    routing_number: '005026788',
    balance: '500000.0',
    available_balance: '500000.0',
    apy: '2.35',
  },
  {
    ...asset,
    id: 'act-3424234234',
    type: 'CREDIT_CARD',
    name: 'MX Credit Card',
    account_number: 'XXXXXX5092',
    balance: '10000.0',
    available_credit: '3000.0',
    credit_limit: '13000.0',
    payment_due_at: '2021-05-07T11:57:00Z',
  },
  {
    ...asset,
    id: 'act-23424343',
    type: 'INVESTMENT',
    name: 'MX Investment',
    account_number: '1526579950',
    balance: '10000.0',
  },
  {
    ...asset,
    id: 'act-12323223',
    type: 'MORTGAGE',
    name: 'MX Mortgage',
    account_number: '8485388773',
    balance: '215430.55',
    original_balance: '260000.0',
    interest_rate: '3.25',
  },
  {
    ...asset,
    id: 'act-2378975',
    type: 'LOAN',
    name: 'MX Loan',
    account_number: '4136990061',
    balance: '8125.4',
    original_balance: '15000.0',
    interest_rate: '5.9',
  },
];

/** A new account; its guid depends only on the member's guid and its own id, so it is the same in every run. */
export function createAccount(owner: AccountOwner, given: AccountValues, createdAt: number): Account {
  const id = typeof given.id === 'string' ? given.id : `act-${guidFor('x', owner.guid).slice(2, 10)}`;
  const guid = typeof given.guid === 'string' ? given.guid : guidFor('ACT', `${owner.guid}#${id}`);
  const defaults: AccountValues = {
    ...asset,
    type: 'CHECKING',
    name: 'Account',
    balance: '0',
    member_is_managed_by_user: true,
    created_at: offsetTime(createdAt),
    imported_at: new Date(createdAt).toISOString(),
    updated_at: offsetTime(createdAt),
  };
  const values: AccountValues = {
    ...defaults,
    ...given,
    id,
    guid,
    member_guid: owner.guid,
    member_id: owner.id,
    user_guid: owner.userGuid,
    user_id: owner.userId,
    institution_code: owner.institutionCode,
  };
  return { guid, id, values, atBank: {}, omit: new Set(), extra: {}, text: null };
}

/** The account as MX writes it. */
export function accountText(account: Account): string {
  account.text ??= writeAccount(account.values, account.omit, account.extra);
  return account.text;
}

/** Sets fields as MX shows them, at once. */
export function showValues(account: Account, values: AccountValues): void {
  Object.assign(account.values, values);
  account.text = null;
}

/**
 * What a successful job does to an account: the bank's values are shown. `imported_at` always moves, `updated_at` only
 * when a value differs (MX facts 7.3). A closed or a manual account gets no new values.
 * @param at instant of the import; @param shownAt the same, as the model writes times.
 */
export function importFromBank(account: Account, at: number, shownAt: string): void {
  if (account.values.is_closed === true || account.values.is_manual === true) return;
  const changed = Object.entries(account.atBank).some(([name, value]) => Reflect.get(account.values, name) !== value);
  showValues(account, { ...account.atBank, imported_at: shownAt, ...(changed ? { updated_at: offsetTime(at) } : {}) });
  account.atBank = {};
}

/** Up to 100.00 more or less at the bank, on the balance and the available balance; the seed decides how much. */
export function moveBalance(account: Account, seed: number): void {
  const random = createRandom(seed, account.guid);
  const cents = BigInt(random.integer(20_001) - 10_000);
  const moved: AccountField[] = ['balance', 'available_balance'];
  for (const name of moved) {
    const before = account.atBank[name] ?? account.values[name];
    if (typeof before === 'string') account.atBank[name] = plusCents(before, cents);
  }
}

/** A time with seconds and `+00:00`, the other of the two forms that MX uses (MX facts 4.1, `updated_at`). */
export const offsetTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}+00:00`;

/** Adds cents to a decimal text, exactly; a text with an exponent or more than two decimals stays as it is. */
function plusCents(text: string, cents: bigint): string {
  const parts = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text);
  if (parts === null) return text;
  const whole = BigInt(`${parts[2]}${(parts[3] ?? '').padEnd(2, '0')}`);
  const sum = (parts[1] === '-' ? -whole : whole) + cents;
  const digits = (sum < 0n ? -sum : sum).toString().padStart(3, '0');
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
