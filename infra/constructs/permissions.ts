import type { FunctionName } from '../../shared/lambda/environment.ts';
import type { ServiceFunction } from './service-function.ts';

/** What a function may be allowed to touch. An index is a resource of its own: a grant on the table does not cover it. */
export type ResourceName =
  | 'balances'
  | 'members'
  | 'members/open'
  | 'refreshes'
  | 'refreshes/by_member'
  | 'followUps'
  | 'starts'
  | 'events'
  | 'mxSecret'
  | 'apiCallersSecret'
  | 'mxWebhookSecret'
  | 'callbacks'
  | 'callbackSecret';

type Permissions = Readonly<Partial<Record<ResourceName, readonly string[]>>>;

const readSecret = ['secretsmanager:GetSecretValue'];
const send = ['sqs:SendMessage'];
const publish = ['events:PutEvents'];
const get = 'dynamodb:GetItem';
const query = 'dynamodb:Query';
const put = 'dynamodb:PutItem';
const update = 'dynamodb:UpdateItem';
const remove = 'dynamodb:DeleteItem';

/** Ending a refresh: note it, tell of it and of what it changed, to the bus and to whoever asked for a callback. */
const ending: Permissions = {
  members: [get, update],
  balances: [query],
  refreshes: [update, query],
  followUps: send,
  events: publish,
  callbacks: send,
};

/** Starting a refresh: claim the member, note the refresh, ask MX, book a look; end it at once when MX says so. */
const starting: Permissions = { ...ending, members: [get, put, update], mxSecret: readSecret };

/**
 * Who may do what: every action that a function really uses, and none besides. Only `follow-up` writes balances.
 * Reading a queue, and giving its messages back, is allowed by its event source.
 */
export const permissions: Readonly<Record<FunctionName, Permissions>> = {
  // It also keeps answers by Idempotency-Key and callbacks, and reads how a refresh went that is over already. It enrols by
  // default, and removes the slot's item again when somebody has said something else meanwhile.
  'check-balance': {
    ...starting,
    members: [get, put, update, remove],
    refreshes: [get, put, update, query],
    apiCallersSecret: readSecret,
  },
  // It also removes items of the schedule that their members no longer point to, reads what an earlier delivery has noted of
  // a refused start, and asks once more in a minute for a member that MX did not know. A message that only a newer release can
  // read goes back to the queue as a new one; the other two queues' functions may send to theirs anyway.
  'start-due': {
    ...starting,
    members: [get, put, update, remove],
    refreshes: [get, put, query],
    starts: send,
  },
  // It acts on MX's webhooks too: members that MX has deleted lose their place in the schedule and their balances.
  'follow-up': {
    ...ending,
    members: [get, put, update, remove],
    balances: [get, query, put, update, remove],
    refreshes: [get, update, query],
    mxSecret: readSecret,
  },
  // It keeps in the members table the last minute that it has worked through.
  'run-schedule': { members: [get, query, update], starts: send },
  sweep: { ...ending, 'members/open': [query] },
  // The questions of a member that waits for its user are with the refresh that met them.
  'read-balances': { balances: [query], members: [get], refreshes: [get], apiCallersSecret: readSecret },
  'read-refresh': {
    refreshes: [get],
    'refreshes/by_member': [query],
    members: [get],
    apiCallersSecret: readSecret,
  },
  'member-schedule': { members: [get, put, update, remove], apiCallersSecret: readSecret },
  'unknown-route': { apiCallersSecret: readSecret },
  'mx-webhook': { followUps: send, mxWebhookSecret: readSecret },
  'deliver-callback': { callbacks: send, callbackSecret: readSecret },
};

/**
 * Gives every function its permissions.
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
      if (actions !== undefined && arn !== undefined) fn.allow(actions, arn);
    }
  }
}
