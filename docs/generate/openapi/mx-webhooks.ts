/** MX's webhooks as they are accepted: what is read of them, and an example of each kind that is acted on. */
import { GUID_PATTERNS, type webhookFields } from '../../../shared/domain/mx-webhook.ts';

const text = (description: string) => ({ type: ['string', 'null'], description });

/** Every field that is read. A field without a description, or with another name, does not compile. */
const properties: Readonly<Record<(typeof webhookFields)[number], object>> = {
  type: text(
    '`BALANCE` and `AGGREGATION`: MX has gathered data. `CONNECTION_STATUS`: the status of the connection has changed. `MEMBER`, or none with the guid of a member in `guid`: the member has changed. All others are ignored.',
  ),
  action: text('`deleted` with `MEMBER`: the member is said to be gone.'),
  user_guid: { ...text('The user. Without it the webhook is ignored.'), pattern: GUID_PATTERNS.USR },
  member_guid: { ...text('The member. `MEMBER` may name it in `guid` instead.'), pattern: GUID_PATTERNS.MBR },
  guid: text('With `MEMBER`: the guid of the member.'),
  completed_at: {
    type: ['number', 'null'],
    description:
      'When the job ended, in Unix seconds. What is missing, not above 0 or more than a day ahead counts as the time of receipt.',
  },
};

/** `components.schemas.MxWebhook`. */
export const webhookSchema = {
  type: 'object',
  description:
    'As MX sends it. These fields are read and no other; a text of more than 200 characters counts as missing, and a body of more than 256 KiB is ignored. What is not of this form is answered 204 as well, and ignored.',
  additionalProperties: true,
  properties,
} as const;

const userGuid = 'USR-fa7537f3-48aa-a683-a02a-b18940482f54';
const memberGuid = 'MBR-7c6f361b-e582-15b6-60c0-358f12466b4b';

/** One of each kind (MX facts 6.2), by what it says. */
export const webhookExamples = {
  balance: {
    action: 'member_data_updated',
    completed_at: 1772442005,
    completed_on: '2026-03-02',
    member_guid: memberGuid,
    type: 'BALANCE',
    user_guid: userGuid,
  },
  aggregation: {
    action: 'member_data_updated',
    completed_at: 1772442005,
    completed_on: '2026-03-02',
    is_background: true,
    job_guid: 'JOB-12345678-90ab-cdef-1234-567890abcdef',
    member_guid: memberGuid,
    transactions_created_count: 3,
    transactions_updated_count: 0,
    type: 'AGGREGATION',
    user_guid: userGuid,
    user_id: 'my-user-1',
  },
  connectionStatus: {
    action: 'CHANGED',
    connection_status: 'CHALLENGED',
    connection_status_id: 3,
    connection_status_message: 'MX Bank asks for more information.',
    member_guid: memberGuid,
    type: 'CONNECTION_STATUS',
    user_guid: userGuid,
  },
  deletion: { action: 'deleted', guid: memberGuid, type: 'MEMBER', user_guid: userGuid },
};
