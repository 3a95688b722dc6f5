/** What a run of the simulation in a process of its own has found: mutated modules are loaded there, not here. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compileCache } from '../compile-cache.ts';

/** The verdict of a run. */
export interface Verdict {
  /** How many were run, the one with the broken promise included. */
  readonly histories: number;
  /** Null when nothing was found. */
  readonly invariant: number | null;
  readonly message: string | null;
}

/** What to run. */
export interface Asked {
  /** A deliberate fault. @default none */
  readonly mutant?: string;
  readonly seed: number;
  readonly histories: number;
}

/** Runs histories until one breaks a promise. @throws Error with what the process said when it could not run. */
export function verdictOf({ mutant, seed, histories }: Asked): Promise<Verdict> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const args = ['--verdict', '--seed', String(seed), '--histories', String(histories)];
  if (mutant !== undefined) args.push('--mutant', mutant);
  const options = { timeout: 150_000, env: { ...process.env, ...compileCache } };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [main, ...args], options, (error, stdout, stderr) => {
      if (error !== null && error.code !== 1) reject(new Error(`${args.join(' ')}: ${stderr}`));
      else resolve(JSON.parse(stdout));
    });
  });
}
