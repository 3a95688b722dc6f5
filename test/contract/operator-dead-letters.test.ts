/** The operator’s commands about dead letters, on queues and tables of their own. */
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { discardDeadLetters } from '../../infra/operator/dead-letters/discard.ts';
import { listDeadLetters, showDeadLetter } from '../../infra/operator/dead-letters/list.ts';
import type { QueueName } from '../../infra/operator/dead-letters/queues.ts';
import { type RedriveOptions, redriveDeadLetters } from '../../infra/operator/dead-letters/redrive.ts';
import type { AwsAccess, Deployment } from '../../infra/operator/deployment.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { encodeDelivery, encodeNextLook, encodeStartBatch } from '../../shared/clients/messages.ts';
import { writePauses } from '../../shared/clients/pauses-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { endedEvent } from '../../shared/domain/event.ts';
import { instantOf, plusSeconds } from '../../shared/domain/instant.ts';
import { at, attemptOf, newKey, policy, refreshId, runningRefresh, startingClaim, T0 } from '../samples.ts';
import { type FakeTerminal, fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { type LocalQueues, startLocalQueues } from './local-queues.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { deploymentWith } from './operator-deployment.ts';

let tables: LocalTables;
let queues: LocalQueues;
beforeAll(async () => {
  tables = await startLocalTables();
  queues = await startLocalQueues();
});
afterAll(async () => {
  await queues?.close();
  await tables?.close();
});

let urls: Record<string, string>;
let tests = 0;
beforeEach(async () => {
  tests += 1;
  urls = {};
  for (const name of [
    'FollowUp',
    'FollowUpDeadLetter',
    'Start',
    'StartDeadLetter',
    'Callback',
    'CallbackDeadLetter',
    'TickDeadLetter',
  ]) {
    urls[`${name}QueueUrl`] = await queues.newQueue(`${name}-${tests}`);
  }
});

async function deployment(): Promise<Deployment> {
  const { endpoint, region, credentials } = queues.client.config;
  const known = {
    ...(endpoint === undefined ? {} : { endpoint: await endpoint() }),
    ...{ region: await region(), credentials: await credentials(), useQueueUrlAsEndpoint: false },
  };
  const named = deploymentWith(tables, {
    ...{ MembersTable: tables.members, RefreshesTable: tables.refreshes, ErasuresTable: tables.erasures },
    ...urls,
  });
  return { ...named, aws: () => Object.assign(named.aws(), known) as ReturnType<Deployment['aws']> };
}

/** The same access, without the right to one action. */
function refusing(access: AwsAccess, action: string): AwsAccess {
  const { requestHandler } = access;
  const handle: typeof requestHandler.handle = async (request, options) => {
    if (!String(request.headers['x-amz-target']).endsWith(`.${action}`)) return requestHandler.handle(request, options);
    throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
  };
  const changed = { metadata: requestHandler.metadata, handle, destroy: () => requestHandler.destroy() };
  return { ...access, requestHandler: changed as unknown as typeof requestHandler };
}

/** Puts a message into the queue of dead letters; its id. */
async function put(queue: string, body: string, attributes: Record<string, string> = {}): Promise<string> {
  const sent = await queues.client.send(
    new SendMessageCommand({
      QueueUrl: urls[`${queue}QueueUrl`],
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    }),
  );
  return sent.MessageId ?? '';
}

/** What can be received now: all that was given back, and nothing that was deleted. */
async function inQueue(queue: string) {
  const { Messages = [] } = await queues.client.send(
    new ReceiveMessageCommand({
      QueueUrl: urls[`${queue}QueueUrl`],
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}
const bodiesIn = async (queue: string): Promise<readonly string[]> =>
  (await inQueue(queue)).map(({ Body = '' }) => Body).toSorted();

/** A look of a refresh that runs. */
async function runningLook(number: number): Promise<string> {
  const key = newKey();
  const claim = startingClaim(refreshId(number));
  await membersInDynamoDb(tables.client, tables.members, policy).claim({
    ...{ key, claim, starts: [at(0)], startsVersion: 0, member: null },
  });
  return encodeNextLook({
    refreshId: refreshId(number),
    member: key,
    correlationId: `order-${number}`,
    lookNumber: 2,
    state: null,
  });
}

const endedLook = (number: number): string =>
  encodeNextLook({ refreshId: refreshId(number), member: newKey(), correlationId: null, lookNumber: 2, state: null });

const tick = JSON.stringify({ responsePayload: { errorType: 'Error', errorMessage: 'no table' } });

describe('dead-letters list', () => {
  const list = async (fake: FakeTerminal, queue: QueueName | null = null, json = false, limit = 100) =>
    listDeadLetters(await deployment(), fake.terminal, { queue, limit, json });

  it('shows letters of every queue, and gives them back', async () => {
    const look = await runningLook(1);
    await put('FollowUpDeadLetter', look);
    await put('TickDeadLetter', tick);
    const fake = fakeTerminal();
    await list(fake);
    expect(fake.out()).toMatch(
      /^follow-ups\nmessage id .*\n\S+ +\S+Z +1 +look +RFR-0+1 +order-1 +1 look in a row failed: see its log lines +does something\n/,
    );
    expect(fake.out()).toMatch(
      /\nticks\n.*\n\S+ +\S+ +1 +tick .*Error: no table +void: the next minute has done its work\n/,
    );
    expect(fake.said).toEqual([
      'follow-ups: SQS counts about 1 letter; 1 seen.',
      'starts: SQS counts about 0 letters; 0 seen.',
      'callbacks: SQS counts about 0 letters; 0 seen.',
      'ticks: SQS counts about 1 letter; 1 seen.',
      'SQS shows a letter only to who receives it: each was received, which counts, and given back at once. Its log lines: logs <message id>.',
    ]);
    expect(await bodiesIn('FollowUpDeadLetter')).toEqual([look]);
    expect(await bodiesIn('TickDeadLetter')).toEqual([tick]);
  });

  it('says what is hidden, and stops at its limit', async () => {
    for (let n = 0; n < 3; n += 1) await put('StartDeadLetter', 'x');
    await queues.client.send(
      new ReceiveMessageCommand({ QueueUrl: urls['StartDeadLetterQueueUrl'], VisibilityTimeout: 60 }),
    );
    const fake = fakeTerminal();
    await list(fake, 'starts', true, 1);
    const [heading, letter, ...more] = fake
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(heading).toEqual({ queue: 'starts', visible: 2, under_way: 1, seen: 1 });
    expect(letter).toMatchObject({ queue: 'starts', kind: 'unreadable', received: 1, void: 'no release can read it' });
    expect(more).toEqual([]);
    expect(fake.said[0]).toBe(
      'starts: SQS counts about 2 letters, and 1 letter hidden, because something else has received them; 1 seen.',
    );
    expect(await bodiesIn('StartDeadLetter')).toEqual(['x', 'x']);
  });

  it('interrupted gives back what it received', async () => {
    for (let n = 0; n < 12; n += 1) await put('StartDeadLetter', 'x');
    const stop = new AbortController();
    const elapsed = () => {
      stop.abort();
      return 0;
    };
    const fake = fakeTerminal({ stop: stop.signal, elapsed });
    await expect(list(fake, 'starts')).rejects.toMatchObject({ exitCode: 130 });
    expect(fake.out()).toBe('');
    expect(await bodiesIn('StartDeadLetter')).toHaveLength(10);
  });
});

describe('dead-letters show', () => {
  it('shows one letter, without its URL', async () => {
    const event = endedEvent(newKey(), attemptOf(startingClaim(refreshId(9))));
    const url = 'https://hooks.example.com/token-4711';
    await put('CallbackDeadLetter', 'x');
    const body = encodeDelivery({ callbackId: 'CBK-9', url, event, attempt: 11, since: at(0), notBefore: at(0) });
    const messageId = await put('CallbackDeadLetter', body);
    for (const json of [false, true]) {
      const fake = fakeTerminal();
      await showDeadLetter(await deployment(), fake.terminal, { queue: 'callbacks', messageId, json });
      expect(fake.out()).toContain('hooks.example.com');
      expect(fake.out()).toContain('it is too old, or its member was erased');
      expect(fake.out()).not.toContain('4711');
      if (json)
        expect(JSON.parse(fake.out())).toMatchObject({ message_id: messageId, callback_id: 'CBK-9', attempt: 11 });
      else expect(fake.out()).toMatch(/\nrefresh_id +RFR-0+9\n/);
    }
    expect(await bodiesIn('CallbackDeadLetter')).toHaveLength(2);
  });

  it('ends with 2 for an unknown letter', async () => {
    await put('CallbackDeadLetter', 'x');
    const showing = showDeadLetter(await deployment(), fakeTerminal().terminal, {
      ...{ queue: 'callbacks', messageId: 'nope', json: false },
    });
    await expect(showing).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^There is no letter nope/),
    });
    expect(await bodiesIn('CallbackDeadLetter')).toEqual(['x']);
  });
});

describe('dead-letters redrive', () => {
  const redrive = async (fake: FakeTerminal, given: Partial<RedriveOptions> = {}) =>
    redriveDeadLetters(await deployment(), fake.terminal, {
      ...{ queue: null, messageId: null, limit: Number.POSITIVE_INFINITY, perSecond: 10 },
      ...{ discardVoid: false, dryRun: false, yes: true, json: true, ...given },
    });
  const summary = (fake: FakeTerminal): unknown => JSON.parse(fake.out().trimEnd().split('\n').at(-1) ?? '').summary;

  it('sends back body and attributes, and names what is void', async () => {
    const look = await runningLook(20);
    await put('FollowUpDeadLetter', look, { first_sent_at: at(-5) });
    const over = await put('FollowUpDeadLetter', endedLook(21));
    const fake = fakeTerminal();
    expect(await redrive(fake, { json: false })).toBe(1);
    const [sent, ...more] = await inQueue('FollowUp');
    expect([sent?.Body, more]).toEqual([look, []]);
    expect(sent?.MessageAttributes?.['first_sent_at']?.StringValue).toBe(at(-5));
    expect(sent?.MessageAttributes?.['sent_back_at']?.StringValue).toMatch(/^2026-11-21T12:00:0/);
    expect(await inQueue('FollowUpDeadLetter')).toMatchObject([{ MessageId: over }]);
    expect(fake.said).toEqual([
      'Sending dead letters back · stack test in local, account 123',
      `follow-ups ${over} look ${refreshId(21)}: left, because it would do nothing: the refresh has ended`,
    ]);
    expect(fake.out()).toMatch(/^what became of them +letters\nsent back +1\nleft: void +1\n/);
  });

  it('keeps to its pace', async () => {
    for (let n = 0; n < 5; n += 1) await put('FollowUpDeadLetter', await runningLook(30 + n));
    const fake = fakeTerminal();
    expect(await redrive(fake, { queue: 'follow-ups', perSecond: 2 })).toBe(0);
    expect(Date.parse(fake.terminal.now()) - Date.parse(T0)).toBe(2_500);
    expect(summary(fake)).toEqual({ dry_run: false, sent: 5, void: 0, discarded: 0, came_back: 0 });
  });

  it('changes nothing when dry', async () => {
    const look = await runningLook(40);
    await put('FollowUpDeadLetter', look);
    await put('StartDeadLetter', 'x');
    const fake = fakeTerminal();
    expect(await redrive(fake, { dryRun: true, yes: false, discardVoid: true })).toBe(0);
    expect(summary(fake)).toEqual({ dry_run: true, sent: 1, void: 0, discarded: 1, came_back: 0 });
    expect(fake.said).toEqual(['What sending back would do · stack test in local, account 123']);
    expect([await bodiesIn('FollowUp'), await bodiesIn('FollowUpDeadLetter')]).toEqual([[], [look]]);
    expect(await bodiesIn('StartDeadLetter')).toEqual(['x']);
  });

  it('discards what is void when told to', async () => {
    await put('StartDeadLetter', 'x');
    const fake = fakeTerminal();
    expect(await redrive(fake, { discardVoid: true, json: false })).toBe(0);
    expect(fake.said.at(-1)).toMatch(/^starts \S+ unreadable : discarded, because it would do nothing: no release/);
    expect(await bodiesIn('StartDeadLetter')).toEqual([]);
  });

  it('sends one letter alone, and leaves the ticks', async () => {
    const batch = encodeStartBatch({
      dueAt: at(0),
      startAt: null,
      members: [{ member: newKey(), everyHours: 24, slot: 'SLOT#24h#00100#0', quietHours: null, maxAgeSeconds: null }],
    });
    await put('StartDeadLetter', batch);
    const messageId = await put('StartDeadLetter', batch);
    await put('TickDeadLetter', tick);
    const fake = fakeTerminal();
    expect(await redrive(fake, { messageId })).toBe(0);
    expect(await inQueue('StartDeadLetter')).toHaveLength(1);
    expect(await bodiesIn('Start')).toEqual([batch]);
    expect(await bodiesIn('TickDeadLetter')).toEqual([tick]);
    await expect(redrive(fakeTerminal(), { messageId: 'nope' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(redrive(fakeTerminal(), { queue: 'ticks' })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^Ticks can only be discarded/),
    });
  });

  it('reports once what comes back, and does not loop', async () => {
    const look = await runningLook(50);
    await put('FollowUpDeadLetter', look);
    urls['FollowUpQueueUrl'] = urls['FollowUpDeadLetterQueueUrl'] ?? '';
    const fake = fakeTerminal();
    expect(await redrive(fake, { json: false })).toBe(1);
    expect(fake.said).toEqual([
      'Sending dead letters back · stack test in local, account 123',
      expect.stringMatching(/^follow-ups \S+ look RFR-\d+50: left: it was sent back and has failed again/),
    ]);
    expect(await bodiesIn('FollowUpDeadLetter')).toEqual([look]);
    // The next run is another try.
    const again = fakeTerminal({ now: () => instantOf(Date.parse(T0) + 3_600_000) });
    await redrive(again);
    expect(summary(again)).toMatchObject({ sent: 1, came_back: 1 });
  });

  it('needs a yes, and asks with the counts', async () => {
    await put('FollowUpDeadLetter', 'x');
    const unasked = fakeTerminal();
    await expect(redrive(unasked, { yes: false })).rejects.toMatchObject({ exitCode: 5 });
    expect(unasked.out()).toBe('');
    const questions: string[] = [];
    const asked = fakeTerminal({
      confirm: async (question) => {
        questions.push(question);
        return false;
      },
    });
    await expect(redrive(asked, { yes: false, discardVoid: true })).rejects.toMatchObject({ exitCode: 5 });
    await expect(redrive(asked, { yes: false, queue: 'starts' })).rejects.toMatchObject({ exitCode: 5 });
    await expect(redrive(asked, { yes: false, messageId: 'm' })).rejects.toMatchObject({ exitCode: 5 });
    const place = 'stack test in local, account 123';
    expect(questions).toEqual([
      `Send back the dead letters (about 1 in follow-ups, 0 in starts, 0 in callbacks) of ${place}, 10 a second at most, and discard those that would do nothing?`,
      `Send back the dead letters of that queue (about 0 in starts) of ${place}, 10 a second at most?`,
      `Send the letter m of ${place} back?`,
    ]);
    expect(await bodiesIn('FollowUpDeadLetter')).toEqual(['x']);
  });

  it('says what it has sent and could not delete', async () => {
    await put('FollowUpDeadLetter', await runningLook(55));
    const changed = await deployment();
    const mayNotDelete: Deployment = {
      ...changed,
      aws: () => refusing(changed.aws(), 'DeleteMessage'),
    };
    const fake = fakeTerminal();
    const options = {
      ...{ queue: null, messageId: null, limit: 10, perSecond: 10, discardVoid: false, dryRun: false, yes: true },
      json: true,
    };
    await expect(redriveDeadLetters(mayNotDelete, fake.terminal, options)).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/ was sent back and could not be deleted here, .* may not do that: no\.?$/),
    });
    expect(summary(fake)).toMatchObject({ sent: 0 });
    expect([await inQueue('FollowUp'), await inQueue('FollowUpDeadLetter')].map(({ length }) => length)).toEqual([
      1, 1,
    ]);
  });

  it('interrupted leaves the others where they were', async () => {
    for (let n = 0; n < 4; n += 1) await put('FollowUpDeadLetter', await runningLook(60 + n));
    const stop = new AbortController();
    let sent = 0;
    const fake = fakeTerminal({
      stop: stop.signal,
      now: () => {
        sent += 1;
        // The beginning, the judging and the sending of the first letter.
        if (sent === 3) stop.abort();
        return at(sent);
      },
    });
    await expect(redrive(fake)).rejects.toMatchObject({ exitCode: 130 });
    const { sent: count } = summary(fake) as { readonly sent: number };
    expect(count).toBe(1);
    expect([await bodiesIn('FollowUp'), await bodiesIn('FollowUpDeadLetter')].map(({ length }) => length)).toEqual([
      1, 3,
    ]);
  });
});

