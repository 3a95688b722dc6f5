/** Triggering a refresh, and watching one that runs, step by step as this page sees it. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MemberShown, TriggeredShown } from '../shapes.ts';
import { ask } from './ask.ts';
import { nowMs } from './clock.ts';
import { At, Chip, Name, Sentence } from './parts.ts';
import { type Seen, withStep } from './steps.ts';
import { plain } from './words.ts';

/** The button's state. */
export interface Trigger {
  readonly press: () => void;
  readonly isAsking: boolean;
  /** What the last press was answered with; null: none yet. */
  readonly answer: string | null;
  readonly isRefused: boolean;
}

/** Triggers by the API. A press whose answer was lost is repeated by the next one: with the same key, so that one refresh begins. */
export function useTrigger(names: { readonly user: string; readonly member: string }, accepted: () => void): Trigger {
  const [state, setState] = useState<Omit<Trigger, 'press'>>(idle);
  const key = useRef<string | null>(null);
  const { user, member } = names;
  useEffect(() => {
    key.current = null;
    setState(idle);
  }, [user, member]);

  async function press(): Promise<void> {
    setState({ ...idle, isAsking: true });
    key.current ??= crypto.randomUUID();
    const body = { user, member, idempotency_key: key.current };
    const { told, problem } = await ask<TriggeredShown>({ path: '/data/refresh', body });
    if (told === null) {
      if (problem.status !== null) key.current = null;
      setState({ isAsking: false, answer: problem.sentence, isRefused: true });
      return;
    }
    key.current = null;
    const words = told.data.joined ? 'A refresh runs already; this trigger has joined it.' : 'Accepted.';
    setState({ isAsking: false, answer: words, isRefused: false });
    accepted();
  }

  return { ...state, press: () => void press() };
}

const idle = { isAsking: false, answer: null, isRefused: false };

/**
 * The steps of the refresh that runs, or that ran last while the page was open.
 *
 * @param props.shown null: nothing is known yet
 * @param props.of the member: another one has other steps
 */
export function Watched({ shown, of }: { readonly shown: MemberShown | null; readonly of: string }): ComponentChild {
  const [seen, setSeen] = useState<readonly Seen[]>([]);
  useEffect(() => setSeen([]), [of]);
  useEffect(() => {
    if (shown !== null) setSeen((before) => withStep(before, shown, new Date(nowMs()).toISOString()));
  }, [shown]);
  const [first] = seen;
  if (first === undefined) return null;
  return h(
    'div',
    { class: 'watched' },
    h('h3', null, 'As this page has seen it: ', h(Name, null, first.refreshId)),
    h(
      'ol',
      { class: 'steps', 'aria-live': 'polite' },
      seen.map(({ at, step, looks, sentence }, index) =>
        h(
          'li',
          { key: index },
          h(At, { at }),
          ' ',
          h(Chip, { kind: step === 'over' ? 'plain' : 'busy', children: plain(step) }),
          ' ',
          h(Sentence, null, sentence),
          looks === 0 ? null : ` Looks at MX: ${looks}.`,
        ),
      ),
    ),
  );
}
