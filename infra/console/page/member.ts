/** A member: how fresh its accounts are, what happened, whose move it is; and what can be done. */
import { type ComponentChild, Fragment, h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { AccountList, DeploymentShown, MemberShown, RefreshList } from '../shapes.ts';
import { Accounts } from './accounts.ts';
import { withQuery } from './ask.ts';
import { Explained } from './explained.ts';
import { Name, Section, Trouble } from './parts.ts';
import { Refreshes } from './refreshes.ts';
import { Schedule } from './schedule.ts';
import { useMember } from './use-member.ts';
import { type Panel, usePanel } from './use-panel.ts';
import { useTrigger, Watched } from './watched.ts';

/** The view. `deployment` null: its settings are not known yet. */
export function Member(props: {
  readonly user: string;
  readonly member: string;
  readonly deployment: DeploymentShown | null;
}): ComponentChild {
  const { user, member, deployment } = props;
  const names = { user, member };
  const [withAmounts, setWithAmounts] = useState(false);
  const explained = useMember(names);
  const accounts = usePanel<AccountList>(withQuery('/data/accounts', names), null);
  // Only while they are shown, and apart, so that the accounts stay when they are refused.
  const amounts = usePanel<AccountList>(
    withAmounts ? withQuery('/data/accounts', { ...names, amounts: 'true' }) : null,
    null,
  );
  const refreshes = usePanel<RefreshList>(withQuery('/data/refreshes', names), null);
  const trigger = useTrigger(names, explained.reload);

  useReloadAtEnd(explained, [accounts.reload, amounts.reload, refreshes.reload]);

  const sure = explained.data;
  return h(
    Fragment,
    null,
    h('h1', { tabIndex: -1 }, 'Member ', h(Name, null, sure?.memberGuid ?? member)),
    h(
      'p',
      { class: 'quiet' },
      'User ',
      h(Name, null, sure?.userGuid ?? user),
      sure === null ? null : [' at ', h(Name, null, sure.institution ?? 'an institution that is not known')],
    ),
    h(
      Section,
      {
        id: 'explained',
        title: 'Whose move is it?',
        of: explained,
        aside: [
          h(
            'button',
            { type: 'button', class: 'primary', onClick: trigger.press, disabled: trigger.isAsking },
            'Refresh',
          ),
          h('button', { type: 'button', onClick: explained.reload }, 'Explain anew'),
        ],
      },
      trigger.answer === null
        ? null
        : h('p', { class: trigger.isRefused ? 'trouble' : '', role: 'status' }, trigger.answer),
      sure === null ? null : h(Explained, sure),
      h(Watched, { shown: sure, of: `${user}/${member}` }),
    ),
    h(
      Section,
      {
        id: 'accounts',
        title: 'Accounts',
        of: accounts,
        aside: h(
          'button',
          { type: 'button', 'aria-pressed': withAmounts, onClick: () => setWithAmounts(!withAmounts) },
          'Show amounts',
        ),
      },
      h(Trouble, amounts),
      accounts.data === null
        ? null
        : h(Accounts, {
            ...names,
            ...accounts.data,
            amounts: amounts.data?.accounts ?? null,
            staleAfterSeconds: deployment?.staleAfterSeconds ?? null,
          }),
    ),
    h(
      Section,
      {
        id: 'refreshes',
        title: 'The last refreshes',
        of: refreshes,
        aside: h('button', { type: 'button', onClick: refreshes.reload }, 'Read again'),
      },
      refreshes.data === null ? null : h(Refreshes, refreshes.data),
    ),
    h(Schedule, { ...names, everyHours: deployment?.everyHours ?? [] }),
  );
}

/** Once another refresh runs, or has ended, what it may have changed is read again. */
function useReloadAtEnd({ data }: Panel<MemberShown>, reloads: readonly (() => void)[]): void {
  const before = useRef<string | null>(null);
  useEffect(() => {
    if (data === null) return;
    const now = `${data.running?.refreshId} ${data.lastEnd?.refreshId}`;
    if (before.current !== null && now !== before.current) for (const reload of reloads) reload();
    before.current = now;
  }, [data]);
}
