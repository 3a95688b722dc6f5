/** The operator's pauses in memory, with what was read last remembered as the real ones do. */
import { type Clock, epochMillisecondsOf } from '../../shared/domain/instant.ts';
import { inOrder, type Pause, type Pauses } from '../../shared/domain/pause.ts';
import { atOnce, type Request } from './request.ts';

/** The item. */
export interface PausesItem {
  pauses: readonly Pause[];
}

/** What one function instance remembers of it. */
export interface RememberedPauses {
  pauses: readonly Pause[] | null;
  untilMs: number;
}

/** Nothing is remembered yet. */
export const nothingRemembered = (): RememberedPauses => ({ pauses: null, untilMs: 0 });

/** How the fake behaves. */
export interface FakePausesOptions {
  readonly request?: Request;
  /** How long what was read is used. @default 15, as the real ones */
  readonly knownSeconds?: number;
  /** Told when what was read last holds on. */
  readonly unread?: () => void;
}

/** The pauses in `item`, as an instance sees them that remembers `remembered`. */
export const fakePauses = (
  item: PausesItem,
  remembered: RememberedPauses,
  now: Clock,
  { request = atOnce, knownSeconds = 15, unread = () => {} }: FakePausesOptions = {},
): Pauses => ({
  async known() {
    const present = epochMillisecondsOf(now());
    if (remembered.pauses !== null && remembered.untilMs > present) return remembered.pauses;
    try {
      const pauses = await request('pauses.known', () => inOrder(item.pauses));
      remembered.pauses = pauses;
      remembered.untilMs = present + 1000 * knownSeconds;
    } catch (error) {
      if (remembered.pauses === null) throw error;
      remembered.untilMs = present + 1000 * knownSeconds;
      unread();
    }
    return remembered.pauses;
  },
});

/** No pauses. */
export const noPauses: Pauses = { known: async () => [] };
