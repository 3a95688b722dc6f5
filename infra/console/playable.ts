/** What can be made to go wrong in the simulator by a click: calls that fail, webhooks, MX’s choices, and what banks do. */

/** A fault of calls, as `add-fault` of the simulator takes it but for whom it hits and how often. */
export interface PlayableFault {
  readonly name: string;
  readonly title: string;
  /** What MX does then, for people who have never heard of it. */
  readonly text: string;
  readonly fault: Readonly<Record<string, unknown>> & {
    readonly how: Readonly<Record<string, unknown>> & { readonly kind: string };
  };
}

/** A setting of the simulator that is on or off. */
export interface PlayableSetting extends Omit<PlayableFault, 'fault'> {
  readonly on: Settings;
  /** As the simulator has it by default. */
  readonly off: Settings;
}

/** A part of the simulator’s settings. */
export type Settings = Readonly<Record<string, unknown>>;

/** Something that happens once, to a member. */
export interface PlayableEvent extends Omit<PlayableFault, 'fault'> {
  /** The simulator’s command. */
  readonly command: string;
  /** Its body for this member; `account` is its first one. */
  readonly body: (of: { readonly member: string; readonly account: string }) => Readonly<Record<string, unknown>>;
  readonly needsAccount?: true;
}

const START = ['check-balance'];

/** The faults of calls, in the order of the page. */
export const playableFaults: readonly PlayableFault[] = [
  {
    name: 'mx-down',
    title: 'MX is down',
    text: 'Calls are answered 503, with a gateway’s page in place of JSON.',
    fault: { how: { kind: 'status', status: 503, body: 'html' } },
  },
  {
    name: 'mx-error',
    title: 'MX has an error',
    text: 'Calls are answered 500.',
    fault: { how: { kind: 'status', status: 500 } },
  },
  {
    name: 'throttled',
    title: 'MX is asked too often',
    text: 'Calls are answered 429, with the wish to wait 30 seconds (Retry-After).',
    fault: { how: { kind: 'status', status: 429, retryAfter: '30' } },
  },
  {
    name: 'starts-throttled',
    title: 'MX starts no more jobs',
    text: 'Only requests for a job are answered 429, as when a member had too many within two hours. Reading goes on.',
    fault: { how: { kind: 'status', status: 429 }, routes: START },
  },
  {
    name: 'slow',
    title: 'MX is slow',
    text: 'Answers come two seconds late.',
    fault: { how: { kind: 'slow', delayMs: 2_000 } },
  },
  {
    name: 'silent',
    title: 'MX never answers',
    text: 'MX takes a call and says nothing: the service stops waiting after four or five seconds.',
    fault: { how: { kind: 'timeout' } },
  },
  {
    name: 'drips',
    title: 'Answers come drop by drop',
    text: 'An answer begins at once; its rest takes two seconds.',
    fault: { how: { kind: 'slow-body', delayMs: 2_000 } },
  },
  {
    name: 'cut',
    title: 'The connection is cut',
    text: 'The connection ends before MX has read the call, as when a network breaks.',
    fault: { how: { kind: 'reset' } },
  },
  {
    name: 'answer-lost',
    title: 'The answer is lost',
    text: 'MX starts the job, and the connection ends before it says so: whether there is a job has to be found out.',
    fault: { how: { kind: 'reset' }, routes: START, effect: 'after' },
  },
  {
    name: 'gateway-late',
    title: 'A gateway gives up too early',
    text: 'MX starts the job, and a gateway in between answers 504 for it.',
    fault: { how: { kind: 'status', status: 504, body: 'html' }, routes: START, effect: 'after' },
  },
  {
    name: 'broken-off',
    title: 'Answers break off',
    text: 'The connection ends half way through an answer.',
    fault: { how: { kind: 'broken-body' } },
  },
  {
    name: 'no-json',
    title: 'Answers that are no JSON',
    text: 'MX says 200, and sends a web page.',
    fault: { how: { kind: 'status', status: 200, body: 'html' } },
  },
  {
    name: 'nothing-said',
    title: 'Answers with nothing in them',
    text: 'MX says 200, and sends nothing.',
    fault: { how: { kind: 'status', status: 200, body: 'empty' } },
  },
  {
    name: 'accounts-fail',
    title: 'Accounts cannot be read',
    text: 'The job runs and ends, and only the reading of its accounts is answered 500.',
    fault: { how: { kind: 'status', status: 500 }, routes: ['list-accounts'] },
  },
  {
    name: 'key-refused',
    title: 'MX refuses the service’s key',
    text: 'Calls are answered 401, as after the API key was replaced at MX and not here.',
    fault: { how: { kind: 'status', status: 401 } },
  },
  {
    name: 'address-refused',
    title: 'MX does not know this address',
    text: 'Calls are answered 403: MX takes calls from addresses on its list alone.',
    fault: { how: { kind: 'status', status: 403 } },
  },
  {
    name: 'member-unknown',
    title: 'MX does not find the member',
    text: 'Reading the member is answered 404.',
    fault: { how: { kind: 'status', status: 404 }, routes: ['read-member'] },
  },
  {
    name: 'now-and-then',
    title: 'MX fails now and then',
    text: 'Three calls of ten are answered 502, by chance.',
    fault: { how: { kind: 'status', status: 502 }, probability: 0.3 },
  },
];

