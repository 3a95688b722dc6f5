/**
 * Reading MX's webhooks (MX facts 6). A webhook says which member to read; it is never data and never evidence. Only the
 * member, the kind of news and the time of completion are read. Nulls, new fields and new types are no errors.
 */
import { type Instant, instantOf, plusSeconds } from './instant.ts';
import type { MemberKey } from './mx.ts';

/** The member that a webhook is about, and why it has to be read. */
export interface MxWebhook {
  /**
   * `data`: MX has gathered data. `connection`: the member's status or fields have changed. `deletion`: the member is
   * said to be gone.
   */
  readonly about: 'data' | 'connection' | 'deletion';
  readonly member: MemberKey;
  /** With `data`: when the job ended, by MX's clock, in whole seconds. */
  readonly completedAt: Instant | null;
  readonly receivedAt: Instant;
}

/** A webhook, read. */
export type ReadWebhook =
  | { readonly kind: 'relevant'; readonly webhook: MxWebhook }
  /** Answered as well as any other: MX would send the same bytes again for a day. */
  | { readonly kind: 'ignored'; readonly reason: string };

/** All that is read of a webhook, under MX's names (MX facts 6.2). */
export const webhookFields = ['type', 'action', 'guid', 'member_guid', 'user_guid', 'completed_at'] as const;

/**
 * MX's clock may be wrong, by hours even: completions are compared with each other only, and known again by their time. One
 * that is a day ahead is a fault and not a clock; it would hide all that come before it.
 */
const MAX_AHEAD_SECONDS = 86_400;

/** Reads the JSON value of a webhook's body. Never throws. */
export function readWebhook(body: unknown, receivedAt: Instant): ReadWebhook {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return ignored('unreadable');
  const field = (name: (typeof webhookFields)[number]): unknown => Reflect.get(body, name);
  const type = textOf(field('type'));
  // The object webhook names its member `guid`; the others `member_guid`.
  const [userGuid, memberGuid, guid] = (['user_guid', 'member_guid', 'guid'] as const).map((name) =>
    textOf(field(name)),
  );
  const isMember = type === 'MEMBER' || (type === '' && isGuid('MBR', guid));
  const about = isMember ? 'connection' : subjects.get(type);
  if (about === undefined) return ignored(/^\w{1,40}$/.test(type) ? `type ${type}` : 'unreadable');
  const named = isMember ? guid || memberGuid : memberGuid;
  if (!isGuid('USR', userGuid) || !isGuid('MBR', named)) return ignored('no guids');
  const webhook = {
    about: isMember && textOf(field('action')) === 'deleted' ? 'deletion' : about,
    member: { userGuid, memberGuid: named },
    completedAt: about === 'data' ? completionOf(field('completed_at'), receivedAt) : null,
    receivedAt,
  } as const;
  return { kind: 'relevant', webhook };
}

/** Types that say something about balances. All others (HISTORY, STATEMENT, new ones) do not concern us. */
const subjects: ReadonlyMap<string, 'data' | 'connection'> = new Map([
  ['BALANCE', 'data'],
  ['AGGREGATION', 'data'],
  ['CONNECTION_STATUS', 'connection'],
]);

const ignored = (reason: string): ReadWebhook => ({ kind: 'ignored', reason });

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What guids look like, as a JSON Schema has it. They become keys of items and parts of paths. */
export const GUID_PATTERNS = {
  USR: '^USR-[A-Za-z0-9-]{1,96}$',
  MBR: '^MBR-[A-Za-z0-9-]{1,96}$',
} as const;

const guidForms = { USR: new RegExp(GUID_PATTERNS.USR), MBR: new RegExp(GUID_PATTERNS.MBR) };

const isGuid = (prefix: keyof typeof guidForms, text: string | undefined): text is string =>
  text !== undefined && guidForms[prefix].test(text);

/** Unix seconds as an instant. What is missing or cannot be is the time of receipt. */
function completionOf(seconds: unknown, receivedAt: Instant): Instant {
  const latest = plusSeconds(receivedAt, MAX_AHEAD_SECONDS);
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return receivedAt;
  // Beyond this a Date has no text.
  const completedAt = seconds < 8e12 ? instantOf(Math.floor(seconds) * 1000) : latest;
  return completedAt < latest && completedAt.length === receivedAt.length ? completedAt : receivedAt;
}
