/**
 * What waits for a person: a member whose next move is its user's or support's. Each word about a member (the end of a
 * refresh, a hold of the schedule, a reading for a webhook) sets it, takes it away or leaves it as it is; an older word never
 * undoes a newer one. The write that stores the word stores this too, so that a crash cannot part them. Pure.
 */
import { type AttentionAction, isAttentionAction } from './action.ts';
import { neededUserAction } from './decision.ts';
import type { Held } from './held.ts';
import type { Instant } from './instant.ts';
import type { MxMember } from './mx.ts';
import { type OutcomeCode, outcomes } from './outcome.ts';
import type { Attempt } from './refresh.ts';
import { memberErrorEnd, ruleFor } from './statuses.ts';

/** What a member waits for. */
export interface Attention {
  readonly action: AttentionAction;
  /** Since when it waits for this action. Later words that ask for the same keep it. */
  readonly since: Instant;
  /** Why, by the newest word. */
  readonly code: OutcomeCode;
  /** When that was found: what was found before does not change it. */
  readonly asOf: Instant;
}

/** What a write does about it: sets it, takes it away (null), or leaves it. */
export type AttentionChange = Attention | null | 'as_it_is';

/** The end of a refresh, as far as it matters here. */
export interface EndedWord {
  readonly attempt: Pick<Attempt, 'outcome' | 'action' | 'code' | 'endedAt'>;
  /** The member as MX showed it at the end; null: it was not read. */
  readonly member: MxMember | null;
}

/**
 * After the end of a refresh: no word about the member is newer. An end that asks for no person takes away what stands when it has
 * brought balances, or when MX shows that the member needs no person; else it says nothing of what was asked for before (MX
 * was away, the deadline came), and the member goes on waiting.
 *
 * @param stands what the member waited for until now.
 */
export function attentionAtEnd(stands: Attention | null, { attempt, member }: EndedWord): AttentionChange {
  const { outcome, action, code, endedAt } = attempt;
  if (outcome === 'succeeded') return null;
  if (isAttentionAction(action)) return asked(stands, { action, since: endedAt, code, asOf: endedAt });
  return member === null ? 'as_it_is' : attentionWhenSeen(stands, member, endedAt);
}

/** The schedule holds the member back, because of what was known at `asOf`. */
export const attentionWhenHeld = (
  stands: Attention | null,
  { since, code, action }: Held,
  asOf: Instant,
): AttentionChange =>
  isAttentionAction(action) && !isNewer(stands, asOf) ? asked(stands, { action, since, code, asOf }) : 'as_it_is';

/** Codes that no reading of the member takes back, because they are about something else than its connection. */
const notOfConnection: ReadonlySet<OutcomeCode> = new Set([
  'mx_refused',
  'mx_institution',
  'mx_too_many_accounts',
  'internal',
  'not_supported',
]);

/** MX has shown the member at `readAt`. */
export function attentionWhenSeen(stands: Attention | null, member: MxMember, readAt: Instant): null | 'as_it_is' {
  if (stands === null || asksSomebody(member) || isNewer(stands, readAt) || notOfConnection.has(stands.code))
    return 'as_it_is';
  return null;
}

/** What a reading of the member for a webhook takes away: both in the write that stores the reading. */
export interface TakenAway {
  /** What the member waits for. */
  readonly attention: boolean;
  /** Why the schedule holds it back. Else it would go on saying that its user is needed, up to its first turn of a day. */
  readonly held: boolean;
}

/** MX has shown the member at `readAt`. A hold of a turn after that has read the member itself. */
export function takenAwayWhenSeen(
  { attention, held }: { readonly attention: Attention | null; readonly held: Held | null },
  member: MxMember,
  readAt: Instant,
): TakenAway {
  const isHoldOver = held !== null && held.since <= readAt && !notOfConnection.has(held.code);
  return {
    attention: attentionWhenSeen(attention, member, readAt) === null,
    held: isHoldOver && !asksSomebody(member) && !isNewer(attention, readAt),
  };
}

/**
 * By the rule that the schedule goes by: what MX asks the user for holds it back. A status between two others says nothing
 * yet. Beside a status that is an error, the error's code may ask for more than the status does.
 */
function asksSomebody(member: MxMember): boolean {
  const { whenOver } = ruleFor(member.connectionStatus);
  if (whenOver === 'wait' || neededUserAction(member) !== null) return true;
  const byCode = whenOver === 'end' ? memberErrorEnd(member.error?.code) : null;
  return byCode !== null && isAttentionAction(outcomes[byCode.end].action);
}

const isNewer = (stands: Attention | null, asOf: Instant): boolean => stands !== null && stands.asOf > asOf;

const asked = (stands: Attention | null, attention: Attention): Attention =>
  stands?.action === attention.action ? { ...attention, since: stands.since } : attention;
