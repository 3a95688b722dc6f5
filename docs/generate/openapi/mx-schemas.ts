/** Schemas of MX's objects, made from the table of MX's fields, so that they cannot name a field that is not returned. */
import {
  type AccountField,
  accountFields,
  type FieldType,
  type MemberField,
  memberFields,
  type Treatment,
} from '../../../shared/domain/mx-fields.ts';
import { connectionStatuses } from '../../../shared/domain/statuses.ts';
import { accountStaleReasons, explained, instant, oneOfOrNull } from './vocabulary.ts';

const typesOf: Readonly<Record<FieldType, readonly string[] | null>> = {
  amount: ['number'],
  number: ['number'],
  text: ['string'],
  flag: ['boolean'],
  scalar: ['string', 'number', 'boolean'],
  json: null,
};

/** The schema of a field. MX marks only a few fields as not nullable (MX facts 4). */
function schemaOf({ type, nullable = true }: { readonly type: FieldType; readonly nullable?: boolean }): object {
  const types = typesOf[type];
  if (types === null) return {};
  if (nullable) return { type: [...types, 'null'] };
  return { type: types.length === 1 ? types[0] : types };
}

const statuses = `MX’s connection status: ${connectionStatuses.join(', ')}; MX may add others.`;

const accountNotes: Readonly<Partial<Record<AccountField, string>>> = {
  account_number: '`****` and the last four characters, unless the operator keeps account numbers.',
  available_balance: 'What can be spent, on accounts that hold money. Exact: see `balance`.',
  available_credit: 'Unused credit, on accounts that owe money. Exact: see `balance`.',
  balance:
    'The current balance. An exact decimal of up to 38 digits: read it with a decimal type, because a double rounds it. Positive also for debt. Null is not zero.',
  currency_code: 'ISO 4217. Null: the currency is not known.',
  guid: 'MX’s guid of the account.',
  id: 'The account’s id in the institution’s feed or yours; unique within its member.',
  imported_at: 'When MX last got data of this account.',
  is_closed: 'Closed accounts stay in the list and do not change any more.',
  name: 'The account’s name at the institution.',
  type: 'For example CHECKING, SAVINGS, CREDIT_CARD, LOAN, MORTGAGE, INVESTMENT; MX may add others.',
};

const memberNotes: Readonly<Partial<Record<MemberField, string>>> = {
  aggregated_at: 'When the newest job of any kind began at MX.',
  connection_status: statuses,
  error: 'MX’s error object of the newest job; null, `{}` and missing are no error.',
  guid: 'MX’s guid of the member.',
  id: 'Your own id of the member.',
  is_being_aggregated: 'True until what a reader would find is stored here. While MX waits for the user it stays true.',
  most_recent_job_guid: 'The newest job at MX.',
  successfully_aggregated_at: 'When MX last succeeded for this member.',
};

const propertiesOf = (
  fields: Readonly<
    Record<string, { readonly type: FieldType; readonly treatment: Treatment; readonly nullable?: boolean }>
  >,
  notes: Readonly<Record<string, string>>,
) =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, { treatment }]) => treatment !== 'drop')
      .map(([name, field]) => {
        const description = notes[name];
        return [name, { ...schemaOf(field), ...(description === undefined ? {} : { description }) }];
      }),
  );

const nullableText = { type: ['string', 'null'] };

/** Null when nothing is known, never missing. */
const alwaysThere = Object.entries(accountFields).flatMap(([name, { nullable }]) => (nullable ? [name] : []));

const memberProperties = propertiesOf(memberFields, memberNotes);

/** `components.schemas` in MX's shape. */
export const mxSchemas = {
  Account: {
    type: 'object',
    description:
      'MX’s account, v20250224, as it was last observed: MX’s fields under MX’s names, and beside them `listed`, `fresh_as_of` and `stale_reason`, which are this service’s. A field of which nothing is known is null; `created_at` and `is_closed`, which MX calls not nullable, are left out then.',
    required: [...alwaysThere, 'listed', 'fresh_as_of', 'stale_reason'],
    properties: {
      ...propertiesOf(accountFields, accountNotes),
      guid: { type: 'string', description: accountNotes.guid },
      member_guid: { type: 'string', description: 'MX’s guid of the member.' },
      user_guid: { type: 'string', description: 'MX’s guid of the user.' },
      listed: {
        type: 'boolean',
        description: 'False: MX did not list it at the last successful refresh; its values are the last ones known.',
      },
      fresh_as_of: { ...instant, description: 'What the age of its values is counted from.' },
      stale_reason: {
        ...oneOfOrNull(accountStaleReasons),
        description: `Why its values may not be those of now: ${explained(accountStaleReasons)}.`,
      },
    },
  },
  Member: {
    type: 'object',
    description: 'MX’s member, v20250224, as it was last seen. Any field may be missing or null.',
    properties: memberProperties,
  },
  MemberStatus: {
    type: 'object',
    description: 'The part of MX’s member status that is known here without asking MX.',
    required: ['is_being_aggregated'],
    properties: {
      guid: memberProperties['guid'],
      aggregated_at: memberProperties['aggregated_at'],
      challenges: {
        type: 'array',
        description: 'What MX asks the user; only while something is asked.',
        items: { $ref: '#/components/schemas/Challenge' },
      },
      connection_status: memberProperties['connection_status'],
      is_being_aggregated: memberProperties['is_being_aggregated'],
      successfully_aggregated_at: memberProperties['successfully_aggregated_at'],
    },
  },
  Challenge: {
    type: 'object',
    description:
      'A question that the user has to answer: `PUT …/members/{m}/resume`. Images of more than 100,000 characters together are left out: read them at MX, `GET …/challenges` of its own API.',
    required: ['guid', 'label', 'type', 'field_name', 'options', 'image_data', 'image_options'],
    properties: {
      guid: nullableText,
      label: { ...nullableText, description: 'The question.' },
      type: { ...nullableText, description: 'TEXT, OPTIONS, TOKEN, IMAGE_DATA or IMAGE_OPTIONS; MX may add others.' },
      field_name: nullableText,
      options: {
        type: 'array',
        items: {
          type: 'object',
          required: ['guid', 'label', 'value'],
          properties: { guid: nullableText, label: nullableText, value: nullableText },
        },
      },
      image_data: { ...nullableText, description: 'The image that the question is about, as MX sends it.' },
      image_options: {
        type: 'array',
        description: 'Images to choose from.',
        items: {
          type: 'object',
          required: ['guid', 'label', 'value', 'data_uri'],
          properties: { guid: nullableText, label: nullableText, value: nullableText, data_uri: nullableText },
        },
      },
    },
  },
  Pagination: {
    type: 'object',
    description: 'MX’s pagination.',
    required: ['current_page', 'per_page', 'total_entries', 'total_pages'],
    properties: {
      current_page: { type: 'integer', minimum: 1 },
      per_page: { type: 'integer', minimum: 1 },
      total_entries: { type: 'integer', minimum: 0 },
      total_pages: { type: 'integer', minimum: 1 },
    },
  },
} as const;
