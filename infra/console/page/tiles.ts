/** The overview in four numbers. */
import { type ComponentChild, h } from 'preact';
import type { AttentionGroup, InstitutionList, RunningList } from '../shapes.ts';
import type { ChipKind } from './parts.ts';

/** Null: not told yet. */
export function Tiles({
  running,
  waiting,
  banks,
}: {
  readonly running: RunningList | null;
  readonly waiting: readonly AttentionGroup[] | null;
  readonly banks: InstitutionList | null;
}): ComponentChild {
  const members = waiting?.reduce((sum, { count }) => sum + count, 0);
  const isAtLeast = waiting?.some((group) => group.isAtLeast) === true;
  const today = banks === null ? null : Object.values(banks.today).reduce((sum, count) => sum + count, 0);
  const down = banks?.institutions.filter(({ state }) => state === 'down').length;
  return h(
    'ul',
    { class: 'tiles', 'aria-label': 'In four numbers' },
    tile('run now', running && `${running.running.length}${running.isMore ? ' or more' : ''}`, 'busy'),
    tile(
      'wait for a person',
      members === undefined ? null : `${members}${isAtLeast ? ' or more' : ''}`,
      members ? 'ask' : 'good',
    ),
    tile('succeeded today', today === null ? null : `${banks?.today['succeeded'] ?? 0} of ${today}`, 'good'),
    tile('banks do not work', down === undefined ? null : String(down), down ? 'bad' : 'good'),
  );
}

const tile = (what: string, count: string | null, kind: ChipKind): ComponentChild =>
  h('li', { class: kind }, h('strong', null, count ?? '…'), ' ', what);
