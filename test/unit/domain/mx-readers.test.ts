import { describe, expect, it } from 'vitest';
import { Decimal, parseExactJson } from '../../../shared/domain/decimal.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { accountFields, memberFields } from '../../../shared/domain/mx-fields.ts';
import { readAccount, readAccountsPage, readChallenges, readMember } from '../../../shared/domain/mx-readers.ts';

const account = (more: string) => readAccount(parseExactJson(`{"guid":"ACT-1"${more === '' ? '' : `,${more}`}}`));
const memberOf = (more: string) =>
  readMember(parseExactJson(`{"member":{"guid":"MBR-1","user_guid":"USR-1"${more === '' ? '' : `,${more}`}}}`));

const SCALAR = 'federal_insurance_status';

const badAnswer = (read: () => unknown): Failure => {
  try {
    read();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

/** A value of each type as MX writes it. */
const sampleOf = {
  amount: '1000.50',
  number: '3.25',
  text: '"some text"',
  flag: 'true',
  scalar: '"INSURED"',
  json: '{}',
};
/** A value that no field of that type may have. */
const oddFor = {
  amount: null,
  number: '"3,25"',
  text: 'true',
  flag: '1',
  scalar: '["INSURED"]',
  json: null,
} as const;
/** The same value in the other form that MX's documents and answers use, and what it is read as. */
const otherForm = {
  amount: ['"1000.50"', '1000.50'],
  number: ['"3.25"', '3.25'],
  text: ['7.10', '"7.10"'],
  flag: ['"true"', 'true'],
  scalar: ['12', '12'],
  json: ['[]', '[]'],
} as const;

describe('an account', () => {
  const names = Object.keys(accountFields) as (keyof typeof accountFields)[];

  it('has 58 fields at MX, a member 24', () => {
    expect(names).toHaveLength(58);
    expect(Object.keys(memberFields)).toHaveLength(24);
  });

  it.each(names)('keeps %s: its value, null and missing', (name) => {
    const sample = name === 'guid' ? '"ACT-1"' : sampleOf[accountFields[name].type];
    const { fields, oddFields } = readAccount(parseExactJson(`{"guid":"ACT-1","${name}":${sample}}`));
    expect(JSON.stringify(fields[name])).toBe(sample);
    expect(oddFields).toEqual([]);
    if (name === 'guid') return;
    expect(account(`"${name}":null`).fields[name]).toBeNull();
    expect(account('').fields).not.toHaveProperty(name);
  });

  it.each(names.filter((name) => name !== 'guid' && oddFor[accountFields[name].type] !== null))(
    'drops and counts a %s of another type',
    (name) => {
      const { fields, oddFields } = account(`"${name}":${oddFor[accountFields[name].type]}`);
      expect(fields).not.toHaveProperty(name);
      expect(oddFields).toEqual([{ name, why: 'unreadable' }]);
    },
  );

  it.each(names.filter((name) => name !== 'guid'))('takes %s in its other form for the same value', (name) => {
    const [sent, read] = otherForm[accountFields[name].type];
    const { fields, oddFields } = account(`"${name}":${sent}`);
    expect([JSON.stringify(fields[name]), oddFields]).toEqual([read, []]);
  });

  it.each([
    ['"TRUE"', undefined],
    ['"false"', false],
    ['"yes"', undefined],
    ['""', undefined],
  ])('a flag %s is %s', (sent, read) => {
    expect(account(`"is_closed":${sent}`).fields.is_closed).toBe(read);
  });

  it.each<[string, number, boolean]>([
    ['a', 8_000, true],
    ['a', 8_001, false],
    ['é', 4_000, true],
    ['é', 4_001, false],
  ])('a text of %s × %i is kept: %s', (letter, times, isKept) => {
    const { fields, oddFields } = account(`"metadata":"${letter.repeat(times)}"`);
    expect(fields.metadata?.toString().length ?? 0).toBe(isKept ? times : 0);
    expect(oddFields).toEqual(isKept ? [] : [{ name: 'metadata', why: 'too_long' }]);
  });

  it('keeps unknown fields up to 40,000 bytes, reports all', () => {
    const long = Array.from({ length: 9 }, (_, n) => `"${String(n).repeat(70)}":"${'x'.repeat(2_600)}"`).join(',');
    const { unknownFields, oddFields } = account(long);
    expect(Object.keys(unknownFields)).toHaveLength(4);
    expect(oddFields.map(({ name }) => name.length)).toEqual(Array(9).fill(64));
  });

  it.each([
    ['one number: 40,000 bytes', '"x":1', 5_317, true],
    ['two numbers: 40,001 bytes', '"x":1,"y":2', 5_303, false],
  ])('keeps the last unknown field, or not, with %s', (_what, numbers, letters, isKept) => {
    // A number takes 40 bytes, a letter of a name or of a text three.
    const { unknownFields } = account(`${numbers},"a":"${'z'.repeat(8_000)}","b":"${'z'.repeat(letters)}"`);
    expect('a' in unknownFields && 'b' in unknownFields).toBe(isKept);
    expect('a' in unknownFields).toBe(true);
  });

  it.each([
    [8_000, true],
    [8_001, false],
  ])('keeps an unknown or free text of %i bytes: %s', (letters, isKept) => {
    const text = 'z'.repeat(letters);
    const { fields, unknownFields, oddFields } = account(`"new":"${text}","${SCALAR}":"${text}"`);
    expect([Object.keys(unknownFields).includes('new'), fields[SCALAR]]).toEqual([isKept, isKept ? text : undefined]);
    expect(oddFields.find(({ name }) => name === SCALAR)).toEqual(
      isKept ? undefined : { name: SCALAR, why: 'too_long' },
    );
  });

  it.each(['true', '12.5', '"x"'])('keeps an unknown %s', (value) => {
    expect(JSON.stringify(account(`"new":${value}`).unknownFields)).toBe(`{"new":${value}}`);
  });

  it('keeps unknown fields apart and counts them', () => {
    const read = account('"rewards_points":12.50,"nested":{"a":1},"hasOwnProperty":"x"');
    expect(JSON.stringify(read.unknownFields)).toBe('{"rewards_points":12.50,"hasOwnProperty":"x"}');
    expect(read.oddFields).toEqual([
      { name: 'rewards_points', why: 'unknown' },
      { name: 'nested', why: 'unknown' },
      { name: 'hasOwnProperty', why: 'unknown' },
    ]);
    expect(Object.keys(read.fields)).toEqual(['guid']);
  });

  it('does not keep an unknown field named __proto__', () => {
    const { oddFields, unknownFields } = account('"__proto__":7');
    expect(oddFields).toEqual([{ name: '__proto__', why: 'unknown' }]);
    expect(Object.keys(unknownFields)).toEqual([]);
    expect(Object.getPrototypeOf(unknownFields)).toBe(Object.prototype);
  });

  it.each(['balance', 'available_balance', 'available_credit'] as const)(
    'takes %s as text for the same exact number',
    (name) => {
      const read = account(`"${name}":"12345678901234567.89"`).fields[name];
      expect(read).toBeInstanceOf(Decimal);
      expect(JSON.stringify(read)).toBe('12345678901234567.89');
    },
  );

  it.each(['"1,000.00"', '"USD 5"', '""', 'true', '[]', '{}', '1'.repeat(39), `"${'1'.repeat(39)}"`])(
    'with the balance %s is unreadable, and says which amount',
    (balance) => {
      const { isUnreadable, fields, oddFields } = account(`"balance":${balance}`);
      expect([isUnreadable, fields.balance, oddFields]).toEqual([
        true,
        undefined,
        [{ name: 'balance', why: 'unreadable' }],
      ]);
    },
  );

  it('without an amount, or a bad lesser number: readable', () => {
    expect(account('').isUnreadable).toBe(false);
    expect(account('"balance":null,"available_credit":0').isUnreadable).toBe(false);
    expect(account('"credit_limit":"much"').isUnreadable).toBe(false);
  });

  it('drops a lesser number with too many digits', () => {
    expect(account(`"credit_limit":${'1'.repeat(39)}`)).toMatchObject({
      oddFields: [{ name: 'credit_limit', why: 'unreadable' }],
    });
  });

  it.each(['{}', '{"guid":null}', '{"guid":""}', '{"guid":7}', '"ACT-1"', 'null', '[]'])(
    'without a guid is refused: %s',
    (json) => expect(badAnswer(() => readAccount(parseExactJson(json))).code).toBe('mx_bad_answer'),
  );
});

describe('a page of accounts', () => {
  const page = (pagination: string, accounts = '[{"guid":"ACT-1"}]') =>
    readAccountsPage(parseExactJson(`{"accounts":${accounts},"pagination":${pagination}}`));

  it('has its accounts and its counts', () => {
    const read = page('{"current_page":2,"per_page":25,"total_entries":26,"total_pages":2}');
    expect(read).toMatchObject({ totalPages: 2, totalEntries: 26 });
    expect(read.accounts.map(({ guid }) => guid)).toEqual(['ACT-1']);
  });

  it('may have its counts as texts', () => {
    expect(page('{"total_entries":"26","total_pages":"2"}')).toMatchObject({ totalPages: 2, totalEntries: 26 });
  });

  it('may be empty', () => {
    expect(page('{"current_page":1,"total_entries":0,"total_pages":0}', '[]').accounts).toEqual([]);
  });

  it.each([
    ['a count that is a word', '{"current_page":1,"total_entries":"one","total_pages":1}'],
    ['a count that is an empty text', '{"current_page":1,"total_entries":"","total_pages":1}'],
    ['a count that is negative', '{"current_page":1,"total_entries":-1,"total_pages":1}'],
    ['a count that is a fraction', '{"current_page":1,"total_entries":1,"total_pages":1.5}'],
    ['a count that is missing', '{"current_page":1,"total_entries":1}'],
    ['no pagination', 'null'],
  ])('refuses %s: a half-read list looks complete', (_what, pagination) => {
    expect(badAnswer(() => page(pagination)).code).toBe('mx_bad_answer');
  });

  it.each(['null', '{}', '"x"'])('whose accounts are %s is refused', (accounts) => {
    const pagination = '{"current_page":1,"total_entries":0,"total_pages":1}';
    expect(badAnswer(() => page(pagination, accounts)).code).toBe('mx_bad_answer');
  });

  it.each(['null', '[]', '"<html>"', '7'])('that is %s is refused', (json) => {
    expect(badAnswer(() => readAccountsPage(parseExactJson(json))).code).toBe('mx_bad_answer');
  });
});

describe('a member', () => {
  it('has its times in UTC', () => {
    const read = memberOf(
      '"id":"m-1","user_id":"u-1","institution_code":"mxbank","connection_status":"CONNECTED",' +
        '"connection_status_message":"Connected","is_being_aggregated":true,"most_recent_job_guid":"JOB-1",' +
        '"aggregated_at":"2025-02-13T19:08:00+01:00","successfully_aggregated_at":"2023-07-25T17:14:46Z",' +
        '"needs_updated_credentials":true',
    );
    expect(read).toMatchObject({
      key: { userGuid: 'USR-1', memberGuid: 'MBR-1' },
      userId: 'u-1',
      memberId: 'm-1',
      institutionCode: 'mxbank',
      connectionStatus: 'CONNECTED',
      connectionStatusMessage: 'Connected',
      isBeingAggregated: true,
      mostRecentJobGuid: 'JOB-1',
      aggregatedAt: '2025-02-13T18:08:00.000Z',
      successfullyAggregatedAt: '2023-07-25T17:14:46.000Z',
      needsUpdatedCredentials: true,
    });
  });

  it('needs nothing but its guids', () => {
    expect(memberOf('')).toEqual({
      key: { userGuid: 'USR-1', memberGuid: 'MBR-1' },
      userId: null,
      memberId: null,
      institutionCode: null,
      connectionStatus: null,
      connectionStatusMessage: null,
      isBeingAggregated: false,
      mostRecentJobGuid: null,
      aggregatedAt: null,
      successfullyAggregatedAt: null,
      needsUpdatedCredentials: false,
      error: null,
      answeredAt: null,
      body: { guid: 'MBR-1', user_guid: 'USR-1' },
      oddFields: [],
    });
  });

  it('takes text flags and numeric ids', () => {
    expect(
      memberOf('"is_being_aggregated":"true","needs_updated_credentials":"false","id":7,"user_id":12'),
    ).toMatchObject({
      isBeingAggregated: true,
      needsUpdatedCredentials: false,
      memberId: '7',
      userId: '12',
      body: { id: '7', user_id: '12', is_being_aggregated: true },
    });
  });

  it('a number is no flag, a bad time no evidence', () => {
    expect(memberOf('"is_being_aggregated":1,"aggregated_at":"soon","successfully_aggregated_at":7')).toMatchObject({
      isBeingAggregated: false,
      aggregatedAt: null,
      successfullyAggregatedAt: null,
    });
  });

  it('keeps MX’s fields; no unknown ones, no OAuth state', () => {
    const { body } = memberOf(
      '"name":null,"is_oauth":"yes","oauth_window_uri":"https://bank.example/?state=s","brand_new":1,"use_cases":["PFM"],' +
        '"most_recent_job_detail_code":1000,"error":{}',
    );
    expect(JSON.stringify(body)).toBe(
      '{"error":{},"guid":"MBR-1","most_recent_job_detail_code":1000,"name":null,"use_cases":["PFM"],"user_guid":"USR-1"}',
    );
  });

  it('reports dropped fields by name, except those on purpose', () => {
    const { oddFields } = memberOf('"is_oauth":"yes","oauth_window_uri":"https://bank.example","brand_new":1');
    expect(oddFields).toEqual([
      { name: 'is_oauth', why: 'unreadable' },
      { name: 'brand_new', why: 'unknown' },
    ]);
  });

  it('bounds texts: metadata goes, a message is cut', () => {
    const long = 'x'.repeat(150_000);
    const read = memberOf(
      `"metadata":"${long}","connection_status":"${long}","connection_status_message":"${long}","error":{"error_code":2005,"user_message":"${long}"}`,
    );
    expect(read.body).toEqual({ guid: 'MBR-1', user_guid: 'USR-1' });
    expect([read.connectionStatus, read.connectionStatusMessage?.length]).toEqual([null, 500]);
    expect([read.error?.code, read.error?.userMessage?.length]).toEqual(['2005', 500]);
    expect(read.oddFields).toEqual(
      ['metadata', 'connection_status', 'connection_status_message', 'error'].map((name) => ({
        name,
        why: 'too_long',
      })),
    );
  });

  it.each([
    ['', null],
    ['x'.repeat(500), 'x'.repeat(500)],
    ['x'.repeat(501), `${'x'.repeat(499)}…`],
  ])('has a message of 500 characters at most', (sent, kept) => {
    expect(memberOf(`"connection_status_message":"${sent}"`).connectionStatusMessage).toBe(kept);
  });

  it.each([
    ['no member', '{}'],
    ['no guid', '{"member":{"user_guid":"USR-1"}}'],
    ['an empty user_guid', '{"member":{"guid":"MBR-1","user_guid":""}}'],
    ['a list', '[]'],
    ['null', 'null'],
  ])('is refused with %s', (_what, json) => {
    expect(badAnswer(() => readMember(parseExactJson(json)))).toMatchObject({
      code: 'mx_bad_answer',
      fate: 'try-again',
    });
  });
});

describe('the error of a member (MX facts 3.5)', () => {
  it.each(['null', '{}', '"{}"', '"null"', '""', '"not JSON"', '[]', '7', '{"error_code":null}'])(
    'is none when MX sends %s',
    (error) => expect(memberOf(`"error":${error}`).error).toBeNull(),
  );

  it.each([
    ['an integer code', '{"error_code":2005}', '2005'],
    ['a code as a word', '{"error_code":"REQUEST_FAILED"}', 'REQUEST_FAILED'],
    ['an integer code in a stringified object', JSON.stringify('{"error_code":3001}'), '3001'],
    ['a word in a stringified object', JSON.stringify('{"error_code":"REQUEST_FAILED"}'), 'REQUEST_FAILED'],
  ])('is read from %s', (_form, error, code) => {
    expect(memberOf(`"error":${error}`).error).toEqual({ code, message: null, userMessage: null });
  });

  it('has MX’s words for developers and for the end user', () => {
    const error = '{"error_type":"MEMBER","error_code":1002,"error_message":"dev","user_message":"user","locale":"en"}';
    expect(memberOf(`"error":${error}`).error).toEqual({ code: '1002', message: 'dev', userMessage: 'user' });
  });

  it.each([
    ['user_message', { code: null, message: null, userMessage: 'Try again.' }],
    ['error_message', { code: null, message: 'Try again.', userMessage: null }],
  ])('is there with words alone: %s', (name, error) => {
    expect(memberOf(`"error":{"${name}":"Try again."}`).error).toEqual(error);
  });
});

describe('challenges', () => {
  const read = (challenges: string) => readChallenges(parseExactJson(`{"member":{"challenges":${challenges}}}`));

  it.each([
    ['TEXT', '"TEXT"', 'TEXT'],
    ['the integer 0 of MX’s guides', '0', '0'],
    ['null', 'null', null],
  ])('may have the type %s', (_what, type, expected) => {
    expect(read(`[{"guid":"CRD-1","label":"City?","type":${type}}]`)).toEqual([
      {
        guid: 'CRD-1',
        label: 'City?',
        type: expected,
        fieldName: null,
        options: [],
        imageData: null,
        imageOptions: [],
      },
    ]);
  });

  it('have their options and images', () => {
    const options = '[{"guid":"CRD-2","label":"A","value":1,"data_uri":"data:x"},null]';
    const [challenge] = read(
      `[{"guid":"CRD-1","field_name":"f","options":${options},"image_data":"data:x","image_options":${options}}]`,
    );
    expect(challenge).toEqual({
      guid: 'CRD-1',
      label: null,
      type: null,
      fieldName: 'f',
      options: [{ guid: 'CRD-2', label: 'A', value: '1' }],
      imageData: 'data:x',
      imageOptions: [{ guid: 'CRD-2', label: 'A', value: '1', dataUri: 'data:x' }],
    });
  });

  it('have images of 100,000 characters in all, and no others', () => {
    const image = (length: number, first = 'a') => `{"image_data":"${first}${'x'.repeat(length - 1)}"}`;
    const lengths = (challenges: string) => read(challenges).map(({ imageData }) => imageData?.length ?? null);
    expect(lengths(`[${image(100_000)}]`)).toEqual([100_000]);
    expect(lengths(`[${image(100_001)}]`)).toEqual([null]);
    expect(lengths(`[${image(60_000)},${image(50_000)},${image(40_000)}]`)).toEqual([60_000, null, 40_000]);
    expect(lengths(`[${image(10, 'ü')},${image(10, ' ')},{"image_data":7}]`)).toEqual([null, null, null]);
    expect(lengths('[{"image_data":"data:ü"},{"image_data":"data:x y"}]')).toEqual([null, null]);
  });

  it.each(['null', '{}', '"x"', '[7,null]'])('are none when MX sends %s', (challenges) => {
    expect(read(challenges)).toEqual([]);
  });

  it('are none when there is no member', () => {
    expect(readChallenges(parseExactJson('[]'))).toEqual([]);
    expect(readChallenges(parseExactJson('{"member":null}'))).toEqual([]);
  });
});
