/** What the watch takes from MX's calls, and that it finds what is planted in each kind of text. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ObservationFeed } from '../../../infra/local/stack/observations.ts';
import { createMxModel } from '../../../infra/mx-simulator/mx-model.ts';
import type { SecretKind } from '../../privacy/detector.ts';
import { secretsIn } from '../../privacy/heard.ts';
import { COUNTS_FILE, watchPrivacy } from '../../privacy/watch.ts';

afterEach(() => vi.unstubAllEnvs());

const authorization = `Basic ${Buffer.from('local-client-id:local-api-key').toString('base64')}`;
const headers = { authorization, 'accept-version': 'v20250224' };

/** A watched stack and MX, which has told what it knows of a member. */
function watched(inEvents: readonly SecretKind[] = []) {
  const told = new ObservationFeed();
  const mx = createMxModel({ seed: 1, now: () => 0 });
  const leaks = watchPrivacy({ told, mx, secrets: [{ kind: 'credential', value: 'key-of-a-caller' }], inEvents });
  mx.handle({ method: 'GET', path: '/users/user-1/members/member-ok/accounts', headers, body: '' });
  return { told, leaks };
}

const event = { bus: 'Bus', id: 'EVT-1', source: 'here', detailType: 'balance.changed', time: '' };
const invocation = { function: 'Reads', requestId: '1', ms: 1, cold: false, memoryMb: 1 };
const http = { method: 'GET', path: '/users/user-1', status: 400, ms: 1, route: undefined };

describe('finds in', () => {
  it.each([
    ['a log', (told: ObservationFeed) => told.emit('log', { function: 'Reads', stream: 'stderr', line: 'at user-1' })],
    [
      'an error',
      (told: ObservationFeed) =>
        told.emit('invocation', { ...invocation, error: { errorType: 'Error', errorMessage: 'no user-1' } }),
    ],
    ['an event', (told: ObservationFeed) => told.emit('event', { ...event, detail: { data: { user_id: 'user-1' } } })],
    [
      'a dead letter',
      (told: ObservationFeed) => told.emit('dead-letter', { queue: 'Dead', messageId: '1', body: '{"user":"user-1"}' }),
    ],
    ['an answer', (told: ObservationFeed) => told.emit('http', { ...http, problem: '{"detail":"user-1"}' })],
  ])('%s', (_, tell) => {
    const { told, leaks } = watched();
    tell(told);
    expect(leaks()).toEqual([expect.stringMatching(/^own id user-1 in a text of kind /)]);
  });

  it('a log: amounts, numbers, names and credentials too', () => {
    const { told, leaks } = watched();
    const line = `MX Mortgage 215430.55 8485388773 local-api-key key-of-a-caller ${authorization}`;
    told.emit('log', { function: 'Reads', stream: 'stdout', line });
    expect(leaks().map((leak) => leak.slice(0, leak.indexOf(' in a text')))).toEqual([
      'amount 215430.55',
      'name MX Mortgage',
      'account number 8485388773',
      'credential local-api-key',
      'credential key-of-a-caller',
      'credential bG9jYWwtY2xpZW50LWlkOmxvY2FsLWFwaS1rZXk=',
    ]);
  });
});

it('paths, invocations without an error, codes: nothing', () => {
  const { told, leaks } = watched();
  told.emit('http', { ...http, status: 200 });
  told.emit('invocation', invocation);
  told.emit('log', { function: 'Reads', stream: 'stdout', line: '{"event":"request.answered","code":"ok"}' });
  expect(leaks()).toEqual([]);
});

it('events may have what a setting allows', () => {
  const { told, leaks } = watched(['own id']);
  told.emit('event', { ...event, detail: { user_id: 'user-1', name: 'MX Savings' } });
  told.emit('log', { function: 'Reads', stream: 'stdout', line: 'member-ok' });
  expect(leaks()).toEqual([
    expect.stringMatching(/^name MX Savings in a text of kind event/),
    expect.stringMatching(/^own id member-ok in a text of kind log/),
  ]);
});

it('counts go into the file of the run', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'counts-')), 'counts.jsonl');
  vi.stubEnv(COUNTS_FILE, file);
  const { told, leaks } = watched();
  told.emit('dead-letter', { queue: 'Dead', messageId: '1', body: '' });
  leaks();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ texts: 1, values: expect.any(Number) });
  rmSync(join(file, '..'), { recursive: true });
});

it('a call of MX: credentials, ids, answers, money', () => {
  const body = '{"member":{"challenges":[{"guid":"CRD-1","value":"open sesame 1"}]}}';
  const answered = `{"member":{"guid":"MBR-1","id":"own-1","name":"MX Bank","metadata":"of Erika","user_id":null},
    "accounts":[{"guid":"ACT-1","name":"Savings 1","nickname":"Nest egg","balance":12345678901234567890.12}],
    "user":{"email":"erika@example.com"}}`;
  const path = '/users/own%20user/members/MBR-1/resume?page=1';
  expect(secretsIn({ method: 'PUT', path, headers, body }, { body: answered })).toEqual([
    { kind: 'credential', value: 'local-api-key' },
    { kind: 'credential', value: 'bG9jYWwtY2xpZW50LWlkOmxvY2FsLWFwaS1rZXk=' },
    { kind: 'own id', value: 'own user' },
    { kind: 'MFA answer', value: 'open sesame 1' },
    { kind: 'own id', value: 'own-1' },
    { kind: 'name', value: 'of Erika' },
    { kind: 'name', value: 'Nest egg' },
    { kind: 'amount', value: '12345678901234567890.12' },
    { kind: 'name', value: 'Savings 1' },
    { kind: 'name', value: 'erika@example.com' },
  ]);
  expect(secretsIn({ method: 'GET', path: '/users', headers: {}, body: '{' }, { body: '<html>' })).toEqual([]);
});

it('leaves out what the simulator’s controls tell', () => {
  const told = new ObservationFeed();
  const mx = createMxModel({ seed: 1, now: () => 1_795_817_739_269 });
  const leaks = watchPrivacy({ told, mx, secrets: [] });
  mx.handle({ method: 'GET', path: '/users/user-1/members/member-ok', headers, body: '' });
  mx.handle({ method: 'GET', path: '/_simulator/calls', headers: {}, body: '' });
  told.emit('log', { function: 'Reads', stream: 'stdout', line: '{"Timestamp":1795817739269}' });
  expect(leaks()).toEqual([]);
});
