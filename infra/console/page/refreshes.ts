/** The last refreshes of a member as a line of time. */
import { type ComponentChild, Fragment, h } from 'preact';
import type { RefreshList, RefreshShown } from '../shapes.ts';
import { Looks } from './looks.ts';
import { Ago, At, kindOfOutcome, Name, Outcome, Sentence } from './parts.ts';
import { plain, span } from './words.ts';

/** The newest first. */
export function Refreshes({ refreshes, isMore }: RefreshList): ComponentChild {
  if (refreshes.length === 0) return h('p', null, 'No refresh of this member is remembered.');
  return h(
    Fragment,
    null,
    h('ol', { class: 'timeline' }, refreshes.map(entry)),
    isMore ? h('p', { class: 'quiet' }, `The ${refreshes.length} newest.`) : null,
  );
}

function entry(refresh: RefreshShown): ComponentChild {
  const { refreshId, trigger, acceptedAt, outcome, code, message, userMessage, connectionStatus } = refresh;
  return h(
    'li',
    { key: refreshId, 'data-refresh': refreshId, class: kindOfOutcome(outcome) },
    h('p', null, h(Outcome, { outcome }), ' ', h(Ago, { at: acceptedAt }), ` by ${plain(trigger)}`),
    h(
      'ol',
      { class: 'steps' },
      h('li', null, 'accepted ', h(At, { at: acceptedAt })),
      lookStep(refresh),
      endStep(refresh),
      refresh.observedAt === null
        ? null
        : h('li', null, 'balances stored, as read ', h(At, { at: refresh.observedAt })),
    ),
    message === null
      ? null
      : h('p', null, code === null ? null : [h(Name, null, code), ': '], h(Sentence, null, message)),
    h(Looks, { refreshId, endedAt: refresh.endedAt }),
    userMessage === null ? null : h('p', null, 'MX says to the user: “', h('bdi', null, userMessage), '”'),
    h(
      'p',
      { class: 'quiet' },
      h(Name, null, refreshId),
      refresh.correlationId === null || refresh.correlationId === refreshId
        ? null
        : [', called ', h(Name, null, refresh.correlationId)],
      connectionStatus === null ? null : `, connection ${connectionStatus}`,
    ),
  );
}

const lookStep = ({ lastLookAt }: RefreshShown): ComponentChild =>
  lastLookAt === null ? null : h('li', null, 'last look at MX ', h(At, { at: lastLookAt }));

function endStep({ acceptedAt, endedAt, action }: RefreshShown): ComponentChild {
  if (endedAt === null) return null;
  const took = span((Date.parse(endedAt) - Date.parse(acceptedAt)) / 1_000);
  const todo = action === null || action === 'none' ? '' : `; to do: ${plain(action)}`;
  return h('li', null, 'ended ', h(At, { at: endedAt }), `, after ${took}${todo}`);
}
