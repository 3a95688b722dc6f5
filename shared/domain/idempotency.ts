/** `Idempotency-Key`: the same request gets the same answer for 24 hours. */
import { Failure } from './failure.ts';

/** What identifies a request. */
export interface KeyedRequest {
  /** Hash over caller, method, path and key. */
  readonly id: string;
  /** Hash over what the request asks for. */
  readonly requestHash: string;
}

/** An answer as it was sent. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What `begin` found. */
export type Begun =
  | { readonly kind: 'first'; readonly token: string }
  | { readonly kind: 'in_flight' }
  | { readonly kind: 'other_request' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer };

/** Where keys and answers are kept. */
export interface IdempotencyKeys {
  /** One conditional write: the first request wins; one that crashed blocks no longer than its function's timeout. */
  begin(request: KeyedRequest): Promise<Begun>;
  /** Keeps the answer, if this request still owns the key. */
  keep(request: KeyedRequest, token: string, answer: KeptAnswer): Promise<void>;
  /** Lets the next such request with this key be the first. */
  release(request: KeyedRequest, token: string): Promise<void>;
}

/** 2xx and final 4xx are kept. 409 and 429 pass, 5xx may: the same request may do better later. */
export const isFinal = (status: number): boolean =>
  (status >= 200 && status < 300) || (status >= 400 && status < 500 && status !== 409 && status !== 429);

/**
 * Answers `request` once: the first time with `answer`, then with what that answered. A failure is an answer too, told
 * by `told`: a 404 is kept like a 202.
 *
 * @throws Failure `idempotency_conflict`, `idempotency_in_flight`, and whatever `answer` throws.
 */
export async function answerOnce(
  keys: IdempotencyKeys,
  request: KeyedRequest,
  answer: () => Promise<KeptAnswer>,
  told: (error: unknown) => KeptAnswer,
): Promise<KeptAnswer> {
  const begun = await keys.begin(request);
  switch (begun.kind) {
    case 'answered':
      return { ...begun.answer, headers: { ...begun.answer.headers, 'idempotency-replayed': 'true' } };
    case 'other_request':
      throw new Failure(
        'caller-fault',
        'idempotency_conflict',
        'this Idempotency-Key came with another request before',
        {
          field: 'Idempotency-Key',
        },
      );
    case 'in_flight':
      throw new Failure(
        'try-again',
        'idempotency_in_flight',
        'the first request with this Idempotency-Key is being answered',
        {
          field: 'Idempotency-Key',
          retryAfterSeconds: 2,
        },
      );
    case 'first': {
      const finish = (given: KeptAnswer): Promise<void> =>
        isFinal(given.status) ? keys.keep(request, begun.token, given) : keys.release(request, begun.token);
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
