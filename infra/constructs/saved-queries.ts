import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import type { ServiceFunction } from './service-function.ts';

/** A question to the functions' logs, as CloudWatch Logs Insights takes it. */
export interface LogQuery {
  readonly name: string;
  /** Whose logs; what is not deployed is left out. */
  readonly of: 'all' | readonly FunctionName[];
  /** One command a line. */
  readonly text: readonly string[];
}

/**
 * Questions that are asked at night. They are free to keep; a run is paid for by the bytes that it reads ($0.005 a GB), which
 * the time chosen beside it decides. Ids in them are placeholders.
 */
export const logQueries: readonly LogQuery[] = [
  {
    name: 'one refresh',
    of: 'all',
    text: [
      'fields @timestamp, service, event, look, outcome, code, failure, member_guid, correlation_id, caller',
      'filter refresh_id = "RFR-00000000000000000000000000"',
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  {
    name: 'one member (choose the last day)',
    of: 'all',
    text: [
      'fields @timestamp, service, event, refresh_id, outcome, code, failure, status, caller',
      'filter member_guid = "MBR-00000000-0000-0000-0000-000000000000"',
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  {
    name: 'slowest refreshes',
    of: ['check-balance', 'start-due', 'follow-up', 'sweep'],
    text: [
      'filter ispresent(refresh_id) and event in ["request.answered", "start.accepted", "follow_up.done", "webhook.handled"]',
      'stats (max(@timestamp) - min(@timestamp)) / 1000 as seconds, max(look) as looks, latest(outcome) as last by refresh_id',
      'sort seconds desc',
      'limit 50',
    ],
  },
  {
    name: 'errors by code',
    of: 'all',
    text: [
      // What went well may have a code, too.
      'filter ispresent(code) and level in ["WARN", "ERROR"]',
      'stats count(*) as lines, latest(failure) as example, max(@timestamp) as newest by service, event, code',
      'sort lines desc',
      'limit 100',
    ],
  },
  {
    name: 'reads by caller',
    of: ['read-balances', 'read-refresh'],
    text: [
      'filter event = "request.answered" and ispresent(caller)',
      'stats count(*) as requests, count_distinct(member_guid) as members by caller, route',
      'sort requests desc',
      'limit 100',
    ],
  },
];

/** The queries, in a folder of CloudWatch's console that is called after the deployment. */
export class SavedQueries extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { name, functions }: { readonly name: string; readonly functions: readonly ServiceFunction<FunctionName>[] },
  ) {
    super(scope, id);
    for (const query of logQueries) {
      const asked = functions.filter(({ functionName }) => query.of === 'all' || query.of.includes(functionName));
      new CfnQueryDefinition(this, query.name.replace(/ \(.*/, '').replaceAll(' ', '-'), {
        name: `${name}/${query.name}`,
        queryString: query.text.join('\n| '),
        logGroupNames: asked.map(({ logGroup }) => logGroup.logGroupName),
      });
    }
  }
}
