/** The console's page. */
import { type ComponentChild, Fragment, h, render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeploymentShown } from '../shapes.ts';
import { takeToken } from './ask.ts';
import { Member } from './member.ts';
import { Overview } from './overview.ts';
import { At, InUtc, Name, Trouble } from './parts.ts';
import { useView } from './route.ts';
import { Try } from './try.ts';
import { type Panel, usePanel } from './use-panel.ts';
import { memberHash, type View } from './view.ts';
import { clockWords } from './words.ts';

const DEPLOYMENT_MS = 60_000;

function App(): ComponentChild {
  const view = useView();
  const [utc, setUtc] = useState(false);
  const deployment = usePanel<DeploymentShown>('/data/deployment', DEPLOYMENT_MS);
  useTitleFocused(view);
  return h(
    InUtc.Provider,
    { value: utc },
    h(
      'header',
      { class: 'top' },
      h('p', { class: 'brand' }, h('span', { class: 'mark', 'aria-hidden': 'true' }), 'Fresh balances'),
      h(
        'nav',
        { 'aria-label': 'Views' },
        link('#/', 'Overview', view.name === 'overview'),
        deployment.data?.hasSimulator === true ? link('#/try', 'Try it', view.name === 'try') : null,
      ),
      h(Finder, { key: location.hash, view, examples: deployment.data?.hasSimulator === true ? SIMULATED : null }),
      h(
        'label',
        { class: 'switch' },
        h('input', { type: 'checkbox', checked: utc, onChange: () => setUtc(!utc) }),
        ' Times in UTC',
      ),
    ),
    h('main', null, h(Where, deployment), shown(view, deployment.data)),
  );
}

const link = (href: string, title: string, isHere: boolean): ComponentChild =>
  h('a', { href, ...(isHere ? { 'aria-current': 'page' as const } : {}) }, title);

function shown(view: View, deployment: DeploymentShown | null): ComponentChild {
  if (view.name === 'overview')
    return h(
      Fragment,
      null,
      h('h1', { tabIndex: -1 }, 'Overview'),
      h(Overview, { isLocal: deployment?.isLocal === true, canTry: deployment?.hasSimulator === true }),
    );
  if (view.name === 'try') return h(Try, null);
  return h(Member, { key: `${view.user}/${view.member}`, user: view.user, member: view.member, deployment });
}

/** Another view begins at its title, also for the keyboard and for a screen reader. */
function useTitleFocused(view: View): void {
  const before = useRef(view);
  useEffect(() => {
    if (before.current !== view) document.querySelector('h1')?.focus();
    before.current = view;
  }, [view]);
}

/** A user and a member that every simulator begins with. */
const SIMULATED = { user: 'such as user-1', member: 'such as member-ok' };

/** Opens a member by guid or own id. `examples` null: none is known. */
function Finder({
  view,
  examples,
}: {
  readonly view: View;
  readonly examples: typeof SIMULATED | null;
}): ComponentChild {
  const named = view.name === 'member' ? view : { user: '', member: '' };
  const [user, setUser] = useState(named.user);
  const [member, setMember] = useState(named.member);
  const open = (event: Event): void => {
    event.preventDefault();
    if (user.trim() !== '' && member.trim() !== '') location.hash = memberHash(user.trim(), member.trim());
  };
  const field = (
    { id, label, value, example }: Readonly<Record<'id' | 'label' | 'value' | 'example', string>>,
    set: (text: string) => void,
  ): ComponentChild => [
    h('label', { for: id }, label),
    h('input', {
      id,
      value,
      placeholder: example,
      autocomplete: 'off',
      spellcheck: false,
      onInput: (event) => set(event.currentTarget.value),
    }),
  ];
  return h(
    'form',
    { class: 'row', role: 'search', onSubmit: open },
    field({ id: 'find-user', label: 'User', value: user, example: examples?.user ?? 'guid or own id' }, setUser),
    field(
      { id: 'find-member', label: 'Member', value: member, example: examples?.member ?? 'guid or own id' },
      setMember,
    ),
    h('button', { type: 'submit' }, 'Open'),
  );
}

/** Where the page is looking, and what is wrong with looking. */
function Where({ data, problem, asOf }: Panel<DeploymentShown>): ComponentChild {
  return h(
    'div',
    { class: 'where' },
    h(Trouble, { problem, asOf }),
    data === null
      ? null
      : [
          h(
            'p',
            { class: 'quiet' },
            'Of ',
            data.place,
            '. API ',
            h(Name, null, data.apiUrl),
            `, called with: ${data.caller}.`,
          ),
          data.apiTrouble === null ? null : h('p', { class: 'trouble', role: 'status' }, data.apiTrouble),
          data.pause === null ? null : h(Paused, data.pause),
          data.clockAheadSeconds === null
            ? null
            : h('p', { class: 'trouble', role: 'status' }, clockWords(data.clockAheadSeconds)),
        ],
  );
}

const Paused = ({ from, until, why }: NonNullable<DeploymentShown['pause']>): ComponentChild =>
  h(
    'p',
    { class: 'trouble', role: 'status' },
    'An operator has paused every call to MX since ',
    h(At, { at: from }),
    ', until ',
    h(At, { at: until }),
    `: ${why}`,
  );

takeToken();
const page = document.getElementById('page');
if (page !== null) render(h(App, null), page);
