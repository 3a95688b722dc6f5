/** `Idempotency-Key`: the same request gets the same answer for 24 hours. */
import type { IdempotencyKeys, KeyedRequest } from '../domain/idempotency.ts';
import { Refusal } from './refusal.ts';

/** An answer as it was sent. Kept as JSON of this shape. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** 2xx and final 4xx are kept. 409 and 429 pass, 5xx may: the same request may do better later. */
export const isFinal = (status: number): boolean =>
  (status >= 200 && status < 300) || (status >= 400 && status < 500 && status !== 409 && status !== 429);

/**
 * Answers `request` once: the first time with `answer`, then with what that answered. A failure is an answer too, told
 * by `told`: a 404 is kept like a 202.
 *
 * @throws Refusal `idempotency_conflict`, `idempotency_in_flight`, and whatever `answer` throws.
 */
export async function answerOnce(
  keys: IdempotencyKeys,
  request: KeyedRequest,
  answer: () => Promise<KeptAnswer>,
  told: (error: unknown) => KeptAnswer,
): Promise<KeptAnswer> {
  const begun = await keys.begin(request);
  switch (begun.kind) {
    case 'answered': {
      const first = readAnswer(begun.answer);
      return { ...first, headers: { ...first.headers, 'idempotency-replayed': 'true' } };
    }
    case 'other_request':
      throw new Refusal('idempotency_conflict', 'this Idempotency-Key came with another request before', {
        field: 'Idempotency-Key',
      });
    case 'in_flight':
      throw new Refusal('idempotency_in_flight', 'the first request with this Idempotency-Key is being answered', {
        field: 'Idempotency-Key',
        retryAfterSeconds: 2,
      });
    case 'first': {
      const finish = (given: KeptAnswer): Promise<void> =>
        isFinal(given.status)
          ? keys.keep(request, begun.token, JSON.stringify(given))
          : keys.release(request, begun.token);
      try {
        const given = await answer();
        await finish(given);
        return given;
      } catch (error) {
        await finish(told(error));
        throw error;
      }
    }
  }
}

/** The only writer of this text is `answerOnce` above. */
const readAnswer = (text: string): KeptAnswer => JSON.parse(text) as KeptAnswer;
