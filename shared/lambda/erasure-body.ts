/** A receipt as JSON. */
import type { AtMx, Receipt } from '../domain/erasure-ports.ts';
import { RECEIPT_DAYS } from '../domain/erasure-ports.ts';
import { type Instant, plusSeconds } from '../domain/instant.ts';

const DAY_SECONDS = 86_400;

/** Point-in-time recovery of the tables (AWS limit). */
const BACKUP_DAYS = 35;

/** The longest that a message stays in a dead-letter queue (AWS limit). */
const QUEUE_DAYS = 14;

const IDEMPOTENCY_HOURS = 24;

/** What is not erased, and until when; null: it stays, or that is known when the erasing is done. */
interface Remains {
  readonly what: string;
  readonly until: Instant | null;
}

/** The body of a receipt. `remains` says what an erasing does not reach. */
export function receiptBody(receipt: Receipt): object {
  const { erasureId, userGuid, memberGuid, atMx, requestedAt, doneAt, erased, waitsFor } = receipt;
  return {
    id: erasureId,
    user_guid: userGuid,
    member_guid: memberGuid,
    at_mx: shownAtMx[atMx],
    status: doneAt === null ? 'running' : 'done',
    requested_at: requestedAt,
    done_at: doneAt,
    waits_for: waitsFor,
    erased: {
      members: erased.members,
      accounts: erased.accounts,
      former_amounts: erased.formerAmounts,
      refreshes: erased.refreshes,
      members_at_mx: erased.membersAtMx,
      users_at_mx: erased.usersAtMx,
    },
    remains: remainsOf(receipt),
  };
}

/** As the parameter `at_mx` has it. */
export const shownAtMx: Readonly<Record<AtMx, string>> = { nothing: 'false', members: 'true', user: 'user' };

function remainsOf({ atMx, requestedAt, doneAt }: Receipt): readonly Remains[] {
  const stays = (what: string): Remains => ({ what, until: null });
  const afterDays = (what: string, days: number): Remains => ({
    what,
    until: doneAt && plusSeconds(doneAt, days * DAY_SECONDS),
  });
  return [
    ...(atMx === 'nothing' ? [stays('all that MX has: nothing was deleted there')] : []),
    ...(atMx === 'members' ? [stays('what MX has of the user beside these members')] : []),
    stays('MX’s guids of what was erased, with the time, so that it stays erased'),
    stays('log lines and archived events with MX’s guids, for as long as the operator keeps them'),
    {
      what: 'kept answers to requests with an Idempotency-Key, which name a refresh and a member by guid',
      until: plusSeconds(requestedAt, IDEMPOTENCY_HOURS * 3_600),
    },
    afterDays('messages that could not be handled, in dead-letter queues', QUEUE_DAYS),
    afterDays('the tables’ backups (point-in-time recovery)', BACKUP_DAYS),
    afterDays('this receipt', RECEIPT_DAYS),
  ];
}
