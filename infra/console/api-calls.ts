/** Calls of the deployment's HTTP API, as the operator: with a Basic key, or signed with the operator's AWS credentials. */
import { type ExactJson, type ExactObject, isExactObject, parseExactJson } from '../../shared/domain/decimal.ts';
import { type Identity, identify } from '../local/api-caller.ts';
import { badInput, ConsoleProblem, problemOfAnswer, problemOfSilence } from './problems.ts';

/** A call. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the API answered, errors included. */
export interface ApiAnswered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The API, and what its answers have told of this machine's clock. */
export interface ApiCalls {
  /** @throws ConsoleProblem when there is no answer. */
  readonly send: (call: ApiCall) => Promise<ApiAnswered>;
  /** The body of a success; empty for none. @throws ConsoleProblem for every other answer. */
  readonly ask: (call: ApiCall) => Promise<ExactObject>;
  /** Milliseconds that this machine's clock is ahead of the API's, by its last answer; 0: a few seconds or less. */
  readonly clockAheadMs: () => number;
}

/** What calling needs. */
export interface ApiCallsOptions {
  readonly apiUrl: string;
  /** Asked before each call: AWS credentials expire. */
  readonly identity: () => Promise<Identity>;
  /** This machine's clock, milliseconds since 1970. */
  readonly now: () => number;
  /** False: the API runs with `now` itself, and its answers' dates say nothing of that. */
  readonly readsClock: boolean;
}

/** Longer than the API's functions may take to answer a call without `wait`. */
const TIMEOUT_MS = 20_000;

/** Calls of one API. */
export function apiCalls({ apiUrl, identity, now, readsClock }: ApiCallsOptions): ApiCalls {
  let aheadMs = 0;

  const send: ApiCalls['send'] = async ({ method, path, body, headers: given = {} }) => {
    const url = apiUrl + path;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const plain = { ...given, ...(text === undefined ? {} : { 'content-type': 'application/json' }) };
    const who = await identity();
    try {
      const headers = { ...plain, ...(await identify(who, { method, url, headers: plain, body: text })) };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(url, {
        method,
        headers,
        signal,
        redirect: 'error',
        ...(text === undefined ? {} : { body: text }),
      });
      const answered = await response.text();
      const date = Date.parse(response.headers.get('date') ?? '');
      if (readsClock && !Number.isNaN(date)) aheadMs = clockAheadMs(now(), date);
      return { status: response.status, headers: response.headers, text: answered };
    } catch (error) {
      throw new ConsoleProblem(problemOfSilence(error));
    }
  };

  return {
    send,
    async ask(call) {
      const { status, headers, text } = await send(call);
      const body = jsonOf(text);
      if (status >= 400) {
        throw new ConsoleProblem(problemOfAnswer({ status, body, retryAfter: headers.get('retry-after') }));
      }
      return isExactObject(body) ? body : {};
    },
    clockAheadMs: () => aheadMs,
  };
}

/**
 * How far a clock at `now` is ahead of one that said `date`. A date of HTTP has whole seconds, and an answer takes a while:
 * what may be due to that counts as nothing, so that ages do not move by it.
 */
export const clockAheadMs = (now: number, date: number): number =>
  Math.abs(now - date) <= CLOCK_TOLERANCE_MS ? 0 : now - date;

const CLOCK_TOLERANCE_MS = 5_000;

/** Null for what is no JSON, such as a proxy's page. */
function jsonOf(text: string): ExactJson {
  try {
    return text === '' ? null : parseExactJson(text);
  } catch {
    return null;
  }
}

/**
 * The path of a member. @throws ConsoleProblem for names that would lead to another path: `fetch` takes a segment of dots
 * for a way up.
 */
export function memberPath({ user, member }: { readonly user: string; readonly member: string }): string {
  return `/users/${segment(user)}/members/${segment(member)}`;
}

const LONGEST_NAME = 512;

function segment(name: string): string {
  if (name === '' || name.length > LONGEST_NAME || /^\.{1,2}$/.test(name)) {
    throw badInput('User and member need a guid or an own id each.');
  }
  return encodeURIComponent(name);
}
