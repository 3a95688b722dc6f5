/** Messages of every version whose messages were recorded (test/recorded) are read by the code of today. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as messages from '../../../shared/clients/messages.ts';
import { messagesOfToday, type RecordedMessages } from '../../recorded/messages.ts';

const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'test/recorded');
const versions = readdirSync(folder).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
const recordedIn = (version: string) =>
  JSON.parse(readFileSync(join(folder, version, 'messages.json'), 'utf8')) as RecordedMessages;

const { version: today } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** What reads a queue. */
const readers: Readonly<Record<keyof RecordedMessages, (body: string) => unknown>> = {
  followUps: messages.decodeFollowUp,
  starts: messages.decodeStartBatch,
  sweeps: messages.decodeSweepRest,
  callbacks: messages.decodeDelivery,
};

const recordings = versions.flatMap((version) =>
  Object.entries(recordedIn(version)).flatMap(([queue, bodies]) =>
    Object.entries(bodies).map(([kind, body]) => ({ version, queue: queue as keyof RecordedMessages, kind, body })),
  ),
);

it.each(recordings)('$version, $queue: $kind is read', ({ queue, body }) => {
  expect(messages.isNewer(body)).toBe(false);
  // Not toEqual: the names in the domain may change, what a message says may not get lost.
  const said = JSON.stringify(readers[queue](body));
  for (const text of textsIn(JSON.parse(body))) expect(said).toContain(JSON.stringify(text));
});

describe('the recordings', () => {
  const written = Object.entries(messagesOfToday()).flatMap(([queue, bodies]) =>
    Object.keys(bodies).map((kind) => `${queue}: ${kind}`),
  );

  it('have a folder for the package’s version', () => {
    expect(versions).toContain(today);
  });

  it('have every kind of message that is written', () => {
    const inToday = recordings.filter(({ version }) => version === today).map(({ queue, kind }) => `${queue}: ${kind}`);
    expect(inToday, 'npm run record').toEqual(written);
    const encoders = Object.keys(messages).filter((name) => name.startsWith('encode'));
    const recorded = new Set(inToday.map((name) => /(encode\w+)/.exec(name)?.[1]));
    expect([...recorded].toSorted(), 'a new kind belongs into test/recorded/messages.ts').toEqual(encoders.toSorted());
  });
});

/** Every text in a value. */
const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];
