/** How an account's balance moved: a line, and the amounts themselves. */
import { type ComponentChild, Fragment, h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FormerShown, HistoryShown } from '../shapes.ts';
import { withQuery } from './ask.ts';
import { nowMs } from './clock.ts';
import { stepsOf } from './line.ts';
import { At, Trouble } from './parts.ts';
import { usePanel } from './use-panel.ts';

const [WIDTH, HEIGHT] = [180, 36];

/** `isOpen`: asked for at once, else with a button; anew when the account is as of another time. */
export function History(props: {
  readonly user: string;
  readonly member: string;
  readonly account: string;
  readonly freshAsOf: string | null;
  readonly isOpen: boolean;
}): ComponentChild {
  const { user, member, account, freshAsOf, isOpen } = props;
  const [isAsked, setAsked] = useState(isOpen);
  const history = usePanel<HistoryShown>(isAsked ? withQuery('/data/history', { user, member, account }) : null, null);
  const before = useRef(freshAsOf);
  useEffect(() => {
    if (before.current !== freshAsOf) history.reload();
    before.current = freshAsOf;
  }, [freshAsOf]);
  if (!isAsked) return h('button', { type: 'button', onClick: () => setAsked(true) }, 'Show');
  return h(Fragment, null, h(Trouble, history), history.data === null ? null : h(Moved, history.data));
}

function Moved({ amounts, isMore }: HistoryShown): ComponentChild {
  const oldest = amounts.at(-1);
  if (oldest === undefined) return 'no amount is kept';
  return h(
    Fragment,
    null,
    amounts.length < 2 ? null : h(Line, { amounts }),
    h(
      'details',
      null,
      h(
        'summary',
        null,
        `${amounts.length} ${amounts.length === 1 ? 'amount' : 'amounts'} since `,
        h(At, { at: oldest.since }),
      ),
      h('ol', { class: 'former' }, amounts.map(formerRow)),
      isMore ? h('p', { class: 'quiet' }, 'Older ones are kept too.') : null,
    ),
  );
}

const formerRow = ({ since, balance, currency }: FormerShown): ComponentChild =>
  h(
    'li',
    { key: since },
    h(
      'span',
      { class: 'amount' },
      balance === null ? 'not sent by MX' : `${balance} ${currency ?? '(currency not said)'}`,
    ),
    ' from ',
    h(At, { at: since }),
  );

/** The line alone: its numbers are rounded, for the eye; the amounts stand beside it. */
function Line({ amounts }: { readonly amounts: readonly FormerShown[] }): ComponentChild {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let chart: { destroy(): void } | undefined;
    let isGone = false;
    // Loaded here: in a browser with a language that it does not know it fails to load, and only the line is missing.
    import('uplot').then(
      ({ default: Chart }) => {
        if (isGone || place.current === null) return;
        const stroke = getComputedStyle(document.documentElement).getPropertyValue('--busy').trim();
        const paths = Chart.paths.stepped?.({ align: 1 });
        const { times, values } = stepsOf(amounts, nowMs());
        const options = {
          width: WIDTH,
          height: HEIGHT,
          legend: { show: false },
          cursor: { show: false },
          // Seconds without a calendar: the times are said beside it, in the reader's zone.
          scales: { x: { time: false } },
          axes: [{ show: false }, { show: false }],
          series: [{}, { stroke, width: 1.5, points: { show: false }, ...(paths === undefined ? {} : { paths }) }],
        };
        chart = new Chart(options, [[...times], [...values]], place.current);
      },
      () => {},
    );
    return () => {
      isGone = true;
      chart?.destroy();
    };
  }, [amounts]);
  return h('div', { ref: place, class: 'line', 'aria-hidden': 'true' });
}
