/** Deliberate faults. */
import { domain, type Mutant } from './mutant.ts';

/** Of what MX says, and when it says nothing. */
export const mxAnswersMutants: readonly Mutant[] = [
  {
    name: 'left-behind-is-fresh',
    what: 'an account that the job has left behind is as fresh as its siblings',
    breaks: [11],
    changes: [domain('imports.ts', "moved === 'some' || importsMove ? notMoved : new Set()", 'new Set()')],
  },
  {
    name: 'late-into-the-night',
    what: 'a late turn is started in the member’s quiet hours',
    breaks: [0],
    besides: 'schedule',
    changes: [
      domain('start-due.ts', 'enrolled.quietHours === null ? now : quietUntil(enrolled.quietHours, now)', 'now'),
    ],
  },
  {
    name: 'imports-by-our-clock',
    what: 'MX’s imports are compared with our clock',
    breaks: [4, 11],
    changes: [
      domain(
        'store-accounts.ts',
        'judgeImports({ accounts, stored, refreshId, ...before, jobAggregatedAt })',
        "judgeImports({ accounts, stored, refreshId, ...before, jobAggregatedAt: claim.start.state === 'none' ? jobAggregatedAt : claim.start.at })",
      ),
    ],
  },
  {
    name: 'start-of-the-job-is-forgotten',
    what: 'the start of the job is not kept: what another look sees counts',
    breaks: [11],
    changes: [
      domain('follow-refresh.ts', 'claim.jobAggregatedAt ?? jobBeganAt(claim, seen.member)', 'claim.jobAggregatedAt'),
    ],
  },
  {
    name: 'retry-after-forgotten',
    what: 'until when MX asks to wait with the next POST is not kept',
    breaks: [7],
    changes: [domain('start-job.ts', 'flagSeen, starts: counted, notBefore }', 'flagSeen, starts: counted }')],
  },
  {
    name: 'follow-ups-do-not-wait',
    what: 'a follow-up starts again before the time that MX has named',
    breaks: [7],
    changes: [
      domain('decision.ts', 'startNotBefore === null || now >= startNotBefore', 'startNotBefore !== undefined'),
    ],
  },
  {
    name: 'triggers-do-not-wait',
    what: 'a trigger starts a refresh before the time that MX has named',
    breaks: [7],
    changes: [
      domain(
        'start-refresh.ts',
        'if (allowedAt !== null && allowedAt === record.startNotBefore) {',
        'if (allowedAt === record.startNotBefore && allowedAt !== null) return null;\n  if (false) {',
      ),
    ],
  },
  {
    name: 'silent-while-mx-is-away',
    what: 'a refresh that runs does not say that MX does not answer',
    breaks: [0],
    besides: 'progress',
    changes: [domain('next-look.ts', 'await deps.members.recordUnanswered(', 'void (')],
  },
  {
    name: 'away-for-good',
    what: 'a refresh goes on saying that MX does not answer when it does again',
    breaks: [0],
    besides: 'progress',
    changes: [
      domain('follow-refresh.ts', 'if (claim === taken && !isAnsweredAgain) return;', 'if (claim === taken) return;'),
    ],
  },
  {
    name: 'another-members-answer',
    what: 'MX’s answer about another member is taken for this one’s',
    breaks: [2, 3, 4, 5],
    changes: [
      {
        file: 'shared/clients/mx-client.ts',
        find: "typeof answered === 'string' && answered !== '' && answered !== asked;",
        replace: "answered === asked && asked === '';",
      },
    ],
  },
  {
    name: 'unreadable-is-missing',
    what: 'an account whose amount cannot be read is stored without it',
    breaks: [5],
    changes: [
      domain(
        'mx-readers.ts',
        'return { guid, fields, unknownFields, oddFields, isUnreadable };',
        'return { guid, fields, unknownFields, oddFields, isUnreadable: isUnreadable && guid === "" };',
      ),
    ],
  },
  {
    name: 'numbers-as-text-dropped',
    what: 'an amount that MX sends as text is dropped without a word',
    breaks: [5],
    changes: [
      domain(
        'mx-readers.ts',
        "return typeof value === 'string' ? (Decimal.read(value) ?? UNREADABLE) : UNREADABLE;",
        'return null;',
      ),
    ],
  },
  {
    name: 'refused-is-accepted',
    what: 'a POST that was answered with errors only ends as one that MX had accepted',
    breaks: [4],
    changes: [
      domain(
        'ending.ts',
        "start.state === 'unknown' ? 'start_not_confirmed' : 'no_evidence'",
        "start.state === null ? 'start_not_confirmed' : 'no_evidence'",
      ),
    ],
  },
  {
    name: 'missing-at-once',
    what: 'a member is believed to be gone when MX does not know it once',
    breaks: [4],
    changes: [domain('missing.ts', 'export const MISSING_SECONDS = 60;', 'export const MISSING_SECONDS = 0;')],
  },
  {
    name: 'refusal-untold',
    what: 'that MX refused a scheduled start is not told',
    breaks: [8],
    changes: [
      domain(
        'unstarted.ts',
        '  await publishOutcome(deps, key, attemptOf(refresh, refresh.result, attempt.hasDetails));',
        '',
      ),
    ],
  },
  {
    name: 'held-noted-first',
    what: 'that a member is held back is noted before it is told',
    breaks: [8],
    changes: [
      domain(
        'unstarted.ts',
        '  if (!isTold) await deps.events.publish(heldEvent(key, held));\n  await deps.unstarted.recordHeld(key, held, attentionWhenHeld(attention, held, asOf));',
        '  await deps.unstarted.recordHeld(key, held, attentionWhenHeld(attention, held, asOf));\n  if (!isTold) await deps.events.publish(heldEvent(key, held));',
      ),
    ],
  },
];
