/** Small parts that every view is made of. Every text of MX, of callers and of logs is a text node. */
import { type ComponentChild, type ComponentChildren, createContext, h } from 'preact';
import { useContext } from 'preact/hooks';
import type { Problem } from '../shapes.ts';
import { useNow } from './clock.ts';
import type { Panel } from './use-panel.ts';
import { ago, clockTime, plain } from './words.ts';

/** Whether times are shown in UTC instead of the reader's zone. */
export const InUtc = createContext(false);

/** A time of day, in the reader's zone; UTC on hover, and everywhere with the switch at the page's top. */
export function At({ at }: { readonly at: string }): ComponentChild {
  const now = useNow();
  const utc = useContext(InUtc);
  const shown = clockTime(at, now, utc ? 'UTC' : undefined);
  return h('time', { dateTime: at, title: `${clockTime(at, 0, 'UTC')} UTC` }, utc ? `${shown} UTC` : shown);
}

/** How long ago, or in how long. */
export function Ago({ at }: { readonly at: string }): ComponentChild {
  return h('time', { dateTime: at, title: `${clockTime(at, 0, 'UTC')} UTC` }, ago(at, useNow()));
}

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** A sentence of the server, with its instants as times of day. */
export const Sentence = ({ children }: { readonly children: string }): ComponentChild =>
  children.split(INSTANT).map((part) => (INSTANT.test(part) ? h(At, { at: part }) : part));

/** What went wrong, and from when what is still shown is. */
export function Trouble({
  problem,
  asOf,
}: {
  readonly problem: Problem | null;
  readonly asOf: string | null;
}): ComponentChild {
  if (problem === null) return null;
  const kept = asOf === null ? null : [' What is shown here is from ', h(Ago, { at: asOf }), '.'];
  // That nothing is stored is no trouble.
  const kind = problem.status === 404 ? 'quiet' : 'trouble';
  return h('p', { class: kind, role: 'status' }, h(Sentence, null, problem.sentence), kept);
}

/** A titled part of the page. */
export function Section(props: {
  readonly id: string;
  readonly title: string;
  readonly of?: Panel<unknown>;
  readonly aside?: ComponentChildren;
  readonly children?: ComponentChildren;
}): ComponentChild {
  const { id, title, of, aside, children } = props;
  const isWaiting = of !== undefined && of.data === null && of.problem === null;
  return h(
    'section',
    { id, 'aria-labelledby': `${id}-title`, class: 'card' },
    h('header', null, h('h2', { id: `${id}-title` }, title), aside),
    of === undefined ? null : h(Trouble, { problem: of.problem, asOf: of.asOf }),
    isWaiting ? h('p', { class: 'quiet' }, '…') : null,
    children,
  );
}

/** A row: its key, and what its cells hold. The first cell names it. */
export interface Row {
  readonly key: string;
  readonly cells: readonly ComponentChildren[];
}

/** A table. On a narrow page each row is a block, and each cell has its column's title before it. */
export const Table = (props: {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly Row[];
  /** Titles of columns of numbers. */
  readonly numbers?: readonly string[];
  /** `compact`: a few narrow columns, also on a narrow page; `even`: as wide as the ones above and below it. */
  readonly form?: 'compact' | 'even';
}): ComponentChild =>
  h(
    'table',
    { 'aria-label': props.label, class: props.form ?? '' },
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        props.head.map((title) => h('th', { key: title, scope: 'col', class: kindOf(title, props) }, title)),
      ),
    ),
    h(
      'tbody',
      null,
      props.rows.map(({ key, cells: [first, ...others] }) =>
        h(
          'tr',
          { key },
          h('th', { scope: 'row' }, first),
          others.map((cell, index) => {
            const title = props.head[index + 1] ?? '';
            return h('td', { key: index, 'data-title': title, class: kindOf(title, props) }, cell);
          }),
        ),
      ),
    ),
  );

const kindOf = (title: string, { numbers = [] }: { readonly numbers?: readonly string[] }): string =>
  numbers.includes(title) ? 'number' : '';

/** A word with a colour; the word alone says it too. */
export const Chip = ({
  kind,
  children,
}: {
  readonly kind: ChipKind;
  readonly children: ComponentChildren;
}): ComponentChild => h('span', { class: `chip ${kind}` }, children);

/** What a colour stands for. */
export type ChipKind = 'good' | 'bad' | 'ask' | 'busy' | 'plain';

/** An outcome. */
export const Outcome = ({ outcome }: { readonly outcome: string | null }): ComponentChild =>
  h(Chip, { kind: kindOfOutcome(outcome), children: plain(outcome ?? 'running') });

/** What colour an outcome has; null: it runs. */
export const kindOfOutcome = (outcome: string | null): ChipKind => outcomeKinds[outcome ?? 'running'] ?? 'bad';

const outcomeKinds: Readonly<Record<string, ChipKind>> = {
  running: 'busy',
  succeeded: 'good',
  action_required: 'ask',
  not_refreshed: 'plain',
};

/** A guid or own id, which may be long. */
export const Name = ({ children }: { readonly children: ComponentChildren }): ComponentChild =>
  h('code', null, children);
