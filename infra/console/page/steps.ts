/** The steps of a refresh, as the page sees them. Pure. */
import type { MemberShown, RunningShown } from '../shapes.ts';

/** A step that was seen. */
export interface Seen {
  readonly refreshId: string;
  readonly at: string;
  readonly looks: number;
  readonly step: RunningShown['step'] | 'over';
  readonly sentence: string;
}

/** The most steps that are kept: a refresh of ten minutes has fewer. */
const MOST_STEPS = 100;

/** `before` and what is new in `shown`. */
export function withStep(
  before: readonly Seen[],
  { running, lastEnd }: Pick<MemberShown, 'running' | 'lastEnd'>,
  at: string,
): readonly Seen[] {
  const last = before.at(-1);
  if (running === null) {
    if (last === undefined || last.step === 'over') return before;
    const { refreshId } = last;
    const sentence =
      lastEnd?.refreshId === refreshId
        ? `It ended as ${lastEnd.outcome.replaceAll('_', ' ')}. ${lastEnd.sentence}`
        : 'It runs no more.';
    return [...before, { refreshId, at, looks: 0, step: 'over', sentence }];
  }
  const { refreshId, looks, step, sentence } = running;
  if (last?.refreshId !== refreshId) return [{ refreshId, at, looks, step, sentence }];
  if (last.looks === looks && last.step === step && last.sentence === sentence) return before;
  return [...before, { refreshId, at, looks, step, sentence }].slice(-MOST_STEPS);
}
