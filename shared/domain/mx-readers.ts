/** The readers that turn MX's JSON into the words of `mx.ts`. Tolerant where MX is loose, strict about guids and amounts. */
import { Decimal, type ExactJson, type ExactObject, isExactObject } from './decimal.ts';
import { Failure } from './failure.ts';
import { readInstant } from './instant.ts';
import type { AccountsPage, Challenge, FieldValue, MemberError, MxAccount, MxMember } from './mx.ts';
import { type AccountField, accountFields, type FieldType, memberFields } from './mx-fields.ts';

const unreadable = (what: string): Failure => new Failure('mx_bad_answer', `MX's answer cannot be used: ${what}`);

const textOf = (value: ExactJson | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

const plainText = (value: ExactJson | undefined): string | null =>
  value instanceof Decimal ? value.text : textOf(value);

/** Reads the `{ "member": … }` of MX's answers. @throws Failure `mx_bad_answer` when the guids are missing. */
export function readMember(answer: ExactJson): MxMember {
  const member = isExactObject(answer) ? answer['member'] : undefined;
  if (!isExactObject(member)) throw unreadable('no member in it');
  const userGuid = textOf(member['user_guid']);
  const memberGuid = textOf(member['guid']);
  if (userGuid === null || memberGuid === null) throw unreadable('the member has no guid or no user_guid');
  return {
    key: { userGuid, memberGuid },
    userId: textOf(member['user_id']),
    memberId: textOf(member['id']),
    institutionCode: textOf(member['institution_code']),
    connectionStatus: textOf(member['connection_status']),
    connectionStatusMessage: textOf(member['connection_status_message']),
    isBeingAggregated: member['is_being_aggregated'] === true,
    mostRecentJobGuid: textOf(member['most_recent_job_guid']),
    aggregatedAt: readInstant(member['aggregated_at']),
    successfullyAggregatedAt: readInstant(member['successfully_aggregated_at']),
    needsUpdatedCredentials: member['needs_updated_credentials'] === true,
    error: readMemberError(member['error']),
    body: keptMemberFields(member),
  };
}

/** Object, stringified object, `{}` or null: MX facts 3.5 has seen them all. */
function readMemberError(value: ExactJson | undefined): MemberError | null {
  let error = value;
  if (typeof error === 'string') {
    try {
      error = JSON.parse(error) as ExactJson;
    } catch {
      return null;
    }
  }
  if (!isExactObject(error)) return null;
  const code = error['error_code'];
  const found: MemberError = {
    code: typeof code === 'number' ? String(code) : plainText(code),
    message: textOf(error['error_message']),
    userMessage: textOf(error['user_message']),
  };
  return found.code === null && found.message === null && found.userMessage === null ? null : found;
}

function keptMemberFields(member: ExactObject): ExactObject {
  const kept: Record<string, ExactJson> = {};
  for (const [name, field] of Object.entries(memberFields)) {
    const value = member[name];
    if (value === undefined || field.treatment === 'drop' || !hasType(field.type, value)) continue;
    kept[name] = value;
  }
  return kept;
}

/** Reads the challenges of a member-status answer; an empty list unless MX is waiting for the user. */
export function readChallenges(answer: ExactJson): readonly Challenge[] {
  const member = isExactObject(answer) ? answer['member'] : undefined;
  const challenges = isExactObject(member) ? member['challenges'] : undefined;
  if (!Array.isArray(challenges)) return [];
  return challenges.filter(isExactObject).map((challenge) => ({
    guid: textOf(challenge['guid']),
    label: textOf(challenge['label']),
    type: plainText(challenge['type']),
    fieldName: textOf(challenge['field_name']),
    options: (Array.isArray(challenge['options']) ? challenge['options'] : []).filter(isExactObject).map((option) => ({
      guid: textOf(option['guid']),
      label: textOf(option['label']),
      value: plainText(option['value']),
    })),
  }));
}

/** @throws Failure `mx_bad_answer` when the list or its pagination is missing, or an account cannot be read. */
export function readAccountsPage(answer: ExactJson): AccountsPage {
  if (!isExactObject(answer)) throw unreadable('not an object');
  const { accounts, pagination } = answer;
  if (!Array.isArray(accounts) || !isExactObject(pagination)) throw unreadable('no accounts or no pagination in it');
  return {
    accounts: accounts.map(readAccount),
    currentPage: countOf(pagination['current_page']),
    totalPages: countOf(pagination['total_pages']),
    totalEntries: countOf(pagination['total_entries']),
  };
}

function countOf(value: ExactJson | undefined): number {
  const count = value instanceof Decimal ? Number(value.text) : Number.NaN;
  if (!Number.isSafeInteger(count) || count < 0) throw unreadable('a page count is not a whole number');
  return count;
}

/** @throws Failure `mx_bad_answer` when the account has no guid, or an amount that is neither a number nor null. */
export function readAccount(value: ExactJson): MxAccount {
  if (!isExactObject(value)) throw unreadable('an account is not an object');
  const guid = textOf(value['guid']);
  if (guid === null) throw unreadable('an account has no guid');
  const fields: Partial<Record<AccountField, FieldValue>> = {};
  const unknownFields: Record<string, FieldValue> = {};
  const oddFields: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (!isAccountField(name)) {
      oddFields.push(name);
      if (isFieldValue(field)) unknownFields[name] = field;
      continue;
    }
    const { type } = accountFields[name];
    const read = type === 'amount' ? readAmount(name, field) : field;
    if (isFieldValue(read) && hasType(type, read)) fields[name] = read;
    else oddFields.push(name);
  }
  return { guid, fields, unknownFields, oddFields };
}

/** A balance as a number, as null, or as a number in quotes. Anything else may not be guessed at. */
function readAmount(name: string, value: ExactJson): FieldValue {
  if (value === null || value instanceof Decimal) return value;
  const amount = typeof value === 'string' ? Decimal.read(value) : null;
  if (amount === null) throw unreadable(`${name} is not a decimal of at most 38 digits`);
  return amount;
}

const isAccountField = (name: string): name is AccountField => Object.hasOwn(accountFields, name);

const isFieldValue = (value: ExactJson): value is FieldValue =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || value instanceof Decimal;

function hasType(type: FieldType, value: ExactJson): boolean {
  if (value === null) return true;
  switch (type) {
    case 'amount':
    case 'number':
      return value instanceof Decimal;
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'scalar':
      return isFieldValue(value);
    case 'json':
      return true;
  }
}
