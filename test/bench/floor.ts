/** The floor of the bench: the least that a function of this service could be, the SDK's clients of DynamoDB and SQS. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const db = new DynamoDBClient({});
const sqs = new SQSClient({});

/** One read and one message. */
export const handler = async (): Promise<void> => {
  const Key = { user_guid: { S: 'USR-none' }, item_key: { S: 'MBR-none' } };
  await db.send(new GetItemCommand({ TableName: process.env['MEMBERS_TABLE'] ?? '', Key }));
  await sqs.send(
    new SendMessageCommand({ QueueUrl: process.env['BENCH_QUEUE_URL'] ?? '', MessageBody: '{}', DelaySeconds: 900 }),
  );
};
