/** How refreshes ended: today and within seven days by the banks' counts, and in the last hours by the logs. */
import { type ComponentChild, Fragment, h } from 'preact';
import { useState } from 'preact/hooks';
import type { InstitutionList, OutcomeCounts, RecentEndsShown } from '../shapes.ts';
import { Bars, partsOf, Shares } from './bars.ts';
import { At, Outcome, Section, Table, Trouble } from './parts.ts';
import { type Panel, usePanel } from './use-panel.ts';
import { clockTime, plain } from './words.ts';

const LOCAL_MS = 30_000;

/** `isLocal`: the logs are of this machine, and are read unasked, again and again. */
export function Ends({
  banks,
  isLocal,
}: {
  readonly banks: Panel<InstitutionList>;
  readonly isLocal: boolean;
}): ComponentChild {
  const [isAsked, setAsked] = useState(false);
  const recent = usePanel<RecentEndsShown>(isAsked || isLocal ? '/data/recent-ends' : null, isLocal ? LOCAL_MS : null);
  const again = (): void => {
    setAsked(true);
    recent.reload();
    banks.reload();
  };
  return h(
    Section,
    {
      id: 'outcomes',
      title: 'How refreshes ended',
      of: banks,
      aside: h(
        'button',
        { type: 'button', onClick: again },
        isAsked || isLocal ? 'Count anew' : 'Count the last hours, from the logs',
      ),
    },
    h(Trouble, recent),
    recent.data === null ? null : h(Recent, recent.data),
    banks.data === null ? null : h(Counted, { ...banks.data, recent: recent.data }),
  );
}

function Recent({ stretches, counts, hours, isPart }: RecentEndsShown): ComponentChild {
  const [first] = stretches;
  return h(
    'figure',
    null,
    h(Bars, {
      label: `How refreshes ended in the last ${hours} hours, by quarter of an hour: ${inWords(counts)}`,
      bars: stretches.map(({ from, counts: within }) => ({
        title: `${clockTime(from, Date.parse(from), undefined)}: ${inWords(within)}`,
        parts: partsOf(within),
      })),
    }),
    h(
      'figcaption',
      { class: 'axis quiet' },
      first === undefined ? null : h(At, { at: first.from }),
      h('span', null, `the last ${hours} hours, by quarter of an hour${isPart ? '; not all were found in time' : ''}`),
      h('span', null, 'now'),
    ),
  );
}

const inWords = (counts: OutcomeCounts): string => {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.length === 0 ? 'none' : some.map(([outcome, count]) => `${count} ${plain(outcome)}`).join(', ');
};

function Counted({
  today,
  week,
  isMore,
  note,
  recent,
}: InstitutionList & { readonly recent: RecentEndsShown | null }): ComponentChild {
  const which = isMore ? 'of the institutions shown below' : 'of all institutions';
  const hours = recent === null ? [] : [`${recent.hours} hours`];
  return h(
    Fragment,
    null,
    h(Table, {
      label: 'Ended refreshes by outcome',
      form: 'compact',
      head: ['Outcome', ...hours, 'Today (UTC)', '7 days'],
      numbers: [...hours, 'Today (UTC)', '7 days'],
      rows: Object.keys(week).map((outcome) => ({
        key: outcome,
        cells: [
          h(Outcome, { outcome }),
          ...(recent === null ? [] : [recent.counts[outcome] ?? 0]),
          today[outcome] ?? 0,
          week[outcome] ?? 0,
        ],
      })),
    }),
    h(Shares, { label: `7 days: ${inWords(week)}`, counts: week }),
    h(
      'p',
      { class: 'quiet' },
      `Today and 7 days: counted by institution and day as refreshes end, ${which}. A refresh whose institution MX did not name is in no count.`,
    ),
    note === null ? null : h('p', null, note),
  );
}
