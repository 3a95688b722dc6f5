import type { Blueprint } from './blueprint.ts';
import { type DynamoDb, startDynamoDb } from './dynamodb-engine.ts';
import { type Sqs, startSqs } from './sqs-engine.ts';
import type { StackData } from './stack-data.ts';
import { queueName } from './wire-queues.ts';

/**
 * Starts the engines and creates the template's tables and queues in them.
 *
 * @param cleanup ends them
 * @param data where they keep what they hold. @default in memory
 */
export async function startEngines(
  blueprint: Blueprint,
  cleanup: AsyncDisposableStack,
  data?: StackData,
): Promise<{ readonly dynamoDb: DynamoDb; readonly sqs: Sqs }> {
  const { awsEndpointUrl, region, account } = blueprint.place;
  const dynamoDb = await startDynamoDb(data?.directory('tables'));
  cleanup.defer(() => dynamoDb.close());
  for (const { ref, properties } of blueprint.ofType('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table')) {
    await dynamoDb.createTable(ref, properties);
  }
  const sqs = await startSqs(awsEndpointUrl, region, account, data?.directory('queues'));
  cleanup.defer(() => sqs.close());
  for (const { ref, properties } of blueprint.ofType('AWS::SQS::Queue')) {
    await sqs.createQueue(queueName(ref), properties);
  }
  return { dynamoDb, sqs };
}
