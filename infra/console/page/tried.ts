/** A refresh that was tried: what the service makes of it, what callers see, and what MX was asked, side by side. */
import { type ComponentChild, h, type TargetedEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { AskedShown, QuestionShown, SeenAnswer, TriedShown } from '../try-shapes.ts';
import { ask, withQuery } from './ask.ts';
import { Explained } from './explained.ts';
import { At, Chip, type ChipKind, Name, Section, Table, Trouble } from './parts.ts';
import { useMember } from './use-member.ts';
import { usePanel } from './use-panel.ts';
import { memberHash } from './view.ts';
import { Watched } from './watched.ts';

const LIVE_MS = 1_000;

/** `again`: triggers another refresh of this member. */
export function Tried({
  user,
  member,
  title,
  trigger,
  isAsking,
  again,
}: TriedShown & {
  readonly title: string;
  readonly isAsking: boolean;
  readonly again: () => void;
}): ComponentChild {
  const names = { user, member };
  const explained = useMember(names);
  const seen = usePanel<readonly SeenAnswer[]>(withQuery('/data/try/seen', names), null);
  const asked = usePanel<readonly AskedShown[]>(withQuery('/data/try/asked', names), LIVE_MS);
  const running = explained.data?.running ?? null;
  const sentence = `${running?.sentence} ${running?.looks} ${explained.data?.lastEnd?.refreshId}`;
  useEffect(seen.reload, [sentence]);

  return h(
    'div',
    { class: 'beside' },
    h(
      'div',
      null,
      h(
        Section,
        {
          id: 'tried',
          title,
          of: explained,
          aside: [
            h('button', { type: 'button', disabled: isAsking, onClick: again }, 'Refresh again'),
            h('a', { href: memberHash(user, member) }, 'Open this member'),
          ],
        },
        h(
          'p',
          { class: 'quiet' },
          'What this service makes of member ',
          h(Name, null, member),
          ' of ',
          h(Name, null, user),
        ),
        explained.data === null ? null : h(Explained, explained.data),
        running?.step === 'asks_user' ? h(AnswerForm, names) : null,
        h(Watched, { shown: explained.data, of: member }),
      ),
      h(
        Section,
        { id: 'asked', title: 'What MX was asked', of: asked },
        asked.data === null ? null : h(Asked, { calls: asked.data }),
      ),
    ),
    h(
      Section,
      { id: 'seen', title: 'What callers see', of: seen },
      h(Seen, { answer: trigger, isOpen: true }),
      seen.data?.map((answer, index) => h(Seen, { key: answer.path, answer, isOpen: index === 0 })),
    ),
  );
}

const Seen = ({ answer, isOpen }: { readonly answer: SeenAnswer; readonly isOpen: boolean }): ComponentChild => {
  const { method, path, status, says, headers, text } = answer;
  const body = [headers, text].filter((part) => part !== '').join('\n\n');
  return h(
    'details',
    { open: isOpen },
    h(
      'summary',
      null,
      h(Name, null, `${method} ${path}`),
      ' ',
      h(Chip, { kind: status < 300 ? 'good' : 'bad', children: `→ ${status}` }),
      ' ',
      h('span', null, says),
    ),
    h('pre', { tabIndex: 0, role: 'region', 'aria-label': `Answer to ${method} ${path}` }, body),
  );
};

/** The newest first. */
function Asked({ calls }: { readonly calls: readonly AskedShown[] }): ComponentChild {
  if (calls.length === 0) return h('p', null, 'Nothing about this member yet.');
  return h(Table, {
    label: 'Calls to MX',
    head: ['When', 'Call', 'Answer'],
    rows: calls.toReversed().map(({ at, method, path, status, fault }, index) => ({
      key: String(calls.length - index),
      cells: [
        h(At, { at }),
        h('code', { title: path }, `${method} ${withoutIds(path)}`),
        [h(Chip, { kind: kindOf(status, fault), children: status }), fault === null ? null : ` ${fault}`],
      ],
    })),
  });
}

/** All calls are about the same member, by its own ids or by MX’s. */
const withoutIds = (path: string): string => path.replace(/^\/users\/[^/]+\/members\/[^/?]+/, '/users/…/members/…');

function kindOf(status: number, fault: string | null): ChipKind {
  if (status >= 300) return 'bad';
  return fault === null ? 'good' : 'busy';
}

/** The API may know a moment later than the tables what is asked. */
const untilAsked = (question: QuestionShown | null): number | null => (question === null ? LIVE_MS : null);

/** The user's answer to the bank, as the user's app passes it on. */
function AnswerForm(names: { readonly user: string; readonly member: string }): ComponentChild {
  const question = usePanel<QuestionShown | null>(withQuery('/data/try/question', names), untilAsked);
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
    h('label', { for: 'answer' }, 'The bank asks: ', h('bdi', null, data.label)),
    h('input', { id: 'answer', value, autocomplete: 'off', onInput: typed }),
    h('button', { type: 'submit', disabled: value === '' }, 'Answer'),
    told === null ? null : h('p', { role: 'status' }, told),
  );
}
