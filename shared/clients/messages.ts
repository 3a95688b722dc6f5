/** The messages of our queues: encoder and decoder of each side by side, with a version, so that both ends use one file. */
import * as v from 'valibot';
import { Failure } from '../domain/failure.ts';
import type { FollowUp } from '../domain/ports.ts';
import { everyHoursOnOffer, type StartBatch } from '../domain/schedule.ts';
import { camelCased, snakeCased } from '../domain/snake-case.ts';

const member = v.object({ userGuid: v.pipe(v.string(), v.nonEmpty()), memberGuid: v.pipe(v.string(), v.nonEmpty()) });

const followUp = v.object({
  version: v.literal(1),
  refreshId: v.pipe(v.string(), v.startsWith('RFR-')),
  member,
  look: v.pipe(v.number(), v.integer(), v.minValue(1)),
  memory: v.nullable(v.object({ failures: v.pipe(v.number(), v.integer()), candidate: v.nullable(v.string()) })),
});

const startBatch = v.object({
  version: v.literal(1),
  dueAt: v.pipe(v.string(), v.isoTimestamp()),
  members: v.array(v.object({ member, everyHours: v.picklist(everyHoursOnOffer), slot: v.string() })),
});

const encode = (message: object): string => JSON.stringify({ version: 1, ...(snakeCased(message) as object) });

/** The body of a follow-up message. */
export const encodeFollowUp = (message: FollowUp): string => encode(message);

/** The only way a body becomes a follow-up. @throws Failure `bad_message`, never to be retried. */
export const decodeFollowUp = (body: string): FollowUp => decode('follow-up', followUp, body);

/** The body of a start message. */
export const encodeStartBatch = (batch: StartBatch): string => encode(batch);

/** The only way a body becomes a start batch. @throws Failure `bad_message`, never to be retried. */
export const decodeStartBatch = (body: string): StartBatch => decode('start', startBatch, body);

function decode<S extends v.GenericSchema>(name: string, schema: S, body: string): v.InferOutput<S> {
  let message: unknown;
  try {
    message = camelCased(JSON.parse(body));
  } catch (cause) {
    throw new Failure('never-retry', 'bad_message', `a ${name} message is not JSON`, {}, { cause });
  }
  const read = v.safeParse(schema, message);
  if (read.success) return read.output;
  const at = read.issues.map((issue) => v.getDotPath(issue) ?? 'the whole').join(', ');
  throw new Failure('never-retry', 'bad_message', `a ${name} message cannot be read: ${at}`);
}
