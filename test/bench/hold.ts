/**
 * Entry of a worker thread that holds a process to a share of a CPU, as Lambda's memory setting does: signals stop it for
 * the rest of each period. A thread of its own, because a busy event loop would come late.
 */
import { workerData } from 'node:worker_threads';

/** What is held, and how. `over[0]` is set to 1 when it is to end. */
export interface Held {
  readonly pid: number;
  /** Of one CPU. */
  readonly share: number;
  readonly periodMs: number;
  readonly over: Int32Array;
}

const { pid, share, periodMs, over }: Held = workerData;

/** True when the process is there. */
function signal(name: 'SIGSTOP' | 'SIGCONT'): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

let period = performance.now();
// Waits for the end of the measurement, or until `when`.
const until = (when: number): boolean =>
  Atomics.wait(over, 0, 0, Math.max(0, when - performance.now())) === 'timed-out';

for (;;) {
  if (!signal('SIGCONT') || !until(period + share * periodMs)) break;
  if (!signal('SIGSTOP') || !until(period + periodMs)) break;
  period += periodMs;
}
signal('SIGCONT');
