/** What is stored of a user, in memory: found and deleted as `shared/clients/stored-data.ts` does. */
import type { StoredData } from '../../shared/domain/erasure-ports.ts';
import type { BalancesTable } from './fake-balances.ts';
import type { CallbacksTable } from './fake-callbacks.ts';
import type { HistoryTable } from './fake-history.ts';
import type { RefreshesTable, RefreshItem } from './fake-refreshes.ts';
import { type MembersTable, memberOf, textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** The tables. */
export interface PersonTables {
  readonly members: MembersTable;
  readonly balances: BalancesTable;
  readonly history: HistoryTable;
  readonly refreshes: RefreshesTable;
  readonly callbacks: CallbacksTable;
  /** Whether the index of refreshes lists an item yet: it lags. */
  readonly isListed: (item: RefreshItem) => boolean;
}

/** The data in these tables. */
export function fakeStoredData(
  { members, balances, history, refreshes, callbacks, isListed }: PersonTables,
  request: Request = atOnce,
): StoredData {
  return {
    membersOf: (userGuid) =>
      request('storedData.membersOf', () => {
        const texts = [...members.members.keys(), ...members.bodies.keys(), ...balances.keys(), ...history.keys()];
        const own = texts.map(memberOf).filter((key) => key.userGuid === userGuid);
        return [...new Set(own.map(({ memberGuid }) => memberGuid))].sort();
      }),
    userIdsOf: (userGuid) =>
      request('storedData.userIdsOf', () => {
        const bodies = [...members.bodies].flatMap(([text, body]) =>
          memberOf(text).userGuid === userGuid && body !== null ? [body.body['user_id']] : [],
        );
        return [...new Set(bodies.filter((id) => typeof id === 'string'))];
      }),
    leaveUserTombstone: (userGuid, at) =>
      request('storedData.leaveUserTombstone', () => {
        if (!members.erasedUsers.has(userGuid)) members.erasedUsers.set(userGuid, at);
      }),
    eraseNames: ({ userGuid, memberGuid }, userIds) =>
      request('storedData.eraseNames', () => {
        let erased = 0;
        const owns = [...members.aliases.keys()].flatMap((alias) => alias.split(`${userGuid}/OWN_ID#`)[1] ?? []);
        const users = [...userIds, ...owns].map((id) => `ALIAS#${id}/USER`);
        for (const [alias, guid] of [...members.aliases]) {
          const isOfMember = alias.startsWith(`${userGuid}/ALIAS#`) && (memberGuid === null || guid === memberGuid);
          const isOfUser = users.includes(alias) || alias.startsWith(`${userGuid}/OWN_ID#`);
          const isOwn = memberGuid === null && guid === userGuid && isOfUser;
          if ((isOfMember || isOwn) && members.aliases.delete(alias) && !alias.includes('OWN_ID#')) erased += 1;
        }
        return erased;
      }),
    eraseRefreshes: (key, isLate) =>
      request('storedData.eraseRefreshes', () => {
        let erased = 0;
        for (const [refreshId, item] of [...refreshes]) {
          if (textOf(item.member) !== textOf(key) || !isListed(item)) continue;
          if (isLate()) return { erased, isAll: false };
          callbacks.delete(refreshId);
          refreshes.delete(refreshId);
          erased += 1;
        }
        return { erased, isAll: true };
      }),
  };
}
