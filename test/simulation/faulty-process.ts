/**
 * The process of `FaultyRuns`: told a deliberate fault, it loads the whole simulation once more with it and answers with the
 * verdict of one history. What has no fault in it is read and stripped of its types once.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutantNamed, mutatedSources } from './apply-mutant.ts';
import type { Answered, AskedOfProcess } from './faulty-runs.ts';

/** Behind the address of a module: the fault with which it is loaded. */
const FAULT = 'fault';
const root = new URL('../../', import.meta.url).href;

const faultOf = (url: string | undefined): string | null =>
  url?.startsWith(root) ? new URL(url).searchParams.get(FAULT) : null;

const stripped = new Map<string, string>();
let changed: ReadonlyMap<string, string> = new Map();

registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    const fault = faultOf(context.parentURL);
    const isOurs = found.url.startsWith(root) && !found.url.includes('/node_modules/');
    return fault === null || !isOurs ? found : { ...found, url: `${found.url}?${FAULT}=${fault}` };
  },
  load(url, context, nextLoad) {
    if (faultOf(url) === null) return nextLoad(url, context);
    const path = fileURLToPath(url);
    const faulty = changed.get(path);
    if (faulty !== undefined) return { format: 'module', source: stripTypeScriptTypes(faulty), shortCircuit: true };
    const source = stripped.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'));
    stripped.set(path, source);
    return { format: 'module', source, shortCircuit: true };
  },
});

async function answer({ mutant, seed }: AskedOfProcess): Promise<Answered> {
  changed = mutatedSources(mutantNamed(mutant));
  const { runHistories }: typeof import('./run.ts') = await import(`./run.ts?${FAULT}=${mutant}`);
  const { failed, tally } = await runHistories({ seed, histories: 1 });
  const { invariant = null, message = null } = failed?.history.violation ?? {};
  return { verdict: { histories: tally.histories(), invariant, message } };
}

process.on('message', (asked: AskedOfProcess) => {
  answer(asked).then(
    (answered) => process.send?.(answered),
    (error: unknown) => process.send?.({ error: String(error) } satisfies Answered),
  );
});
