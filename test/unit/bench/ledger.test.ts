import { describe, expect, it } from 'vitest';
import {
  type Assumptions,
  billedMs,
  type Counts,
  type FunctionCounts,
  ledger,
  ratesOf,
  sleepingDollars,
  stepFunctionsDollars,
  totalOf,
  waitingDollars,
  withMemory,
} from '../../bench/ledger.ts';

/** Nothing but invocations: no time, so that prices can be checked by hand. */
const free: FunctionCounts = {
  memoryMb: 1_769,
  invocations: 0,
  messages: 0,
  cpuMs: 0,
  initCpuMs: 0,
  awsCalls: 0,
  mxCalls: 0,
};
const assumptions: Assumptions = { awsMs: 5, mxMs: 200, headerBytes: 500, coldShare: 0.01 };

/** One refresh of three looks in one invocation. */
const counts: Counts = {
  refreshes: 1,
  httpRequests: 1,
  functions: { 'follow-up': { ...free, memoryMb: 512, initCpuMs: 150, invocations: 1, messages: 3 } },
  sends: 3,
  receives: 1,
  deletes: 1,
  writeUnits: 16,
  indexWriteUnits: 4,
  readUnits: 8,
  events: 1,
  logBytes: 2_000,
  metricBytes: 1_000,
  mxCalls: 4,
  mxBodyBytes: 10_000,
  natAwsCalls: 2,
  natAwsBodyBytes: 4_000,
};

describe('an invocation is billed', () => {
  it.each([
    { why: 'its CPU time with a whole CPU', one: { ...free, invocations: 1, messages: 1, cpuMs: 10 }, ms: 10 },
    {
      why: 'four times that with a quarter',
      one: { ...free, memoryMb: 442.25, invocations: 1, messages: 1, cpuMs: 10 },
      ms: 40,
    },
    {
      why: 'no less with more than one',
      one: { ...free, memoryMb: 3_538, invocations: 1, messages: 1, cpuMs: 10 },
      ms: 10,
    },
    {
      why: 'its calls one after the other',
      one: { ...free, invocations: 1, messages: 1, awsCalls: 4, mxCalls: 2 },
      ms: 420,
    },
    {
      why: 'the wait of one message for a batch',
      one: { ...free, invocations: 1, messages: 10, awsCalls: 40, mxCalls: 20 },
      ms: 420,
    },
    { why: 'nothing if there was none', one: free, ms: 0 },
  ])('$why', ({ one, ms }) => {
    expect(billedMs(one, assumptions)).toBeCloseTo(ms, 6);
  });
});

it('a line is dollars per million refreshes', () => {
  expect(ledger(counts, assumptions)).toEqual([
    { name: 'HTTP API, requests', perRefresh: 1, dollars: expect.closeTo(1, 6) },
    { name: 'Lambda follow-up, invocations', perRefresh: 1, dollars: expect.closeTo(0.2, 6) },
    // 150 ms at half a GB is 0.075 GB-seconds, for one in a hundred
    { name: 'Lambda INIT, cold starts', perRefresh: 0.01, dollars: expect.closeTo(0.01000005, 6) },
    { name: 'SQS, requests', perRefresh: 5, dollars: expect.closeTo(2, 6) },
    { name: 'DynamoDB, write units of tables', perRefresh: 16, dollars: expect.closeTo(10, 6) },
    { name: 'DynamoDB, write units of indexes', perRefresh: 4, dollars: expect.closeTo(2.5, 6) },
    { name: 'DynamoDB, read units', perRefresh: 8, dollars: expect.closeTo(1, 6) },
    { name: 'EventBridge, events', perRefresh: 1, dollars: expect.closeTo(1, 6) },
    { name: 'CloudWatch Logs, bytes of lines', perRefresh: 2_000, dollars: expect.closeTo(1, 6) },
    { name: 'CloudWatch Logs, bytes of lines with metrics', perRefresh: 1_000, dollars: expect.closeTo(0.5, 6) },
    // 10,000 + 4,000 of bodies, and 6 calls with 500 of headers each way
    { name: 'NAT gateway, bytes', perRefresh: 20_000, dollars: expect.closeTo(0.9, 6) },
    { name: 'Data transfer out, bytes to MX', perRefresh: 2_000, dollars: expect.closeTo(0.18, 6) },
  ]);
});

it('the total is the sum of the lines', () => {
  expect(totalOf(ledger(counts, assumptions))).toBeCloseTo(20.29000005, 6);
});

it('a refresh costs the same among ten', () => {
  const ten = { ...counts, refreshes: 10, writeUnits: 160 };
  expect(ledger(ten, assumptions)[4]?.dollars).toBeCloseTo(10, 6);
});

describe('the wait for MX costs', () => {
  it.each([
    // 3 sends, 3 receives, 3 deletes, 3 invocations, 3 writes
    { batch: 1, dollars: 3.6 + 0.6 + 1.875 },
    // 1 send and 0.2 for the other two, 0.3 receives, 0.3 deletes, 0.3 invocations, 3 writes
    { batch: 10, dollars: 0.72 + 0.06 + 1.875 },
  ])('$dollars with $batch messages in an invocation', ({ batch, dollars }) => {
    expect(waitingDollars(counts, batch, assumptions)).toBeCloseTo(dollars, 6);
  });

  it('eleven transitions and three invocations in Step Functions', () => {
    expect(stepFunctionsDollars(counts, assumptions)).toBeCloseTo(275.6, 6);
  });

  it('a GB-second and a request while a Lambda sleeps', () => {
    expect(sleepingDollars(8)).toBeCloseTo(13.3334 + 0.2, 6);
  });
});

it('a refresh, an account and a look are told apart', () => {
  // 10 + 0.5 × accounts + 2 × looks
  const usual = { looks: 3, accounts: 6, dollars: 19 };
  const moreAccounts = { looks: 4, accounts: 18, dollars: 27 };
  const moreLooks = { looks: 5, accounts: 6, dollars: 23 };
  expect(ratesOf(usual, moreAccounts, moreLooks)).toEqual({ refresh: 10, account: 0.5, look: 2 });
});

it('half the memory waits for half the price', () => {
  // 10 ms of CPU and 400 of waiting: 420 ms at half a CPU, 440 at a quarter.
  const one = { ...free, invocations: 1, messages: 1, cpuMs: 10, mxCalls: 2 };
  const half = withMemory(one, 884.5, 1, assumptions);
  const quarter = withMemory(one, 442.25, 1, assumptions);
  expect([half.ms, quarter.ms]).toEqual([expect.closeTo(420, 6), expect.closeTo(440, 6)]);
  // Of the time, without 0.2 for the request: 0.42 s × 884.5 / 1024 GB and 0.44 s × 442.25 / 1024 GB
  expect(half.dollars - 0.2).toBeCloseTo(4.83713, 4);
  expect(quarter.dollars - 0.2).toBeCloseTo(2.53373, 4);
});
