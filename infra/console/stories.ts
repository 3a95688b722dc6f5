/** What can be tried with the simulator by a click: a bank that behaves in one way, and what will be seen. */

/** A bank's way, and a refresh there. */
export interface Story {
  readonly name: string;
  readonly title: string;
  /** What will be seen, in a sentence or two. */
  readonly text: string;
  /** Of the simulator (`infra/mx-simulator/scenarios.ts`). */
  readonly scenario: string;
  /** How long its jobs take; null: as the scenario has it. */
  readonly jobSeconds: number | null;
  /** Whether the trigger says that the user is there to answer. */
  readonly userPresent?: boolean;
  /** MX answers nothing about the member from the trigger on. */
  readonly mxGoesDown?: boolean;
}

/** In the order of the page. */
export const stories: readonly Story[] = [
  {
    name: 'works',
    title: 'A bank that works',
    text: 'The job runs for six seconds; then the accounts are read and stored.',
    scenario: 'moving',
    jobSeconds: 6,
  },
  {
    name: 'denied',
    title: 'A bank that refuses the password',
    text: 'The refresh ends as action_required: the user has to log in again. Nothing is stored, and the schedule would start no other job.',
    scenario: 'denied',
    jobSeconds: 4,
  },
  {
    name: 'challenged',
    title: 'A bank that asks the user',
    text: 'The trigger says that the user is present, so that the refresh waits for the answer. “correct” is the right one.',
    scenario: 'challenged',
    jobSeconds: 5,
    userPresent: true,
  },
  {
    name: 'slow',
    title: 'A slow bank',
    text: 'The job takes 40 seconds: looks come further and further apart, and a second trigger would join this refresh.',
    scenario: 'ok',
    jobSeconds: 40,
  },
  {
    name: 'lies',
    title: 'MX says yes and starts nothing',
    text: 'MX answers 202, and no job begins. Without proof of a job the refresh ends as not_refreshed after half a minute or more: old numbers are not shown as new.',
    scenario: 'starts-nothing',
    jobSeconds: null,
  },
  {
    name: 'flaps',
    title: 'A failure that is none',
    text: 'Half way the member shows DENIED while its job still runs; then it ends well. The first look that sees it is not believed.',
    scenario: 'interim-error',
    jobSeconds: 12,
  },
  {
    name: 'refused',
    title: 'A bank in maintenance',
    text: 'MX refuses to start a job: the trigger is answered with what to do, and nothing runs.',
    scenario: 'refused-maintenance',
    jobSeconds: null,
  },
  {
    name: 'down',
    title: 'MX goes down',
    text: 'MX accepts the job and then answers 503 to everything about this member. Looks are repeated until MX is back, or the deadline is over.',
    scenario: 'ok',
    jobSeconds: 4,
    mxGoesDown: true,
  },
];
