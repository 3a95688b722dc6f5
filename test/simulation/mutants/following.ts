/** Deliberate faults. */
import { domain, fake, type Mutant } from './mutant.ts';

/** Of starting, looking, storing and ending a refresh. */
export const followingMutants: readonly Mutant[] = [
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
];
