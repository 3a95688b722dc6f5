/** The simulation itself under test: deliberate faults in the code, each of which it has to find, by the promise it breaks. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { mutatedSources } from './apply-mutant.ts';
import { type Mutant, mutants } from './mutants.ts';

/** Found in fewer, all of them; the bound is for the day on which one is not found any more. */
const MAX_HISTORIES = 3_000;

interface Verdict {
  readonly histories: number;
  readonly invariant: number | null;
  readonly message: string | null;
}

/** A process of its own for each: the mutated modules are loaded instead of the real ones. */
function simulate(...args: readonly string[]): Promise<Verdict> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [main, '--verdict', ...args], { timeout: 150_000 }, (error, stdout, stderr) => {
      if (error !== null && error.code !== 1) reject(new Error(`${args.join(' ')}: ${stderr}`));
      else resolve(JSON.parse(stdout));
    });
  });
}

const found: string[] = [];
afterAll(() =>
  console.log(['| deliberate fault | caught by invariant | histories |', '|---|---|---|', ...found].join('\n')),
);

describe('the simulation finds', () => {
  const waiting = [...mutants];
  const verdicts = new Map<string, Promise<Verdict>>();
  /** A few processes at a time, for tests in any order. */
  const verdictOf = (mutant: Mutant): Promise<Verdict> => {
    for (let running = verdicts.size; running < availableParallelism(); running += 1) void next();
    return verdicts.get(mutant.name) ?? next(mutant);
  };
  function next(mutant = waiting[0]): Promise<Verdict> {
    if (mutant === undefined) return Promise.reject(new Error('there is no mutant left'));
    waiting.splice(waiting.indexOf(mutant), 1);
    const verdict = simulate('--mutant', mutant.name, '--histories', String(MAX_HISTORIES));
    verdicts.set(mutant.name, verdict);
    const goOn = (): void => {
      if (waiting.length > 0) next().catch(() => {});
    };
    verdict.then(goOn, goOn);
    return verdict;
  }

  it.each(mutants.map((mutant) => [mutant.what, mutant] as const))('%s', async (what, mutant) => {
    const { invariant, histories, message } = await verdictOf(mutant);
    expect(mutant.breaks, message ?? 'nothing was found').toContain(invariant);
    found.push(`| ${what} | ${invariant} | ${histories} |`);
  });
});

describe('a mutant', () => {
  it('is a change of code that is there', () => {
    for (const mutant of mutants) expect(() => mutatedSources(mutant)).not.toThrow();
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it('is refused when its code is gone', () => {
    const gone = { file: 'shared/domain/sweep.ts', find: 'no such code', replace: '' };
    expect(() => mutatedSources({ name: 'gone', what: '', breaks: [], changes: [gone] })).toThrow(/0 places/);
  });

  it('is what is found; without one nothing is', async () => {
    expect(await simulate('--histories', '200')).toMatchObject({ invariant: null });
  });
});
