/** Members that wait for a person, by whose move it is. */
import { type ComponentChild, Fragment, h } from 'preact';
import type { AttentionGroup, WaitingShown } from '../shapes.ts';
import { Ago, Name, type Row, Sentence, Table } from './parts.ts';
import { memberHash } from './view.ts';
import { plain } from './words.ts';

/** A table for each action with members that wait for it. */
export function Attention({ groups }: { readonly groups: readonly AttentionGroup[] }): ComponentChild {
  const some = groups.filter(({ count }) => count > 0);
  if (some.length === 0) return h('p', null, 'No member waits for a person.');
  return some.map((group) => h(Group, { key: group.action, ...group }));
}

function Group({ action, move, count, isAtLeast, first }: AttentionGroup): ComponentChild {
  return h(
    Fragment,
    null,
    h('h3', null, `${plain(action)}: ${count}${isAtLeast ? ' or more' : ''}`),
    h('p', null, move),
    h(Table, {
      label: plain(action),
      form: 'even',
      head: ['Member', 'Waits since', 'Institution', 'Why'],
      rows: first.map(waitingRow),
    }),
    count > first.length
      ? h('p', { class: 'quiet' }, `The first ${first.length}; all of them: npm run -s ops -- attention ${action}`)
      : null,
  );
}

const waitingRow = ({ userGuid, memberGuid, institution, since, why }: WaitingShown): Row => ({
  key: memberGuid,
  cells: [
    h('a', { href: memberHash(userGuid, memberGuid) }, memberGuid),
    h(Ago, { at: since }),
    h(Name, null, institution ?? 'not known'),
    why === null ? 'not known to this version' : h(Sentence, null, why),
  ],
});
