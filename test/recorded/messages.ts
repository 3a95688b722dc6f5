/** One message of each kind, by queue, with fixed values, as the code of today writes it. */
import {
  encodeDelivery,
  encodeErasure,
  encodeErasureWork,
  encodeNextLook,
  encodeNotice,
  encodeStartBatch,
  encodeSweepRest,
  encodeWebhook,
} from '../../shared/clients/messages.ts';
import { firstWork } from '../../shared/domain/erasure-ports.ts';
import { endedEvent } from '../../shared/domain/event.ts';
import { at, attemptOf, key, refreshId, startingClaim } from '../samples.ts';

/** Bodies by the function that writes them and what is special about them, by queue. */
export type RecordedMessages = Readonly<
  Record<'followUps' | 'starts' | 'sweeps' | 'callbacks', Record<string, string>>
>;

const look = { refreshId: refreshId(1), member: key, lookNumber: 2 };
const state = {
  failedLooks: 1,
  unconfirmedEnd: 'degraded',
  newestJob: { jobGuid: 'JOB-new', aggregatedAt: at(1), seenAt: at(5) },
  missingSince: at(6),
  runningAt: at(5),
};
const enrolled = { member: key, everyHours: 24, slot: 'SLOT#7#0' } as const;

/** The messages that this release sends. */
export const messagesOfToday = (): RecordedMessages => ({
  followUps: {
    encodeNextLook: encodeNextLook({ ...look, correlationId: 'order-1', state }),
    'encodeNextLook, nothing told': encodeNextLook({ ...look, correlationId: null, state: null }),
    encodeWebhook: encodeWebhook({ about: 'data', member: key, completedAt: at(-2), receivedAt: at(0) }),
    'encodeWebhook, deletion': encodeWebhook({ about: 'deletion', member: key, completedAt: null, receivedAt: at(0) }),
    encodeErasure: encodeErasure(key),
    encodeErasureWork: encodeErasureWork(
      firstWork(
        {
          erasureId: `ERS-${'0'.repeat(32)}`,
          userGuid: key.userGuid,
          memberGuid: null,
          atMx: 'members',
          requestedAt: at(0),
        },
        ['user-1'],
      ),
    ),
    encodeNotice: encodeNotice({
      refreshId: refreshId(1),
      correlationId: 'order-1',
      member: key,
      before: { connectionStatus: 'CONNECTED' },
      events: true,
      changed: [{ accountGuid: 'ACT-1', at: at(20) }],
      callbacksAfter: 'CBK-1',
      tries: 1,
      since: at(20),
    }),
  },
  starts: {
    encodeStartBatch: encodeStartBatch({
      dueAt: at(60),
      startAt: null,
      members: [{ ...enrolled, quietHours: null, maxAgeSeconds: null }],
    }),
    'encodeStartBatch, with wishes': encodeStartBatch({
      dueAt: at(60),
      startAt: at(90),
      members: [
        { ...enrolled, quietHours: { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' }, maxAgeSeconds: 3600 },
      ],
    }),
  },
  sweeps: {
    encodeSweepRest: encodeSweepRest({ shard: 3, begunAt: at(0), after: { member: key, acceptedAt: at(-60) } }),
    'encodeSweepRest, from the beginning': encodeSweepRest({ shard: 0, begunAt: at(0), after: null }),
  },
  callbacks: {
    encodeDelivery: encodeDelivery({
      callbackId: 'CBK-1',
      url: 'https://hooks.example.com/balances',
      event: endedEvent(key, attemptOf(startingClaim(refreshId(1)))),
      attempt: 1,
      since: at(20),
      notBefore: at(50),
    }),
  },
});
