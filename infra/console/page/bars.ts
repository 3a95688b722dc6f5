/** Pictures of counts: bars beside each other, and one bar of shares. The numbers stand beside them, too. */
import { type ComponentChild, h } from 'preact';
import type { OutcomeCounts } from '../shapes.ts';
import { type ChipKind, kindOfOutcome } from './parts.ts';

/** A bar: what it is of, and its parts from below. */
export interface Bar {
  readonly title: string;
  readonly parts: readonly { readonly kind: ChipKind; readonly count: number }[];
}

const [WIDTH, GAP, HEIGHT] = [10, 2, 40];

/** `label`: all of it in words, for those who do not see it. */
export function Bars({ label, bars }: { readonly label: string; readonly bars: readonly Bar[] }): ComponentChild {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { count }) => sum + count, 0));
  const most = Math.max(1, ...sums);
  return h(
    'svg',
    {
      class: 'bars',
      viewBox: `0 0 ${bars.length * (WIDTH + GAP) - GAP} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
    },
    bars.map(({ title, parts }, index) => {
      const x = index * (WIDTH + GAP);
      let top = HEIGHT;
      return h(
        'g',
        { key: index },
        h('title', null, title),
        // So that an empty one has its title, too.
        h('rect', { class: 'none', x, y: 0, width: WIDTH, height: HEIGHT }),
        parts.map(({ kind, count }, part) => {
          const height = (HEIGHT * count) / most;
          top -= height;
          return h('rect', { key: part, class: kind, x, y: top, width: WIDTH, height });
        }),
      );
    }),
  );
}

/** Counts as the parts of a bar, the good ones lowest. */
export const partsOf = (counts: OutcomeCounts): Bar['parts'] =>
  Object.entries(counts).map(([outcome, count]) => ({ kind: kindOfOutcome(outcome), count }));

/** One bar, of the shares of `counts`. */
export function Shares({ label, counts }: { readonly label: string; readonly counts: OutcomeCounts }): ComponentChild {
  const parts = partsOf(counts);
  const all = parts.reduce((sum, { count }) => sum + count, 0);
  let left = 0;
  return h(
    'svg',
    { class: 'shares', viewBox: '0 0 100 4', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    parts.map(({ kind, count }, index) => {
      const width = all === 0 ? 0 : (100 * count) / all;
      left += width;
      return h('rect', { key: index, class: kind, x: left - width, width, height: 4 });
    }),
  );
}
