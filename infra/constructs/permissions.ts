import { refreshesTable } from '../../shared/clients/table-keys.ts';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import type { ServiceFunction } from './service-function.ts';

/** The resources of grants. An index is a resource of its own: a grant on the table does not cover it. */
export type ResourceName =
  | 'balances'
  | 'members'
  | 'members/open'
  | 'members/attention'
  | 'refreshes'
  | 'refreshes/by_member'
  | 'history'
  | 'erasures'
  | 'followUps'
  | 'starts'
  | 'sweeps'
  | 'events'
  | 'mxSecret'
  | 'apiCallersSecret'
  | 'mxWebhookSecret'
  | 'callbacks'
  | 'callbackSecret';

type Permissions = Readonly<Partial<Record<ResourceName, readonly string[]>>>;

const readSecret = ['secretsmanager:GetSecretValue'];
const send = ['sqs:SendMessage'];
/** For the function that works on the queue: a message that it cannot read is given back at once. */
const sendAndGiveBack = [...send, 'sqs:ChangeMessageVisibility'];
const publish = ['events:PutEvents'];
const get = 'dynamodb:GetItem';
const batchGet = 'dynamodb:BatchGetItem';
const query = 'dynamodb:Query';
const put = 'dynamodb:PutItem';
const update = 'dynamodb:UpdateItem';
const remove = 'dynamodb:DeleteItem';

/** Every action that writes an item; a transaction is checked as those that it consists of. */
const writes = [
  put,
  update,
  remove,
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
];

/** Ending a refresh: store its end, publish it and the changes to the bus, queue the callbacks of its callers. */
const ending: Permissions = {
  // MX's object of the member is an item of its own, put once per refresh.
  members: [get, put, update],
  balances: [query],
  refreshes: [update, query],
  followUps: send,
  events: publish,
  callbacks: send,
};

/** Starting a refresh: claim the member, store the refresh, ask MX, queue a look; end it at once when MX refuses. */
const starting: Permissions = { ...ending, mxSecret: readSecret };

/**
 * What Lambda does, as the function that works on a queue, to that queue. It makes no event source without all three.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
 */
export const consume = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/**
 * The actions that each function uses, and no others. Only `follow-up` writes balances. The function of a queue may
 * {@link consume} it besides.
 */
export const permissions: Readonly<Record<FunctionName, Permissions>> = {
  // Also: stores answers by Idempotency-Key and callbacks, reads ended refreshes, puts members on the default schedule,
  // and removes the slot's item again when the member's schedule was changed by another call meanwhile.
  'check-balance': {
    ...starting,
    members: [get, put, update, remove],
    refreshes: [get, put, update, query],
    apiCallersSecret: readSecret,
  },
  // Also: removes slots' items that their members no longer point to, reads what an earlier delivery has stored of a
  // refused start, and queues one more start for a member that MX did not know, or asked to wait with. A message that
  // only a newer release can read is sent back to the queue as a new one; the functions of the other two queues may
  // send anyway.
  'start-due': {
    ...starting,
    members: [get, put, update, remove],
    refreshes: [get, update, query],
    starts: sendAndGiveBack,
  },
  // It handles MX's webhooks too: it takes members that MX has deleted off the schedule and deletes their balances. It puts
  // former amounts into the history, and deletes these with the balances. It
  // erases what is stored of a person on request: it finds the user's members, and their refreshes by the index.
  'follow-up': {
    ...ending,
    members: [get, query, put, update, remove],
    balances: [get, query, put, update, remove],
    refreshes: [get, update, query, remove],
    'refreshes/by_member': [query],
    history: [query, put, remove],
    erasures: [update],
    followUps: sendAndGiveBack,
    mxSecret: readSecret,
  },
  // It stores in the members table the last minute whose members were all queued.
  'run-schedule': { members: [get, query, update], starts: send },
  // It reads the claims that the index lists a hundred at a time, and breakers of institutions that have yet to be told.
  sweep: {
    ...ending,
    members: [get, batchGet, put, update],
    refreshes: [get, update, query],
    'members/open': [query],
    sweeps: send,
  },
  // It lists a user's members by the partition key that they share. The questions that a member's user has to answer are
  // stored with the refresh that found them.
  'read-balances': {
    balances: [query],
    history: [query],
    members: [get, query],
    refreshes: [get],
    apiCallersSecret: readSecret,
  },
  // Of institutions it lists the directory, their counters and the breakers. It reads the members that the index of those
  // that wait lists, a hundred at a time.
  'read-refresh': {
    refreshes: [get, query],
    'refreshes/by_member': [query],
    members: [get, batchGet],
    'members/attention': [query],
    apiCallersSecret: readSecret,
  },
  'member-schedule': { members: [get, put, update, remove], apiCallersSecret: readSecret },
  // It finds what is stored of the user, writes the receipt and the keyed hash of an own id, and sends what erases.
  'erase-data': {
    members: [get, query],
    balances: [query],
    history: [query],
    erasures: [get, update],
    followUps: send,
    apiCallersSecret: readSecret,
  },
  'unknown-route': {},
  // It asks MX nothing in a pause.
  'check-mx': { refreshes: [get], mxSecret: readSecret },
  'mx-webhook': { followUps: send, mxWebhookSecret: readSecret },
  // It reads what the operator's own systems call the member, at the moment of the POST.
  'deliver-callback': { members: [get], callbacks: sendAndGiveBack, callbackSecret: readSecret },
};

/** Grants that no call of a test uses. */
export interface UnusedGrant {
  readonly actions: readonly string[];
  /** The beginning of the resource's logical id; without it any resource. */
  readonly on?: string;
  /** Why it is there. */
  readonly reason: string;
}

/** What AWS itself does as a role of this stack, and does not do here. `npm run permissions` prints the reasons. */
export const usedByAwsItself: readonly UnusedGrant[] = [
  {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    reason: 'Lambda writes the log of a function as the function.',
  },
  {
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    reason: 'Lambda puts a function into its network as the function.',
  },
  {
    actions: ['lambda:InvokeFunction'],
    reason: 'EventBridge Scheduler calls the function as this role; the local stack does not start without it.',
  },
  {
    actions: ['sqs:SendMessage'],
    on: 'TickDeadLetters',
    reason: 'Lambda and EventBridge Scheduler set aside the minutes that failed for good; nothing here does.',
  },
];

/**
 * Gives every function its permissions. Those that write refreshes are denied the operator's pauses, which are an item of
 * the same table: a fault in their code cannot pause calls to MX, nor end a pause.
 *
 * @param arns the resources of this deployment. One that is not deployed (no API callers without `basic`) is undefined.
 */
export function grantPermissions(
  functions: readonly ServiceFunction<FunctionName>[],
  arns: Readonly<Record<ResourceName, string | undefined>>,
): void {
  const names = Object.keys(arns) as readonly ResourceName[];
  for (const fn of functions) {
    for (const name of names) {
      const actions = permissions[fn.functionName][name];
      const arn = arns[name];
      if (actions === undefined || arn === undefined) continue;
      fn.allow(actions, arn);
      if (name === 'refreshes' && actions.some((action) => writes.includes(action))) {
        fn.denyPartition(writes, arn, refreshesTable.pausesPartition);
      }
    }
  }
}
