/**
 * A member that is looked at. While its refresh runs, one item is read each second; what is made of all its accounts is read anew
 * only when a refresh has begun or ended, and each minute, because its sentences name ages.
 */
import { useEffect } from 'preact/hooks';
import type { MemberShown, WatchedShown } from '../shapes.ts';
import { withQuery } from './ask.ts';
import { type Panel, usePanel } from './use-panel.ts';

const [LIVE_MS, IDLE_MS, SENTENCES_MS] = [1_000, 10_000, 60_000];

/** One that is not known may be refreshed for the first time by another caller. */
const explainEvery = (data: MemberShown | null): number => (data === null ? IDLE_MS : SENTENCES_MS);

const watchEvery = (data: WatchedShown | null): number => (data?.running ? LIVE_MS : IDLE_MS);

/** `names`: guids or own ids. */
export function useMember(names: { readonly user: string; readonly member: string }): Panel<MemberShown> {
  const explained = usePanel<MemberShown>(withQuery('/data/member', names), explainEvery);
  const { data } = explained;
  const guids = data === null ? null : { user: data.userGuid, member: data.memberGuid };
  const watched = usePanel<WatchedShown>(guids && withQuery('/data/member/running', guids), watchEvery);
  const shown = data === null ? null : newer({ ...explained, data }, watched);

  const [now, told] = [keyOf(shown), keyOf(data)];
  useEffect(() => {
    if (now !== told) explained.reload();
  }, [now, told]);

  return {
    data: shown,
    asOf: later(explained.asOf, watched.asOf),
    problem: watched.problem ?? explained.problem,
    reload() {
      explained.reload();
      watched.reload();
    },
  };
}

/** The member, with what is known of its refresh from the newer of the two answers. */
function newer(
  { data, asOf }: { readonly data: MemberShown; readonly asOf: string | null },
  watched: Panel<WatchedShown>,
): MemberShown {
  return watched.data === null || (watched.asOf ?? '') < (asOf ?? '') ? data : { ...data, ...watched.data };
}

/** Which refresh runs, and which has ended last. */
const keyOf = (shown: WatchedShown | null): string =>
  `${shown?.running?.refreshId ?? ''} ${shown?.lastEnd?.refreshId ?? ''}`;

const later = (first: string | null, second: string | null): string | null =>
  first === null || (second !== null && second > first) ? second : first;
