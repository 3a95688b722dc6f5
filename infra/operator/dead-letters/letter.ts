/** A dead letter: what a message of one of these queues says, and which of it may be shown. */
import type { Message } from '@aws-sdk/client-sqs';
import {
  decodeDelivery,
  decodeFollowUp,
  decodeStartBatch,
  type FollowUp,
  isNewer,
} from '../../../shared/clients/messages.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { type Instant, instantOf } from '../../../shared/domain/instant.ts';
import type { MemberKey } from '../../../shared/domain/mx.ts';
import type { Delivery } from '../../../shared/domain/notify-ports.ts';
import type { StartBatch } from '../../../shared/domain/schedule.ts';
import type { QueueName } from './queues.ts';

/** What a letter says. */
export type Content =
  | FollowUp
  | { readonly kind: 'start'; readonly batch: StartBatch }
  | { readonly kind: 'callback'; readonly delivery: Delivery }
  /** A minute of the schedule or of the sweep: the function that failed and its error, where AWS has written them. */
  | { readonly kind: 'tick'; readonly functionName: string | null; readonly error: string | null }
  /** Only a newer release can read it. */
  | { readonly kind: 'newer' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A dead letter. */
export interface Letter {
  readonly messageId: string;
  readonly queue: QueueName;
  /** When it was sent first, to the queue that it comes from: SQS keeps that time. */
  readonly sentAt: Instant;
  /** How often it was received, by this command too. */
  readonly received: number;
  /** When this command sent it back the last time; null: it did not. */
  readonly sentBackAt: Instant | null;
  readonly content: Content;
}

/** The message attribute that this command adds to what it sends back (RFC 3339). */
export const SENT_BACK_AT = 'sent_back_at';

/** Reads a message of the queue of dead letters `queue`. Never throws. */
export function readLetter(queue: QueueName, message: Message): Letter {
  const { MessageId = '', Attributes = {}, MessageAttributes = {} } = message;
  return {
    messageId: MessageId,
    queue,
    sentAt: instantOf(Number(Attributes.SentTimestamp ?? 0)),
    received: Number(Attributes.ApproximateReceiveCount ?? 1),
    sentBackAt: MessageAttributes[SENT_BACK_AT]?.StringValue ?? null,
    content: contentOf(queue, message),
  };
}

function contentOf(queue: QueueName, { Body = '', MessageAttributes = {} }: Message): Content {
  if (queue === 'ticks') {
    return tickOf(Body, MessageAttributes['ERROR_CODE']?.StringValue, MessageAttributes['ERROR_MESSAGE']?.StringValue);
  }
  if (isNewer(Body)) return { kind: 'newer' };
  try {
    switch (queue) {
      case 'follow-ups':
        return decodeFollowUp(Body);
      case 'starts':
        return { kind: 'start', batch: decodeStartBatch(Body) };
      case 'callbacks':
        return { kind: 'callback', delivery: decodeDelivery(Body) };
    }
  } catch (error) {
    // The decoder's own sentence names fields and quotes nothing. A body of another shape may make it fail otherwise.
    return { kind: 'unreadable', reason: error instanceof Failure ? error.message : 'it is no message of ours' };
  }
}

/**
 * The scheduler writes why it could not reach the function into attributes; Lambda writes of an invocation that failed a
 * record with the function's ARN and its error (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
 */
function tickOf(body: string, code: string | undefined, message: string | undefined): Content {
  const parts = [code, message].filter((part) => part !== undefined);
  if (parts.length > 0) return { kind: 'tick', functionName: null, error: bounded(parts.join(': ')) };
  const record = parsed(body);
  const arn = textAt(record, 'requestContext', 'functionArn');
  const error = [textAt(record, 'responsePayload', 'errorType'), textAt(record, 'responsePayload', 'errorMessage')]
    .filter((part) => part !== null)
    .join(': ');
  const condition = textAt(record, 'requestContext', 'condition');
  return {
    kind: 'tick',
    functionName: arn?.split(':')[6] ?? null,
    error: error === '' ? condition : bounded(error),
  };
}

/** The longest text of an error, as in the functions' log lines. */
const MAX_TEXT = 300;

const bounded = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function textAt(value: unknown, ...path: readonly string[]): string | null {
  let inner = value;
  for (const name of path) inner = Reflect.get(Object(inner), name);
  return typeof inner === 'string' ? inner : null;
}

/** What a letter is about, as far as one refresh or one member is. */
export interface Subject {
  readonly refreshId: string | null;
  readonly member: MemberKey | null;
  readonly correlationId: string | null;
}

/** The refresh and the member that a letter is about. */
export function subjectOf(content: Content): Subject {
  switch (content.kind) {
    case 'look':
    case 'notify':
      return content;
    case 'webhook':
    case 'erase':
      return { refreshId: null, member: content.member, correlationId: null };
    case 'callback': {
      const { refreshId, correlationId, userGuid, memberGuid } = factsOf(content.delivery);
      const member = userGuid === null || memberGuid === null ? null : { userGuid, memberGuid };
      return { refreshId, member, correlationId: correlationId === refreshId ? null : correlationId };
    }
    case 'erase_data':
    case 'start':
    case 'tick':
    case 'newer':
    case 'unreadable':
      return { refreshId: null, member: null, correlationId: null };
  }
}

/** The event of a delivery is passed on unread by the functions, so nothing of it is sure. */
function factsOf({ event }: Delivery) {
  return {
    refreshId: textAt(event, 'data', 'refresh_id'),
    correlationId: textAt(event, 'data', 'correlation_id'),
    userGuid: textAt(event, 'data', 'user_guid'),
    memberGuid: textAt(event, 'data', 'member_guid'),
    outcome: textAt(event, 'data', 'outcome'),
  };
}

/**
 * The fields of a letter that may be shown: guids, times and counts. Not shown: a callback's URL beyond its host, because
 * the path may hold a token of its owner's, and its event; own ids that an erasing carries; a body that cannot be read.
 */
export function shownFields(content: Content): Readonly<Record<string, unknown>> {
  switch (content.kind) {
    case 'look': {
      const { refreshId, correlationId, member, lookNumber, state } = content;
      return { refreshId, correlationId, ...member, look: lookNumber, state };
    }
    case 'webhook': {
      const { about, member, completedAt, receivedAt } = content;
      return { about, ...member, completedAt, receivedAt };
    }
    case 'erase':
      return { ...content.member };
    case 'erase_data': {
      const { order, round, after, hasFound, userIds, tries, isRestored } = content;
      const { erasureId, userGuid, memberGuid, atMx, requestedAt } = order;
      const ordered = { erasureId, userGuid, memberGuid, atMx, requestedAt };
      return { ...ordered, round, after, hasFound, ownIds: userIds.length, tries, isRestored };
    }
    case 'notify': {
      const { refreshId, correlationId, member, events, changed, callbacksAfter, tries, since } = content;
      const left = { events, callbacks: callbacksAfter !== null, changedBalances: changed?.length ?? null };
      return { refreshId, correlationId, ...member, ...left, tries, since };
    }
    case 'start': {
      const { dueAt, startAt, members } = content.batch;
      return { dueAt, startAt, members: members.map(({ member, everyHours }) => ({ ...member, everyHours })) };
    }
    case 'callback': {
      const { delivery } = content;
      const { callbackId, url, attempt, since, notBefore } = delivery;
      return { callbackId, host: new URL(url).host, ...factsOf(delivery), attempt, since, notBefore };
    }
    case 'tick':
      return { function: content.functionName, error: content.error };
    case 'newer':
      return {};
    case 'unreadable':
      return { reason: content.reason };
  }
}