describe('dead-letters discard', () => {
  const discard = async (
    fake: FakeTerminal,
    queue: QueueName,
    given: { messageId?: string; dryRun?: boolean; yes?: boolean; json?: boolean } = {},
  ) =>
    discardDeadLetters(await deployment(), fake.terminal, {
      ...{ queue, messageId: null, limit: 100, dryRun: false, yes: true, json: false, ...given },
    });

  it('says what it means, asks, and deletes', async () => {
    await put('FollowUpDeadLetter', await runningLook(70));
    const questions: string[] = [];
    const fake = fakeTerminal({ confirm: async (question) => questions.push(question) > 0 });
    await discard(fake, 'follow-ups', { yes: false });
    expect(questions).toEqual(['Discard 1 letter of follow-ups of stack test in local, account 123?']);
    expect(fake.out()).toMatch(
      /\n\S+ +look +RFR-\d+70 +RFR-\d+70 may stand still until the sweep ends it, soon after 2026-/,
    );
    expect(fake.said.at(-1)).toBe('1 letter discarded.');
    expect(await bodiesIn('FollowUpDeadLetter')).toEqual([]);
  });

  it('counts the deadline of a look without pauses', async () => {
    await put('FollowUpDeadLetter', await runningLook(71));
    const { deadline } = startingClaim(refreshId(71));
    const pauses = [{ from: at(0), until: at(3_600), why: 'MX asked for it' }];
    await writePauses(tables.client, tables.refreshes, { pauses, version: 0 });
    const fake = fakeTerminal();
    await discard(fake, 'follow-ups');
    expect(fake.out()).toContain(`soon after ${plusSeconds(deadline, 3_600)}.`);
  });

  it('without a yes, or dry, deletes nothing', async () => {
    await put('TickDeadLetter', tick);
    await expect(discard(fakeTerminal(), 'ticks', { yes: false })).rejects.toMatchObject({ exitCode: 5 });
    const dry = fakeTerminal();
    await discard(dry, 'ticks', { dryRun: true, yes: false, json: true });
    expect(
      dry
        .out()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { letter: { kind: 'tick', loss: 'Nothing is lost.' } },
      { summary: { dry_run: true, discarded: 0 } },
    ]);
    expect(await bodiesIn('TickDeadLetter')).toEqual([tick]);
  });

  it('takes one letter alone', async () => {
    await put('StartDeadLetter', 'x');
    const messageId = await put('StartDeadLetter', 'y');
    await discard(fakeTerminal(), 'starts', { messageId });
    expect(await bodiesIn('StartDeadLetter')).toEqual(['x']);
    await expect(discard(fakeTerminal(), 'starts', { messageId })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('refuses an answer that comes too late', async () => {
    await put('StartDeadLetter', 'x');
    let answered = false;
    const fake = fakeTerminal({
      elapsed: () => (answered ? 541_000 : 0),
      confirm: async () => {
        answered = true;
        return true;
      },
    });
    await expect(discard(fake, 'starts', { yes: false })).rejects.toMatchObject({ exitCode: 4 });
    expect(fake.said.at(-1)).toBe('0 letters discarded.');
    expect(await bodiesIn('StartDeadLetter')).toEqual(['x']);
  });

  it('interrupted says how many it deleted', async () => {
    for (let n = 0; n < 3; n += 1) await put('StartDeadLetter', 'x');
    const stop = new AbortController();
    const fake = fakeTerminal({
      stop: stop.signal,
      confirm: async () => {
        stop.abort();
        return true;
      },
    });
    await expect(discard(fake, 'starts', { yes: false })).rejects.toMatchObject({
      exitCode: 130,
      message: 'Interrupted: 0 letters discarded, the others not.',
    });
    expect(await bodiesIn('StartDeadLetter')).toHaveLength(3);
  });
});

it('a kept refresh makes a callback worth sending', async () => {
  const key = newKey();
  const claim = startingClaim(refreshId(80));
  await refreshesInDynamoDb(tables.client, tables.refreshes, 30, () => at(0)).put(runningRefresh(key, refreshId(80)));
  const event = endedEvent(key, attemptOf(claim));
  const url = 'https://hooks.example.com/x';
  const body = encodeDelivery({ callbackId: 'CBK-8', url, event, attempt: 11, since: at(0), notBefore: at(0) });
  const messageId = await put('CallbackDeadLetter', body);
  const fake = fakeTerminal();
  await showDeadLetter(await deployment(), fake.terminal, { queue: 'callbacks', messageId, json: true });
  expect(JSON.parse(fake.out())).toMatchObject({ void: null, refresh_id: refreshId(80) });
});
