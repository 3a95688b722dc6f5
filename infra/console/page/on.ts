/** What was switched on in *Try it*, and taking it back. */
import { type ComponentChild, h } from 'preact';
import type { OnShown, PlayedShown } from '../try-shapes.ts';
import { Name, Section } from './parts.ts';
import type { Panel } from './use-panel.ts';

/** `takeBack`: of one, or of `all`. */
export function On({
  of,
  takeBack,
}: {
  readonly of: Panel<PlayedShown>;
  readonly takeBack: (id: string) => void;
}): ComponentChild {
  const on = of.data?.on ?? [];
  return h(
    Section,
    {
      id: 'on',
      title: 'What goes wrong now',
      of,
      aside:
        on.length === 0
          ? null
          : h('button', { type: 'button', onClick: () => takeBack('all') }, 'Take everything back'),
    },
    of.data !== null && on.length === 0 ? h('p', { role: 'status' }, 'Nothing: MX does what is asked of it.') : null,
    on.length === 0
      ? null
      : h(
          'ul',
          { class: 'on' },
          on.map((one) => h(Row, { key: one.id, ...one, takeBack })),
        ),
  );
}

const Row = ({
  id,
  title,
  text,
  member,
  left,
  takeBack,
}: OnShown & { readonly takeBack: (id: string) => void }): ComponentChild =>
  h(
    'li',
    null,
    h(
      'div',
      null,
      h('strong', null, title),
      ' ',
      member === null ? 'for every member' : ['for ', h(Name, null, member)],
      left === null ? ', until it is taken back.' : `, for ${left} more ${left === 1 ? 'call' : 'calls'}.`,
      h('p', { class: 'quiet' }, text),
    ),
    h('button', { type: 'button', 'aria-label': `Take back: ${title}`, onClick: () => takeBack(id) }, 'Take back'),
  );
