/** Puts a deliberate fault into the code as it is loaded; the files stay as they are. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutants/mutant.ts';
import { mutants } from './mutants.ts';

const root = new URL('../../', import.meta.url);

/**
 * Puts the fault `name` into every module that is imported from now on.
 *
 * @throws Error when there is no such fault, or the code that it changes is no longer there.
 */
export function applyMutant(name: string): void {
  const sources = mutatedSources(mutantNamed(name));
  registerHooks({
    load(url, context, nextLoad) {
      const source = url.startsWith('file:') ? sources.get(fileURLToPath(url)) : undefined;
      return source === undefined
        ? nextLoad(url, context)
        : { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}

/** @throws Error when there is no such fault. */
export function mutantNamed(name: string): Mutant {
  const mutant = mutants.find((one) => one.name === name);
  if (mutant !== undefined) return mutant;
  throw new Error(`there is no mutant ${name}; there are: ${mutants.map((one) => one.name).join(', ')}`);
}

/** The changed files, by their paths. @throws Error when a change does not apply exactly once. */
export function mutatedSources(mutant: Mutant): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { file, find, replace } of mutant.changes) {
    const path = fileURLToPath(new URL(file, root));
    const source = sources.get(path) ?? readFileSync(path, 'utf8');
    const parts = source.split(find);
    if (parts.length !== 2) {
      throw new Error(
        `${mutant.name}: ${file} has ${parts.length - 1} places like ${JSON.stringify(find)}; it has to be 1`,
      );
    }
    sources.set(path, parts.join(replace));
  }
  return sources;
}
