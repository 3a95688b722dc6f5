/**
 * `Idempotency-Key`: the same request gets the same answer for 24 hours. Kept is what the answer was about, no balance
 * and no amount; a repetition is told of it as the tables are then, so that what was deleted does not come back.
 */
import * as v from 'valibot';
import type { AnswerIdentity } from '../domain/check-balance.ts';
import type { IdempotencyKeys, KeyedRequest } from '../domain/idempotency.ts';
import type { Refresh } from '../domain/refresh.ts';
import type { ApiAnswer } from './http.ts';
import { isProblemCode, type ProblemCode, problemKind, problemOf } from './problem.ts';
import { asNamed, Refusal } from './refusal.ts';

/** How a request is answered the first time, and how again. */
export interface Answering {
  first(): Promise<{ readonly answer: ApiAnswer; readonly about: AnswerIdentity }>;
  /** The answer that was about `about`, read anew. */
  again(about: AnswerIdentity): Promise<ApiAnswer>;
  /** The refresh that a kept refusal ended. */
  refresh(refreshId: string): Promise<Refresh>;
}

/** A final refusal. Its sentence is the refresh's. */
interface KeptRefusal {
  readonly kind: 'refused';
  readonly code: ProblemCode;
  /** Null when none was begun. */
  readonly refreshId: string | null;
  /** MX's `error.type`. */
  readonly errorType: string | null;
}

const memberKey = v.object({ userGuid: v.string(), memberGuid: v.string() });

const keptSchema = v.variant('kind', [
  v.object({ kind: v.literal('stored'), member: memberKey }),
  v.object({
    kind: v.picklist(['accepted', 'ended']),
    member: memberKey,
    refreshId: v.string(),
    joined: v.boolean(),
  }),
  v.object({
    kind: v.literal('refused'),
    code: v.custom<ProblemCode>((code) => typeof code === 'string' && isProblemCode(code)),
    refreshId: v.nullable(v.string()),
    errorType: v.nullable(v.string()),
  }),
]);

/**
 * Answers `request` once: the first time with `first`, then with what that was about, as it is now.
 *
 * @throws Refusal `idempotency_conflict`, `idempotency_in_flight`, and the errors of `answering`.
 */
export async function answerOnce(
  keys: IdempotencyKeys,
  request: KeyedRequest,
  answering: Answering,
): Promise<ApiAnswer> {
  const begun = await keys.begin(request);
  switch (begun.kind) {
    case 'answered': {
      const kept = v.safeParse(keptSchema, JSON.parse(begun.answer));
      // Kept by a version of this code with another form: nothing to repeat, and a refresh that runs is joined.
      if (!kept.success) return (await answering.first()).answer;
      const about = kept.output;
      const answer = about.kind === 'refused' ? await refusedAgain(answering, about) : await answering.again(about);
      return { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
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
    case 'first':
      try {
        const { answer, about } = await answering.first();
        await keys.keep(request, begun.token, JSON.stringify(about));
        return answer;
      } catch (error) {
        const refusal = finalRefusal(error);
        await (refusal === null
          ? keys.release(request, begun.token)
          : keys.keep(request, begun.token, JSON.stringify(refusal)));
        throw error;
      }
  }
}

/** 404: the user or member may be created next, and a deleted one is found in the tables again. 409 and 429 pass. */
const passingStatuses: ReadonlySet<number> = new Set([404, 409, 429]);

/** What to keep of a failure; null for one that the next try may not meet, as every 5xx. */
function finalRefusal(error: unknown): KeptRefusal | null {
  const { code, details } = asNamed(error);
  const { status, action } = problemKind(code);
  const asksFor = ('action' in details ? details.action : undefined) ?? action;
  const passes = status >= 500 || passingStatuses.has(status) || asksFor === 'retry_later' || asksFor === 'wait';
  if (passes) return null;
  const { refreshId = null, mxErrorType: errorType = null } = 'refreshId' in details ? details : {};
  return { kind: 'refused', code, refreshId, errorType };
}

/** The same problem, with what the refresh that it ended says of it. */
async function refusedAgain(answering: Answering, { code, refreshId, errorType }: KeptRefusal): Promise<ApiAnswer> {
  const result = refreshId === null ? null : (await answering.refresh(refreshId)).result;
  const { statusCode, headers, body } = problemOf({
    code,
    message: result?.message ?? problemKind(code).meaning,
    details: {
      ...(refreshId === null ? {} : { refreshId }),
      ...(errorType === null ? {} : { mxErrorType: errorType }),
      ...(result === null ? {} : { action: result.action }),
    },
  });
  return { status: statusCode, headers, text: body };
}
