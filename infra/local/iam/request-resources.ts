/**
 * What a call of AWS has to be allowed: an action on a resource, or several.
 *
 * Actions and the resources they are about: https://docs.aws.amazon.com/service-authorization/latest/reference/
 */

/** One action on one resource. */
export interface Authorization {
  /** `service:Action` */
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
}

/** Where the resources are. */
export interface Account {
  readonly region: string;
  readonly account: string;
}

type Input = Readonly<Record<string, unknown>>;
type ResourcesOf = (input: Input, account: Account) => readonly string[];

const arn = (service: string, { region, account }: Account, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;

/** @param name the name, or the ARN itself */
export const tableArn = (name: string, account: Account): string =>
  name.startsWith('arn:') ? name : arn('dynamodb', account, `table/${name}`);

const table: ResourcesOf = (input, account) => [tableArn(textIn(input, 'TableName'), account)];

/** An index is a resource of its own: who may query the table may not therefore query its indexes. */
const tableOrIndex: ResourcesOf = (input, account) => {
  const ofTable = tableArn(textIn(input, 'TableName'), account);
  return [input['IndexName'] === undefined ? ofTable : `${ofTable}/index/${textIn(input, 'IndexName')}`];
};

const everyTable: ResourcesOf = (input, account) =>
  Object.keys(objectIn(input, 'RequestItems')).map((name) => tableArn(name, account));

const queue: ResourcesOf = (input, { region }) => {
  const url = textIn(input, 'QueueUrl');
  const [, account = '', name] = /\/(\d{12})\/([\w-]+(?:\.fifo)?)$/.exec(url) ?? [];
  if (name === undefined) throw new Error(`${url} is no URL of a queue`);
  return [arn('sqs', { region, account }, name)];
};

const everyBus: ResourcesOf = (input, account) => {
  const entries = input['Entries'];
  if (!Array.isArray(entries)) throw missing('Entries');
  return entries.map((entry: unknown) => {
    const { EventBusName: name = 'default' } = Object(entry);
    if (typeof name !== 'string') throw missing('EventBusName');
    return name.startsWith('arn:') ? name : arn('events', account, `event-bus/${name}`);
  });
};

const secret: ResourcesOf = (input) => {
  const id = textIn(input, 'SecretId');
  // A name alone does not tell the six characters that AWS appends to it.
  if (!id.startsWith('arn:')) throw new Error(`the secret ${id} is named without its ARN`);
  return [id];
};

/** By call: the action that policies know it by, unless it is the call's own name, and its resources. */
const calls: Readonly<Record<string, { readonly action?: string; readonly resources: ResourcesOf }>> = {
  'dynamodb:GetItem': { resources: table },
  'dynamodb:PutItem': { resources: table },
  'dynamodb:UpdateItem': { resources: table },
  'dynamodb:DeleteItem': { resources: table },
  'dynamodb:DescribeTable': { resources: table },
  'dynamodb:Query': { resources: tableOrIndex },
  'dynamodb:Scan': { resources: tableOrIndex },
  'dynamodb:BatchGetItem': { resources: everyTable },
  'dynamodb:BatchWriteItem': { resources: everyTable },
  'sqs:SendMessage': { resources: queue },
  'sqs:SendMessageBatch': { action: 'sqs:SendMessage', resources: queue },
  'sqs:ReceiveMessage': { resources: queue },
  'sqs:DeleteMessage': { resources: queue },
  'sqs:DeleteMessageBatch': { action: 'sqs:DeleteMessage', resources: queue },
  'sqs:ChangeMessageVisibility': { resources: queue },
  'sqs:ChangeMessageVisibilityBatch': { action: 'sqs:ChangeMessageVisibility', resources: queue },
  'sqs:GetQueueAttributes': { resources: queue },
  'events:PutEvents': { resources: everyBus },
  'secretsmanager:GetSecretValue': { resources: secret },
};

/**
 * What a call has to be allowed; each once.
 *
 * @param call `service:Operation`, as the SDK names it
 * @throws Error with a sentence for a call that is not known, and for a request that does not name its resource
 */
export function authorizationsOf(call: string, input: unknown, account: Account): readonly Authorization[] {
  const known = Object.hasOwn(calls, call) ? calls[call] : undefined;
  if (known === undefined) {
    throw new Error(
      `it is not known which resources ${call} is about: teach it in infra/local/iam/request-resources.ts`,
    );
  }
  if (!isObject(input)) throw new Error(`the request of ${call} is no object`);
  const resources = new Set(known.resources(input, account));
  return [...resources].map((resource) => ({ action: known.action ?? call, resource }));
}

const missing = (name: string): Error => new Error(`the request does not say its ${name}`);

const isObject = (value: unknown): value is Input =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textIn(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value === '') throw missing(name);
  return value;
}

function objectIn(input: Input, name: string): Input {
  const value = input[name];
  if (!isObject(value)) throw missing(name);
  return value;
}