/** Webhooks: MX’s messages that something has changed at a member. The service only takes them as hints. */
export const playableWebhooks: readonly PlayableSetting[] = [
  {
    name: 'webhooks-lost',
    title: 'Webhooks are lost',
    text: 'MX sends no message that a job is over: the service sees it when it looks by itself.',
    on: { webhooks: { lose: 1 } },
    off: { webhooks: { lose: 0 } },
  },
  {
    name: 'webhooks-doubled',
    title: 'Webhooks come twice',
    text: 'MX sends each message twice.',
    on: { webhooks: { double: 1 } },
    off: { webhooks: { double: 0 } },
  },
  {
    name: 'webhooks-late',
    title: 'Webhooks come late',
    text: 'Messages are up to 30 seconds late, and no longer in their order.',
    on: { webhooks: { delay: 1, delaySeconds: 30 } },
    off: { webhooks: { delay: 0, delaySeconds: 30 } },
  },
  {
    name: 'webhooks-early',
    title: 'Webhooks come too early',
    text: 'MX says up to five seconds before a job’s end that it has ended.',
    on: { webhooks: { early: 1, earlySeconds: 5 } },
    off: { webhooks: { early: 0, earlySeconds: 5 } },
  },
];

/** Where MX’s documents leave a choice. */
export const playableChoices: readonly PlayableSetting[] = [
  {
    name: 'every-bank-limited',
    title: 'MX limits its test bank too',
    text: 'The sixth job of a member within two hours is refused (429), also at MX Bank, where these members are.',
    on: { throttleBalanceJobs: true },
    off: { throttleBalanceJobs: 'unless-mxbank' },
  },
  {
    name: 'impatient',
    title: 'Questions expire soon',
    text: 'A bank’s question that is not answered within 20 seconds expires.',
    on: { challengeSeconds: 20 },
    off: { challengeSeconds: 300 },
  },
  {
    name: 'mixed-order',
    title: 'Accounts in another order each time',
    text: 'MX promises no order of its lists, and has another one for each call.',
    on: { accountOrder: 'per-call' },
    off: { accountOrder: 'stable' },
  },
  {
    name: 'no-error-field',
    title: 'A member without the field error',
    text: 'MX leaves the field out, where it has an empty one at other times.',
    on: { noError: 'missing' },
    off: { noError: 'object' },
  },
];

/** What users, banks and MX do once. */
export const playableEvents: readonly PlayableEvent[] = [
  {
    name: 'balance-changes',
    title: 'Money moves',
    text: 'The first account has another balance at the bank. MX has it after its next job.',
    command: 'set-balances',
    body: ({ member, account }) => ({ member, account, values: { balance: someAmount() } }),
    needsAccount: true,
  },
  {
    name: 'logs-in',
    title: 'The user logs in again',
    text: 'The user enters a new password, which is right.',
    command: 'set-password',
    body: ({ member }) => ({ member, password: 'right' }),
  },
  {
    name: 'background',
    title: 'MX runs a job of its own',
    text: 'As MX does about once a day; here it takes 20 seconds, and refuses ours meanwhile (409).',
    command: 'start-background',
    body: ({ member }) => ({ member, seconds: 20 }),
  },
  {
    name: 'account-closes',
    title: 'An account is closed',
    text: 'The first account stays in the list, as closed, and moves no more.',
    command: 'close-account',
    body: ({ member, account }) => ({ member, account }),
    needsAccount: true,
  },
  {
    name: 'account-vanishes',
    title: 'An account vanishes',
    text: 'The first account is in no list any more.',
    command: 'drop-account',
    body: ({ member, account }) => ({ member, account }),
    needsAccount: true,
  },
  {
    name: 'member-deleted',
    title: 'The member is deleted at MX',
    text: 'MX knows the member no more (404).',
    command: 'delete-member',
    body: ({ member }) => ({ member }),
  },
];

/** With a part of a hundredth, so that it is seen to be kept digit for digit. */
const someAmount = (): string => (100 + Math.random() * 9_000).toFixed(3);
