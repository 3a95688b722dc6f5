/** What a schedule's calls cost, by the price file of `bench:cost`. */
import { prices } from '../prices.ts';

/** The start function's memory, as deployed. */
const MEMORY_MB = 512;

/** Units of DynamoDB of one call by port and method, as `bench:writes` counts them on the running stack. */
const units: Readonly<Record<string, { readonly reads?: number; readonly writes?: number; readonly index?: number }>> =
  {
    'schedule.lastMinute': { reads: 1 },
    'schedule.setLastMinute': { writes: 1 },
    'members.read': { reads: 1 },
    'members.readBody': { reads: 1 },
    'members.claim': { writes: 1, index: 1 },
    'members.recordStart': { writes: 1 },
    'members.recordUnanswered': { writes: 1 },
    'members.end': { writes: 1 },
    'members.release': { writes: 1, index: 1 },
    'members.putBody': { writes: 1 },
    'refreshes.put': { writes: 1, index: 1 },
    'refreshes.putDetails': { writes: 1, index: 1 },
    'refreshes.end': { writes: 1, index: 1 },
    'refreshes.read': { reads: 1 },
    'unstarted.recordHeld': { writes: 1 },
    'unstarted.recordMissing': { writes: 1 },
    'unstarted.recordRefused': { writes: 1 },
    'callbacks.page': { reads: 0.5 },
    'balances.ofMember': { reads: 0.5 },
  };

/** Counts by name. */
export type Counted = ReadonlyMap<string, number>;

const of = (counted: Counted, name: string): number => counted.get(name) ?? 0;

const sumOf = (counted: Counted, kind: 'reads' | 'writes' | 'index'): number =>
  Object.entries(units).reduce((sum, [name, unit]) => sum + of(counted, name) * (unit[kind] ?? 0), 0);

/** Read units. */
export const readUnits = (counted: Counted): number =>
  sumOf(counted, 'reads') + of(counted, 'slot read units') + of(counted, 'open read units');

/** Write units of tables and indexes. */
export const writeUnits = (counted: Counted): number =>
  sumOf(counted, 'writes') + sumOf(counted, 'index') + of(counted, 'ceiling writes');

/** Requests to SQS: sent by functions, and received and deleted by Lambda's pollers. */
export const queueRequests = (counted: Counted): number =>
  of(counted, 'sqs.send') + of(counted, 'sqs.sendStarts') + 2 * of(counted, 'invocations');

/**
 * Dollars of the ticks and starts. Lambda's by the time in which its calls are waited for: the CPU time is in `bench:cost`.
 */
export function dollars(counted: Counted): number {
  const gbSeconds = ((of(counted, 'invocation ms') + of(counted, 'tick ms')) * MEMORY_MB) / 1024 / 1000;
  return (
    readUnits(counted) * prices.readUnit +
    writeUnits(counted) * prices.writeUnit +
    queueRequests(counted) * prices.sqsRequest +
    (of(counted, 'invocations') + of(counted, 'ticks')) * prices.lambdaRequest +
    gbSeconds * prices.lambdaGbSecond +
    of(counted, 'events.publish') * prices.event
  );
}
