import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { type SecretOptions, secret } from '../../../shared/clients/secret.ts';
import { instantOf } from '../../../shared/domain/instant.ts';

/** What Secrets Manager says: a text, or the name of an error with its status. */
type Answer = { readonly text: string } | { readonly error: string; readonly status: number };

const away: Answer = { error: 'InternalServiceError', status: 500 };

/** The real client over answers of the test's own, with its clock and how often it was asked. */
function secretsManager(options: SecretOptions = {}) {
  let seconds = 0;
  let answer: Answer = { text: 'first' };
  let asked = 0;
  let gate: Promise<void> = Promise.resolve();
  const client = new SecretsManagerClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      async handle() {
        asked += 1;
        const given = answer;
        await gate;
        const body = 'text' in given ? { SecretString: given.text } : { __type: given.error };
        const response = {
          statusCode: 'text' in given ? 200 : given.status,
          headers: { 'content-type': 'application/x-amz-json-1.1' },
          body: Buffer.from(JSON.stringify(body)),
        };
        return { response };
      },
    },
  });
  const servedOn: unknown[] = [];
  const tested = secret(client, 'the-secret', () => instantOf(seconds * 1000), {
    onServedOn: (cause) => servedOn.push(cause),
    ...options,
  });
  return {
    ...tested,
    servedOn,
    at: (now: number) => {
      seconds = now;
    },
    answers: (next: Answer) => {
      answer = next;
    },
    /** Answers from now on come when the returned function is called. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    asked: () => asked,
  };
}

/** One step of a history: at this second Secrets Manager would say this, the method is called. */
type Step = readonly [seconds: number, answer: Answer, method: 'current' | 'refetched', outcome: string, asked: number];

const text = (value: string): Answer => ({ text: value });
const error = (name: string): Answer => ({ error: name, status: 400 });

const histories: Readonly<Record<string, readonly [SecretOptions, ...Step[]]>> = {
  'is fetched once when it has no age': [
    {},
    [0, text('first'), 'current', 'first', 1],
    [1e9, text('second'), 'current', 'first', 1],
  ],
  'is followed within its age after a rotation': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [299.999, text('second'), 'current', 'first', 1],
    [300, text('second'), 'current', 'second', 2],
    [599, text('third'), 'current', 'second', 2],
    [600, text('third'), 'current', 'third', 3],
  ],
  'is followed at once when what it said was refused': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [30, text('second'), 'refetched', 'second', 2],
    [31, text('second'), 'current', 'second', 2],
  ],
  'is refetched at most every 30 s': [
    {},
    [0, text('first'), 'current', 'first', 1],
    [29.999, text('second'), 'refetched', 'first', 1],
    [30, text('second'), 'refetched', 'second', 2],
    [59, text('third'), 'refetched', 'second', 2],
    [60, text('third'), 'refetched', 'third', 3],
  ],
  'is fetched by a refetch when nothing is known': [{}, [0, text('first'), 'refetched', 'first', 1]],
  'is tried again by every call while nothing is known': [
    { maxAgeSeconds: 300 },
    [0, away, 'current', 'InternalServiceError', 1],
    [0.1, away, 'current', 'InternalServiceError', 2],
    [0.2, text('first'), 'current', 'first', 3],
  ],
  'is served on for 15 minutes, asked for every 30 s': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [300, away, 'current', 'first', 2],
    [301, text('second'), 'current', 'first', 2],
    [329.999, text('second'), 'current', 'first', 2],
    [330, away, 'current', 'first', 3],
    [1199, away, 'current', 'first', 4],
    [1200, away, 'current', 'InternalServiceError', 5],
    [1201, away, 'current', 'InternalServiceError', 6],
    [1202, text('second'), 'current', 'second', 7],
  ],
  'is the new one as soon as one can be had': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [300, away, 'current', 'first', 2],
    [330, text('second'), 'current', 'second', 3],
    [629, away, 'current', 'second', 3],
    [630, away, 'current', 'second', 4],
  ],
  'is the known one when a refetch fails': [
    {},
    [0, text('first'), 'current', 'first', 1],
    [60, away, 'refetched', 'first', 2],
    [61, text('second'), 'refetched', 'first', 2],
    [90, text('second'), 'refetched', 'second', 3],
  ],
  'is not served by a refetch after its last 15 minutes': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [1190, away, 'current', 'first', 2],
    [1200, away, 'refetched', 'InternalServiceError', 3],
  ],
  'is served on while Secrets Manager throttles': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [300, error('ThrottlingException'), 'current', 'first', 2],
  ],
  'is gone when the service may not have it': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [300, error('AccessDeniedException'), 'current', 'AccessDeniedException', 2],
    [301, away, 'current', 'InternalServiceError', 3],
  ],
  'is gone when it was deleted': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [60, error('ResourceNotFoundException'), 'refetched', 'ResourceNotFoundException', 2],
    [61, away, 'current', 'InternalServiceError', 3],
  ],
  'is gone when it is marked for deletion': [
    { maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [300, error('InvalidRequestException'), 'current', 'InvalidRequestException', 2],
  ],
  'keeps an age shorter than its pause': [
    { maxAgeSeconds: 10 },
    [0, text('first'), 'current', 'first', 1],
    [10, text('second'), 'current', 'second', 2],
  ],
  'pauses for as long as it is told': [
    { minSecondsBetweenFetches: 5, maxAgeSeconds: 300 },
    [0, text('first'), 'current', 'first', 1],
    [300, away, 'current', 'first', 2],
    [304, text('second'), 'current', 'first', 2],
    [305, text('second'), 'current', 'second', 3],
  ],
};

