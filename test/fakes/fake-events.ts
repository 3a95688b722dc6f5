/** An event bus that remembers. */
import type { DomainEvent } from '../../shared/domain/event.ts';
import type { Events } from '../../shared/domain/ports.ts';
import { atOnce, type Request } from './request.ts';

/** Every event that is published ends up in `published`, doubles included. */
export const fakeEvents = (published: DomainEvent[], request: Request = atOnce): Events => ({
  publish: (event) => request('events.publish', () => void published.push(event)),
});
