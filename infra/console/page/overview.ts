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
import { Bars } from './bars.ts';
import { Ends } from './ends.ts';
import { Lengths } from './lengths.ts';
import { Ago, At, Chip, type ChipKind, Name, type Row, Section, Table } from './parts.ts';
import { Tiles } from './tiles.ts';
import { usePanel } from './use-panel.ts';
import { memberHash } from './view.ts';
import { plain } from './words.ts';

const [LIVE_MS, SLOW_MS] = [2_000, 30_000];

/** The view. `isLocal`: of a stack on this machine; `canTry`: with the simulator. */
export function Overview({ isLocal, canTry }: { readonly isLocal: boolean; readonly canTry: boolean }): ComponentChild {
  const running = usePanel<RunningList>('/data/running', LIVE_MS);
  const waiting = usePanel<readonly AttentionGroup[]>('/data/attention', SLOW_MS);
  const banks = usePanel<InstitutionList>('/data/institutions', SLOW_MS);
  return h(
    Fragment,
    null,
    h(Tiles, { running: running.data, waiting: waiting.data, banks: banks.data }),
    h(
      Section,
      { id: 'running', title: 'Runs now', of: running },
      running.data === null ? null : h(RunningRows, { ...running.data, canTry }),
    ),
    h(
      Section,
      { id: 'attention', title: 'Waits for a person', of: waiting },
      waiting.data === null ? null : h(Attention, { groups: waiting.data }),
    ),
    h(Ends, { banks, isLocal }),
    h(Section, { id: 'banks', title: 'Institutions', of: banks }, banks.data === null ? null : h(Banks, banks.data)),
    h(Load, null),
  );
}

function RunningRows({ running, isMore, canTry }: RunningList & { readonly canTry: boolean }): ComponentChild {
  if (running.length === 0) {
    return h(
      'p',
      null,
      'No refresh runs.',
      canTry ? [' ', h('a', { href: '#/try' }, 'Let one run at a bank of your choice'), '.'] : null,
    );
  }
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
  return h(
    Fragment,
    null,
    h('p', null, `${members} members on the schedule${isPart ? ', in the part of the table that was read' : ''}.`),
    h(
      'figure',
      null,
      h(Bars, {
        label: `Turns by hour of the day: ${turnsByHour.map((turns, hour) => `${hourOf(hour)} ${rounded(turns)}`).join(', ')}`,
        bars: turnsByHour.map((turns, hour) => ({
          title: `${hourOf(hour)} UTC: ${rounded(turns)} a day`,
          parts: [{ kind: 'busy' as const, count: turns }],
        })),
      }),
      h(
        'figcaption',
        { class: 'axis quiet' },
        ['00:00', '06:00', '12:00', '18:00', '24:00 UTC'].map((hour) => h('span', { key: hour }, hour)),
      ),
    ),
    h(
      'details',
      null,
      h('summary', null, 'In numbers'),
      h(Table, {
        label: 'Turns by hour',
        form: 'compact',
        head: ['Hour (UTC)', 'Turns a day'],
        numbers: ['Turns a day'],
        rows: turnsByHour.map((turns, hour) => ({ key: String(hour), cells: [hourOf(hour), rounded(turns)] })),
      }),
    ),
  );
}

const hourOf = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

const rounded = (turns: number): number => Number(turns.toFixed(1));
