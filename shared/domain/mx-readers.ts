/** The readers that turn MX's JSON into the words of `mx.ts`. Tolerant where MX is loose, strict about guids and amounts. */
import { Decimal, type ExactJson, type ExactObject, isExactObject, parseExactJson } from './decimal.ts';
import { Failure } from './failure.ts';
import { type Instant, readInstant } from './instant.ts';
import type {
  AccountsPage,
  Challenge,
  ChallengeOption,
  FieldValue,
  MemberError,
  MxAccount,
  MxMember,
  OddField,
} from './mx.ts';
import { type AccountField, accountFields, type FieldType, type MemberField, memberFields } from './mx-fields.ts';

const unreadable = (what: string): Failure => new Failure('mx_bad_answer', `MX's answer cannot be used: ${what}`);

/**
 * The longest text that is kept, in bytes of UTF-8. An account has about 30 texts and a DynamoDB item holds 400 KB (AWS
 * limit): longer ones could make an account impossible to store.
 */
export const MAX_TEXT_BYTES = 8_000;

/** MX's words for the end user are shown to people and stored with the refresh; the rest of a longer text is cut off. */
const MAX_MESSAGE_CHARACTERS = 500;

/** The longest name of a field that is reported. */
const MAX_NAME_CHARACTERS = 64;

/** A text for a decision or a key; null when it is empty, missing, too long or not a text. */
const textOf = (value: ExactJson | undefined): string | null =>
  typeof value === 'string' && value !== '' && isShort(value) ? value : null;

/** A text that MX also sends as a number: ids of the caller's, codes, types of challenges. */
const plainText = (value: ExactJson | undefined): string | null =>
  value instanceof Decimal ? value.text : textOf(value);

const messageOf = (value: ExactJson | undefined): string | null => {
  if (typeof value !== 'string' || value === '') return null;
  return value.length <= MAX_MESSAGE_CHARACTERS ? value : `${value.slice(0, MAX_MESSAGE_CHARACTERS - 1)}…`;
};

const utf8 = new TextEncoder();

const isShort = (text: string): boolean => utf8.encode(text).length <= MAX_TEXT_BYTES;

const flagOf = (value: ExactJson = null): boolean => readPlain('flag', value) === true;

/**
 * Reads the `{ "member": … }` of MX's answers.
 *
 * @param answeredAt MX's clock, from the answer's head.
 * @throws Failure `mx_bad_answer` when the guids are missing.
 */
export function readMember(answer: ExactJson, answeredAt: Instant | null = null): MxMember {
  const member = isExactObject(answer) ? answer['member'] : undefined;
  if (!isExactObject(member)) throw unreadable('no member in it');
  const userGuid = textOf(member['user_guid']);
  const memberGuid = textOf(member['guid']);
  if (userGuid === null || memberGuid === null) throw unreadable('the member has no guid or no user_guid');
  const { body, oddFields } = keptMemberFields(member);
  return {
    key: { userGuid, memberGuid },
    userId: plainText(member['user_id']),
    memberId: plainText(member['id']),
    institutionCode: plainText(member['institution_code']),
    connectionStatus: textOf(member['connection_status'])?.slice(0, MAX_NAME_CHARACTERS) ?? null,
    connectionStatusMessage: messageOf(member['connection_status_message']),
    isBeingAggregated: flagOf(member['is_being_aggregated']),
    mostRecentJobGuid: plainText(member['most_recent_job_guid']),
    aggregatedAt: readInstant(member['aggregated_at']),
    successfullyAggregatedAt: readInstant(member['successfully_aggregated_at']),
    needsUpdatedCredentials: flagOf(member['needs_updated_credentials']),
    error: readMemberError(member['error']),
    answeredAt,
    body,
    oddFields,
  };
}

/** Object, stringified object, `{}` or null: MX facts 3.5 has seen them all. */
function readMemberError(value: ExactJson | undefined): MemberError | null {
  let error = value;
  if (typeof error === 'string') {
    try {
      error = parseExactJson(error);
    } catch {
      return null;
    }
  }
  if (!isExactObject(error)) return null;
  const found: MemberError = {
    code: plainText(error['error_code']),
    message: messageOf(error['error_message']),
    userMessage: messageOf(error['user_message']),
  };
  return found.code === null && found.message === null && found.userMessage === null ? null : found;
}

function keptMemberFields(member: ExactObject): { body: ExactObject; oddFields: readonly OddField[] } {
  const kept = new Map<string, ExactJson>();
  const oddFields: OddField[] = [];
  for (const [name, field] of Object.entries(member)) {
    if (!isMemberField(name)) {
      oddFields.push(odd(name, 'unknown'));
      continue;
    }
    const { type, treatment } = memberFields[name];
    if (treatment === 'drop') continue;
    const value = readValue(type, field);
    if (isOdd(value)) oddFields.push(odd(name, value.why));
    else kept.set(name, value);
  }
  return { body: inOrder(Object.keys(memberFields), kept), oddFields };
}

