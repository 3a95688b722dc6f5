/** Calls of a given engine as they came over the wire, for an action that is not known beforehand. */
import { type DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { type AwsAnswer, services } from '../../infra/local/stack/aws-call.ts';

/** A call of one service in its JSON protocol. */
interface RawCall {
  readonly action: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Sends the call with endpoint, region and signature of the client's, and gives the answer as it is, errors included. */
export async function rawCallOfDynamoDb(client: DynamoDBClient, call: RawCall): Promise<AwsAnswer> {
  const command = new ListTablesCommand({});
  const answer = carry(command.middlewareStack, `${services.dynamodb.target}.${call.action}`, call.body);
  await client.send(command, { abortSignal: call.signal });
  return answer();
}

/** The same of SQS. */
export async function rawCallOfSqs(client: SQSClient, call: RawCall): Promise<AwsAnswer> {
  const command = new ListQueuesCommand({});
  // What is put into it knows nothing of the command's input and output, in which the two stacks differ.
  const stack = command.middlewareStack as unknown as Stack;
  const answer = carry(stack, `${services.sqs.target}.${call.action}`, call.body);
  await client.send(command, { abortSignal: call.signal });
  return answer();
}

type Stack = ListTablesCommand['middlewareStack'];

/** Makes a command carry another call. @returns what gives that call's answer, when the command has been sent */
function carry(stack: Stack, target: string, body: string) {
  let answer: AwsAnswer = { status: 500, headers: {}, body: '' };
  stack.add(
    (next) => (args) => {
      if (HttpRequest.isInstance(args.request)) {
        args.request.body = body;
        args.request.headers['x-amz-target'] = target;
        args.request.headers['content-length'] = String(Buffer.byteLength(body));
      }
      return next(args);
    },
    { step: 'build', priority: 'low' },
  );
  stack.add(
    (next) => async (args) => {
      const { response } = await next(args);
      if (!HttpResponse.isInstance(response)) throw new TypeError('no answer of HTTP');
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      answer = { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
      // To the SDK it is a success of the command that carried it.
      return {
        response: new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from('{}') }),
        output: { $metadata: {} },
      };
    },
    { step: 'deserialize', priority: 'low' },
  );
  return () => answer;
}
