/** The gate before MX: no request passes while an operator has paused calls to MX. */
import { Failure } from '../domain/failure.ts';
import { type Clock, secondsBetween } from '../domain/instant.ts';
import { backAfter, type Pauses, pauseAt } from '../domain/pause.ts';

/** What the gate needs. */
export interface GateDeps {
  readonly pauses: Pauses;
  readonly now: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** @throws Failure `paused`, with the seconds until it is over, spread over a minute; the error of a first reading. */
export const pauseGate =
  ({ pauses, now, random }: GateDeps): (() => Promise<void>) =>
  async () => {
    const known = await pauses.known();
    const present = now();
    const pause = pauseAt(known, present);
    if (pause === null) return;
    const retryAfterSeconds = Math.max(1, Math.ceil(secondsBetween(present, backAfter(pause, random()))));
    throw new Failure('paused', 'an operator has paused calls to MX; it was not asked', { retryAfterSeconds });
  };
