/** MX's account and member as types: MX's names, exact amounts. What MX promises is little, so nearly all is optional. */
import {
  type AccountField,
  accountFields,
  type FieldType,
  type MemberField,
  memberFields,
} from '../domain/mx-fields.ts';
import { type DecimalText, isDecimalText, type Json } from './exact-json.ts';
import { unexpectedAnswer } from './problem.ts';

interface ValueOf {
  readonly amount: DecimalText;
  readonly number: DecimalText;
  readonly text: string;
  readonly flag: boolean;
  readonly scalar: string | boolean;
  readonly json: Json;
}

type AccountFields = typeof accountFields;

/** The fields that MX may answer null: null when nothing is known, which is not zero. */
type NullableFields = {
  readonly [Name in AccountField as AccountFields[Name]['nullable'] extends true ? Name : never]:
    | ValueOf[AccountFields[Name]['type']]
    | null;
};

/** The fields that MX does not answer null: missing when nothing is known. */
type OptionalFields = {
  readonly [Name in AccountField as AccountFields[Name]['nullable'] extends true
    ? never
    : Name]?: ValueOf[AccountFields[Name]['type']];
};

/**
 * An account under MX's names (API version v20250224). `balance` is positive both for money held and for debt owed;
 * `type` says which. `account_number` has its last four characters only, unless the operator keeps it. Fields that MX
 * has added since are at run time here too, if the operator keeps them.
 */
export interface Account extends Omit<NullableFields, 'guid' | 'member_guid' | 'user_guid'>, OptionalFields {
  readonly guid: string;
  readonly member_guid: string;
  readonly user_guid: string;
}

/** An account as the API answers it: three fields of the service's own stand beside MX's, under the names of its JSON. */
export interface AnsweredAccount extends Account {
  /** False: MX did not list it at the last successful refresh; its values are the last ones known. */
  readonly listed: boolean;
  /** What its age is counted from. */
  readonly fresh_as_of: string;
  /** Why its values may not be those of now: `not_imported`, `unreadable` or `no_longer_listed`. Null: no reason. */
  readonly stale_reason: string | null;
}

type MemberFields = typeof memberFields;

/**
 * A member under MX's names. Missing: MX did not send it. Null: MX sent null. `is_being_aggregated` is true until what a
 * refresh reads is stored.
 */
export type Member = {
  readonly [Name in MemberField as MemberFields[Name]['treatment'] extends 'drop' ? never : Name]?:
    | ValueOf[MemberFields[Name]['type']]
    | null;
};

const nothingKnown = Object.fromEntries(
  Object.entries(accountFields).flatMap(([name, { nullable }]) => (nullable ? [[name, null]] : [])),
);

/** An account as it was answered or stored. @throws BalancesProblem `unexpected_answer` that names the field. */
export function accountOf(value: unknown): Account {
  check('account', accountFields, value);
  // A field that this version knows and the service does not is one of which nothing is known.
  const account = isObject(value) ? { ...nothingKnown, ...value } : value;
  if (isAccount(account)) return account;
  throw unexpectedAnswer(null, 'an account lacks its guid, member_guid or user_guid');
}

/** A member as it was answered. @throws BalancesProblem `unexpected_answer` that names the field. */
export function memberOf(value: unknown): Member {
  check('member', memberFields, value);
  if (isMember(value)) return value;
  throw unexpectedAnswer(null, 'the member is not an object');
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

// `check` has made sure of the other fields' types before these.
const isAccount = (value: unknown): value is Account =>
  isObject(value) &&
  'guid' in value &&
  'member_guid' in value &&
  'user_guid' in value &&
  [value.guid, value.member_guid, value.user_guid].every((guid) => typeof guid === 'string');
const isMember = (value: unknown): value is Member => isObject(value);

type Rules = Readonly<Record<string, { readonly type: FieldType; readonly nullable?: boolean }>>;

function check(what: string, table: Rules, value: unknown): void {
  if (!isObject(value)) return;
  for (const [name, field] of Object.entries(value)) {
    const rule = Object.hasOwn(table, name) ? table[name] : undefined;
    if (rule === undefined || (field === null && rule.nullable !== false) || fits(rule.type, field)) continue;
    throw unexpectedAnswer(null, `${name} of the ${what} is not ${expected[rule.type]}`);
  }
}

const expected: Readonly<Record<FieldType, string>> = {
  amount: 'a number',
  number: 'a number',
  text: 'a text',
  flag: 'true or false',
  scalar: 'a plain value',
  json: 'JSON',
};

function fits(type: FieldType, value: unknown): boolean {
  switch (type) {
    case 'amount':
    case 'number':
      return isDecimalText(value);
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'scalar':
      return typeof value === 'string' || typeof value === 'boolean';
    case 'json':
      return true;
  }
}
