/**
 * MX's `id` and `user_id` of a member: what the operator's own systems call it. They are read when something is sent, and
 * are in no queue's message, so that no dead letter holds them. Those of a deleted member are not known any more.
 */
import type { DomainEvent } from './event.ts';
import type { Members } from './members-ports.ts';
import type { MemberKey } from './mx.ts';

/** As they stand in the `data` of what is sent. */
export interface OwnIds {
  /** MX's `id` of the member; null: it has none, or none is known. */
  readonly member_id: string | null;
  /** MX's `user_id`. */
  readonly user_id: string | null;
}

/** Finds the own ids of a member. */
export type ReadOwnIds = (member: MemberKey) => Promise<OwnIds>;

/** Finds them in what is stored of the member. */
export const ownIdsIn =
  (members: Pick<Members, 'readBody'>): ReadOwnIds =>
  async (member) => {
    const { id = null, user_id: userId = null } = (await members.readBody(member))?.body ?? {};
    return {
      member_id: typeof id === 'string' ? id : null,
      user_id: typeof userId === 'string' ? userId : null,
    };
  };

/** `event` as it is sent with the own ids of its member. One about an institution has none. */
export async function withOwnIds(event: DomainEvent, ownIds: ReadOwnIds): Promise<object> {
  if (!('user_guid' in event.data)) return event;
  const { user_guid: userGuid, member_guid: memberGuid } = event.data;
  return { ...event, data: { ...event.data, ...(await ownIds({ userGuid, memberGuid })) } };
}
