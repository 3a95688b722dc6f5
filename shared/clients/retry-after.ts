/** `Retry-After` of an HTTP answer: seconds, or the date of RFC 9110. */
import { httpDate } from './http-date.ts';

/** The longest wait that is believed; a server that asks for more has a wrong clock or a fault. */
export const MAX_RETRY_AFTER_SECONDS = 86_400;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Whole seconds to wait, more than 0 and at most `MAX_RETRY_AFTER_SECONDS`; null when the answer does not say, or says
 * something else. A date is compared with the answer's own `Date`, so that the server's clock may be wrong, and with
 * `nowMs` when it has none.
 */
export function retryAfterSeconds(headers: Headers, nowMs: number): number | null {
  const header = headers['retry-after'];
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : secondsUntil(text, headers['date'], nowMs);
  return seconds === null || seconds <= 0 ? null : Math.min(Math.ceil(seconds), MAX_RETRY_AFTER_SECONDS);
}

function secondsUntil(date: string, answeredAt: string | string[] | undefined, nowMs: number): number | null {
  const until = httpDate(date);
  return until === null ? null : (until - (httpDate(answeredAt) ?? nowMs)) / 1000;
}
