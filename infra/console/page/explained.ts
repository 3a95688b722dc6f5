/** A member, explained in three sentences. */
import { type ComponentChild, Fragment, h } from 'preact';
import type { MemberShown } from '../shapes.ts';
import { Ago, Chip, Sentence } from './parts.ts';

/** Why its balances are as old as they are, whose move it is, and what comes next. */
export function Explained({ why, move, next, verdict, freshAsOf, bankDownSince }: MemberShown): ComponentChild {
  const kind = verdict === 'fresh' ? 'good' : 'bad';
  return h(
    Fragment,
    null,
    h(
      'p',
      null,
      h(Chip, { kind: verdict === null ? 'plain' : kind, children: verdict ?? 'nothing stored' }),
      freshAsOf === null ? null : [' as of ', h(Ago, { at: freshAsOf })],
      bankDownSince === null ? null : [' ', h(Chip, { kind: 'bad', children: 'the bank does not work' })],
    ),
    h(
      'dl',
      null,
      h('dt', null, 'Why'),
      h('dd', null, h(Sentence, null, why)),
      h('dt', null, 'Whose move'),
      h('dd', null, move),
      h('dt', null, 'Next'),
      h('dd', null, h(Sentence, null, next)),
    ),
  );
}
