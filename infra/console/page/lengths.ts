/** The picture of how long a bank's jobs take, beside its words. */
import { type ComponentChild, Fragment, h } from 'preact';
import type { InstitutionShown } from '../shapes.ts';
import { rangeWords } from './words.ts';

const [WIDTH, HEIGHT] = [200, 18];

/** The three parts, from the widest in which most jobs are to the one in which half of them are. */
const parts = [
  ['p99', '99 in 100'],
  ['p90', '9 in 10'],
  ['p50', 'half'],
] as const;

/** A bar from 0 s to the deadline, on a scale on which each doubling has the same width; its darkest part has half the jobs. */
export function Lengths({
  jobs,
  deadlineSeconds,
}: {
  readonly jobs: InstitutionShown['jobs'];
  readonly deadlineSeconds: number;
}): ComponentChild {
  if (jobs.samples === 0) return h(Fragment, null, 'no job was measured');
  const words = parts
    .toReversed()
    .map(([name, share]) => `${share} ${rangeWords(jobs[name])}`)
    .join(', ');
  const bars = parts.map(([name]) => {
    const range = jobs[name];
    return h('rect', {
      class: name,
      height: HEIGHT,
      width: range === null ? 0 : place(range.to ?? deadlineSeconds, deadlineSeconds),
    });
  });
  return h(
    Fragment,
    null,
    h(
      'svg',
      { class: 'lengths', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `Job lengths: ${words}` },
      bars,
    ),
    h('span', { class: 'quiet' }, `${words}; ${jobs.samples} jobs${jobs.isFew ? ' (few)' : ''}`),
  );
}

const place = (seconds: number, most: number): number =>
  Math.min(WIDTH, (WIDTH * Math.log2(1 + seconds)) / Math.log2(1 + most));
