/** What was erased on request is nowhere any more: all tables and queues are searched. */
import type { Receipt } from '../../shared/domain/erasure-ports.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { memberOf, textOf } from '../fakes/members-table.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** Whether it was asked to erase everything of the member, or of its user. */
export const wasErased = ({ erasures }: Pick<World, 'erasures'>, key: MemberKey): boolean =>
  [...erasures.receipts.values()].some((receipt) => isOf(receipt, key));

const isOf = ({ userGuid, memberGuid }: Receipt, key: MemberKey): boolean =>
  userGuid === key.userGuid && (memberGuid === null || memberGuid === key.memberGuid);

/**
 * Checks each receipt.
 *
 * @param isLost a message was lost: an erasing may have lost its own.
 */
export function checkErased(world: World, isLost: boolean): void {
  for (const receipt of world.erasures.receipts.values()) {
    if (isLost && receipt.doneAt === null) continue;
    if (receipt.doneAt === null) throw new Violation(9, `${receipt.erasureId} is not done`);
    checkNothingLeft(world, receipt);
  }
}

function checkNothingLeft(world: World, receipt: Receipt): void {
  const { table, balances, history, refreshes, callbacks } = world;
  const left: string[] = [];
  const note = (what: string, texts: Iterable<string>): void => {
    for (const text of texts) if (isOf(receipt, memberOf(text))) left.push(`${what} of ${text}`);
  };
  note(
    'the member',
    [...table.members].flatMap(([text, { deletedAt }]) => (deletedAt === null ? [text] : [])),
  );
  note(
    'the object',
    [...table.bodies].flatMap(([text, body]) => (body === null ? [] : [text])),
  );
  note(
    'balances',
    [...balances].flatMap(([text, items]) => (items.size === 0 ? [] : [text])),
  );
  note(
    'former amounts',
    [...history].flatMap(([text, rows]) => (rows.size === 0 ? [] : [text])),
  );
  const ofRefreshes = new Map([...refreshes].map(([refreshId, { member }]) => [refreshId, textOf(member)]));
  note('a refresh', ofRefreshes.values());
  note(
    'a callback',
    [...callbacks.keys()].flatMap((refreshId) => ofRefreshes.get(refreshId) ?? []),
  );
  for (const [alias, guid] of table.aliases) {
    const isMembers = alias.startsWith(`${receipt.userGuid}/`) && (receipt.memberGuid ?? guid) === guid;
    if (isMembers || (receipt.memberGuid === null && guid === receipt.userGuid)) left.push(`the name ${alias}`);
  }
  for (const queue of [world.followUps, world.starts, world.sweeps]) {
    for (const { body } of queue.messages.values()) if (isNamedIn(body, receipt)) left.push(`a message: ${body}`);
  }
  if (left.length > 0) throw new Violation(9, `${receipt.erasureId} is done, and there is left: ${left.join('; ')}`);
}

const isNamedIn = (text: string, { userGuid, memberGuid }: Receipt): boolean =>
  text.includes(userGuid) && (memberGuid === null || text.includes(memberGuid));
