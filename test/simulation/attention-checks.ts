/** Whether a member is said to wait for a person exactly when the newest word about it asks for one. */
import { userActions } from '../../shared/domain/action.ts';
import { heldOf } from '../../shared/domain/held.ts';
import { epochMillisecondsOf, type Instant } from '../../shared/domain/instant.ts';
import type { MemberBody, MemberRecord } from '../../shared/domain/member.ts';
import { ruleFor } from '../../shared/domain/statuses.ts';
import { textOf } from '../fakes/members-table.ts';
import type { Invocation } from './invocations.ts';
import { Violation } from './violation.ts';

const asksSomebody = (action: string): boolean => [...userActions, 'contact_support'].includes(action);

/** What a write of a member's item makes of it. @throws Violation */
export function checkAttentionWrite(
  { id, startedAt }: Invocation,
  before: MemberRecord | null,
  after: MemberRecord,
): void {
  const text = textOf(after.key);
  const wrong = (what: string): Violation => new Violation(0, `${id}: ${text} ${what}`);
  const [was, is] = [before?.attention ?? null, after.attention];
  if (after.deletedAt !== null) {
    if (is !== null) throw wrong('is deleted and waits for a person');
    return;
  }
  const { lastAttempt, lastSuccess, held, claim } = after;
  const isNewAttempt = lastAttempt !== null && lastAttempt.refreshId !== before?.lastAttempt?.refreshId;
  const isNewSuccess = lastSuccess !== null && lastSuccess.refreshId !== before?.lastSuccess?.refreshId;
  const isNewHold = held !== null && (held.since !== before?.held?.since || held.code !== before.held.code);
  if (isNewAttempt && asksSomebody(lastAttempt.action)) {
    const isOverruled = is !== null && is.asOf > lastAttempt.endedAt;
    if (is?.action !== lastAttempt.action && !isOverruled) {
      throw wrong(`ended as ${lastAttempt.code} and is not said to wait for ${lastAttempt.action}`);
    }
  }
  if (isNewSuccess && is !== null && is.asOf <= lastSuccess.observedAt) throw wrong('has succeeded and still waits');
  if (isNewHold && claim === null) {
    // What the hold goes by was found since its function had begun.
    const newest = [before?.lastAttempt?.endedAt, before?.seenAt, was?.asOf].map(millisecondsOf);
    const isNewest = newest.every((at) => at <= startedAt);
    if (isNewest && is?.action !== held.action) throw wrong(`is held back and not said to wait for ${held.action}`);
  }
  if (is === null) {
    if (was === null || isNewSuccess || isNewAttempt) return;
    if (after.seenAt === before?.seenAt) throw wrong('waits for no person any more, and nothing was learnt of it');
    if (after.seenAt !== null && was.asOf > after.seenAt)
      throw wrong('is not said to wait because of an older reading');
    const left = heldOf(after);
    if (left !== null && left.code !== 'not_supported' && left.since <= (after.seenAt ?? ''))
      throw wrong(`waits for no person any more, and is still held back as ${left.code}`);
    return;
  }
  if (is === was) return;
  // Two words of the same moment do not know of each other.
  const isKnown = was !== null && millisecondsOf(was.asOf) < startedAt;
  if (isKnown && was.action === is.action && was.since !== is.since) {
    throw wrong(`waits since ${was.since}, not ${is.since}`);
  }
  if (was !== null && was.asOf > is.asOf) throw wrong('waits by an older word than before');
  if (lastSuccess !== null && lastSuccess.observedAt > is.asOf) throw wrong('waits by a word from before its success');
  if (!isNewAttempt && held === null) throw wrong('waits for a person by no word');
}

/** When everything is quiet. @throws Violation */
export function checkAttentionAtRest(record: MemberRecord, body: MemberBody | null): void {
  const { key, attention, lastAttempt, lastSuccess, seenAt, deletedAt } = record;
  if (deletedAt !== null || lastAttempt === null) return;
  const observedAt = lastSuccess?.observedAt ?? '';
  if (attention !== null && attention.asOf < observedAt) {
    throw new Violation(0, `${textOf(key)} waits for a person although it has succeeded since`);
  }
  const asked = heldOf(record) ?? lastAttempt;
  if (!asksSomebody(asked.action) || observedAt > lastAttempt.endedAt) return;
  const status = body?.body['connection_status'];
  // Read since, it may need no person any more: then what MX showed does not hold it back.
  const isReadSince = seenAt !== null && seenAt > lastAttempt.endedAt;
  const stillNeeds = typeof status === 'string' && ruleFor(status).holdsBackUnattended === true;
  if (attention === null && (!isReadSince || stillNeeds)) {
    throw new Violation(0, `${textOf(key)} has to ${asked.action} and is not said to wait for that`);
  }
}

const millisecondsOf = (instant: Instant | null | undefined): number =>
  instant == null ? 0 : epochMillisecondsOf(instant);
