/** Whether MX accepts our credentials and our address: one GET, for the operator's command `doctor`. */
import { Failure } from '../domain/failure.ts';
import { type Instant, instantOf } from '../domain/instant.ts';
import { httpDate } from './http-date.ts';
import type { HttpResponse } from './https-transport.ts';
import { type MxClientOptions, memberPath, mxRequests } from './mx-request.ts';

/** What MX said. Nothing in it is secret, and nothing of a person. */
export interface MxAcceptance {
  readonly accepted: boolean;
  /** MX's HTTP status; null: there was no answer. */
  readonly status: number | null;
  /** Why it is not accepted: the code of the failure and its sentence; null: it is. */
  readonly code: string | null;
  readonly says: string | null;
  /** By MX's clock when it answered; null: it did not say. */
  readonly mxTime: Instant | null;
  /** By our clock then. */
  readonly at: Instant;
}

/** There is none with these guids, so that MX's answer has nothing of a person: 404 says that we were let in. */
const noMember = {
  userIdentifier: 'USR-00000000-0000-0000-0000-000000000000',
  memberIdentifier: 'MBR-00000000-0000-0000-0000-000000000000',
};

/** Asks MX once, twice when it refuses the credentials and they were changed meanwhile. @throws what is no failure of MX's. */
export async function mxAcceptance(options: MxClientOptions): Promise<MxAcceptance> {
  let answer: HttpResponse | null = null;
  const request = mxRequests({
    ...options,
    async send(wanted) {
      answer = await options.send(wanted);
      return answer;
    },
  });
  const failure = await request('GET', memberPath(noMember), 'read member').then(
    () => null,
    (error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );
  const seen = answer as HttpResponse | null;
  const date = seen === null ? null : httpDate(seen.headers['date']);
  const accepted = failure === null || failure.code === 'mx_not_found';
  return {
    accepted,
    status: seen?.status ?? null,
    code: accepted ? null : failure.code,
    says: accepted ? null : failure.message,
    mxTime: date === null ? null : instantOf(date),
    at: options.now(),
  };
}