describe('a secret', () => {
  it.each(Object.entries(histories))('%s', async (_name, [options, ...steps]) => {
    const manager = secretsManager(options);
    for (const [seconds, answer, method, outcome, asked] of steps) {
      manager.at(seconds);
      manager.answers(answer);
      const said = await manager[method]().catch((thrown: Error) => thrown.name);
      expect([seconds, said, manager.asked()]).toEqual([seconds, outcome, asked]);
    }
  });

  /** The real client over one answer after the other, and the bodies that it sends. */
  function answering(...answers: readonly { readonly statusCode: number; readonly body: object }[]) {
    const sent: unknown[] = [];
    const client = new SecretsManagerClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
      requestHandler: {
        async handle({ body }: { body: string }) {
          const answer = answers[sent.length];
          sent.push(JSON.parse(body));
          return {
            response: {
              statusCode: answer?.statusCode ?? 500,
              headers: { 'content-type': 'application/x-amz-json-1.1' },
              body: Buffer.from(JSON.stringify(answer?.body ?? {})),
            },
          };
        },
      },
    });
    return { client, sent };
  }

  it('is read by id; without a text it is empty', async () => {
    const { client, sent } = answering({ statusCode: 200, body: {} });
    expect(await secret(client, 'the-secret', () => instantOf(0)).current()).toBe('');
    expect(sent).toEqual([{ SecretId: 'the-secret' }]);
  });

  it('is served on also without a listener', async () => {
    const { client } = answering({ statusCode: 200, body: { SecretString: 'first' } });
    let seconds = 0;
    const kept = secret(client, 'the-secret', () => instantOf(seconds * 1000), { maxAgeSeconds: 300 });
    await kept.current();
    seconds = 300;
    expect(await kept.current()).toBe('first');
  });

  it('is fetched once for all who ask at once', async () => {
    const manager = secretsManager({ maxAgeSeconds: 300 });
    const release = manager.hold();
    const asking = [manager.current(), manager.refetched(), manager.current()];
    release();
    expect(await Promise.all(asking)).toEqual(['first', 'first', 'first']);
    expect(manager.asked()).toBe(1);
  });

  it('fails for all who wait for one fetch, then not', async () => {
    const manager = secretsManager();
    manager.answers(away);
    const asking = [manager.current(), manager.current()];
    const [one, other] = await Promise.allSettled(asking);
    expect([one?.status, other?.status, manager.asked()]).toEqual(['rejected', 'rejected', 1]);
    manager.answers({ text: 'first' });
    expect(await manager.current()).toBe('first');
  });

  it('counts its age from the beginning of the fetch', async () => {
    const manager = secretsManager({ maxAgeSeconds: 300 });
    const release = manager.hold();
    const asking = manager.current();
    manager.at(10);
    release();
    await asking;
    manager.answers({ text: 'second' });
    manager.at(300);
    expect(await manager.current()).toBe('second');
  });

  it('tells of each fetch after which it was served on', async () => {
    const manager = secretsManager({ maxAgeSeconds: 300 });
    await manager.current();
    manager.answers(away);
    for (const seconds of [300, 310, 330]) {
      manager.at(seconds);
      await manager.current();
    }
    expect(manager.servedOn).toMatchObject([{ name: 'InternalServiceError' }, { name: 'InternalServiceError' }]);
  });
});
