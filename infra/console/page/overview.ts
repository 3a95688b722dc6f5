/** The overview: what runs, how refreshes ended, banks, and the schedule's load. */
import { type ComponentChild, Fragment, h } from 'preact';
import { useState } from 'preact/hooks';
import type {
  AttentionGroup,
  InstitutionList,
  InstitutionShown,
  LoadShown,
  OutcomeCounts,
  RunningList,
  RunningShown,
} from '../shapes.ts';
import { Attention } from './attention.ts';
import { Lengths } from './lengths.ts';
import { Ago, At, Chip, type ChipKind, Name, Outcome, type Row, Section, Table } from './parts.ts';
import { usePanel } from './use-panel.ts';
import { memberHash } from './view.ts';
import { plain } from './words.ts';

const [LIVE_MS, SLOW_MS] = [2_000, 30_000];

/** The view. */
export function Overview(): ComponentChild {
  const running = usePanel<RunningList>('/data/running', LIVE_MS);
  const waiting = usePanel<readonly AttentionGroup[]>('/data/attention', SLOW_MS);
  const banks = usePanel<InstitutionList>('/data/institutions', SLOW_MS);
  return h(
    Fragment,
    null,
    h(
      Section,
      { id: 'running', title: 'Runs now', of: running },
      running.data === null ? null : h(RunningRows, running.data),
    ),
    h(
      Section,
      { id: 'attention', title: 'Waits for a person', of: waiting },
      waiting.data === null ? null : h(Attention, { groups: waiting.data }),
    ),
    h(
      Section,
      {
        id: 'outcomes',
        title: 'How refreshes ended',
        of: banks,
        aside: h('button', { type: 'button', onClick: banks.reload }, 'Count anew'),
      },
      banks.data === null ? null : h(Ends, banks.data),
    ),
    h(Section, { id: 'banks', title: 'Institutions', of: banks }, banks.data === null ? null : h(Banks, banks.data)),
    h(Load, null),
  );
}

function RunningRows({ running, isMore }: RunningList): ComponentChild {
  if (running.length === 0) return h('p', null, 'No refresh runs.');
  return h(
    Fragment,
    null,
    h(Table, {
      label: 'Refreshes that run',
      head: ['Member', 'Step', 'Looks', 'Accepted', 'Ends by', 'Asked for by'],
      rows: running.map(runningRow),
    }),
    isMore
      ? h('p', { class: 'quiet' }, 'More run than are shown: these are the oldest of each part of the index.')
      : null,
  );
}

const runningRow = (one: RunningShown): Row => ({
  key: one.refreshId,
  cells: [
    h('a', { href: memberHash(one.userGuid, one.memberGuid) }, one.memberGuid),
    [h(Chip, { kind: one.step === 'waits' ? 'bad' : 'busy', children: plain(one.step) }), ' ', one.sentence],
    one.lastLookAt === null ? 'none yet' : [`${one.looks}, the last `, h(Ago, { at: one.lastLookAt })],
    h(Ago, { at: one.acceptedAt }),
    h(At, { at: one.deadline }),
    [plain(one.trigger), one.correlationId === null ? null : [' ', h(Name, null, one.correlationId)]],
  ],
});

function Ends({ today, week, isMore, note }: InstitutionList): ComponentChild {
  const which = isMore ? 'of the institutions shown below' : 'of all institutions';
  return h(
    Fragment,
    null,
    h(Table, {
      label: 'Ended refreshes by outcome',
      head: ['Outcome', 'Today (UTC)', '7 days'],
      rows: Object.keys(week).map((outcome) => ({
        key: outcome,
        cells: [h(Outcome, { outcome }), today[outcome] ?? 0, week[outcome] ?? 0],
      })),
    }),
    h(
      'p',
      { class: 'quiet' },
      `Counted by institution and day as refreshes end, ${which}. A refresh whose institution MX did not name is in no count.`,
    ),
    note === null ? null : h('p', null, note),
  );
}

const bankKinds: Readonly<Record<InstitutionShown['state'], readonly [ChipKind, string]>> = {
  works: ['good', 'works'],
  down: ['bad', 'does not work'],
  no_checks: ['plain', 'has no balance checks'],
  not_watched: ['plain', 'not watched'],
};

function Banks({ institutions, isMore, deadlineSeconds }: InstitutionList): ComponentChild {
  if (institutions.length === 0) return h('p', null, 'Nothing is counted of any institution yet.');
  return h(
    Fragment,
    null,
    h(Table, {
      label: 'Institutions',
      head: ['Institution', 'Bank', 'Succeeded today', '7 days', 'How long jobs take'],
      rows: institutions.map((bank) => ({
        key: bank.code,
        cells: [
          h(Name, null, bank.code),
          stateOf(bank),
          ends(bank.today),
          ends(bank.week),
          h(Lengths, { jobs: bank.jobs, deadlineSeconds }),
        ],
      })),
    }),
    isMore
      ? h('p', { class: 'quiet' }, 'More are known: these are the first by code, and those that do not work.')
      : null,
  );
}

function stateOf({ state, since, why }: InstitutionShown): ComponentChild {
  const [kind, words] = bankKinds[state];
  return [
    h(Chip, { kind, children: words }),
    since === null ? null : [' since ', h(At, { at: since })],
    why === null ? null : `: ${why}`,
  ];
}

const ends = (counts: OutcomeCounts): string =>
  `${counts['succeeded'] ?? 0} of ${Object.values(counts).reduce((sum, count) => sum + count, 0)}`;

function Load(): ComponentChild {
  const [isAsked, setAsked] = useState(false);
  const load = usePanel<LoadShown>(isAsked ? '/data/schedule-load' : null, null);
  const again = (): void => (isAsked ? load.reload() : setAsked(true));
  return h(
    Section,
    {
      id: 'load',
      title: 'The schedule over the day',
      ...(isAsked ? { of: load } : {}),
      aside: h('button', { type: 'button', onClick: again }, isAsked ? 'Read again' : 'Read the schedule'),
    },
    isAsked ? null : h('p', null, 'Reads at most 30 MB of the members table.'),
    load.data === null ? null : h(Hours, load.data),
  );
}

function Hours({ members, isPart, turnsByHour }: LoadShown): ComponentChild {
  const most = Math.max(1, ...turnsByHour);
  return h(
    Fragment,
    null,
    h('p', null, `${members} members on the schedule${isPart ? ', in the part of the table that was read' : ''}.`),
    h(Table, {
      label: 'Turns by hour',
      head: ['Hour (UTC)', 'Turns a day'],
      rows: turnsByHour.map((turns, hour) => ({
        key: String(hour),
        cells: [`${String(hour).padStart(2, '0')}:00`, [bar(turns / most), ` ${Number(turns.toFixed(1))}`]],
      })),
    }),
  );
}

const bar = (share: number): ComponentChild =>
  h(
    'svg',
    { class: 'bar', viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    h('rect', { width: 100 * share, height: 4 }),
  );
