/** *Try it*: banks and faults by a click, what the service makes of them, and what callers see, side by side. */
import { type ComponentChild, type ComponentChildren, Fragment, h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../shapes.ts';
import type { PlayedShown, SimulatedShown, TriedShown, TryList } from '../try-shapes.ts';
import { ask } from './ask.ts';
import { BankChoices, EventChoices, FaultChoices, Stories } from './choices.ts';
import { On } from './on.ts';
import { Section, Trouble } from './parts.ts';
import { Tried } from './tried.ts';
import { usePanel } from './use-panel.ts';

const PLAYED_MS = 2_000;

/** What is tried now. */
interface Trying extends TriedShown {
  readonly title: string;
  /** A trigger anew is something new. */
  readonly round: number;
}

/** The view. */
export function Try(): ComponentChild {
  const list = usePanel<TryList>('/data/try', null);
  const played = usePanel<PlayedShown>('/data/try/on', PLAYED_MS);
  const [tried, setTried] = useState<Trying | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isAsking, setAsking] = useState(false);
  // All of the simulator, of which there may be many: read when the view is opened, and after each click.
  const simulated = usePanel<readonly SimulatedShown[]>('/data/try/members', null);
  const members = simulated.data ?? [];

  async function asked<Data>(path: string, body: Readonly<Record<string, unknown>>): Promise<Data | null> {
    setAsking(true);
    const answer = await ask<Data>({ path: `/data/try/${path}`, body });
    setAsking(false);
    setProblem(answer.problem);
    played.reload();
    simulated.reload();
    return answer.told?.data ?? null;
  }

  async function begin(title: string, path: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    const data = await asked<TriedShown>(path, body);
    if (data !== null) setTried((before) => ({ ...data, title, round: (before?.round ?? 0) + 1 }));
  }

  const choose = { isAsking, members, tried: tried?.member ?? null };
  return h(
    Fragment,
    null,
    h('h1', { tabIndex: -1 }, 'Try it'),
    h(Way, null),
    // Beside what was clicked, wherever that is on the page.
    h('div', { class: 'notice' }, h(Trouble, { problem, asOf: null })),
    h(
      Section,
      { id: 'stories', title: 'Begin here: a bank, and what comes of it', of: list },
      h(Stories, {
        offers: list.data?.stories ?? [],
        isAsking,
        choose: ({ name, title }) => void begin(title, 'story', { name }),
      }),
    ),
    tried === null
      ? null
      : h(
          Shown,
          { round: tried.round },
          h(Tried, {
            key: tried.round,
            ...tried,
            isAsking,
            again: () => void begin(tried.title, 'refresh', { member: tried.member }),
          }),
        ),
    h(On, { of: played, takeBack: (id) => void asked('take-back', { id }) }),
    list.data === null
      ? null
      : [
          h(FaultChoices, {
            key: 'faults',
            ...choose,
            groups: list.data.faults,
            on: played.data?.on.map(({ title }) => title) ?? [],
            choose: ({ name }, whom, times) => void asked('fault', { name, member: whom, times }),
          }),
          h(BankChoices, {
            key: 'banks',
            ...choose,
            groups: list.data.scenarios,
            choose: ({ name, title }, whom) => void begin(title, 'scenario', { name, member: whom }),
          }),
          h(EventChoices, {
            key: 'events',
            ...choose,
            offers: list.data.events,
            choose: async ({ name }, whom) => (await asked('event', { name, member: whom })) !== null,
          }),
        ],
  );
}

/** Who asks whom, for people who have never heard of MX. */
const Way = (): ComponentChild =>
  h(
    Fragment,
    null,
    h(
      'ol',
      { class: 'way', 'aria-label': 'Who asks whom' },
      ['Your system', 'This service', 'MX', 'The bank'].map((who) => h('li', { key: who }, who)),
    ),
    h(
      'p',
      { class: 'lead' },
      'MX is a company that reads accounts at banks on behalf of their owners. One login of one user at one bank is a member. ' +
        'Your system asks this service for fresh balances; this service asks MX to start a job, and watches it until it is over. ' +
        'Here MX and its banks are a simulator on this machine: nothing that you click leaves it.',
    ),
  );

/** Brought into view at each round. */
function Shown({ round, children }: { readonly round: number; readonly children?: ComponentChildren }): ComponentChild {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.scrollIntoView({ block: 'nearest' }), [round]);
  return h('div', { ref: place }, children);
}
