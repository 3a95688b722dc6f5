/** What sending a dead letter back would do, and what discarding it means. */

import { turnAfter } from '../../../shared/domain/deferral.ts';
import { RETRY_SECONDS } from '../../../shared/domain/deliver-callback.ts';
import type { Instant } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { StartBatch } from '../../../shared/domain/schedule.ts';
import { counted } from '../table.ts';
import { type Content, subjectOf } from './letter.ts';

/** What is stored of what a letter is about. */
export interface Known {
  /** Of the member that the letter names, the deadline moved by pauses; null: nothing is stored of it, or it names none. */
  readonly record: Pick<MemberRecord, 'claim' | 'deletedAt'> | null;
  /** Whether the refresh that the letter names is still kept. */
  readonly hasRefresh: boolean;
  /** Whether the erasing that the letter goes on with is done. */
  readonly isErased: boolean;
  readonly now: Instant;
}

/** The verdict on a letter. */
export interface Verdict {
  /** Why it came here, as far as the letter itself tells. */
  readonly why: string;
  /** Why sending it back would do nothing; null: it would do something. */
  readonly void: string | null;
  /** What it means to discard it. */
  readonly loss: string;
}

const NO_LOSS = 'Nothing is lost.';

/** What becomes of a letter. */
export function judge(content: Content, known: Known): Verdict {
  const why = whyOf(content);
  const reason = voidReason(content, known);
  return {
    why,
    void: reason,
    loss: reason === null || content.kind === 'unreadable' ? lossOf(content, known) : NO_LOSS,
  };
}

/** How often the queues deliver a message before it becomes a dead letter. */
const FAILED = 'handling it failed five times: see its log lines';

function whyOf(content: Content): string {
  switch (content.kind) {
    case 'look':
      return `${counted((content.state?.failedLooks ?? 0) + 1, 'look')} in a row failed: see its log lines`;
    case 'notify':
      return 'nothing more could be told for a day';
    case 'callback':
      return content.delivery.attempt >= RETRY_SECONDS.length
        ? `the receiver did not take it in ${RETRY_SECONDS.length + 1} tries over about a day`
        : FAILED;
    case 'webhook':
    case 'erase':
    case 'erase_data':
    case 'start':
      return FAILED;
    case 'tick':
      return content.error ?? 'AWS has not written why';
    case 'newer':
      return 'it waited a day for a release that can read it; this command cannot';
    case 'unreadable':
      return content.reason;
  }
}

function voidReason(content: Content, { record, hasRefresh, isErased, now }: Known): string | null {
  switch (content.kind) {
    case 'look': {
      const claim = record?.claim ?? null;
      if (claim?.refreshId !== content.refreshId) return 'the refresh has ended';
      return claim.lookNumber > content.lookNumber ? 'a later look has taken its place' : null;
    }
    case 'notify':
      return hasRefresh ? null : 'the refresh is not kept any more';
    case 'callback':
      if (subjectOf(content).refreshId === null) return 'it does not say of which refresh it tells';
      return hasRefresh ? null : 'it is too old, or its member was erased: the refresh is not kept any more';
    case 'webhook':
      return record !== null && record.deletedAt !== null && content.about !== 'deletion'
        ? 'the member was deleted'
        : null;
    case 'erase':
      return null;
    case 'erase_data':
      return isErased && !content.isRestored ? 'the erasing is done' : null;
    case 'start':
      return stillDue(content.batch, now) === 0 ? 'the next turn of each of its members is due' : null;
    case 'tick':
      return 'the next minute has done its work';
    case 'newer':
      return null;
    case 'unreadable':
      return 'no release can read it';
  }
}

/** How many members of a batch would still be started. */
const stillDue = ({ dueAt, members }: StartBatch, now: Instant): number =>
  members.filter((enrolled) => now < turnAfter(enrolled, dueAt)).length;

function lossOf(content: Content, { record, now }: Known): string {
  switch (content.kind) {
    case 'look': {
      const deadline = record?.claim?.deadline;
      const when = deadline === undefined || deadline <= now ? 'within a minute or two' : `soon after ${deadline}`;
      return `${content.refreshId} may stand still until the sweep ends it, ${when}.`;
    }
    case 'notify': {
      const { refreshId, events, callbacksAfter } = content;
      const what = [events ? 'its events' : '', callbacksAfter === null ? '' : 'callbacks'].filter(
        (part) => part !== '',
      );
      return `Of the end of ${refreshId}, ${what.join(' and ')} are never sent. Who reads the refresh sees its end.`;
    }
    case 'callback': {
      const { refreshId } = subjectOf(content);
      return `A caller gets no callback about the end of ${refreshId}. It can read the refresh.`;
    }
    case 'webhook':
      return content.about === 'deletion'
        ? 'That MX has deleted the member is noticed at its next refresh, not now.'
        : 'What MX has gathered by itself is read at the member’s next refresh, not now.';
    case 'erase':
      return 'What was stored of the deleted member in the very moments of its deletion stays stored. Send it back instead.';
    case 'erase_data':
      return `The erasing ${content.order.erasureId} stands still until “erasures repeat” begins it again.`;
    case 'start':
      return `${counted(stillDue(content.batch, now), 'member waits', 'members wait')} for the next turn on the schedule.`;
    case 'tick':
      return NO_LOSS;
    case 'newer':
    case 'unreadable':
      return 'Not known, because this command cannot read it.';
  }
}
