/** The messages of our queues: encoder and decoder of each side by side, with a version, so that both ends use one file. */
import * as v from 'valibot';
import type { ErasureWork } from '../domain/erasure-ports.ts';
import { everyHoursOnOffer } from '../domain/every-hours.ts';
import { Failure } from '../domain/failure.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { MxWebhook } from '../domain/mx-webhook.ts';
import type { Delivery, Notice } from '../domain/notify-ports.ts';
import type { NextLook } from '../domain/ports.ts';
import type { StartBatch } from '../domain/schedule.ts';
import { camelCased, snakeCased } from '../domain/snake-case.ts';
import type { SweepRest } from '../domain/sweep.ts';

/**
 * The version of all messages together: the newest that this release reads, and the one that it writes, which is the
 * newest that the release before it reads too. For a while both work on one queue (docs/adr/0007-versions-in-one-queue.md).
 * A new kind of message, a new field that a reader needs, and a changed meaning all take the next version.
 *
 * A kind that is new in a version is written in that version at once: the release before it lets such messages wait.
 */
export const messageVersions = { reads: 2, writes: 1 } as const;

/** Notices are new in this version. */
const NOTICE_VERSION = 2;

/** Quiet hours are new in this version. */
const WISHES_VERSION = 2;

/** Erasings on request are new in this version. */
const ERASURE_VERSION = 2;

/** Rests of sweeps are new in this version. */
const SWEEP_VERSION = 2;

const readable = v.picklist([1, 2]);

/** Whether only a newer release can read the message: it is neither handled nor refused here, but waits for that one. */
export function isNewer(body: string, reads: number = messageVersions.reads): boolean {
  try {
    const version: unknown = Reflect.get(Object(JSON.parse(body)), 'version');
    return typeof version === 'number' && Number.isSafeInteger(version) && version > reads;
  } catch {
    return false;
  }
}

const member = v.object({ userGuid: v.pipe(v.string(), v.nonEmpty()), memberGuid: v.pipe(v.string(), v.nonEmpty()) });

/** Absent where no caller gave one, and in messages from before there were any. */
const correlation = v.optional(v.nullable(v.string()), null);

const nextLook = v.object({
  version: readable,
  refreshId: v.pipe(v.string(), v.startsWith('RFR-')),
  correlationId: correlation,
  member,
  look: v.pipe(v.number(), v.integer(), v.minValue(1)),
  memory: v.nullable(
    v.object({
      failures: v.pipe(v.number(), v.integer()),
      candidate: v.nullable(v.string()),
      // Absent in messages from before looks told it.
      job: v.optional(
        v.nullable(
          v.object({ jobGuid: v.nullable(v.string()), aggregatedAt: v.nullable(v.string()), seenAt: v.string() }),
        ),
        null,
      ),
      missingSince: v.optional(v.nullable(v.string()), null),
      runningAt: v.optional(v.nullable(v.string()), null),
    }),
  ),
});

/** In the queue a look's number is called `look`, and what the last look tells it `memory`. */
const nextLookOf = ({
  refreshId,
  correlationId,
  member: key,
  look,
  memory,
}: v.InferOutput<typeof nextLook>): NextLook => ({
  refreshId,
  correlationId,
  member: key,
  lookNumber: look,
  state: memory && {
    failedLooks: memory.failures,
    unconfirmedEnd: memory.candidate,
    newestJob: memory.job,
    missingSince: memory.missingSince,
    runningAt: memory.runningAt,
  },
});

const instant = v.pipe(v.string(), v.isoTimestamp());

/** What the follow-up queue carries. A look has no kind: messages from before there were kinds are looks. */
const followUp = v.variant('kind', [
  v.object({ kind: v.literal('look'), ...nextLook.entries }),
  v.object({
    kind: v.literal('webhook'),
    version: readable,
    about: v.picklist(['data', 'connection', 'deletion']),
    member,
    completedAt: v.nullable(instant),
    receivedAt: instant,
  }),
  v.object({ kind: v.literal('erase'), version: readable, member }),
  v.object({
    kind: v.literal('erase_data'),
    version: v.literal(ERASURE_VERSION),
    order: v.object({
      erasureId: v.pipe(v.string(), v.startsWith('ERS-')),
      userGuid: v.pipe(v.string(), v.nonEmpty()),
      memberGuid: v.nullable(v.pipe(v.string(), v.nonEmpty())),
      atMx: v.picklist(['nothing', 'members', 'user']),
      requestedAt: instant,
    }),
    round: v.pipe(v.number(), v.integer(), v.minValue(1)),
    after: v.nullable(v.string()),
    hasFound: v.boolean(),
    userIds: v.array(v.string()),
    tries: v.pipe(v.number(), v.integer(), v.minValue(0)),
    isRestored: v.boolean(),
  }),
  v.object({
    kind: v.literal('notify'),
    version: v.literal(NOTICE_VERSION),
    refreshId: v.pipe(v.string(), v.startsWith('RFR-')),
    correlationId: correlation,
    member,
    before: v.nullable(v.object({ connectionStatus: v.nullable(v.string()) })),
    events: v.boolean(),
    changed: v.nullable(v.array(v.object({ accountGuid: v.string(), at: instant }))),
    callbacksAfter: v.nullable(v.string()),
    tries: v.pipe(v.number(), v.integer(), v.minValue(0)),
    since: instant,
  }),
]);

/**
 * A message of the follow-up queue: the next look at a job, a webhook of MX's, a deleted member's second erasing, an
 * erasing on request, or a notice.
 */
export type FollowUp =
  | ({ readonly kind: 'look' } & NextLook)
  | ({ readonly kind: 'webhook' } & MxWebhook)
  | { readonly kind: 'erase'; readonly member: MemberKey }
  | ({ readonly kind: 'erase_data' } & ErasureWork)
  | ({ readonly kind: 'notify' } & Notice);

