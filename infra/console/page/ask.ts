/** Asks the console's server, with the token of this start. */
import type { Failed, Problem, Told } from '../shapes.ts';
import { setClock } from './clock.ts';

const KEPT_TOKEN = 'token';

/**
 * Takes the token out of the address, so that it stands in no history and no picture of the page; it is kept for this tab,
 * so that the page can be loaded anew.
 */
export function takeToken(): void {
  const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (given === undefined) return;
  sessionStorage.setItem(KEPT_TOKEN, given);
  history.replaceState(null, '', location.pathname);
}

/** What came back. */
export type Answer<Data> =
  | { readonly told: Told<Data>; readonly problem: null }
  | { readonly told: null; readonly problem: Problem };

/** A question: a path with its query, and for a POST its body. */
export interface Question {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

/** Never rejects, except when `signal` was aborted. */
export async function ask<Data>({ path, body, signal }: Question): Promise<Answer<Data>> {
  const headers: Record<string, string> = { 'x-console-token': sessionStorage.getItem(KEPT_TOKEN) ?? '' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    const response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const answered = (await response.json()) as Told<Data> | Failed;
    setClock(answered.asOf);
    return 'problem' in answered ? { told: null, problem: answered.problem } : { told: answered, problem: null };
  } catch (error) {
    if (signal?.aborted) throw error;
    return { told: null, problem: silent };
  }
}

const silent: Problem = {
  of: 'console',
  status: null,
  code: 'silent',
  sentence: 'The console does not answer: it may have been ended. Start it again, and open the address that it prints.',
  retryAfter: null,
};

/** A path with this query. */
export const withQuery = (path: string, query: Readonly<Record<string, string>>): string =>
  `${path}?${new URLSearchParams(query)}`;
