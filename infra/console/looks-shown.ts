/** What the log lines of a refresh say of it, step by step: each look at MX with what it has seen. Pure. */
import { instantOf } from '../../shared/domain/instant.ts';
import { everyOutcome } from '../../shared/domain/outcome.ts';
import { fieldsOf, type LogEvent } from '../operator/logs/log-line.ts';
import { metricOf } from '../operator/logs/recent-ends.ts';
import type { LookShown } from './shapes.ts';

/** The steps, in the order of their lines. Lines that say nothing of the refresh's way are left out. */
export const looksShown = (lines: readonly LogEvent[]): readonly LookShown[] =>
  lines.flatMap((line) => {
    const fields = fieldsOf(line);
    const step = fields === null ? null : stepOf(fields);
    return step === null ? [] : [{ at: instantOf(line.at), ...step }];
  });

type Fields = Readonly<Record<string, unknown>>;
type Step = Omit<LookShown, 'at'>;

function stepOf(fields: Fields): Step | null {
  const { event, outcome, look, seen } = fields;
  switch (event) {
    case 'request.answered':
      return answered(fields);
    case 'mx.failed':
      return { kind: 'trouble', words: `MX did not do as asked (${text(fields, 'call')}): ${failureOf(fields)}` };
    case 'follow_up.done':
      return outcome === 'superseded'
        ? null
        : { kind: kindOf(outcome), words: sentences(`Look ${String(look)}`, seenWords(seen), outcomeWords(outcome)) };
    case 'webhook.handled':
      return outcome === 'nudged' ? nudged(fields) : null;
    case 'follow_up.failed':
      return { kind: 'trouble', words: `A look ended with an error: ${failureOf(fields)}` };
    case 'callback.done':
      return { kind: 'told', words: `Callback, try ${text(fields, 'count')}: ${plain(text(fields, 'outcome'))}.` };
    case 'callback.failed':
      return { kind: 'trouble', words: `Callback: ${failureOf(fields)}` };
    case 'notice.done':
      return { kind: 'told', words: `Its end was told: ${plain(text(fields, 'outcome'))}.` };
    case 'notice.failed':
      return { kind: 'trouble', words: `Telling its end failed: ${failureOf(fields)}` };
    default:
      return null;
  }
}

/** `Look 2: MX shows CONNECTED. It is looked at again later.` */
const sentences = (what: string, ...words: readonly (string | null)[]): string =>
  [`${what}:`, ...words.filter((part) => part !== null)].join(' ').replace(/:$/, '.');

/** The line itself does not say what came of the look; where that has ended the refresh, its count stands in the line. */
function nudged(fields: Fields): Step {
  const end = everyOutcome.find((one) => Number(fields[metricOf(one)]) > 0);
  const came = end === undefined ? null : outcomeWords(end === 'succeeded' ? 'stored' : 'ended');
  return {
    kind: end === 'succeeded' ? 'stored' : 'look',
    words: sentences('A message of MX’s caused a look', seenWords(fields['seen']), came),
  };
}

/** A trigger's answer; a read of the refresh is none of its steps. */
function answered(fields: Fields): Step | null {
  const route = text(fields, 'route');
  if (!route.startsWith('POST ') && !route.startsWith('PUT ')) return null;
  return { kind: 'told', words: `${route.split('/').at(-1)} was answered ${text(fields, 'status')}.` };
}

const kindOf = (outcome: unknown): LookShown['kind'] => (outcome === 'stored' ? 'stored' : 'look');

/** `CONNECTED running started`, as a function writes it; none where MX was not asked or did not answer. */
function seenWords(seen: unknown): string | null {
  const [, status, job, proof] = (typeof seen === 'string' && /^(\w+) (running|idle) (\w+)$/.exec(seen)) || [];
  if (status === undefined) return null;
  const runs = job === 'running' ? 'a job runs' : 'no job runs';
  return `MX shows ${plain(status)}, and ${runs}; ${proofs[proof ?? ''] ?? plain(proof ?? '')}.`;
}

const proofs: Readonly<Record<string, string>> = {
  none: 'nothing proves that ours did',
  started: 'ours has begun',
  ended: 'ours is over',
};

const outcomeWords = (outcome: unknown): string => outcomes[String(outcome)] ?? `${plain(String(outcome))}.`;

const outcomes: Readonly<Record<string, string>> = {
  looking_again: 'It is looked at again later.',
  too_early: 'It came too early, and is repeated.',
  paused: 'Put off by a pause of calls to MX.',
  started: 'The job was asked for again.',
  stored: 'The accounts were read and stored.',
  ended: 'The refresh ended, with nothing stored.',
  published: 'It had ended; its end was told.',
};

const failureOf = (fields: Fields): string => {
  const [failure, code] = [text(fields, 'failure'), text(fields, 'code')];
  return failure === '' ? `${code}.` : `${failure}.`;
};

const text = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

const plain = (code: string): string => code.replaceAll('_', ' ');
