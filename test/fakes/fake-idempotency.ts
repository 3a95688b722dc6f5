/** Idempotency keys in memory: the same conditions as `shared/clients/idempotency-table.ts`. */
import type { Leases } from '../../shared/clients/idempotency-table.ts';
import { type IdempotencyKeys, type KeyedRequest, MAX_ANSWER_BYTES } from '../../shared/domain/idempotency.ts';
import { epochMillisecondsOf } from '../../shared/domain/instant.ts';
import { atOnce, type Request, recognised } from './request.ts';

/** One key. Times are Unix seconds. */
interface Entry {
  readonly requestHash: string;
  readonly token: string;
  readonly expiresAt: number;
  readonly leaseUntil: number | null;
  readonly answer: string | null;
}

/** By the request's id. */
export type IdempotencyTable = Map<string, Entry>;

const KEPT_SECONDS = 24 * 3600;

/** Keys in `table`. */
export function fakeIdempotencyKeys(
  table: IdempotencyTable,
  { leaseSeconds, now, newToken }: Leases,
  request: Request = atOnce,
): IdempotencyKeys {
  const seconds = (): number => epochMillisecondsOf(now()) / 1000;
  const entry = (of: KeyedRequest, token: string, leaseUntil: number | null, answer: string | null): Entry => ({
    requestHash: of.requestHash,
    token,
    expiresAt: Math.ceil(seconds()) + KEPT_SECONDS,
    leaseUntil,
    answer,
  });
  const finish = (of: KeyedRequest, token: string, leaseUntil: number | null, answer: string | null): void => {
    if (table.get(of.id)?.token === token) table.set(of.id, entry(of, token, leaseUntil, answer));
  };

  return {
    async begin(of) {
      const token = newToken();
      const won = await request(
        'keys.begin',
        recognised(
          () => table.get(of.id)?.token,
          () => {
            const known = table.get(of.id);
            const at = Math.floor(seconds());
            const free =
              known === undefined ||
              known.expiresAt <= at ||
              (known.requestHash === of.requestHash && known.leaseUntil !== null && known.leaseUntil <= at);
            if (free) table.set(of.id, entry(of, token, Math.ceil(seconds() + leaseSeconds), null));
            return free;
          },
        ),
      );
      if (won) return { kind: 'first', token };
      const known = await request('keys.begin/read', () => table.get(of.id));
      if (known === undefined) return { kind: 'in_flight' };
      if (known.requestHash !== of.requestHash) return { kind: 'other_request' };
      return known.answer === null ? { kind: 'in_flight' } : { kind: 'answered', answer: known.answer };
    },
    keep: (of, token, answer) =>
      request('keys.keep', () =>
        Buffer.byteLength(answer) > MAX_ANSWER_BYTES ? finish(of, token, 0, null) : finish(of, token, null, answer),
      ),
    release: (of, token) => request('keys.release', () => finish(of, token, 0, null)),
  };
}
