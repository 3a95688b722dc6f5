/** What counted refreshes cost: pure, from counts to lines in dollars per million refreshes. */
import { prices } from './prices.ts';

/** What one function did, summed over all counted refreshes. */
export interface FunctionCounts {
  readonly memoryMb: number;
  readonly invocations: number;
  /**
   * Queue messages that it was given, whose waits go on together in an invocation; for a function that no queue invokes,
   * its invocations.
   */
  readonly messages: number;
  readonly cpuMs: number;
  /** CPU milliseconds of one cold start, until the handler is exported. */
  readonly initCpuMs: number;
  readonly awsCalls: number;
  readonly mxCalls: number;
}

/** What was counted, summed over all refreshes. */
export interface Counts {
  readonly refreshes: number;
  readonly httpRequests: number;
  readonly functions: Readonly<Record<string, FunctionCounts>>;
  /** Requests by functions. */
  readonly sends: number;
  /** Requests of Lambda's pollers that found messages, and those that deleted what was done. */
  readonly receives: number;
  readonly deletes: number;
  readonly writeUnits: number;
  readonly indexWriteUnits: number;
  readonly readUnits: number;
  readonly events: number;
  /** Of log lines without metrics, and of those with: CloudWatch makes the metrics from them. */
  readonly logBytes: number;
  readonly metricBytes: number;
  readonly mxCalls: number;
  /** Bodies to MX and back. */
  readonly mxBodyBytes: number;
  /** Calls of AWS through the NAT gateway, and their bodies in both directions. */
  readonly natAwsCalls: number;
  readonly natAwsBodyBytes: number;
}

/** What cannot be counted on one machine. */
export interface Assumptions {
  /** Milliseconds that one call of AWS's takes. */
  readonly awsMs: number;
  /** Milliseconds that one call of MX's takes. */
  readonly mxMs: number;
  /** Bytes of headers and TLS in each direction of one call. */
  readonly headerBytes: number;
  /** Share of invocations that are cold starts. */
  readonly coldShare: number;
}

/** One line of the ledger. */
export interface Line {
  readonly name: string;
  /** Of the unit that is charged, per refresh. */
  readonly perRefresh: number;
  /** Dollars per million refreshes. */
  readonly dollars: number;
}

/** Memory at which Lambda gives one whole CPU (AWS Lambda developer guide, "Configure function memory"). */
const MEMORY_OF_ONE_CPU = 1_769;

/** The function that follows refreshes. */
const FOLLOWER = 'follow-up';

/**
 * Milliseconds that one invocation is billed: its CPU time at the share of a CPU that its memory buys, and its calls one
 * after the other. The messages of a batch wait at the same time, so a batch waits as long as one message.
 */
export function billedMs(counts: FunctionCounts, { awsMs, mxMs }: Assumptions): number {
  if (counts.invocations === 0) return 0;
  const share = Math.min(1, counts.memoryMb / MEMORY_OF_ONE_CPU);
  const waitMs = (counts.awsCalls * awsMs + counts.mxCalls * mxMs) / counts.messages;
  return counts.cpuMs / share / counts.invocations + waitMs;
}

/** What one function costs with another memory, which changes its share of a CPU: milliseconds billed, dollars per million. */
export function withMemory(
  one: FunctionCounts,
  memoryMb: number,
  refreshes: number,
  assumptions: Assumptions,
): { readonly ms: number; readonly dollars: number } {
  const changed = { ...one, memoryMb };
  return { ms: billedMs(changed, assumptions), dollars: (lambdaDollars(changed, assumptions) / refreshes) * 1e6 };
}

/** Dollars for `invocations` of a function, requests and time. */
function lambdaDollars(counts: FunctionCounts, assumptions: Assumptions): number {
  const gbSeconds = (counts.invocations * billedMs(counts, assumptions) * counts.memoryMb) / 1024 / 1000;
  return counts.invocations * prices.lambdaRequest + gbSeconds * prices.lambdaGbSecond;
}

/** Dollars for the INIT phases of a function, which run at full speed with any memory and are billed like all else. */
function initDollars({ invocations, initCpuMs, memoryMb }: FunctionCounts, coldShare: number): number {
  return ((invocations * coldShare * initCpuMs * memoryMb) / 1024 / 1000) * prices.lambdaGbSecond;
}