/** The values of `kept` under those of `names` that it has, in the order of `names`. */
const inOrder = (names: readonly string[], kept: ReadonlyMap<string, ExactJson>): ExactObject =>
  Object.fromEntries(
    names.flatMap((name): [string, ExactJson][] => {
      const value = kept.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/**
 * The most characters of all images of one answer. They are stored with the refresh, twice at its end, in an item of at most
 * 400 KB (AWS limit); an image that does not fit any more is left out.
 */
export const MAX_IMAGE_CHARACTERS = 100_000;

/** Reads the challenges of a member-status answer; an empty list unless MX is waiting for the user. */
export function readChallenges(answer: ExactJson): readonly Challenge[] {
  let left = MAX_IMAGE_CHARACTERS;
  /** Data URIs and base64 are ASCII: as many bytes as characters. */
  function imageIn(value: ExactJson | undefined): string | null {
    if (typeof value !== 'string' || value.length > left || !/^[\x21-\x7e]+$/.test(value)) return null;
    left -= value.length;
    return value;
  }
  const optionsIn = (value: ExactJson | undefined): readonly ExactObject[] =>
    Array.isArray(value) ? value.filter(isExactObject) : [];
  const optionOf = (option: ExactObject): ChallengeOption => ({
    guid: textOf(option['guid']),
    label: messageOf(option['label']),
    value: plainText(option['value']),
  });

  const member = isExactObject(answer) ? answer['member'] : undefined;
  const challenges = isExactObject(member) ? member['challenges'] : undefined;
  if (!Array.isArray(challenges)) return [];
  return challenges.filter(isExactObject).map((challenge) => ({
    guid: textOf(challenge['guid']),
    label: messageOf(challenge['label']),
    type: plainText(challenge['type']),
    fieldName: textOf(challenge['field_name']),
    options: optionsIn(challenge['options']).map(optionOf),
    imageData: imageIn(challenge['image_data']),
    imageOptions: optionsIn(challenge['image_options']).map((option) => ({
      ...optionOf(option),
      dataUri: imageIn(option['data_uri']),
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
    totalPages: countOf(pagination['total_pages']),
    totalEntries: countOf(pagination['total_entries']),
  };
}

/** A count, also one in quotes. */
function countOf(value: ExactJson | undefined): number {
  const text = String(plainText(value));
  if (!/^\d{1,15}$/.test(text)) throw unreadable('a page count is not a whole number');
  return Number(text);
}

/** @throws Failure `mx_bad_answer` when the account has no guid. */
export function readAccount(value: ExactJson): MxAccount {
  if (!isExactObject(value)) throw unreadable('an account is not an object');
  const guid = textOf(value['guid']);
  if (guid === null) throw unreadable('an account has no guid');
  const fields: Partial<Record<AccountField, FieldValue>> = {};
  const unknownFields: Record<string, FieldValue> = {};
  const oddFields: OddField[] = [];
  let unknownBytes = 0;
  for (const [name, field] of Object.entries(value)) {
    if (!isAccountField(name)) {
      const read = readPlain('scalar', field);
      oddFields.push(odd(name, 'unknown'));
      if (name === '__proto__' || isOdd(read)) continue;
      unknownBytes += name.length * 3 + (typeof read === 'string' ? read.length * 3 : 40);
      if (unknownBytes <= MAX_UNKNOWN_BYTES) unknownFields[name] = read;
      continue;
    }
    const read = readPlain(accountFields[name].type, field);
    if (isOdd(read)) oddFields.push(odd(name, read.why));
    else fields[name] = read;
  }
  const isUnreadable = oddFields.some(({ name }) => isAmount(name));
  return { guid, fields, unknownFields, oddFields, isUnreadable };
}

/** The most that all unknown fields of an account may take together, in bytes: the item has to stay under 400 KB. */
const MAX_UNKNOWN_BYTES = 40_000;

const isAmount = (name: string): boolean => isAccountField(name) && accountFields[name].type === 'amount';

const isAccountField = (name: string): name is AccountField => Object.hasOwn(accountFields, name);

const isMemberField = (name: string): name is MemberField => Object.hasOwn(memberFields, name);

const odd = (name: string, why: OddField['why']): OddField => ({ name: name.slice(0, MAX_NAME_CHARACTERS), why });

/** Why a value is not kept. */
class Odd {
  readonly why: 'unreadable' | 'too_long';
  constructor(why: Odd['why']) {
    this.why = why;
  }
}

const UNREADABLE = new Odd('unreadable');
const TOO_LONG = new Odd('too_long');

const isOdd = (value: ExactJson | Odd): value is Odd => value instanceof Odd;

/** `value` as a field of `type`. */
const readValue = (type: FieldType, value: ExactJson): ExactJson | Odd => {
  if (type !== 'json') return readPlain(type, value);
  return isShort(JSON.stringify(value)) ? value : TOO_LONG;
};

/**
 * `value` as a field of `type`. MX's documents and its answers disagree on some types, so the other form of the same
 * value is taken for it: a number in quotes for a number, `"true"` for a flag, a number for a text. Anything else may
 * not be guessed at.
 */
function readPlain(type: Exclude<FieldType, 'json'>, value: ExactJson): FieldValue | Odd {
  if (value === null) return null;
  switch (type) {
    case 'amount':
    case 'number':
      if (value instanceof Decimal) return value;
      return typeof value === 'string' ? (Decimal.read(value) ?? UNREADABLE) : UNREADABLE;
    case 'text':
      if (value instanceof Decimal) return value.text;
      return typeof value === 'string' ? shortText(value) : UNREADABLE;
    case 'flag':
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      return UNREADABLE;
    case 'scalar':
      if (typeof value === 'boolean' || value instanceof Decimal) return value;
      return typeof value === 'string' ? shortText(value) : UNREADABLE;
  }
}

const shortText = (value: string): string | Odd => (isShort(value) ? value : TOO_LONG);
