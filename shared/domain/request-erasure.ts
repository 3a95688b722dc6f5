/** Asking for an erasing: whose data, under which names, and its receipt. */
import {
  type AtMx,
  type ErasureOrder,
  type ErasureQueue,
  firstWork,
  type Receipt,
  type Receipts,
  type StoredData,
  type Subject,
} from './erasure-ports.ts';
import { Failure } from './failure.ts';
import type { Clock } from './instant.ts';
import type { Members } from './members-ports.ts';

/** What asking needs. */
export interface RequestErasureDeps {
  readonly members: Pick<Members, 'resolve' | 'read'>;
  /** The guid behind a user's identifier; null for an own id that is not known. */
  readonly resolveUser: (userIdentifier: string) => Promise<string | null>;
  readonly storedData: Pick<StoredData, 'membersOf' | 'userIdsOf'>;
  readonly receipts: Pick<Receipts, 'begin' | 'read' | 'rememberName' | 'guidOf'>;
  readonly erasures: ErasureQueue;
  readonly erasureIdOf: (subject: Subject, atMx: AtMx) => string;
  readonly now: Clock;
}

/** What is asked for. */
export interface AskedErasure {
  readonly userIdentifier: string;
  /** Null: everything of the user. */
  readonly memberIdentifier: string | null;
  readonly atMx: AtMx;
}

/**
 * Begins an erasing, or gives the receipt of the one that was begun before. The message comes first: after a crash behind
 * it the erasing happens, and the next request gets its receipt.
 *
 * @throws Failure `user_not_found`, `member_not_found`: nothing is stored of them.
 */
export async function requestErasure(deps: RequestErasureDeps, asked: AskedErasure): Promise<Receipt> {
  const { atMx } = asked;
  const { subject, ownId } = await subjectOf(deps, asked);
  const erasureId = deps.erasureIdOf(subject, atMx);
  const known = await deps.receipts.read(erasureId);
  if (known !== null) return known;
  const { userGuid, memberGuid } = subject;
  await refuseUnknown(deps, subject);
  const order: ErasureOrder = { ...subject, erasureId, atMx, requestedAt: deps.now() };
  const userIds = memberGuid === null ? await deps.storedData.userIdsOf(userGuid) : [];
  if (ownId !== null) await deps.receipts.rememberName(ownId.name, ownId.guid, order.requestedAt);
  const givenIds = ownId !== null && memberGuid === null ? [asked.userIdentifier] : [];
  await deps.erasures.send(firstWork(order, [...new Set([...userIds, ...givenIds])]), 0);
  return deps.receipts.begin(order);
}

const userName = (userId: string): string => `user ${userId}`;
const memberName = (userGuid: string, memberId: string): string => `member ${userGuid} ${memberId}`;

/** Whose data, and the own id that it was asked for by, which is remembered; null: it was asked for by its guid. */
interface AskedSubject {
  readonly subject: Subject;
  readonly ownId: { readonly name: string; readonly guid: string } | null;
}

/** @throws Failure `user_not_found`, `member_not_found`: for an own id that leads nowhere and never did. */
async function subjectOf(
  { members, resolveUser, receipts }: RequestErasureDeps,
  { userIdentifier, memberIdentifier }: AskedErasure,
): Promise<AskedSubject> {
  const userGuid = (await resolveUser(userIdentifier)) ?? (await receipts.guidOf(userName(userIdentifier)));
  if (userGuid === null) throw userNotFound();
  if (memberIdentifier === null) {
    const ownId = userIdentifier === userGuid ? null : { name: userName(userIdentifier), guid: userGuid };
    return { subject: { userGuid, memberGuid: null }, ownId };
  }
  const key = await members.resolve({ userIdentifier: userGuid, memberIdentifier });
  const memberGuid = key?.memberGuid ?? (await receipts.guidOf(memberName(userGuid, memberIdentifier)));
  if (memberGuid === null) throw memberNotFound();
  const name = memberName(userGuid, memberIdentifier);
  return {
    subject: { userGuid, memberGuid },
    ownId: memberIdentifier === memberGuid ? null : { name, guid: memberGuid },
  };
}

async function refuseUnknown(deps: RequestErasureDeps, { userGuid, memberGuid }: Subject): Promise<void> {
  if (memberGuid === null) {
    if ((await deps.storedData.membersOf(userGuid)).length === 0) throw userNotFound();
  } else if ((await deps.members.read({ userGuid, memberGuid })) === null) throw memberNotFound();
}

// Without the identifiers: a failure's message is logged, and the caller's own ids are not.
const userNotFound = (): Failure => new Failure('user_not_found', 'nothing is stored of this user');
const memberNotFound = (): Failure => new Failure('member_not_found', 'nothing is stored of this member');
