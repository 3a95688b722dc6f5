/** Deliberate faults. */
import { domain, fake, type Mutant } from './mutant.ts';

/** Of what is deleted, and of what is told on about an end. */
export const tellingMutants: readonly Mutant[] = [
  {
    name: 'deleted-comes-back',
    what: 'a deleted member can be claimed',
    breaks: [9],
    changes: [
      domain('start-refresh.ts', 'if (record.deletedAt !== null) {', 'if (false) {'),
      fake('fake-members.ts', 'record.deletedAt !== null || ', ''),
    ],
  },
  {
    name: 'body-not-erased',
    what: 'MX’s member object stays when its member is deleted',
    breaks: [9],
    changes: [domain('delete-member.ts', 'seen.eraseBody(key, deletedAt),', '')],
  },
  {
    name: 'body-as-it-is',
    what: 'a member is shown as stored, without what its running refresh knows',
    breaks: [4],
    changes: [domain('member-view.ts', '{ ...whileRunning(claim, stored, body), is_being_aggregated: true }', 'body')],
  },
  {
    name: 'old-body-after-a-crash',
    what: 'a member object that is older than the member’s last end is shown as if it were of then',
    breaks: [4],
    changes: [
      domain(
        'member-view.ts',
        'if (stored !== null && (member.seenAt === null || stored.seenAt >= member.seenAt)) return body;',
        'if (stored !== null) return body;',
      ),
    ],
  },
  {
    name: 'money-through-a-double',
    what: 'amounts pass through a double',
    breaks: [5],
    changes: [domain('decimal.ts', "Decimal.read(context.source ?? '')", 'Decimal.read(String(value))')],
  },
  {
    name: 'end-not-published',
    what: 'the end is not told',
    breaks: [8],
    changes: [domain('notify.ts', 'await publishAll(deps, eventsOf(end));', '')],
  },
  {
    name: 'published-before-stored',
    what: 'the event goes out before the refresh can be read as ended',
    breaks: [8],
    changes: [
      domain(
        'end-refresh.ts',
        '    deps.refreshes.end({ refresh: runningRefresh(key, claim), end, details: ended?.details }),\n',
        '',
      ),
    ],
  },
  {
    name: 'late-joiner-forgotten',
    what: 'who registers a callback does not read the outcome again',
    breaks: [8],
    changes: [domain('callback.ts', 'if (refresh?.result) {', 'if (false) {')],
  },
  {
    name: 'callbacks-before-outcome',
    what: 'deliveries are booked before the outcome can be read',
    breaks: [8],
    changes: [
      domain(
        'end-refresh.ts',
        '    deps.refreshes.end({ refresh: runningRefresh(key, claim), end, details: ended?.details }),\n',
        '',
      ),
      domain(
        'end-refresh.ts',
        '  await notify(deps, { key, attempt: { ...attempt, correlationId }, before, stored: ended?.stored });\n',
        '  await notify(deps, { key, attempt: { ...attempt, correlationId }, before, stored: ended?.stored });\n  await deps.refreshes.end({ refresh: runningRefresh(key, claim), end, details: ended?.details });\n',
      ),
    ],
  },
  {
    name: 'rest-forgotten',
    what: 'what the end of a refresh has no time to tell is told nowhere',
    breaks: [8],
    changes: [domain('notify.ts', 'if (isTold(left)) return;', 'if (true) return;')],
  },
  {
    name: 'first-page-is-all',
    what: 'a notice tells one page of callbacks and is done',
    breaks: [8],
    changes: [domain('callback.ts', 'return hasMore ?', 'return hasMore && false ?')],
  },
  {
    name: 'failed-notice-dropped',
    what: 'a notice that cannot be told is not sent again',
    breaks: [8],
    changes: [
      domain(
        'notify.ts',
        'await deps.notices.send({ ...left, tries, since: isFurther ? deps.now() : notice.since }, secondsToNext(tries));',
        '',
      ),
    ],
  },
  {
    name: 'erased-once',
    what: 'a deleted member is not erased again after the longest function time',
    breaks: [9],
    changes: [
      domain('delete-member.ts', 'deps.erasure.eraseAgain(key, 2 * LOOK_TIMEOUT_SECONDS);', 'Promise.resolve();'),
    ],
  },
  {
    name: 'processed-before-told',
    what: 'a completion counts as dealt with before what it brought is published',
    breaks: [8],
    changes: [
      domain(
        'background-refresh.ts',
        'await deps.seen.recordBackground(member, attempt);\n  await publishOutcome(deps, member, attempt);\n  await deps.seen.recordProcessed(member, completedAt);',
        'await deps.seen.recordProcessed(member, completedAt);\n  await deps.seen.recordBackground(member, attempt);\n  await publishOutcome(deps, member, attempt);',
      ),
    ],
  },
  {
    name: 'idempotency-forgotten',
    what: 'the answer to a request with a key is not kept',
    breaks: [2],
    changes: [fake('fake-idempotency.ts', 'if (won) return', 'if (won || true) return')],
  },
  {
    name: 'key-in-the-error',
    what: 'a failure repeats the key that MX was called with',
    breaks: [10],
    changes: [
      {
        file: 'shared/clients/mx-request.ts',
        find: 'throw mxFailure(response, what,',
        replace: 'throw mxFailure(response, what + known,',
      },
    ],
  },
];
