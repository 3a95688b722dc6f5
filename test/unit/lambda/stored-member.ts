/** What the tests of functions that read have stored of the member `key`, and how they ask for it. */
import { claim, successOf, T0 } from '../../samples.ts';

/** A route's parameters: the member `key`. */
export const parameters = { user_identifier: 'USR-1', member_identifier: 'MBR-1' };

/** The first refresh: it observed the balances at `T0`. */
export const stamp = { observedAt: T0, refreshId: 'RFR-00000000000000000000000001', trigger: 'http' as const };

/** The id of another refresh. */
export const ID2 = 'RFR-00000000000000000000000002';

/** How the first refresh ended. */
export const attempt = successOf(claim({ refreshId: stamp.refreshId }), { endedAt: T0, observedAt: T0 });
