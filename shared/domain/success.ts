/** The last refresh of a member that succeeded, and whether it stored all that MX listed. */
import type { Success } from './member.ts';
import type { OutcomeCode } from './outcome.ts';
import type { Attempt } from './refresh.ts';

/** Ends that store, and perhaps not every account: one whose amounts cannot be read, or that an interruption left out. */
const incompleteEnds: ReadonlySet<OutcomeCode> = new Set(['stored_incomplete', 'stored_in_part']);

/** The success that `attempt` is. */
export const successOf = ({ refreshId, observedAt, endedAt, code }: Attempt): Success => ({
  refreshId,
  observedAt: observedAt ?? endedAt,
  incomplete: incompleteEnds.has(code),
});
