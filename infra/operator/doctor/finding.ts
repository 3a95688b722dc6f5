/** What `doctor` says of one part of a deployment. */
import { type ExitCode, exitCodes } from '../exit-codes.ts';

/** How a part is. `absent`: it does not exist here, so that nothing can be said of it. */
export type State = 'ok' | 'warning' | 'failure' | 'absent';

/** One line. */
export interface Finding {
  readonly name: string;
  readonly state: State;
  readonly says: string;
  /** What to do; null: nothing. */
  readonly todo: string | null;
}

/** A part that is as it should be. */
export const ok = (name: string, says: string): Finding => ({ name, state: 'ok', says, todo: null });

/** A part that may be wrong, or get so. */
export const warning = (name: string, says: string, todo: string | null = null): Finding => ({
  ...{ name, state: 'warning', says, todo },
});

/** A part that is wrong. */
export const failure = (name: string, says: string, todo: string): Finding => ({ name, state: 'failure', says, todo });

/** A part that the local stack does not have. */
export const absent = (name: string, what: string): Finding => ({
  ...{ name, state: 'absent', says: `the local stack has no ${what}`, todo: null },
});

/** The worst of them decides. */
export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ state }) => state === 'failure')) return exitCodes.unwell;
  return findings.some(({ state }) => state === 'warning') ? exitCodes.inPart : exitCodes.done;
}
