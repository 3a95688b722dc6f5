/** What a conformance run found, against the differences that are known of the engines. */

/** A case of the run: a test, or a file that could not be run. */
export interface Case {
  /** File and title, as in `contract/queues > giving a message back > fails when the message is no longer received`. */
  readonly name: string;
  /** The first line of what went wrong; null when the case passed. */
  readonly difference: string | null;
}

/** A case in which an engine differs from AWS, and is known to. */
export interface KnownDifference {
  readonly case: string;
  readonly why: string;
  /** A race that the engine loses in some runs only. @default false */
  readonly isRace?: boolean;
}

/** What there is to say, and whether anything of it is new. */
export interface Verdict {
  readonly lines: readonly string[];
  readonly isAsKnown: boolean;
}

/** Compares: a difference that is not listed is new, and so is a listed one that is none any more. */
export function verdictOf(cases: readonly Case[], known: readonly KnownDifference[]): Verdict {
  const listed = new Map(known.map((difference) => [difference.case, difference.why]));
  const ran = new Map(cases.map((found) => [found.name, found.difference]));
  const differing = cases.filter(({ difference }) => difference !== null);
  const asKnown = differing.filter(({ name }) => listed.has(name));
  const fresh = differing.filter(({ name }) => !listed.has(name));
  const gone = known.filter((one) => one.isRace !== true && ran.get(one.case) === null);
  const agree = cases.length - differing.length;
  return {
    lines: [
      ...asKnown.map(({ name }) => `known      ${name}: ${listed.get(name)}`),
      ...fresh.map(({ name, difference }) => `DIFFERS    ${name}: ${difference}`),
      ...gone.map((one) => `NO LONGER  ${one.case}: passed, so take it from the list`),
      `${cases.length} cases: ${agree} agree, ${asKnown.length} differ as known, ${fresh.length} differ`,
    ],
    isAsKnown: cases.length > 0 && fresh.length === 0 && gone.length === 0,
  };
}
