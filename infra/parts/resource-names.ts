import { membersTable, refreshesTable } from '../../shared/clients/table-keys.ts';
import type { ResourceName } from '../constructs/permissions.ts';
import type { ResourceValue } from '../environment.ts';
import type { Queues } from './queues.ts';
import type { Stores } from './stores.ts';

/** Names of the resources for the functions' environment. Empty: a setting switches the resource off. */
export function namesOf(
  { storage, credentials, events }: Stores,
  { followUps, starts, sweeps, callbacks }: Queues,
): Readonly<Record<ResourceValue, string>> {
  return {
    balancesTable: storage.balances.tableName,
    membersTable: storage.members.tableName,
    refreshesTable: storage.refreshes.tableName,
    historyTable: storage.history.tableName,
    erasuresTable: storage.erasures.tableName,
    followUpQueueUrl: followUps.queue.queueUrl,
    startQueueUrl: starts.queue.queueUrl,
    sweepQueueUrl: sweeps.queue.queueUrl,
    eventBusName: events.eventBusName,
    mxSecretArn: credentials.mx.secretArn,
    apiCallersSecretArn: credentials.apiCallers?.secretArn ?? '',
    mxWebhookSecretArn: credentials.mxWebhooks?.secretArn ?? '',
    callbackQueueUrl: callbacks?.queue.queueUrl ?? '',
    callbackSecretArn: credentials.callbacks?.secretArn ?? '',
  };
}

/** ARNs of the resources for the functions' permissions. Undefined: not deployed. */
export function arnsOf(
  { storage, credentials, events }: Stores,
  { followUps, starts, sweeps, callbacks }: Queues,
): Readonly<Record<ResourceName, string | undefined>> {
  return {
    balances: storage.balances.tableArn,
    members: storage.members.tableArn,
    'members/open': `${storage.members.tableArn}/index/${membersTable.openIndex.name}`,
    'members/attention': `${storage.members.tableArn}/index/${membersTable.attentionIndex.name}`,
    refreshes: storage.refreshes.tableArn,
    history: storage.history.tableArn,
    erasures: storage.erasures.tableArn,
    'refreshes/by_member': `${storage.refreshes.tableArn}/index/${refreshesTable.byMemberIndex.name}`,
    followUps: followUps.queue.queueArn,
    starts: starts.queue.queueArn,
    sweeps: sweeps.queue.queueArn,
    events: events.eventBusArn,
    mxSecret: credentials.mx.secretArn,
    apiCallersSecret: credentials.apiCallers?.secretArn,
    mxWebhookSecret: credentials.mxWebhooks?.secretArn,
    callbacks: callbacks?.queue.queueArn,
    callbackSecret: credentials.callbacks?.secretArn,
  };
}