const delivery = v.object({
  version: readable,
  callbackId: v.pipe(v.string(), v.startsWith('CBK-')),
  url: v.pipe(v.string(), v.url()),
  attempt: v.pipe(v.number(), v.integer(), v.minValue(0)),
  since: instant,
  notBefore: instant,
});

const startBatch = v.object({
  version: readable,
  dueAt: v.pipe(v.string(), v.isoTimestamp()),
  // Absent in messages from before there was a ceiling.
  startAt: v.optional(v.nullable(instant), null),
  members: v.array(
    v.object({
      member,
      everyHours: v.picklist(everyHoursOnOffer),
      slot: v.string(),
      quietHours: v.optional(v.nullable(v.object({ from: v.string(), to: v.string(), timeZone: v.string() })), null),
      maxAgeSeconds: v.optional(v.nullable(v.number()), null),
    }),
  ),
});

const sweepRest = v.object({
  version: v.literal(SWEEP_VERSION),
  shard: v.pipe(v.number(), v.integer(), v.minValue(0)),
  begunAt: instant,
  after: v.nullable(v.object({ member, acceptedAt: instant })),
});

const encode = (message: object, inVersion: number = messageVersions.writes): string =>
  JSON.stringify({ version: inVersion, ...(snakeCased(message) as object) });

/** The body of a message that asks for the next look. */
export const encodeNextLook = ({ refreshId, correlationId, member: key, lookNumber, state }: NextLook): string =>
  encode({
    refreshId,
    ...(correlationId === null ? {} : { correlationId }),
    member: key,
    look: lookNumber,
    memory: state && {
      failures: state.failedLooks,
      candidate: state.unconfirmedEnd,
      job: state.newestJob,
      missingSince: state.missingSince,
      ...(state.runningAt === null ? {} : { runningAt: state.runningAt }),
    },
  });

/** The body of a message with a webhook, for the follow-up function. */
export const encodeWebhook = (webhook: MxWebhook): string => encode({ kind: 'webhook', ...webhook });

/** The body of a message that has a deleted member's balances erased once more. */
export const encodeErasure = (erased: MemberKey): string => encode({ kind: 'erase', member: erased });

/** The body of a message that goes on with an erasing on request. */
export const encodeErasureWork = (work: ErasureWork): string =>
  encode({ kind: 'erase_data', ...work }, ERASURE_VERSION);

/** The body of a message with what is left to tell of the end of a refresh. */
export const encodeNotice = (notice: Notice): string => encode({ kind: 'notify', ...notice }, NOTICE_VERSION);

/** The only way a body becomes a follow-up. @throws Failure `bad_message`, never to be retried. */
export function decodeFollowUp(body: string): FollowUp {
  const read = check('follow-up', followUp, { kind: 'look', ...(parse('follow-up', body) as object) });
  return read.kind === 'look' ? { kind: 'look', ...nextLookOf(read) } : read;
}

/**
 * The body of a delivery. The event is the one that is published: a receiver of both bus and callback finds the same.
 */
export const encodeDelivery = ({ event, ...message }: Delivery): string =>
  JSON.stringify({ ...(JSON.parse(encode(message)) as object), event });

/** The only way a body becomes a delivery. @throws Failure `bad_message`, never to be retried. */
export function decodeDelivery(body: string): Delivery {
  const read = decode('delivery', delivery, body);
  const { event } = JSON.parse(body) as { event?: Delivery['event'] };
  if (typeof event?.id !== 'string' || typeof event.type !== 'string') {
    throw new Failure('bad_message', 'a delivery message has no event');
  }
  // Not checked: written by this service, passed on as it is and not read here.
  return { ...read, event };
}

/** The body of a start message. */
export const encodeStartBatch = ({ startAt, dueAt, members }: StartBatch): string =>
  encode(
    {
      dueAt,
      ...(startAt === null ? {} : { startAt }),
      members: members.map(({ quietHours, maxAgeSeconds, ...enrolled }) => ({
        ...enrolled,
        ...(quietHours === null ? {} : { quietHours }),
        ...(maxAgeSeconds === null ? {} : { maxAgeSeconds }),
      })),
    },
    // A release that does not know them would start a member at night.
    members.some(({ quietHours }) => quietHours !== null) ? WISHES_VERSION : messageVersions.writes,
  );

/** The only way a body becomes a start batch. @throws Failure `bad_message`, never to be retried. */
export const decodeStartBatch = (body: string): StartBatch => decode('start', startBatch, body);

/** The body of a message with what is left of a sweep. */
export const encodeSweepRest = (rest: SweepRest): string => encode(rest, SWEEP_VERSION);

/** The only way a body becomes the rest of a sweep. @throws Failure `bad_message`, never to be retried. */
export const decodeSweepRest = (body: string): SweepRest => decode('sweep', sweepRest, body);

const decode = <S extends v.GenericSchema>(name: string, schema: S, body: string): v.InferOutput<S> =>
  check(name, schema, parse(name, body));

function parse(name: string, body: string): unknown {
  try {
    return camelCased(JSON.parse(body));
  } catch (cause) {
    throw new Failure('bad_message', `a ${name} message is not JSON`, {}, { cause });
  }
}

function check<S extends v.GenericSchema>(name: string, schema: S, message: unknown): v.InferOutput<S> {
  const read = v.safeParse(schema, message);
  if (read.success) return read.output;
  const at = read.issues.map((issue) => v.getDotPath(issue) ?? 'the whole').join(', ');
  throw new Failure('bad_message', `a ${name} message cannot be read: ${at}`);
}
