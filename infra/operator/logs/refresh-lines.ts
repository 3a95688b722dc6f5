/** The log lines of one refresh, from its acceptance to a while after its end. */
import { type Instant, plusSeconds } from '../../../shared/domain/instant.ts';
import type { Deployment } from '../deployment.ts';
import { type FoundLines, foundLines } from './found-lines.ts';
import { patternFor, rangeOf, wantedOf } from './wanted.ts';

/** Which refresh. */
export interface RefreshLinesOptions {
  readonly refreshId: string;
  /** Null: it has not ended. */
  readonly endedAt: Instant | null;
  readonly now: Instant;
  readonly stop: AbortSignal;
}

/** Whose lines name a refresh. */
const FUNCTIONS = ['CheckBalance', 'StartRefresh', 'FollowUp', 'Sweep', 'DeliverCallback'];

/** Its event and its callbacks' first tries come within this time after its end. */
const AFTER_END_SECONDS = 600;

/** More lines than a refresh of ten minutes has. */
const MOST_LINES = 500;

/** Finds them. @throws Stop for what is no id, and when the stack has no function with a log group. */
export function refreshLines(
  deployment: Deployment,
  { refreshId, endedAt, now, stop }: RefreshLinesOptions,
): Promise<FoundLines> {
  const life = rangeOf(null, wantedOf(refreshId), now);
  return foundLines(deployment, {
    functions: FUNCTIONS,
    ranges: [endedAt === null ? life : { from: life.from, until: plusSeconds(endedAt, AFTER_END_SECONDS) }],
    pattern: patternFor([{ field: 'refresh_id', value: refreshId }]),
    most: MOST_LINES,
    stop,
  });
}
