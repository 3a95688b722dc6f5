/** Watches a running stack: nothing of what MX and callers say may be in what it tells on. */
import { appendFileSync } from 'node:fs';
import type { ObservationFeed } from '../../infra/local/stack/observations.ts';
import { CONTROL_PREFIX, type MxModel } from '../../infra/mx-simulator/mx-model.ts';
import { Detector, type Secret, type SecretKind } from './detector.ts';
import { secretsIn } from './heard.ts';

/** A text that others may read. */
export interface Told {
  readonly where: 'log' | 'error' | 'event' | 'dead letter' | 'error answer';
  readonly text: string;
}

/** What is watched. */
export interface Watched {
  /** The stack. */
  readonly told: Pick<ObservationFeed, 'on'>;
  /** MX, whose calls are listened to. */
  readonly mx: Pick<MxModel, 'handle'>;
  /** What else is looked for: credentials that MX never sees. */
  readonly secrets: readonly Secret[];
  /** What settings allow in events. */
  readonly inEvents?: readonly SecretKind[];
}

/** The variable that names the file with counts, for `npm run privacy`. */
export const COUNTS_FILE = 'PRIVACY_COUNTS_FILE';

/** How much was looked through. */
export interface Counts {
  readonly texts: number;
  readonly values: number;
}

/** Appends a line of JSON to the file of the run, if it has one: processes of one run may share the file. */
export function recordCounts(counts: Counts): void {
  const file = process.env[COUNTS_FILE];
  if (file !== undefined && file !== '') appendFileSync(file, `${JSON.stringify(counts)}\n`);
}

/**
 * Keeps what the stack tells from here on.
 *
 * @returns looks through it, with all values that are known by then, and says what is wrong, each leak once.
 */
export function watchPrivacy({ told, mx, secrets, inEvents = [] }: Watched): () => readonly string[] {
  const detector = new Detector();
  const texts: Told[] = [];
  for (const secret of secrets) detector.add(secret);
  const answer = mx.handle;
  mx.handle = (request) => {
    const given = answer(request);
    // The simulator's own controls tell times and counts too. What MX is to have by them is heard once MX tells it.
    if (!request.path.startsWith(CONTROL_PREFIX)) {
      for (const secret of secretsIn(request, given)) detector.add(secret);
    }
    return given;
  };
  told.on('log', ({ line }) => void texts.push({ where: 'log', text: line }));
  told.on('invocation', ({ error }) => {
    if (error !== undefined) texts.push({ where: 'error', text: `${error.errorType} ${error.errorMessage}` });
  });
  told.on('event', ({ detail }) => void texts.push({ where: 'event', text: JSON.stringify(detail) }));
  told.on('dead-letter', ({ body }) => void texts.push({ where: 'dead letter', text: body }));
  told.on('http', ({ problem }) => {
    if (problem !== undefined) texts.push({ where: 'error answer', text: problem });
  });
  return () => {
    recordCounts({ texts: texts.length, values: detector.size });
    return leaks(detector, texts, inEvents);
  };
}

/** What is wrong in these texts, each leak once. */
export function leaks(detector: Detector, texts: readonly Told[], inEvents: readonly SecretKind[]): readonly string[] {
  const wrong = new Set<string>();
  for (const { where, text } of texts) {
    for (const { kind, value } of detector.find(text)) {
      if (where === 'event' && inEvents.includes(kind)) continue;
      wrong.add(`${kind} ${value} in a text of kind ${where}: ${text.slice(0, 400)}`);
    }
  }
  return [...wrong];
}
