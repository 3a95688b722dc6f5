/** Whether the template lets a function do what it was seen doing: the engines here check no permissions. */
import { at, listAt, type Synthesized, statementsOf } from '../infra/synthesized.ts';

/** A call of AWS, and what it is about: a table, perhaps with an index behind a slash, a queue, a secret or a bus. */
export interface AwsCall {
  /** As policies name it. */
  readonly action: string;
  readonly resource: string;
}

/** IAM knows no batches of these. */
const actions: Readonly<Record<string, string>> = { 'sqs:SendMessageBatch': 'sqs:SendMessage' };

const services: Readonly<Record<string, string>> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  AWSEvents: 'events',
  secretsmanager: 'secretsmanager',
};

/** The calls that a request is: a read of many items is one for each table. */
export function callsOf(target: string, input: unknown): readonly AwsCall[] {
  const [service = '', operation = ''] = target.split('.');
  const named = `${services[service] ?? service}:${operation}`;
  const action = actions[named] ?? named;
  return resourcesIn(input).map((resource) => ({ action, resource }));
}

function resourcesIn(input: unknown): readonly string[] {
  const many = at(input, 'RequestItems');
  if (typeof many === 'object' && many !== null) return Object.keys(many);
  const table = at(input, 'TableName');
  const index = at(input, 'IndexName');
  if (typeof table === 'string') return [index === undefined ? table : `${table}/${String(index)}`];
  const queue = at(input, 'QueueUrl');
  if (typeof queue === 'string') return [queue.slice(queue.lastIndexOf('/') + 1)];
  return [String(at(input, 'SecretId') ?? at(input, 'Entries', 0, 'EventBusName'))];
}

/** Names of the tables here, by the beginning of their logical ids. */
const tables = { StorageBalances: 'balances', StorageMembers: 'members', StorageRefreshes: 'refreshes' } as const;

/** What a statement's resource is called here; an index stands behind its table. */
function nameOf(resource: unknown): string {
  const join = listAt(resource, 'Fn::Join', 1);
  if (join.length > 0) return `${nameOf(join[0])}${String(join[1]).replace('/index', '')}`;
  const id = String(at(resource, 'Ref') ?? at(resource, 'Fn::GetAtt', 0) ?? resource);
  const table = Object.entries(tables).find(([beginning]) => id.startsWith(beginning));
  return table?.[1] ?? id;
}

/** Those of `calls` that the role of the function `construct` may not make. */
export function refused(template: Synthesized, construct: string, calls: readonly AwsCall[]): readonly AwsCall[] {
  const granted = new Set(
    statementsOf(template)
      .filter(({ policy }) => policy.startsWith(`${construct}RoleDefaultPolicy`))
      .flatMap(({ actions: some, resources }) =>
        some.flatMap((action) => resources.map((of) => `${action} ${nameOf(of)}`)),
      ),
  );
  return calls.filter(({ action, resource }) => !granted.has(`${action} ${resource}`));
}
