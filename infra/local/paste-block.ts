/** Shell lines to paste into another terminal. */
import type { Project } from './project.ts';

/** Stack outputs and queues under the names of shell variables; what a stack does not have is left out. */
const TABLES = {
  BALANCES_TABLE: 'BalancesTable',
  MEMBERS_TABLE: 'MembersTable',
  REFRESHES_TABLE: 'RefreshesTable',
  HISTORY_TABLE: 'HistoryTable',
};
const QUEUES = {
  FOLLOW_UPS_QUEUE_URL: 'FollowUpsQueue',
  STARTS_QUEUE_URL: 'StartsQueue',
  CALLBACKS_QUEUE_URL: 'CallbacksQueue',
};

/**
 * Shell lines that set what `curl`, the AWS CLI and the AWS SDKs need to reach the running project.
 *
 * @param callersSign whether the API's callers sign with AWS keys and have no `client_id:key`
 */
export function pasteBlock({ stack, caller }: Project, callersSign: boolean): readonly string[] {
  const { accessKeyId, secretAccessKey } = stack.awsCredentials;
  const queues = Object.entries(QUEUES).flatMap(([name, queue]) => {
    const url = stack.findPhysicalId(queue);
    return url === undefined ? [] : [`${name}=${url}`];
  });
  return [
    // One that was pasted earlier would make the examples use it.
    callersSign
      ? `unset CALLER; export API=${stack.apiUrl}`
      : `export API=${stack.apiUrl} CALLER=${caller.clientId}:${caller.key}`,
    // Older AWS CLIs read only AWS_DEFAULT_REGION, SDKs only AWS_REGION.
    `export AWS_ENDPOINT_URL=${stack.awsEndpointUrl} AWS_REGION=${stack.region} AWS_DEFAULT_REGION=${stack.region}`,
    `export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} STACK=${stack.stackName}`,
    `export ${Object.entries(TABLES)
      .map(([name, output]) => `${name}=${stack.outputs[output]}`)
      .join(' ')}`,
    `export ${queues.join(' ')}`,
  ];
}
