/** Runs single histories with deliberate faults, many in one process: starting one for each took most of the time. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './verdict.ts';

/** What the process is asked. */
export interface AskedOfProcess {
  readonly mutant: string;
  readonly seed: number;
}

/** What it answers. */
export type Answered = { readonly verdict: Verdict } | { readonly error: string };

/** A history takes a tenth of a second; with a fault it may never end. */
const HANGS_MS = 60_000;

/** One process, asked one thing at a time. */
export class FaultyRuns {
  #process: ChildProcess | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** The verdict on one history with the fault. @throws Error when the fault does not apply, or the history does not end. */
  verdictOf(asked: AskedOfProcess): Promise<Verdict> {
    const verdict = this.#last.then(() => this.#ask(asked));
    this.#last = verdict.catch(() => {});
    return verdict;
  }

  /** Stops the process. */
  close(): void {
    this.#process?.kill('SIGKILL');
    this.#process = null;
  }

  async #ask(asked: AskedOfProcess): Promise<Verdict> {
    this.#process ??= fork(fileURLToPath(new URL('faulty-process.ts', import.meta.url)), {
      // Types are stripped by a function of Node's that is called experimental.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const child = this.#process;
    const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
    const onMessage = (answered: Answered): void => {
      if ('verdict' in answered) resolve(answered.verdict);
      else reject(new Error(`${asked.mutant}: ${answered.error}`));
    };
    const onExit = (): void => reject(new Error(`${asked.mutant}: the process ended in history ${asked.seed}`));
    const patience = setTimeout(() => this.close(), HANGS_MS);
    child.once('message', onMessage);
    child.once('exit', onExit);
    try {
      child.send(asked);
      return await promise;
    } finally {
      clearTimeout(patience);
      child.off('message', onMessage);
      child.off('exit', onExit);
    }
  }
}
