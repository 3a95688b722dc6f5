/** Finding a member to answer a read about it: the one place that says 404 for members unknown or deleted. */
import { Failure } from './failure.ts';
import type { MemberRecord } from './member.ts';
import type { Members } from './members-ports.ts';
import type { MemberIdentifiers, MemberKey } from './mx.ts';

/** The member behind `identifiers`, deleted or not; null when this service has not met it. */
export async function lookUpMember(
  members: Pick<Members, 'resolve' | 'read'>,
  identifiers: MemberIdentifiers,
): Promise<MemberRecord | null> {
  const key = await members.resolve(identifiers);
  return key && members.read(key);
}

/**
 * The member behind `identifiers`, for an answer about it.
 *
 * @throws Failure `member_not_found`, `member_deleted`
 */
export async function findMember(
  members: Pick<Members, 'resolve' | 'read'>,
  identifiers: MemberIdentifiers,
): Promise<MemberRecord> {
  return present(await lookUpMember(members, identifiers));
}

/**
 * The member `key`, for an answer about it.
 *
 * @throws Failure `member_not_found`, `member_deleted`
 */
export async function readMember(members: Pick<Members, 'read'>, key: MemberKey): Promise<MemberRecord> {
  return present(await members.read(key));
}

/**
 * The member behind `identifiers`, which this service has met under these names.
 *
 * @throws Failure `member_not_found`
 */
export async function findKey(members: Pick<Members, 'resolve'>, identifiers: MemberIdentifiers): Promise<MemberKey> {
  const key = await members.resolve(identifiers);
  if (key === null) throw notFound();
  return key;
}

/**
 * The member behind `identifiers`, to be put on the schedule: known here, or named by MX's guids alone and met at its first
 * turn.
 *
 * @throws Failure `member_not_found` for an own id that is not known, `member_deleted`, `user_erased`
 */
export async function findKeyToSchedule(
  members: Pick<Members, 'resolve' | 'read' | 'isUserErased'>,
  identifiers: MemberIdentifiers,
): Promise<{ readonly key: MemberKey; readonly known: MemberRecord | null }> {
  const known = await lookUpMember(members, identifiers);
  if (known !== null) return { key: present(known).key, known };
  const { userIdentifier: userGuid, memberIdentifier: memberGuid } = identifiers;
  if (!userGuid.startsWith('USR-') || !memberGuid.startsWith('MBR-')) throw notFound();
  await refuseErased(members, { userGuid });
  return { key: { userGuid, memberGuid }, known };
}

/** `member`, for an answer about it. @throws Failure `member_not_found`, `member_deleted` */
export function present(member: MemberRecord | null): MemberRecord {
  if (member === null) throw notFound();
  refuseDeleted(member);
  return member;
}

// Without the identifiers: a failure's message is logged, and the caller's own ids are not.
const notFound = (): Failure =>
  new Failure(
    'member_not_found',
    'this member is not known here; trigger a refresh of it first: POST …/members/{member_identifier}/check_balance',
  );

/**
 * Refuses a member that would become known although everything of its user was erased on request.
 *
 * @throws Failure `user_erased`
 */
export async function refuseErased(
  members: Pick<Members, 'isUserErased'>,
  { userGuid }: Pick<MemberKey, 'userGuid'>,
): Promise<void> {
  if (await members.isUserErased(userGuid)) {
    throw new Failure(
      'user_erased',
      'everything of this user was erased, and no member of it is taken up here any more',
    );
  }
}

/**
 * Refuses a deleted member: neither it nor its refreshes are shown any more.
 *
 * @throws Failure `member_deleted`
 */
export function refuseDeleted(member: Pick<MemberRecord, 'deletedAt'>): void {
  if (member.deletedAt !== null) throw new Failure('member_deleted', 'the member was deleted');
}
