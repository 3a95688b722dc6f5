/** Numbers and times in words. Pure. */

/** So many seconds, in the largest unit of which there are two at least. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  for (const [unit, length] of units) if (whole >= 2 * length) return `${Math.floor(whole / length)} ${unit}`;
  return `${whole} s`;
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** When something was or will be, seen from `nowMs`. */
export function ago(at: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(at)) / 1_000;
  if (Number.isNaN(seconds)) return at;
  return seconds >= -1 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
}

/** A time of day, with the day when it is another one than at `nowMs`. `timeZone` undefined: the reader's. */
export function clockTime(at: string, nowMs: number, timeZone: string | undefined): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat('en-CA', { ...zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const clock = new Intl.DateTimeFormat('en-GB', { ...zone, hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const isToday = day.format(time) === day.format(new Date(nowMs));
  return `${isToday ? '' : `${day.format(time)} `}${clock.format(time)}`;
}

/** `action_required` → `action required`. */
export const plain = (code: string): string => code.replaceAll('_', ' ');

/** How long a machine's clock is ahead or behind. */
export const clockWords = (aheadSeconds: number): string =>
  `This machine’s clock is ${span(Math.abs(aheadSeconds))} ${aheadSeconds > 0 ? 'ahead of' : 'behind'} the API’s. Ages here are counted by the API’s clock.`;

/** An account's freshness. `staleBecause`: what speaks against its values besides their age. */
export function freshnessWords(
  { freshAsOf, staleBecause }: { readonly freshAsOf: string | null; readonly staleBecause: string | null },
  { nowMs, staleAfterSeconds }: { readonly nowMs: number; readonly staleAfterSeconds: number },
): { readonly verdict: 'fresh' | 'stale'; readonly words: string } {
  if (freshAsOf === null) return { verdict: 'stale', words: 'its age is not known' };
  const age = ago(freshAsOf, nowMs);
  if (staleBecause !== null) return { verdict: 'stale', words: `as of ${age}: ${staleBecause}` };
  const isOld = (nowMs - Date.parse(freshAsOf)) / 1_000 > staleAfterSeconds;
  return isOld
    ? { verdict: 'stale', words: `as of ${age}, older than the ${span(staleAfterSeconds)} that are allowed` }
    : { verdict: 'fresh', words: `as of ${age}` };
}

/** How long jobs take, `7.3–9.7 s`. */
export const rangeWords = (range: { readonly from: number; readonly to: number | null } | null): string => {
  if (range === null) return 'not known';
  return range.to === null ? `${range.from} s or more` : `${range.from}–${range.to} s`;
};
