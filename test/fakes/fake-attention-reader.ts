/** Reading members that wait, in memory: what `shared/clients/attention-reader.ts` reads of the table and its index. */
import type { AttentionAction } from '../../shared/domain/action.ts';
import type { AttentionReader, WaitingPlace } from '../../shared/domain/waiting-members.ts';
import { type MembersTable, textOf } from './members-table.ts';

/** The members in `table` that wait. Its index never lags. */
export function fakeAttentionReader({ members }: MembersTable): AttentionReader {
  const waiting = (action: AttentionAction) =>
    [...members.values()]
      .flatMap((record) =>
        record.attention?.action === action
          ? [{ member: record.key, since: record.attention.since, record: record }]
          : [],
      )
      .toSorted((one, other) => (placeText(one) < placeText(other) ? -1 : 1));

  return {
    async page(action, limit, after) {
      const behind = waiting(action).filter((place) => after === null || placeText(place) > placeText(after));
      const listed = behind.slice(0, limit);
      // As DynamoDB does: a full page has a next one, which may be empty.
      const last = listed.length < limit ? undefined : listed.at(-1);
      return { listed, next: last === undefined ? null : { member: last.member, since: last.since } };
    },
    async count(action) {
      const all = waiting(action);
      return { members: all.length, isAll: true, oldestSince: all[0]?.since ?? null };
    },
  };
}

const placeText = ({ member, since }: WaitingPlace): string => `${since} ${textOf(member)}`;
