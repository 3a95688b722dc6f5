import { randomUUID } from 'node:crypto';
import { type AwsEngine, awsAnswer, awsError, unknownAction } from './aws-call.ts';
import { matches } from './event-pattern.ts';
import type { ObservationFeed } from './observations.ts';
import { isRecord } from './template.ts';

/** What a rule with a pattern does: hands the whole event to its targets. */
export interface EventRule {
  /** Name of the bus. */
  readonly bus: string;
  readonly pattern: unknown;
  /** Must not reject. */
  deliver(event: Readonly<Record<string, unknown>>): void;
}

export interface EventBusesOptions {
  readonly region: string;
  readonly account: string;
  /** Names of the buses there are; `default` is always there. */
  readonly buses: ReadonlySet<string>;
  readonly rules: readonly EventRule[];
  readonly observations: ObservationFeed;
  readonly now: () => number;
}

const MAX_ENTRIES = 10;
/** EventBridge's limit for one entry. */
const MAX_ENTRY_BYTES = 256 * 1024;

interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** EventBridge on one machine: `PutEvents`, checked as EventBridge checks it, observed, and delivered by simple rules. */
export const eventBuses =
  (options: EventBusesOptions): AwsEngine =>
  async (call) => {
    if (call.action !== 'PutEvents') {
      return unknownAction('events', call.action, ['PutEvents']);
    }
    const input: unknown = JSON.parse(call.body.toString() || '{}');
    const entries: unknown = isRecord(input) ? input['Entries'] : undefined;
    if (!Array.isArray(entries) || entries.length < 1 || entries.length > MAX_ENTRIES) {
      return awsError('events', 'ValidationException', `Entries must have 1 to ${MAX_ENTRIES} members`);
    }
    const results = entries.map((entry: unknown) => {
      const refusal = refusalOf(entry, options.buses);
      return refusal ?? { EventId: accept(isRecord(entry) ? entry : {}, options) };
    });
    const failed = results.filter((result) => 'ErrorCode' in result).length;
    return awsAnswer('events', { FailedEntryCount: failed, Entries: results });
  };

function refusalOf(entry: unknown, buses: ReadonlySet<string>): Refusal | undefined {
  if (!isRecord(entry)) return { ErrorCode: 'InvalidArgument', ErrorMessage: 'an entry must be an object' };
  for (const name of ['Source', 'DetailType', 'Detail']) {
    if (typeof entry[name] !== 'string' || entry[name] === '') {
      return {
        ErrorCode: 'InvalidArgument',
        ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      };
    }
  }
  if (String(entry['Source']).startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSource', ErrorMessage: 'Not authorized for the source.' };
  }
  if (parsedDetail(entry['Detail']) === undefined) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  const size = ['Source', 'DetailType', 'Detail'].reduce(
    (sum, name) => sum + Buffer.byteLength(String(entry[name])),
    0,
  );
  if (size > MAX_ENTRY_BYTES) {
    return { ErrorCode: 'InvalidArgument', ErrorMessage: `the entry has ${size} bytes, more than ${MAX_ENTRY_BYTES}` };
  }
  if (!buses.has(busOf(entry))) {
    return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: `Event bus ${busOf(entry)} does not exist.` };
  }
  return undefined;
}

function accept(entry: Readonly<Record<string, unknown>>, options: EventBusesOptions): string {
  const id = randomUUID();
  const bus = busOf(entry);
  const time = new Date(options.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const source = String(entry['Source']);
  const detailType = String(entry['DetailType']);
  const detail = parsedDetail(entry['Detail']);
  options.observations.emit('event', { bus, id, source, detailType, detail, time });
  const resources = Array.isArray(entry['Resources']) ? entry['Resources'] : [];
  const { account, region } = options;
  const event = { version: '0', id, 'detail-type': detailType, source, account, time, region, resources, detail };
  for (const rule of options.rules) {
    if (rule.bus === bus && matches(rule.pattern, event)) rule.deliver(event);
  }
  return id;
}

/** The name of an entry's bus; entries may name it by ARN. */
function busOf(entry: Readonly<Record<string, unknown>>): string {
  const bus = entry['EventBusName'];
  return typeof bus === 'string' && bus !== '' ? bus.slice(bus.lastIndexOf('/') + 1) : 'default';
}

function parsedDetail(detail: unknown): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(String(detail));
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
