/** MX's account and member as types: MX's names, exact amounts. What MX promises is little, so nearly all is optional. */
import { accountFields, type FieldType, memberFields } from '../domain/mx-fields.ts';
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

/** Fields of a table of `mx-fields.ts`. Missing: MX did not send it. Null: MX sent null. Neither is zero. */
type FieldsOf<Table extends Record<string, { readonly type: FieldType; readonly treatment: string }>> = {
  readonly [Name in keyof Table as Table[Name]['treatment'] extends 'drop' ? never : Name]?:
    | ValueOf[Table[Name]['type']]
    | null;
};

/**
 * An account under MX's names (API version v20250224). `balance` is positive both for money held and for debt owed;
 * `type` says which. `account_number` has its last four characters only, unless the operator keeps it. Fields that MX
 * has added since are at run time here too, if the operator keeps them.
 */
export interface Account extends Omit<FieldsOf<typeof accountFields>, 'guid' | 'member_guid' | 'user_guid'> {
  readonly guid: string;
  readonly member_guid: string;
  readonly user_guid: string;
}

/** A member under MX's names. `is_being_aggregated` is true until what a refresh reads is stored. */
export type Member = FieldsOf<typeof memberFields>;

/** An account as it was answered or stored. @throws BalancesProblem `unexpected_answer` that names the field. */
export function accountOf(value: unknown): Account {
  check('account', accountFields, value);
  if (isAccount(value)) return value;
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

function check(what: string, table: Readonly<Record<string, { readonly type: FieldType }>>, value: unknown): void {
  if (!isObject(value)) return;
  for (const [name, field] of Object.entries(value)) {
    const type = Object.hasOwn(table, name) ? table[name]?.type : undefined;
    if (type !== undefined && field !== null && !fits(type, field)) {
      throw unexpectedAnswer(null, `${name} of the ${what} is not ${expected[type]}`);
    }
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
