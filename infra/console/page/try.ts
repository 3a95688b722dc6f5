/** *Try it*: a bank of some way by a click, what the service makes of it, and what callers see, side by side. */
import { type ComponentChild, Fragment, h, type TargetedEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { MemberShown, Problem, QuestionShown, SeenAnswer, StoryList, TriedShown } from '../shapes.ts';
import { ask, withQuery } from './ask.ts';
import { Explained } from './explained.ts';
import { Name, Section, Trouble } from './parts.ts';
import { usePanel } from './use-panel.ts';
import { memberHash } from './view.ts';
import { Watched } from './watched.ts';

const LIVE_MS = 1_000;

/** The view. */
export function Try(): ComponentChild {
  const list = usePanel<StoryList>('/data/try', null);
  const [tried, setTried] = useState<(TriedShown & { readonly title: string }) | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isAsking, setAsking] = useState(false);

  async function begin(name: string, title: string): Promise<void> {
    setAsking(true);
    const answer = await ask<TriedShown>({ path: '/data/try/story', body: { name } });
    setAsking(false);
    setProblem(answer.problem);
    if (answer.told !== null) setTried({ ...answer.told.data, title });
  }

  return h(
    Fragment,
    null,
    h('h1', { tabIndex: -1 }, 'Try it'),
    h(
      'p',
      null,
      'MX is a simulator on this machine. Each click adds a member whose bank behaves as described, and triggers a refresh.',
    ),
    h(Trouble, { problem, asOf: null }),
    h(
      Section,
      { id: 'stories', title: 'Banks', of: list },
      h(
        'ul',
        { class: 'stories' },
        list.data?.stories.map(({ name, title, text }) =>
          h(
            'li',
            { key: name },
            h('button', { type: 'button', disabled: isAsking, onClick: () => void begin(name, title) }, title),
            h('p', { class: 'quiet' }, text),
          ),
        ),
      ),
    ),
    tried === null ? null : h(Tried, { key: tried.member, ...tried }),
  );
}

function Tried({ user, member, title, trigger }: TriedShown & { readonly title: string }): ComponentChild {
  const names = { user, member };
  const explained = usePanel<MemberShown>(withQuery('/data/member', names), LIVE_MS);
  const seen = usePanel<readonly SeenAnswer[]>(withQuery('/data/try/seen', names), null);
  const running = explained.data?.running ?? null;
  const sentence = `${running?.sentence} ${running?.looks} ${explained.data?.lastEnd?.refreshId}`;
  useEffect(seen.reload, [sentence]);

  return h(
    'div',
    { class: 'beside' },
    h(
      Section,
      { id: 'tried', title, of: explained, aside: h('a', { href: memberHash(user, member) }, 'Open this member') },
      h('p', { class: 'quiet' }, 'Member ', h(Name, null, member), ' of ', h(Name, null, user)),
      explained.data === null ? null : h(Explained, explained.data),
      running?.step === 'asks_user' ? h(AnswerForm, names) : null,
      running?.step === 'waits' ? h(BackButton, null) : null,
      h(Watched, { shown: explained.data, of: member }),
    ),
    h(
      Section,
      { id: 'seen', title: 'What callers see', of: seen },
      h(Seen, { answer: trigger, isOpen: true }),
      seen.data?.map((answer, index) => h(Seen, { key: answer.path, answer, isOpen: index === 0 })),
    ),
  );
}

const Seen = ({ answer, isOpen }: { readonly answer: SeenAnswer; readonly isOpen: boolean }): ComponentChild =>
  h(
    'details',
    { open: isOpen },
    h('summary', null, h(Name, null, `${answer.method} ${answer.path}`), ` → ${answer.status}`),
    h('pre', { tabIndex: 0, role: 'region', 'aria-label': `Answer to ${answer.method} ${answer.path}` }, answer.text),
  );

/** The user's answer to the bank, as the user's app passes it on. */
function AnswerForm(names: { readonly user: string; readonly member: string }): ComponentChild {
  const question = usePanel<QuestionShown | null>(withQuery('/data/try/question', names), null);
  const [value, setValue] = useState('');
  const [told, setTold] = useState<string | null>(null);
  const { data } = question;

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    const body = { ...names, guid: data?.guid, value };
    const answer = await ask<SeenAnswer>({ path: '/data/try/answer', body });
    setTold(answer.told === null ? answer.problem.sentence : `PUT …/resume → ${answer.told.data.status}`);
  }

  if (data === null) return h(Trouble, question);
  const typed = (event: TargetedEvent<HTMLInputElement>): void => setValue(event.currentTarget.value);
  return h(
    'form',
    { class: 'row', onSubmit: (event: Event) => void send(event) },
    h('label', { for: 'answer' }, 'The bank asks: ', data.label),
    h('input', { id: 'answer', value, autocomplete: 'off', onInput: typed }),
    h('button', { type: 'submit', disabled: value === '' }, 'Answer'),
    told === null ? null : h('p', { role: 'status' }, told),
  );
}

function BackButton(): ComponentChild {
  const [problem, setProblem] = useState<Problem | null>(null);
  async function back(): Promise<void> {
    setProblem((await ask({ path: '/data/try/mx-is-back', body: {} })).problem);
  }
  return h(
    Fragment,
    null,
    h('p', null, h('button', { type: 'button', onClick: () => void back() }, 'Let MX answer again')),
    h(Trouble, { problem, asOf: null }),
  );
}
