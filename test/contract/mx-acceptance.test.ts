/** Asking MX whether it accepts us, over real HTTP, against the MX simulator. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultHow } from '../../infra/mx-simulator/fault.ts';
import { type MxSimulator, startMxSimulator } from '../../infra/mx-simulator/http-server.ts';
import { httpsTransport } from '../../shared/clients/https-transport.ts';
import { mxAcceptance } from '../../shared/clients/mx-acceptance.ts';
import type { Secret } from '../../shared/clients/secret.ts';

let simulator: MxSimulator;
beforeAll(async () => {
  simulator = await startMxSimulator({ port: 0, model: { seed: 1, seedData: false } });
});
afterAll(() => simulator.close());
afterEach(() => {
  simulator.model.control.clearFaults();
  simulator.model.control.clearCalls();
});

const at = '2026-11-21T12:00:00.000Z';
const credentials = (apiKey: string, then = apiKey): Secret => {
  const text = (key: string): string => JSON.stringify({ client_id: 'local-client-id', api_key: key });
  return { current: async () => text(apiKey), refetched: async () => text(then) };
};
const ask = (secret: Secret, baseUrl = simulator.url) =>
  mxAcceptance({
    ...{ baseUrl, acceptVersion: 'v20250224', credentials: secret, send: httpsTransport().send },
    ...{ timeoutMs: 2_000, now: () => at, gate: async () => {} },
  });

describe('MX', () => {
  it('accepts us when it knows no such member', async () => {
    expect(await ask(credentials('local-api-key'))).toEqual({
      ...{ accepted: true, status: 404, code: null, says: null },
      ...{ mxTime: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:]+\.000Z$/), at },
    });
    const noMember = /^\/users\/USR-0{8}-[0-]+\/members\/MBR-0{8}-[0-]+$/;
    expect(simulator.model.control.calls()).toMatchObject([{ method: 'GET', path: expect.stringMatching(noMember) }]);
  });

  it('accepts a key put into the secret just now', async () => {
    expect(await ask(credentials('wrong', 'local-api-key'))).toMatchObject({ accepted: true, status: 404 });
  });

  it('refuses a wrong key', async () => {
    expect(await ask(credentials('wrong'))).toMatchObject({
      ...{ accepted: false, status: 401, code: 'mx_credentials_rejected', mxTime: expect.any(String) },
      says: 'MX answered 401 to read member: client_id or api_key is wrong; an operator has to put the right ones into the secret',
    });
  });

  it('is not asked without credentials', async () => {
    expect(await ask(credentials(''))).toEqual({
      ...{ accepted: false, status: null, code: 'mx_credentials_missing', mxTime: null, at },
      says: expect.stringContaining('the secret with the MX credentials is empty'),
    });
    expect(simulator.model.control.calls()).toEqual([]);
  });

  it.each<[string, FaultHow, number, string]>([
    ['an address that is not allow-listed', { kind: 'status', status: 403 }, 403, 'mx_forbidden'],
    ['trouble of its own', { kind: 'status', status: 503 }, 503, 'mx_unavailable'],
  ])('tells of %s', async (_what, how, status, code) => {
    simulator.model.control.addFault({ how, times: null });
    expect(await ask(credentials('local-api-key'))).toMatchObject({ accepted: false, status, code });
  });

  it('that is not there has no status', async () => {
    const gone = await ask(credentials('local-api-key'), 'http://127.0.0.1:9');
    expect(gone).toMatchObject({ accepted: false, status: null, code: 'mx_unavailable', mxTime: null });
  });

  it('is not blamed for what fails here', async () => {
    const secret: Secret = { current: () => Promise.reject(new Error('no secret')), refetched: async () => '' };
    await expect(ask(secret)).rejects.toThrow('no secret');
  });
});
