import { describe, expect, it } from 'vitest';
import {
  billedMs,
  type Counts,
  type FunctionCounts,
  ledger,
  sleepingDollars,
  stepFunctionsDollars,
  totalOf,
  waitingDollars,
} from '../../bench/ledger.ts';

/** Nothing but invocations: no time, so that prices can be checked by hand. */
const free: FunctionCounts = { memoryMb: 1_769, invocations: 0, messages: 0, cpuMs: 0, awsCalls: 0, mxCalls: 0 };
const assumptions = { awsMs: 5, mxMs: 200 };

/** One refresh of three looks in one invocation. */
const counts: Counts = {
  refreshes: 1,
  httpRequests: 1,
  functions: { 'follow-up': { ...free, invocations: 1, messages: 3 } },
  sends: 3,
  receives: 1,
  deletes: 1,
  writeUnits: 16,
  indexWriteUnits: 4,
  readUnits: 8,
  events: 1,
  logBytes: 2_000,
  mxBytes: 10_000,
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
    { name: 'SQS, requests', perRefresh: 5, dollars: expect.closeTo(2, 6) },
    { name: 'DynamoDB, write units of tables', perRefresh: 16, dollars: expect.closeTo(10, 6) },
    { name: 'DynamoDB, write units of indexes', perRefresh: 4, dollars: expect.closeTo(2.5, 6) },
    { name: 'DynamoDB, read units', perRefresh: 8, dollars: expect.closeTo(1, 6) },
    { name: 'EventBridge, events', perRefresh: 1, dollars: expect.closeTo(1, 6) },
    { name: 'CloudWatch Logs, bytes', perRefresh: 2_000, dollars: expect.closeTo(1, 6) },
    { name: 'NAT gateway, bytes of MX’s bodies', perRefresh: 10_000, dollars: expect.closeTo(0.45, 6) },
  ]);
});

it('the total is the sum of the lines', () => {
  expect(totalOf(ledger(counts, assumptions))).toBeCloseTo(19.15, 6);
});

it('a refresh costs the same among ten', () => {
  const ten = { ...counts, refreshes: 10, writeUnits: 160 };
  expect(ledger(ten, assumptions)[3]?.dollars).toBeCloseTo(10, 6);
});

describe('the wait for MX costs', () => {
  it.each([
    // 3 sends, 3 receives, 3 deletes, 3 invocations, 3 writes
    { batch: 1, dollars: 3.6 + 0.6 + 1.875 },
    // 3 sends, 0.3 receives, 0.3 deletes, 0.3 invocations, 3 writes
    { batch: 10, dollars: 1.44 + 0.06 + 1.875 },
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
