/**
 * `npm run simulate -- --lost-answers`: what a lost answer costs. For every request of the service to AWS, histories
 * without faults are run twice: as they are, and with the first answer to that request lost, so that the SDK sends it
 * again. The delay is by how much later an event is published or a caller answered than without the loss, less the time
 * until the repetition arrives.
 */
import { createAwaitPoints } from './await-points.ts';
import { type History, runHistory } from './history.ts';
import { type OrderedFault, REPEATED_AFTER_MS } from './invocations.ts';

/** The delays of one request of one function, over the histories in which it is sent. */
export interface Delays {
  readonly role: string;
  readonly request: string;
  readonly histories: number;
  /** Seconds, never negative. Infinity: something was never published or answered. */
  readonly median: number;
  readonly largest: number;
}

/** Histories for one request. */
const ENOUGH = 20;

/** Runs the histories `seed` to `seed + histories - 1` without faults, and some of them again for each request. */
export async function lostAnswers(seed: number, histories: number): Promise<readonly Delays[]> {
  const undisturbed = new Map<number, { readonly history: History; readonly only: ReadonlySet<string> }>();
  const passing = new Map<string, { readonly role: string; readonly request: string; readonly seeds: number[] }>();
  for (let at = seed; at < seed + histories; at += 1) {
    const points = createAwaitPoints();
    const planned = await runHistory(at, { points: createAwaitPoints(), only: new Set() });
    // One trigger at most: what a second one finds depends on when it comes, and is no delay.
    const only = new Set(planned.actionKeys.filter((key) => /^trigger-\d+$/.test(key)).slice(0, 1));
    const history = await runHistory(at, { points, only });
    if (history.violation !== null) throw new Error(`history ${at} breaks a promise: ${history.violation.message}`);
    undisturbed.set(at, { history, only });
    for (const { role, request, passed } of points.all()) {
      if (passed === 0 || request.startsWith('mx.')) continue;
      const name = `${role} ${request}`;
      const known = passing.get(name) ?? { role, request, seeds: [] };
      passing.set(name, known);
      if (known.seeds.length < ENOUGH && known.seeds.at(-1) !== at) known.seeds.push(at);
    }
  }
  const delays: Delays[] = [];
  for (const { role, request, seeds } of passing.values()) {
    const ordered: OrderedFault = { role, request, kind: 'twice' };
    const found: number[] = [];
    for (const at of seeds) {
      const as = undisturbed.get(at);
      if (as === undefined) continue;
      const { milestones } = await runHistory(at, { points: createAwaitPoints(), only: as.only, ordered });
      found.push(delayOf(as.history.milestones, milestones));
    }
    found.sort((a, b) => a - b);
    const [median = 0, largest = 0] = [found[Math.floor(found.length / 2)], found.at(-1)];
    delays.push({ role, request, histories: found.length, median, largest });
  }
  return delays.sort((a, b) => (`${a.role} ${a.request}` < `${b.role} ${b.request}` ? -1 : 1));
}

function delayOf(without: ReadonlyMap<string, number>, withLoss: ReadonlyMap<string, number>): number {
  const later = [...without].map(
    ([name, at]) => (withLoss.get(name) ?? Number.POSITIVE_INFINITY) - at - REPEATED_AFTER_MS / 1000,
  );
  return Math.max(0, ...later);
}
