/** A world as bytes, and a world from bytes: what the simulator knows outlasts its process. */
import { deserialize, serialize } from 'node:v8';
import type { World } from './world.ts';

/** Raised when what a snapshot holds changes its meaning. */
const FORMAT = 1;

/**
 * Everything of the world but the calls that it received, which are for the tests of one process. Members, users and banks
 * that are one object stay one.
 */
export function snapshotOf(world: World): Uint8Array {
  const { settings, users, usersById, members, membersById, institutions, busy, nextChangeAt, faults, lastFaultId } =
    world;
  return serialize({
    format: FORMAT,
    known: { settings, users, usersById, members, membersById, institutions, busy, nextChangeAt, faults, lastFaultId },
    outbox: world.outbox.content(),
    positions: Object.fromEntries(streams(world).map(([name, stream]) => [name, stream.position()])),
  });
}

/** Makes the world what it was. @throws Error with a sentence for bytes of another format; the world is as before then. */
export function restoreWorld(world: World, snapshot: Uint8Array): void {
  const stored = read(snapshot);
  if (stored?.format !== FORMAT) {
    throw new Error('What the MX simulator kept is of another version of it.');
  }
  Object.assign(world, stored.known);
  world.outbox.restore(stored.outbox);
  for (const [name, stream] of streams(world)) stream.moveTo(stored.positions[name] ?? 0);
}

/** What `snapshotOf` wrote; undefined: these are no bytes of it. */
function read(snapshot: Uint8Array): Stored | undefined {
  try {
    return deserialize(snapshot);
  } catch {
    return undefined;
  }
}

interface Stored {
  readonly format: unknown;
  readonly known: Partial<World>;
  readonly outbox: Parameters<World['outbox']['restore']>[0];
  readonly positions: Readonly<Record<string, number>>;
}

const streams = (world: World) => Object.entries(world.random);
