/**
 * What is done in the init phase for the first invocation: connections are opened and secrets fetched. There a function
 * runs at full speed, afterwards with the share of a CPU that its memory buys.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const work: (() => Promise<unknown>)[] = [];

/** Has `one` done before the first invocation. Where it fails, the invocation that needs it does it. */
export function beforeFirstCall(one: () => Promise<unknown>): void {
  work.push(one);
}

/** The longest that an invocation which waits for the init phase is kept by it. */
const MOST_MS = 1_000;

/** Does everything at once, for `mostMs` at most; outside Lambda nothing. Never rejects. */
export async function firstCallPrepared(source: NodeJS.ProcessEnv, mostMs = MOST_MS): Promise<void> {
  if (source['AWS_LAMBDA_INITIALIZATION_TYPE'] === undefined) return;
  const stop = new AbortController();
  const late = sleep(mostMs, undefined, { signal: stop.signal }).catch(() => {});
  await Promise.race([Promise.allSettled(work.splice(0).map((one) => one())), late]);
  stop.abort();
}
