/** A date in the head of an HTTP answer. */

/** A date as HTTP writes it today (RFC 9110, 5.6.7). The two obsolete forms are not read. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Epoch milliseconds of a header's value; null when it is none, or no date. */
export function httpDate(header: string | string[] | undefined): number | null {
  const time = typeof header === 'string' && HTTP_DATE.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
