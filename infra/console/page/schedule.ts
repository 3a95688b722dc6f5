/** A member's place in the schedule, and changing it. */
import { type ComponentChild, Fragment, h, type TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { Problem, ScheduleShown } from '../shapes.ts';
import { ask, withQuery } from './ask.ts';
import { Ago, Section, Trouble } from './parts.ts';
import { usePanel } from './use-panel.ts';

/** `everyHours`: the periods that may be chosen. */
export function Schedule(props: {
  readonly user: string;
  readonly member: string;
  readonly everyHours: readonly number[];
}): ComponentChild {
  const { user, member, everyHours } = props;
  const schedule = usePanel<ScheduleShown>(withQuery('/data/schedule', { user, member }), null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [chosen, setChosen] = useState('24');

  async function change(every: number | null): Promise<void> {
    const answer = await ask<ScheduleShown>({ path: '/data/schedule', body: { user, member, every } });
    setProblem(answer.problem);
    schedule.reload();
  }

  const choose = (event: TargetedEvent<HTMLSelectElement>): void => setChosen(event.currentTarget.value);

  return h(
    Section,
    { id: 'schedule', title: 'Schedule', of: schedule },
    h(Trouble, { problem, asOf: null }),
    schedule.data === null ? null : h(Place, schedule.data),
    h(
      'p',
      { class: 'row' },
      h('label', { for: 'every' }, 'Refresh every'),
      h(
        'select',
        { id: 'every', value: chosen, onChange: choose },
        everyHours.map((hours) => h('option', { key: hours, value: String(hours) }, `${hours} h`)),
      ),
      h('button', { type: 'button', onClick: () => void change(Number(chosen)) }, 'Put on the schedule'),
      h(
        'button',
        { type: 'button', disabled: schedule.data?.everyHours === null, onClick: () => void change(null) },
        'Take off',
      ),
    ),
  );
}

function Place({ everyHours, nextDueAt, quietHours, held }: ScheduleShown): ComponentChild {
  if (everyHours === null) return h('p', null, 'It is on no schedule.');
  return h(
    Fragment,
    null,
    h(
      'p',
      null,
      `Every ${everyHours} h`,
      nextDueAt === null ? null : [', next ', h(Ago, { at: nextDueAt })],
      '.',
      quietHours === null ? null : ` Not from ${quietHours}.`,
    ),
    held === null ? null : h('p', null, `The schedule does not start it: ${held}`),
  );
}