/** Every line of the bill. */
export function ledger(counts: Counts, assumptions: Assumptions): readonly Line[] {
  const line = (name: string, amount: number, dollars: number): Line => ({
    name,
    perRefresh: amount / counts.refreshes,
    dollars: (dollars / counts.refreshes) * 1e6,
  });
  const sqs = counts.sends + counts.receives + counts.deletes;
  const { coldShare, headerBytes } = assumptions;
  const functions = Object.entries(counts.functions);
  const cold = functions.reduce((sum, [, { invocations }]) => sum + invocations * coldShare, 0);
  const init = functions.reduce((sum, [, one]) => sum + initDollars(one, coldShare), 0);
  const headers = 2 * headerBytes * (counts.mxCalls + counts.natAwsCalls);
  const natBytes = counts.mxBodyBytes + counts.natAwsBodyBytes + headers;
  // Requests to MX have next to no body.
  const sentBytes = counts.mxCalls * headerBytes;
  return [
    line('HTTP API, requests', counts.httpRequests, counts.httpRequests * prices.httpRequest),
    ...functions.map(([name, one]) =>
      line(`Lambda ${name}, invocations`, one.invocations, lambdaDollars(one, assumptions)),
    ),
    line('Lambda INIT, cold starts', cold, init),
    line('SQS, requests', sqs, sqs * prices.sqsRequest),
    line('DynamoDB, write units of tables', counts.writeUnits, counts.writeUnits * prices.writeUnit),
    line('DynamoDB, write units of indexes', counts.indexWriteUnits, counts.indexWriteUnits * prices.writeUnit),
    line('DynamoDB, read units', counts.readUnits, counts.readUnits * prices.readUnit),
    line('EventBridge, events', counts.events, counts.events * prices.event),
    line('CloudWatch Logs, bytes of lines', counts.logBytes, counts.logBytes * prices.logByte),
    line('CloudWatch Logs, bytes of lines with metrics', counts.metricBytes, counts.metricBytes * prices.logByte),
    line('NAT gateway, bytes', natBytes, natBytes * prices.natByte),
    line('Data transfer out, bytes to MX', sentBytes, sentBytes * prices.sentByte),
  ];
}

/** The sum of lines, dollars per million refreshes. */
export const totalOf = (lines: readonly Line[]): number => lines.reduce((sum, { dollars }) => sum + dollars, 0);

/**
 * Dollars per million refreshes of what waits for MX: the follow-up queue's requests, its function, and the write of each
 * look, with `batch` messages in an invocation. The first message of each refresh is sent by itself; further ones are sent
 * by the follower, those of a batch in one request.
 */
export function waitingDollars(counts: Counts, batch: number, assumptions: Assumptions): number {
  const follower = counts.functions[FOLLOWER];
  if (follower === undefined) return 0;
  const { messages } = follower;
  const batched = { ...follower, invocations: messages / batch };
  const first = Math.min(messages, counts.refreshes);
  const requests = first + (messages - first) / batch + (2 * messages) / batch;
  const dollars = lambdaDollars(batched, assumptions) + requests * prices.sqsRequest + messages * prices.writeUnit;
  return (dollars / counts.refreshes) * 1e6;
}

/**
 * The same wait in Step Functions, Standard: a Wait, a Task and a Choice for each look, a start and an end, and a Lambda
 * invocation for each look.
 */
export function stepFunctionsDollars(counts: Counts, assumptions: Assumptions): number {
  const follower = counts.functions[FOLLOWER];
  if (follower === undefined) return 0;
  const { messages } = follower;
  const transitions = 3 * messages + 2 * counts.refreshes;
  const dollars =
    transitions * prices.stateTransition + lambdaDollars({ ...follower, invocations: messages }, assumptions);
  return (dollars / counts.refreshes) * 1e6;
}

/** The same wait in one Lambda invocation of 128 MB that sleeps and polls for `seconds`. */
export function sleepingDollars(seconds: number): number {
  return ((seconds * 128) / 1024) * prices.lambdaGbSecond * 1e6 + prices.lambdaRequest * 1e6;
}

/** What one refresh costs, in dollars per million: with no account and no look, and what each of them adds. */
export interface Rates {
  readonly refresh: number;
  readonly account: number;
  readonly look: number;
}

/** A kind of refresh as counted: its looks and accounts, and dollars per million. */
export interface Point {
  readonly looks: number;
  readonly accounts: number;
  readonly dollars: number;
}

/** The rates behind a usual refresh and two others: one with more accounts, one with more looks. */
export function ratesOf(usual: Point, moreAccounts: Point, moreLooks: Point): Rates {
  const look = (moreLooks.dollars - usual.dollars) / (moreLooks.looks - usual.looks);
  // Under load the looks of the two differ by a few.
  const atSameLooks = moreAccounts.dollars - look * (moreAccounts.looks - usual.looks);
  const account = (atSameLooks - usual.dollars) / (moreAccounts.accounts - usual.accounts);
  return { refresh: usual.dollars - look * usual.looks - account * usual.accounts, account, look };
}
