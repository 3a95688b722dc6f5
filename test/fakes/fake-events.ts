/** An event bus that keeps its events. */
import type { DomainEvent } from '../../shared/domain/event.ts';
import type { Events } from '../../shared/domain/notify-ports.ts';
import { atOnce, type Request } from './request.ts';

/** Adds every published event to `published`, repetitions included. */
export const fakeEvents = (published: DomainEvent[], request: Request = atOnce): Events => ({
  publish: (event) => request('events.publish', () => void published.push(event)),
});
