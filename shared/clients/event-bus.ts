/** EventBridge, outgoing. */
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE } from '../domain/event.ts';
import { Failure } from '../domain/failure.ts';
import type { Events } from '../domain/notify-ports.ts';
import { type ReadOwnIds, withOwnIds } from '../domain/own-ids.ts';

/**
 * The bus `busName`.
 *
 * @param ownIds finds the own ids that each event is sent with; null: none.
 * @throws Failure `busy` when EventBridge did not take the entry (it answers 200 even then).
 */
export const eventBus = (client: EventBridgeClient, busName: string, ownIds: ReadOwnIds | null = null): Events => ({
  async publish(event) {
    const detail = ownIds === null ? event : await withOwnIds(event, ownIds);
    const { FailedEntryCount, Entries } = await client.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: busName,
            Source: EVENT_SOURCE,
            DetailType: event.type,
            Time: new Date(event.time),
            Detail: JSON.stringify(detail),
          },
        ],
      }),
    );
    if (FailedEntryCount) {
      throw new Failure('busy', `EventBridge refused an event: ${Entries?.[0]?.ErrorCode ?? 'no reason given'}`);
    }
  },
});
