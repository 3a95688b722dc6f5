/** Deliberate faults in the code: what the simulation has to find, or it would prove nothing. Each is a small diff. */
/** One fault. */
export interface Mutant {
  readonly name: string;
  readonly what: string;
  /** The invariants, one of which has to be found broken. */
  readonly breaks: readonly number[];
  /** With invariant 0: which of the checks beside the promises, as docs/simulation.md names them. */
  readonly besides?: 'schedule' | 'repetition' | 'progress' | 'learning' | 'breaker' | 'history' | 'attention';
  readonly changes: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}

const domain = (file: string, find: string, replace: string) => ({ file: `shared/domain/${file}`, find, replace });
const fake = (file: string, find: string, replace: string) => ({ file: `test/fakes/${file}`, find, replace });

/** The faults. Those in a fake stand for the same fault in the client that the fake is held to. */
export const mutants: readonly Mutant[] = [
  {
    name: 'balances-without-condition',
    what: 'a balance is written over any stored one',
    breaks: [3],
    changes: [
      domain('balance.ts', 'if (stored !== null && isNewer(stored, stamp)) return null;', ''),
      fake(
        'fake-balances.ts',
        'stored?.observedAt !== read?.observedAt || stored?.refreshId !== read?.refreshId',
        'false',
      ),
    ],
  },
  {
    name: 'success-without-evidence',
    what: 'CONNECTED after the grace period is success, whether or not a job ran',
    breaks: [4],
    changes: [
      domain(
        'decision.ts',
        "if (proof === 'none') return",
        "if (proof === 'none' && rule.whenOver !== 'store') return",
      ),
    ],
  },
  {
    name: 'failure-without-evidence',
    what: 'an error status is believed whether or not a job ran',
    breaks: [4],
    changes: [
      domain('decision.ts', "if (proof === 'none') return", "if (proof === 'none' && rule.whenOver !== 'end') return"),
    ],
  },
  {
    name: 'first-false-is-the-end',
    what: 'a started job is over as soon as the flag is false',
    breaks: [4],
    changes: [
      domain('evidence.ts', "member.connectionStatus !== baseline.connectionStatus ? 'ended' : 'started'", "'ended'"),
    ],
  },
  {
    name: 'answers-sent-again',
    what: 'a user’s answers are sent again when MX’s answer did not come',
    breaks: [2],
    changes: [
      domain(
        'resume.ts',
        'await deps.mx.resume(identifiers, answers);',
        'await deps.mx.resume(identifiers, answers).catch(() => deps.mx.resume(identifiers, answers));',
      ),
    ],
  },
  {
    name: 'attached-without-message',
    what: 'a refresh that follows a job with answers is claimed, and its first look is not booked',
    breaks: [1],
    changes: [domain('resume.ts', 'await deps.followUps.send(look, deps.policy.firstLookSeconds);', '')],
  },
  {
    name: 'claim-before-message',
    what: 'the claim is written before its follow-up message is sent',
    breaks: [1],
    changes: [
      domain(
        'start-refresh.ts',
        '  await deps.followUps.send(nextLook, await firstLookAfter(deps, claim, codeOf(known)));\n',
        '',
      ),
      domain(
        'start-refresh.ts',
        'const claimed = { key, starts,',
        'await deps.followUps.send(nextLook, await firstLookAfter(deps, claim, codeOf(known)));\n  const claimed = { key, starts,',
      ),
    ],
  },
  {
    name: 'claim-never-released',
    what: 'an ended claim stays',
    breaks: [1],
    changes: [domain('end-refresh.ts', 'await deps.members.release(key, claim.refreshId);', '')],
  },
  {
    name: 'storing-without-fence',
    what: 'accounts are written without moving the claim to storing',
    breaks: [3],
    changes: [
      domain('store-accounts.ts', "claim.phase === 'running' && !(await deps.members.beginStoring(storing))", 'false'),
      domain('store-accounts.ts', '...{ key, claim: storingClaim, ending', '...{ key, claim, ending'),
    ],
  },
  {
    name: 'sweep-off',
    what: 'the sweep leaves everything as it is',
    breaks: [1, 8],
    changes: [
      domain(
        'sweep.ts',
        'const step = sweepStep(record.claim, deps.now(), deps.policy, pauses);',
        "const step: SweepStep = { kind: 'leave' };",
      ),
    ],
  },
  {
    name: 'sweep-without-look',
    what: 'a refresh whose look was lost with its function is ended at its deadline, not looked at again',
    breaks: [1],
    changes: [
      domain(
        'sweep.ts',
        "return Math.min(quietFor, resumedFor) < silence ? { kind: 'leave' } : { kind: 'look', claim };",
        "return { kind: 'leave' };",
      ),
    ],
  },
  {
    name: 'look-while-storing',
    what: 'a look is taken while another one may still be storing',
    breaks: [3],
    changes: [fake('fake-members.ts', "(phase !== 'storing' || (lookedAt !== null && lookedAt <= givenUp))", 'true')],
  },
  {
    name: 'second-chain',
    what: 'the look number of a message is ignored: a nudge starts a second chain',
    breaks: [2],
    changes: [
      fake(
        'fake-members.ts',
        '(last < lookNumber || (last === lookNumber && lookedAt !== null && lookedAt <= givenUp)) &&',
        '',
      ),
    ],
  },
  {
    name: 'twin-looks',
    what: 'two deliveries of the same message both look',
    breaks: [2, 7],
    changes: [
      fake(
        'fake-members.ts',
        '(last === lookNumber && lookedAt !== null && lookedAt <= givenUp)',
        'last === lookNumber',
      ),
      fake('fake-members.ts', '(lookedAt === null || lookedAt <= gapOver)', 'true'),
    ],
  },
  {
    name: 'allowance-given-back-on-timeout',
    what: 'a start whose result is unknown is not counted',
    breaks: [7],
    changes: [
      domain('start-job.ts', "if (refused.state !== 'unknown' || notBefore !== null) {", 'if (true) {'),
      domain('start-job.ts', "refused.state === 'unknown' ? null : withoutThis", 'withoutThis'),
    ],
  },
  {
    name: 'allowance-not-counted',
    what: 'the trigger ignores MX’s limit',
    breaks: [7],
    changes: [domain('start-refresh.ts', 'if (allowedAt !== null) {', 'if (false) {')],
  },
  {
    name: 'start-repeated-blindly',
    what: 'a POST that failed is sent again at once',
    breaks: [2],
    changes: [
      domain(
        'start-job.ts',
        'await deps.mx.checkBalance(identifiers);',
        'await deps.mx.checkBalance(identifiers).catch(() => deps.mx.checkBalance(identifiers));',
      ),
    ],
  },
  {
    name: 'failed-refresh-stores',
    what: 'a refresh that ends as failed writes what MX lists',
    breaks: [3],
    changes: [
      domain(
        'follow-refresh.ts',
        "    case 'end':\n",
        "    case 'end':\n      await (async (stamp) => deps.balances.store(followed.key, await deps.mx.listAccounts(followed.identifiers), stamp))({ observedAt: deps.now(), refreshId: followed.claim.refreshId, trigger: followed.claim.trigger });\n",
      ),
    ],
  },
  {
    name: 'observed-after-reading',
    what: 'the accounts are said to be from after they were read',
    breaks: [4],
    changes: [
      domain('store-accounts.ts', 'const observedAt = deps.now();\n  // What is stored', '// What is stored'),
      domain(
        'store-accounts.ts',
        "kind: 'accounts', observedAt, accounts",
        "kind: 'accounts', observedAt: deps.now(), accounts",
      ),
    ],
  },
  {
    name: 'ended-refresh-joined',
    what: 'a trigger joins a refresh that has ended',
    breaks: [2],
    changes: [domain('start-refresh.ts', "if (claim !== null && claim.phase !== 'ended') {", 'if (claim !== null) {')],
  },
  {
    name: 'unattended-not-held-back',
    what: 'the schedule starts jobs for members that need their user',
    breaks: [6],
    changes: [domain('start-refresh.ts', 'const reason = neededUserAction(seen);', 'const reason = null;')],
  },
  {
    name: 'start-message-doubled',
    what: 'a doubled start message is recognised only when the refresh is released',
    breaks: [2],
    changes: [
      domain(
        'start-refresh.ts',
        "if (claim !== null && claim.phase !== 'ended') return false;",
        'if (claim !== null) return false;',
      ),
    ],
  },
  {
    name: 'end-overtaken',
    what: 'a slow end is written although another look was taken meanwhile',
    breaks: [4, 7],
    changes: [
      domain(
        'end-refresh.ts',
        'if (await endOnce(deps, current)) return true;',
        'for (let reads = 0; reads < 200; reads += 1) await deps.members.read(end.key);\n    if (await endOnce(deps, current)) return true;',
      ),
      fake('fake-members.ts', 'hasLearntNoMore(claim, known)', "(from === 'running' || hasLearntNoMore(claim, known))"),
    ],
  },
  {
    name: 'read-without-gap',
    what: 'a read for a webhook keeps no distance from the last look',
    breaks: [7],
    changes: [fake('fake-seen-members.ts', 'record.claim?.lookedAt ?? null,', '')],
  },
  {
    name: 'lost-answer-is-a-lost-race',
    what: 'a conditional write is not recognised when its answer was lost and it is sent again',
    breaks: [0],
    besides: 'repetition',
    changes: [fake('request.ts', 'if (done !== null && done.item === before) return done.result;', '')],
  },
  {
    name: 'enrolled-without-condition',
    what: 'an enrolment is written over one that was written since it was read',
    breaks: [0],
    besides: 'schedule',
    changes: [fake('fake-schedule.ts', 'read(key)?.version !== version', 'read(key) === null')],
  },
  {
    name: 'lost-enrolment-left',
    what: 'an enrolment that lost leaves its item in its slot',
    breaks: [0],
    besides: 'schedule',
    changes: [fake('fake-schedule.ts', 'if (isOn && isInSlot && !isThis) {', 'if (false) {')],
  },
  {
    name: 'stray-removed-at-any-version',
    what: 'a stray item is removed although an enrolment under way has written it',
    breaks: [0],
    besides: 'schedule',
    changes: [
      fake(
        'fake-schedule.ts',
        '(versions.get(itemOf(key, slot)) ?? 0) <= version;',
        '(versions.get(itemOf(key, slot)) ?? 0) <= version || version >= 0;',
      ),
    ],
  },
  {
    name: 'unattended-starts-again',
    what: 'a follow-up starts again for a member that has come to need its user',
    breaks: [6],
    changes: [domain('decision.ts', "situation.claim.trigger !== 'http' ? neededUserAction(member) : null", 'null')],
  },
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
    changes: [domain('notify.ts', 'if (isDone && isTold(left)) return;', 'if (true) return;')],
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
  {
    name: 'learnt-from-attended-jobs',
    what: 'the time that a user takes to answer counts as a job’s length',
    breaks: [0],
    besides: 'learning',
    changes: [domain('job-sample.ts', "if (claim.userPresent || asksUser) return drop('attended');", '')],
  },
  {
    name: 'learnt-from-foreign-jobs',
    what: 'the length of a job that is not known to be ours is learnt',
    breaks: [0],
    besides: 'learning',
    changes: [
      domain(
        'job-sample.ts',
        "if (start.state !== 'accepted' || baseline === null || baseline.isBeingAggregated) return drop('not_ours');",
        "if (start.state === 'none' || baseline === null) return drop('not_ours');",
      ),
      domain('job-sample.ts', "if (start.count > 1) return drop('restarted');", ''),
      domain('job-sample.ts', "if (!isOurs(claim, baseline, member)) return drop('not_ours');", ''),
    ],
  },
  {
    name: 'breaker-stays-open',
    what: 'a breaker never closes',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain(
        'breaker.ts',
        'if (breaker.open === null || !countsFor(breaker, job)) return breaker;\n  const { since, code }',
        'if (breaker.open === null || countsFor(breaker, job)) return breaker;\n  const { since, code }',
      ),
    ],
  },
  {
    name: 'breaker-stops-nothing',
    what: 'scheduled starts do not wait while a bank does not work',
    breaks: [0],
    besides: 'breaker',
    changes: [domain('pass-breakers.ts', 'if (open.size === 0) return', 'if (open.size >= 0) return')],
  },
  {
    name: 'probe-kept',
    what: 'a probe that has started nothing is not given back',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain('start-due.ts', "if (result !== 'accepted' && result !== 'joined') await giveBack(enrolled);", ''),
    ],
  },
  {
    name: 'breaker-stops-callers',
    what: 'a caller’s trigger is refused while its bank does not work',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain(
        'start-refresh.ts',
        'unasked: async () => null,',
        "async unasked(record) {\n      if ((await deps.breakers.open()).has(record.institutionCode ?? '')) throw new Failure('mx_unavailable', 'the bank does not work');\n      return null;\n    },",
      ),
    ],
  },
  {
    name: 'not-supported-stops-callers',
    what: 'a caller’s trigger is refused where MX has no balance checks',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain(
        'start-refresh.ts',
        'unasked: async () => null,',
        "async unasked(record) {\n      if (await holdsNotSupported(deps, record)) throw new Failure('mx_refused', 'the bank has no balance checks');\n      return null;\n    },",
      ),
    ],
  },
  {
    name: 'not-supported-by-one-user',
    what: 'that an institution has no balance checks is believed of one user’s refusals',
    breaks: [0],
    besides: 'breaker',
    changes: [domain('not-supported.ts', 'refusal.userTag !== userTag &&', '')],
  },
  {
    name: 'not-supported-stays',
    what: 'that an institution has no balance checks is believed on after a success',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain(
        'not-supported.ts',
        'if (notSupported === null || answeredAt === null || answeredAt <= notSupported.since) return checks;',
        'if (answeredAt !== undefined) return checks;',
      ),
    ],
  },
  {
    name: 'not-supported-started',
    what: 'the schedule starts members of an institution without balance checks',
    breaks: [0],
    besides: 'breaker',
    changes: [domain('start-refresh.ts', 'if (!(await holdsNotSupported(deps, record))) return null;', 'return null;')],
  },
  {
    name: 'erased-in-one-round',
    what: 'an erasing is said to be done after its first round',
    breaks: [1, 9],
    changes: [domain('erase-data.ts', 'if (round > 1 && !work.hasFound) {', 'if (round > 0) {')],
  },
  {
    name: 'erased-user-taken-up-again',
    what: 'a member of a user of whom everything was erased becomes known',
    breaks: [9],
    changes: [
      domain(
        'start-refresh.ts',
        'if (other === null) await refuseErased(deps.members, key);\n  else',
        'if (other !== null)',
      ),
    ],
  },
  {
    name: 'names-of-the-erased',
    what: 'the names of a member that was deleted are written again',
    breaks: [9],
    changes: [domain('start-refresh.ts', 'else refuseDeleted(other);', '')],
  },
  {
    name: 'erased-in-tables-alone',
    what: 'refreshes of a deleted member are left where they are',
    breaks: [9],
    changes: [
      domain('erase-data.ts', 'await deps.storedData.eraseRefreshes(key, isLate)', '{ erased: 0, isAll: true }'),
    ],
  },
  {
    name: 'history-after-the-write',
    what: 'former amounts are put after the account was written',
    breaks: [0],
    besides: 'history',
    changes: [
      domain(
        'history.ts',
        'const unkept = await keeper.keep(isReplaced ? [...waiting, formerAmounts(stored)] : waiting);',
        'const unkept: FormerAmounts[] = [];',
      ),
      domain(
        'history.ts',
        'return (await write(linked)) ? linked : null;',
        'if (!(await write(linked))) return null;\n  await keeper.keep(isReplaced ? [...waiting, formerAmounts(stored)] : waiting);\n  return linked;',
      ),
    ],
  },
  {
    name: 'history-of-the-new-amounts',
    what: 'the history gets the new amounts in place of the former ones',
    breaks: [0],
    besides: 'history',
    changes: [
      domain(
        'history.ts',
        '[...waiting, formerAmounts(stored)]',
        '[...waiting, { ...formerAmounts(next), amountsSince: stored.amountsSince }]',
      ),
    ],
  },
  {
    name: 'history-dropped',
    what: 'former amounts that the table does not take are dropped',
    breaks: [0],
    besides: 'history',
    changes: [domain('history.ts', '...(unkept.length === 0 ? {} : { unkept }),', '')],
  },
  {
    name: 'history-without-links',
    what: 'amounts do not say which ones they have followed',
    breaks: [0],
    besides: 'history',
    changes: [domain('history.ts', 'isReplaced ? stored.amountsSince : stored.previousSince', 'stored.previousSince')],
  },
  {
    name: 'history-expires-early',
    what: 'former amounts expire by when they were first seen, not by when they were replaced',
    breaks: [0],
    besides: 'history',
    changes: [fake('fake-history.ts', 'plusSeconds(now(), days', 'plusSeconds(former.amountsSince, days')],
  },
  {
    name: 'history-stays',
    what: 'erasing a member leaves its history',
    breaks: [1, 9],
    changes: [
      fake('fake-erasure.ts', 'rows.delete(name);', ''),
      fake('fake-erasure.ts', 'history.delete(textOf(key));', ''),
    ],
  },
  {
    name: 'unlisted-is-fresh',
    what: 'accounts that MX no longer lists are as fresh as ever',
    breaks: [11],
    changes: [
      domain(
        'freshness.ts',
        'const listed = balances.filter((balance) => balance.listed);\n  const oldest',
        'const listed = balances;\n  const oldest',
      ),
    ],
  },
  {
    name: 'unknown-is-fresh',
    what: 'balances of a member that MX does not know stay fresh',
    breaks: [11],
    changes: [domain('freshness.ts', ' || isGone(oldest.observedAt, member)', '')],
  },
  {
    name: 'own-id-leads-to-the-old-one',
    what: 'an own id leads to the account from before a relink',
    breaks: [11],
    changes: [domain('find-account.ts', 'a.listed === b.listed ? a.observedAt > b.observedAt : a.listed', 'false')],
  },
  {
    name: 'waits-after-success',
    what: 'a member whose refresh has succeeded goes on waiting for its user',
    breaks: [0],
    besides: 'attention',
    changes: [
      domain(
        'attention.ts',
        "if (outcome === 'succeeded') return null;",
        "if (outcome === 'succeeded') return 'as_it_is';",
      ),
    ],
  },
  {
    name: 'waits-anew',
    what: 'a member that goes on waiting for the same is said to wait since its newest refresh',
    breaks: [0],
    besides: 'attention',
    changes: [
      domain(
        'attention.ts',
        'stands?.action === attention.action ? { ...attention, since: stands.since } : attention',
        "stands?.action === 'none' ? { ...attention, since: stands.since } : attention",
      ),
    ],
  },
  {
    name: 'held-and-not-waiting',
    what: 'a member that the schedule holds back is not said to wait',
    breaks: [0],
    besides: 'attention',
    changes: [domain('unstarted.ts', 'attentionWhenHeld(attention, held, asOf)', "'as_it_is'")],
  },
  {
    name: 'refused-and-not-waiting',
    what: 'a member that MX refused before there was a claim is not said to wait',
    breaks: [0],
    besides: 'attention',
    changes: [domain('unstarted.ts', 'attentionAtEnd(record.attention, { attempt, member: null })', "'as_it_is'")],
  },
  {
    name: 'calls-in-a-pause',
    what: 'MX is called in a pause',
    breaks: [12],
    changes: [{ file: 'shared/clients/pause-gate.ts', find: 'if (pause === null) return;', replace: 'return;' }],
  },
  {
    name: 'looks-in-a-pause',
    what: 'looks are taken in a pause, and count',
    breaks: [12],
    changes: [
      domain(
        'follow-refresh.ts',
        'if (pauseAt(await deps.pauses.known(), deps.now()) !== null) return putOff',
        'if (false) return putOff',
      ),
    ],
  },
  {
    name: 'begun-in-a-pause',
    what: 'a trigger in a pause begins a refresh that starts after it',
    breaks: [12],
    changes: [domain('start-refresh.ts', " && failure.code !== 'paused'", '')],
  },
  {
    name: 'pause-counts',
    what: 'the time of a pause counts towards deadlines',
    breaks: [12],
    changes: [domain('pause.ts', 'moved += ends - begins', 'moved += 0')],
  },
  {
    name: 'unsent-counts',
    what: 'a POST that a pause has kept from being sent counts as one whose answer did not come',
    breaks: [12],
    changes: [domain('start-job.ts', "if (failure.code === 'paused') {", 'if (false) {')],
  },
  {
    name: 'look-lost-in-a-pause',
    what: 'the message of a look that a pause puts off does not come back',
    breaks: [1, 12],
    changes: [
      domain(
        'follow-refresh.ts',
        'if (told === null) await deps.followUps.send(message, secondsUntilBack(deps.random()));',
        '',
      ),
    ],
  },
];
