/** Deliberate faults. */
import { domain, type Mutant } from './mutant.ts';

/** Of members that wait for a person, and of pauses. */
export const waitingMutants: readonly Mutant[] = [
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
    name: 'hold-outlives-reading',
    what: 'a reading that shows that a member needs no person leaves the hold of the schedule',
    breaks: [0],
    besides: 'attention',
    changes: [
      domain(
        'attention.ts',
        'held: isHoldOver && !asksSomebody(member) && !isNewer(attention, readAt)',
        'held: false && isHoldOver',
      ),
    ],
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
    changes: [domain('pause.ts', 'moved += Math.max(0, epochMillisecondsOf(until) - begins)', 'moved += 0')],
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
