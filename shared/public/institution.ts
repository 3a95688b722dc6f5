/** What the service has learnt of an institution, as the API tells it. */
import { countIn, flagIn, objectIn, objectOf, textIn, textOrNullIn, wordIn } from './answer-fields.ts';
import { isJsonObject, type Json, type JsonObject } from './exact-json.ts';
import { unexpectedAnswer } from './problem.ts';
import { everyOutcome, type Outcome } from './vocabulary.ts';

/** Ended refreshes, counted. */
export interface CountedRefreshes {
  /** The first instant that counts: midnight, UTC. */
  readonly since: string;
  readonly refreshes: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

/** Between which two lengths something lies, in seconds. */
export interface LengthRange {
  readonly from: number;
  /** Null: no upper limit, because jobs were longer than any that are told apart, or still ran at their deadline. */
  readonly to: number | null;
}

/** How long the jobs of the week took. */
export interface JobLengths {
  /** How many jobs it is made of. */
  readonly samples: number;
  /** Fewer than ten: they say little. */
  readonly smallSample: boolean;
  /** Half of the jobs were over by then; null: no samples. */
  readonly p50: LengthRange | null;
  readonly p90: LengthRange | null;
  readonly p99: LengthRange | null;
  /** Refreshes of whose jobs nothing was learnt, by reason. Only reasons that occurred. */
  readonly notLearnt: Readonly<Record<string, number>>;
}

/** Whether scheduled starts wait because the bank does not work. */
export interface InstitutionBreaker {
  readonly state: 'open' | 'closed';
  /** When it opened, or last closed; null: it was not open within 35 days. */
  readonly since: string | null;
  /** How the job ended that opened it: `docs/outcomes.md` of the service. Null while it is closed. */
  readonly code: string | null;
  /** The same as a sentence. */
  readonly message: string | null;
  /** While it is open: when a scheduled start was last let through. */
  readonly lastProbeAt: string | null;
  /** While it is open: from when on the next one is. */
  readonly nextProbeAt: string | null;
  /** While it is open: an answer of the bank closes it from then on; null: the next answer does. */
  readonly staysOpenUntil: string | null;
}

/** That MX runs no balance checks at a bank: its scheduled members are held back. */
export interface InstitutionNotSupported {
  /** When the first trigger was refused for it. */
  readonly since: string;
  /** How the refresh ended with which it was believed: `docs/outcomes.md` of the service. */
  readonly code: string;
  readonly message: string;
  /** Until then no scheduled start asks MX again. */
  readonly until: string;
}

/** A bank, as the service knows it from the refreshes of its members. */
export interface Institution {
  /** MX's. */
  readonly code: string;
  /** The day (UTC, `2026-11-27`) on which a refresh was last counted; null: not within 35 days. */
  readonly lastCountedOn: string | null;
  readonly today: CountedRefreshes;
  /** The seven days (UTC) up to today. */
  readonly week: CountedRefreshes;
  readonly jobSeconds: JobLengths;
  /** Null: the service's settings have no start wait. */
  readonly breaker: InstitutionBreaker | null;
  /** Null: there are balance checks, as far as is known; or nothing is held back, by the service's settings. */
  readonly notSupported: InstitutionNotSupported | null;
}

const isState = (word: unknown): word is InstitutionBreaker['state'] => word === 'open' || word === 'closed';

/** Reads an institution. @throws BalancesProblem `unexpected_answer` that names the field. */
export function institutionFrom(value: Json): Institution {
  const institution = objectOf(value);
  const { breaker = null, not_supported: notSupported = null } = institution;
  return {
    code: textIn(institution, 'code'),
    lastCountedOn: textOrNullIn(institution, 'last_counted_on'),
    today: countedFrom(objectIn(institution, 'today')),
    week: countedFrom(objectIn(institution, 'week')),
    jobSeconds: lengthsFrom(objectIn(institution, 'job_seconds')),
    breaker: isJsonObject(breaker) ? breakerFrom(breaker) : null,
    notSupported: isJsonObject(notSupported) ? notSupportedFrom(notSupported) : null,
  };
}

function countedFrom(counted: JsonObject): CountedRefreshes {
  const outcomes = objectIn(counted, 'outcomes');
  return {
    since: textIn(counted, 'since'),
    refreshes: countIn(counted, 'refreshes'),
    outcomes: Object.fromEntries(everyOutcome.map((word) => [word, countIn(outcomes, word)])) as Record<
      Outcome,
      number
    >,
  };
}

function lengthsFrom(lengths: JsonObject): JobLengths {
  const notLearnt = objectIn(lengths, 'not_learnt');
  return {
    samples: countIn(lengths, 'samples'),
    smallSample: flagIn(lengths, 'small_sample'),
    p50: rangeFrom(lengths['p50'] ?? null),
    p90: rangeFrom(lengths['p90'] ?? null),
    p99: rangeFrom(lengths['p99'] ?? null),
    notLearnt: Object.fromEntries(Object.keys(notLearnt).map((reason) => [reason, countIn(notLearnt, reason)])),
  };
}

const rangeFrom = (range: Json): LengthRange | null =>
  isJsonObject(range)
    ? { from: secondsIn(range, 'from'), to: (range['to'] ?? null) === null ? null : secondsIn(range, 'to') }
    : null;

/** The client reads numbers as text. */
function secondsIn(range: JsonObject, name: string): number {
  const seconds = Number(textIn(range, name));
  if (Number.isFinite(seconds)) return seconds;
  throw unexpectedAnswer(null, `${name} in the answer is not a number of seconds`);
}

const breakerFrom = (breaker: JsonObject): InstitutionBreaker => ({
  state: wordIn(breaker, 'state', isState),
  since: textOrNullIn(breaker, 'since'),
  code: textOrNullIn(breaker, 'code'),
  message: textOrNullIn(breaker, 'message'),
  lastProbeAt: textOrNullIn(breaker, 'last_probe_at'),
  nextProbeAt: textOrNullIn(breaker, 'next_probe_at'),
  staysOpenUntil: textOrNullIn(breaker, 'stays_open_until'),
});

const notSupportedFrom = (notSupported: JsonObject): InstitutionNotSupported => ({
  since: textIn(notSupported, 'since'),
  code: textIn(notSupported, 'code'),
  message: textIn(notSupported, 'message'),
  until: textIn(notSupported, 'until'),
});
