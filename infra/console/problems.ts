/** What went wrong, in words for a person who looks at the page. */
import { type ExactJson, type ExactObject, isExactObject } from '../../shared/domain/decimal.ts';
import { endingOf } from '../operator/ending.ts';
import type { Problem } from './shapes.ts';

/** Ends a request to the console with a problem. */
export class ConsoleProblem extends Error {
  override readonly name = 'ConsoleProblem';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.sentence);
    this.problem = problem;
  }
}

/** The API's answer that was no success, in words. */
export interface RefusedByApi {
  readonly status: number;
  /** Null: it is no JSON. */
  readonly body: ExactJson;
  readonly retryAfter: string | null;
}

/** What an answer of the API with a status from 400 on means. */
export function problemOfAnswer({ status, body, retryAfter }: RefusedByApi): Problem {
  const fields = isExactObject(body) ? body : {};
  const [code, detail] = [textOf(fields, 'code'), textOf(fields, 'detail')];
  const wait = retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null;
  const meaning = meaningOf(status, code);
  // The API's own sentence says more, where a code of the API stands for it.
  const sentence = detail === null ? meaning : [isKeys(status) ? `${meaning} ` : '', sentenceOf(detail)].join('');
  return { of: 'api', status, code, sentence: `${sentence}${waitOf(wait)}`, retryAfter: wait };
}

/** Whether an answer is about the key, and not about what was asked for. */
const isKeys = (status: number): boolean => status === 401 || status === 403;

const sentenceOf = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

function meaningOf(status: number, code: string | null): string {
  switch (status) {
    case 401:
      return 'The API does not accept this key: it is wrong, or it was revoked.';
    case 403:
      return code === null
        ? 'The API’s gateway refuses these credentials: they may not call it, they have expired, or this machine’s clock is wrong.'
        : 'This key may not do that.';
    case 404:
      return 'The API has nothing there.';
    case 429:
      return 'The API is asked too often.';
    case 503:
      return 'The API cannot do it now (503).';
    default:
      return `The API has answered ${status}.`;
  }
}

const waitOf = (seconds: number | null): string => (seconds === null ? '' : ` Again in ${seconds} s.`);

const textOf = (fields: ExactObject, name: string): string | null => {
  const value = fields[name];
  return typeof value === 'string' ? value : null;
};

/** An API that did not answer. */
export function problemOfSilence(error: unknown): Problem {
  const sentence = `The API has not answered (${whyOf(error)}).`;
  return { of: 'api', status: null, code: null, sentence, retryAfter: null };
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'not reached';
  if (error.name === 'TimeoutError') return 'not in time';
  const { cause } = error;
  return `not reached: ${cause instanceof Error && 'code' in cause ? cause.code : error.name}`;
}

/** Any other error: AWS's, as the operator's command says it. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof ConsoleProblem) return error.problem;
  return { of: 'aws', status: null, code: null, sentence: endingOf(error).sentence, retryAfter: null };
}

/** What the page asked for is not right. */
export const badInput = (sentence: string): ConsoleProblem =>
  new ConsoleProblem({ of: 'console', status: null, code: 'bad_input', sentence, retryAfter: null });
