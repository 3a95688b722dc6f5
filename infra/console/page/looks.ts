/** Every look at MX of a refresh, from the logs: read when they are opened, as it takes a while and a few calls of AWS. */
import { type ComponentChild, Fragment, h, type TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { LookShown, LooksShown } from '../shapes.ts';
import { withQuery } from './ask.ts';
import { At, Chip, type ChipKind, Trouble } from './parts.ts';
import { type Panel, usePanel } from './use-panel.ts';

/** `endedAt` null: it runs. */
export function Looks({
  refreshId,
  endedAt,
}: {
  readonly refreshId: string;
  readonly endedAt: string | null;
}): ComponentChild {
  const [isAsked, setAsked] = useState(false);
  const query = { refresh: refreshId, ...(endedAt === null ? {} : { ended: endedAt }) };
  const looks = usePanel<LooksShown>(isAsked ? withQuery('/data/looks', query) : null, null);
  const toggled = (event: TargetedEvent<HTMLDetailsElement>): void => {
    if (event.currentTarget.open) setAsked(true);
  };
  return h('details', { onToggle: toggled }, h('summary', null, 'Every look, from the logs'), h(Found, looks));
}

function Found({ data, problem, asOf, reload }: Panel<LooksShown>): ComponentChild {
  if (data === null && problem === null) return h('p', { class: 'quiet', role: 'status' }, 'The logs are searched …');
  return h(
    Fragment,
    null,
    h(Trouble, { problem, asOf }),
    data === null ? null : h(Steps, data),
    h('button', { type: 'button', onClick: reload }, 'Search again'),
  );
}

function Steps({ looks, isPart }: LooksShown): ComponentChild {
  if (looks.length === 0) {
    return h(
      'p',
      null,
      'The logs have no line of it: the newest come seconds late, and old ones are kept for logRetentionDays.',
    );
  }
  return h(
    Fragment,
    null,
    h(
      'ol',
      { class: 'steps' },
      looks.map(({ at, kind, words }, index) =>
        h('li', { key: index }, h(At, { at }), ' ', h(Chip, { kind: kinds[kind], children: kind }), ' ', words),
      ),
    ),
    isPart ? h('p', { class: 'quiet' }, 'There may be more: the search was ended.') : null,
  );
}

const kinds: Readonly<Record<LookShown['kind'], ChipKind>> = {
  told: 'plain',
  look: 'busy',
  stored: 'good',
  trouble: 'bad',
};
