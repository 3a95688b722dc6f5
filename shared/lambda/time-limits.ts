/** How long a request may take: HTTP APIs end at 30 s (AWS limit), and an answer has to be written before that. */
import { type Instant, plusSeconds } from '../domain/instant.ts';

/** The longest wait that can be asked for, in seconds. Everything is answered by 27 s. */
export const MAX_WAIT_SECONDS = 25;

/** Until when a request that arrived at `arrivedAt` may wait. */
export const waitUntil = (arrivedAt: Instant, waitSeconds: number): Instant =>
  plusSeconds(arrivedAt, Math.min(waitSeconds, MAX_WAIT_SECONDS));

/** The Lambda timeout of the function that triggers, in seconds. A request that has not finished by then never will. */
export const TRIGGER_TIMEOUT_SECONDS = 29;
