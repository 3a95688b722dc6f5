/**
 * Entry of the process that stands in for AWS and MX while cold starts are measured. It first passes calls on and keeps
 * the answers, then gives them again at once: what the engines need to answer is in no figure. By TLS, as
 * AWS and MX are reached.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from './self-signed.ts';

/** What the bench tells it: whose calls follow, and where they are passed on to (null: answered from memory). */
export interface StubTask {
  readonly name: string;
  readonly record: { readonly aws: string; readonly mx: string } | null;
}

/** What it says: once where it listens, then after each task how many calls the one before it brought, and unknown ones. */
export type StubReport =
  | { readonly kind: 'listening'; readonly origin: string; readonly cert: string }
  | { readonly kind: 'ready'; readonly calls: number; readonly unknown: readonly string[] };

interface Kept {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const kept = new Map<string, Kept[]>();
let task: StubTask = { name: '', record: null };
let calls = 0;
let unknown: string[] = [];
let answered = new Map<string, number>();

/** Calls with the same key get their answers in the order of the first run. */
function keyOf({ method, url, headers }: IncomingMessage, body: Buffer): string {
  const target = headers['x-amz-target'];
  if (target === undefined) return `${task.name} ${method} ${url}`;
  const { TableName = '', Key = {}, SecretId = '' } = JSON.parse(body.toString()) as Record<string, unknown>;
  // A refresh has another id in each run.
  const item = JSON.stringify(Key).replaceAll(/RFR-\w+/g, 'RFR');
  return [task.name, target, TableName, item, SecretId].join(' ');
}

async function passOn(request: IncomingMessage, body: Buffer, origin: string): Promise<Kept> {
  const { connection: _, host: __, ...headers } = request.headers;
  const answer = await fetch(new URL(request.url ?? '/', origin), {
    method: request.method ?? 'GET',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    ...(body.length === 0 ? {} : { body }),
  });
  const { 'content-encoding': ___, 'transfer-encoding': ____, ...given } = Object.fromEntries(answer.headers);
  return { status: answer.status, headers: given, body: Buffer.from(await answer.arrayBuffer()) };
}

async function answerTo(request: IncomingMessage, body: Buffer): Promise<Kept> {
  calls += 1;
  const key = keyOf(request, body);
  const { record } = task;
  if (record !== null) {
    const answer = await passOn(request, body, request.headers['x-amz-target'] === undefined ? record.mx : record.aws);
    kept.set(key, [...(kept.get(key) ?? []), answer]);
    return answer;
  }
  const answers = kept.get(key) ?? [];
  const index = answered.get(key) ?? 0;
  answered.set(key, index + 1);
  const answer = answers[index];
  if (answer !== undefined) return { ...answer, body: withDigest(answer.body, body) };
  unknown.push(key);
  return { status: 500, headers: {}, body: Buffer.from('{}') };
}

/** The answer of SQS with the digest of what was sent now, which the SDK compares. Other answers as they are. */
function withDigest(answer: Buffer, sent: Buffer): Buffer {
  if (!answer.includes('"MD5OfMessageBody"')) return answer;
  const { MessageBody = '', Entries = [] } = JSON.parse(sent.toString()) as {
    MessageBody?: string;
    Entries?: { Id: string; MessageBody: string }[];
  };
  const digests = new Map(Entries.map(({ Id, MessageBody: text }) => [Id, md5(text)]));
  const renewed = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'MD5OfMessageBody' in value
      ? { ...value, MD5OfMessageBody: ('Id' in value && digests.get(String(value.Id))) || md5(MessageBody) }
      : value;
  return Buffer.from(JSON.stringify(JSON.parse(answer.toString(), renewed)));
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

const say = (report: StubReport): void => void process.send?.(report);

const { key, cert } = selfSigned(Date.now());
const server = createServer({ key, cert }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const { status, headers, body } = await answerTo(request, Buffer.concat(chunks));
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
  });
});
// A held process may leave a socket idle for long.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  say({ kind: 'listening', origin: `https://localhost:${(server.address() as AddressInfo).port}`, cert });
});
process.on('message', (next: StubTask) => {
  say({ kind: 'ready', calls, unknown });
  task = next;
  calls = 0;
  unknown = [];
  answered = new Map();
});
process.on('disconnect', () => process.exit(0));
