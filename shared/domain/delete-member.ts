/** The end of a member. Deleted stays deleted (promise 9): no late message and no late function brings it back. */

import { type EndDeps, endRefresh, publishEnd } from './end-refresh.ts';
import { endingOf } from './ending.ts';
import { deletedEvent } from './event.ts';
import { Failure } from './failure.ts';
import { type Clock, type Instant, plusSeconds } from './instant.ts';
import type { SeenMembers } from './members-ports.ts';
import type { MemberKey } from './mx.ts';
import type { Erasure, Schedule } from './ports.ts';
import { LOOK_TIMEOUT_SECONDS } from './refresh.ts';

/** What deleting needs. */
export type DeleteDeps = EndDeps & {
  readonly seen: Pick<SeenMembers, 'leaveTombstone' | 'eraseBody'>;
  readonly schedule: Pick<Schedule, 'removeStray'>;
  readonly erasure: Erasure;
};

/** How often a new claim may come between ending the old one and the tombstone. */
const MAX_RACES = 4;

/**
 * Ends the member's refresh, leaves a tombstone, takes the member off the schedule and erases what is stored. Repeatable
 * after a crash anywhere: what is done already is found done.
 *
 * @throws Failure `busy` when triggers kept claiming it; its message comes again.
 */
export async function deleteMember(deps: DeleteDeps, key: MemberKey): Promise<'deleted' | 'unknown_member'> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const record = await deps.members.read(key);
    if (record === null) return 'unknown_member';
    if (record.deletedAt !== null) {
      await eraseLater(deps, key);
      return finish(deps, key, record.deletedAt);
    }
    const { claim, enrolment, attention } = record;
    if (claim?.phase === 'ended') await publishEnd(deps, key, claim);
    else if (claim !== null)
      await endRefresh(deps, { key, claim, ending: endingOf('member_deleted'), institutionCode: null, attention });
    // The message first: after a crash behind the tombstone, it erases.
    await eraseLater(deps, key);
    const now = deps.now();
    const id = (await deps.members.readBody(key))?.body['id'];
    if (!(await deps.seen.leaveTombstone(key, typeof id === 'string' ? id : null, now))) continue;
    // After the tombstone, which refuses every enrolment. A crash in between leaves an item that `start-due.ts` removes.
    if (enrolment !== null && enrolment.everyHours !== 0) {
      await deps.schedule.removeStray({ member: key, slot: enrolment.slot });
    }
    return finish(deps, key, now);
  }
  throw new Failure('busy', 'a member that is to be deleted was claimed again and again');
}

async function finish(deps: DeleteDeps, key: MemberKey, deletedAt: Instant): Promise<'deleted'> {
  await erase(deps, key, deletedAt);
  await deps.events.publish(deletedEvent(key, deletedAt));
  return 'deleted';
}

/** How long one message deletes former amounts before the next one goes on. Its function has 30 s. */
const ERASE_SECONDS = 10;

/** Erases what is stored of the member. After the tombstone in its item, on which every later write there fails. */
async function erase({ erasure, seen, now }: EraseDeps, key: MemberKey, deletedAt: Instant): Promise<void> {
  const lateAt = plusSeconds(now(), ERASE_SECONDS);
  const [history] = await Promise.all([
    erasure.eraseHistory(key, () => now() >= lateAt),
    erasure.erase(key),
    seen.eraseBody(key, deletedAt),
  ]);
  if (!history.isAll) await erasure.eraseAgain(key, 0);
}

/** What erasing needs. */
interface EraseDeps {
  readonly erasure: Erasure;
  readonly seen: Pick<SeenMembers, 'eraseBody'>;
  readonly now: Clock;
}

/** A function that read the member before its tombstone may still be storing its accounts, for as long as it may run. */
const eraseLater = (deps: DeleteDeps, key: MemberKey): Promise<void> =>
  deps.erasure.eraseAgain(key, 2 * LOOK_TIMEOUT_SECONDS);

/** The second erasing, if the member's item says that it is deleted; the message alone is not enough. */
export async function eraseAgain(
  deps: Pick<DeleteDeps, 'members'> & EraseDeps,
  key: MemberKey,
): Promise<'erased' | 'not_deleted'> {
  const record = await deps.members.read(key);
  if (record === null || record.deletedAt === null) return 'not_deleted';
  await erase(deps, key, record.deletedAt);
  return 'erased';
}
