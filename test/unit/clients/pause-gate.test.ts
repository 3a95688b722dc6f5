/** The gate before MX, and that every request stands behind it. */
import { describe, expect, it } from 'vitest';
import { mxDeletion } from '../../../shared/clients/mx-deletion.ts';
import { mxRequests } from '../../../shared/clients/mx-request.ts';
import { pauseGate } from '../../../shared/clients/pause-gate.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { at, T0 } from '../../samples.ts';

const gateAt = (seconds: number, random = 0.5) =>
  pauseGate({
    pauses: { known: async () => [{ from: at(10), until: at(130) }] },
    now: () => at(seconds),
    random: () => random,
  });

describe('the gate', () => {
  it.each([9.999, 130])('is open at %d s', async (seconds) => {
    await expect(gateAt(seconds)()).resolves.toBeUndefined();
  });

  it.each<[number, number, number]>([
    [10, 0, 120],
    [10, 0.5, 150],
    [10, 0.999, 180],
    [129.999, 0, 1],
  ])('is closed at %d s, by %d for %d s', async (seconds, random, retryAfterSeconds) => {
    await expect(gateAt(seconds, random)()).rejects.toMatchObject({ code: 'paused', details: { retryAfterSeconds } });
  });

  it('is closed with the error of a first reading', async () => {
    const error = new Error('no table');
    const gate = pauseGate({ pauses: { known: () => Promise.reject(error) }, now: () => T0, random: () => 0 });
    await expect(gate()).rejects.toBe(error);
  });
});

/** Requests to an MX that answers 401 to the first key; `closesAfter`: how many of them pass. */
function requestsBehind(closesAfter: number) {
  const sent: string[] = [];
  const secret = (name: string): string => JSON.stringify({ client_id: 'id', api_key: name });
  let asked = 0;
  const options = {
    baseUrl: 'https://mx.example',
    acceptVersion: 'v20250224',
    credentials: { current: async () => secret('old'), refetched: async () => secret('new') },
    timeoutMs: 1_000,
    now: () => T0,
    async gate() {
      asked += 1;
      if (asked > closesAfter) throw new Failure('paused', 'no');
    },
    async send({ method, headers }: { method: string; headers: Readonly<Record<string, string>> }) {
      sent.push(method);
      const isNew = headers['authorization'] === `Basic ${btoa('id:new')}`;
      return { status: isNew ? 200 : 401, headers: {}, body: '{}' };
    },
  };
  return { sent, request: mxRequests(options), deletion: mxDeletion(options) };
}

describe('a closed gate', () => {
  it.each(['GET', 'POST', 'PUT', 'DELETE'] as const)('lets no %s through', async (method) => {
    const { request, sent } = requestsBehind(0);
    await expect(request(method, '/users', 'ask')).rejects.toMatchObject({ code: 'paused' });
    expect(sent).toEqual([]);
  });

  it('lets nothing be deleted', async () => {
    const { deletion, sent } = requestsBehind(0);
    await expect(deletion.deleteUser('USR-1')).rejects.toMatchObject({ code: 'paused' });
    expect(sent).toEqual([]);
  });

  it('lets no request with a new key follow either', async () => {
    const { request, sent } = requestsBehind(1);
    await expect(request('GET', '/users', 'ask')).rejects.toMatchObject({ code: 'paused' });
    expect(sent).toEqual(['GET']);
  });
});
