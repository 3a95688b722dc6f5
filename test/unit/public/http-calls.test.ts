import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BalancesClientOptions, createBalancesClient } from '../../../shared/public/balances-client.ts';
import type { UnsignedRequest } from '../../../shared/public/http-calls.ts';
import { accepted, mxMember, read } from './samples.ts';
import { type StubApi, stubApi } from './stub-api.ts';

let api: StubApi;

beforeAll(async () => {
  api = await stubApi();
});

afterAll(() => api.close());

const client = (options: Partial<BalancesClientOptions> = {}) =>
  createBalancesClient({ baseUrl: api.url, credentials: { clientId: 'a', key: 'b' }, ...options });

describe('options that cannot work are refused at once', () => {
  it.each([
    ['', 'an absolute URL'],
    ['api.example.com', 'an absolute URL'],
    ['ftp://api.example.com', 'https:'],
    ['http://api.example.com', 'https:'],
    ['http://localhost.example.com', 'https:'],
    ['https://a:b@api.example.com', 'credentials are an option of their own'],
    ['https://api.example.com?x=1', 'a host and a path only'],
  ])('baseUrl %j', (baseUrl, says) => {
    expect(() => client({ baseUrl })).toThrow(TypeError);
    expect(() => client({ baseUrl })).toThrow(says);
  });

  it.each([
    { clientId: '', key: 'b' },
    { clientId: 'a', key: '' },
    { clientId: 'a:b', key: 'c' },
  ])('credentials %j', (credentials) => expect(() => client({ credentials })).toThrow('credentials need'));
});

it('a base path stays before every path', async () => {
  api.says({ body: { status: 'ok' } });
  await client({ baseUrl: `${api.url}/stage/` }).health();
  expect(api.asked[0]?.url).toBe('/stage/health');
});

describe('a signer', () => {
  it('gets the request as sent, and adds headers', async () => {
    const shown: UnsignedRequest[] = [];
    const sign = async (request: UnsignedRequest) => {
      shown.push(request);
      return { host: 'elsewhere', authorization: 'AWS4-HMAC-SHA256 x', 'x-amz-date': '20260115T120000Z' };
    };
    api.says(accepted(), read({ member: mxMember }, []));
    const signing = client({ credentials: { sign } });
    await signing.checkBalance('u', 'm', { wait: 3, idempotencyKey: 'k' });
    await signing.status('u', 'm');
    expect(api.asked[0]).toMatchObject({
      headers: {
        host: new URL(api.url).host,
        authorization: 'AWS4-HMAC-SHA256 x',
        'x-amz-date': '20260115T120000Z',
        'idempotency-key': 'k',
      },
      body: '{"wait":3}',
    });
    expect(shown).toEqual([
      {
        method: 'POST',
        url: `${api.url}/users/u/members/m/check_balance`,
        headers: { accept: 'application/json', 'content-type': 'application/json', 'idempotency-key': 'k' },
        body: '{"wait":3}',
      },
      {
        method: 'GET',
        url: `${api.url}/users/u/members/m/status`,
        headers: { accept: 'application/json' },
        body: null,
      },
    ]);
  });

  it('an error is thrown as it is; hanging ends timely', async () => {
    api.says({});
    const failing = client({ credentials: { sign: () => Promise.reject(new Error('no session')) } });
    await expect(failing.health()).rejects.toThrow('no session');
    const hanging = client({ credentials: { sign: () => new Promise(() => {}) }, timeoutSeconds: 0.02 });
    await expect(hanging.health()).rejects.toMatchObject({ code: 'timed_out' });
    expect(api.asked).toHaveLength(0);
  });
});

describe('when no answer comes', () => {
  const silent = () => {};

  it('a call beyond the time limit may have worked', async () => {
    api.says(silent);
    await expect(client({ timeoutSeconds: 0.05 }).checkBalance('u', 'm')).rejects.toMatchObject({
      name: 'BalancesProblem',
      status: null,
      code: 'timed_out',
      action: 'retry_later',
      detail: 'no answer within 0.05 s; what was asked for may have happened',
    });
  });

  it('a call that waits has that time on top', async () => {
    api.says(silent);
    const impatient = client({ timeoutSeconds: 0.01 }).checkBalance('u', 'm', { wait: 0.04 });
    await expect(impatient).rejects.toMatchObject({ detail: expect.stringContaining('within 0.05 s') });
  });

  it('the time limit holds in the middle of an answer', async () => {
    api.says((response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"status":'));
    await expect(client({ timeoutSeconds: 0.05 }).health()).rejects.toMatchObject({ code: 'timed_out' });
  });

  it('the caller’s signal ends the call with its own reason', async () => {
    const controller = new AbortController();
    api.says(() => controller.abort(new Error('the user left')));
    await expect(client().health({ signal: controller.signal })).rejects.toThrow('the user left');
    await expect(client().health({ signal: controller.signal })).rejects.toThrow('the user left');
    expect(api.asked).toHaveLength(1);
  });

  it('leaves neither a timer nor a listener behind', async () => {
    const { signal } = new AbortController();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const other = async (): Promise<Response> => Response.json({ status: 'ok' });
    const before = timers();
    await client({ fetch: other, timeoutSeconds: 600 }).health({ signal });
    expect(timers()).toBeLessThanOrEqual(before);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('keeps why there was no connection', async () => {
    const cause = new TypeError('fetch failed');
    await expect(client({ fetch: () => Promise.reject(cause) }).health()).rejects.toMatchObject({
      code: 'unreachable',
      detail: `no connection to ${api.url}`,
      cause,
    });
  });

  it('reports a broken connection, before and during an answer', async () => {
    api.says((response) => response.socket?.destroy());
    const unreachable = { name: 'BalancesProblem', status: null, code: 'unreachable', action: 'retry_later' };
    await expect(client().health()).rejects.toMatchObject(unreachable);
    api.says((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"st', () => response.socket?.destroy());
    });
    await expect(client().health()).rejects.toMatchObject({
      ...unreachable,
      detail: 'the connection broke in the middle of an answer',
    });
  });
});

describe('an answer of something else', () => {
  it.each<[string, object]>([
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['an empty one', { body: '' }],
    ['another object', { body: { member: {}, refresh: {} } }],
    ['a list', { body: [] }],
  ])('is told as such: %s', async (_, answer) => {
    api.says(answer);
    await expect(client().checkBalance('u', 'm')).rejects.toMatchObject({ code: 'unexpected_answer' });
  });

  it.each([
    [{ guid: true }, 'guid of the member is not a text'],
    [{ is_being_aggregated: 'yes' }, 'is_being_aggregated of the member is not true or false'],
  ])('names the member’s field of another type: %j', async (member, says) => {
    api.says(read({ member }, []));
    await expect(client().member('u', 'm')).rejects.toMatchObject({ detail: expect.stringContaining(says) });
  });

  it.each([
    [{ guid: 'ACT-1', member_guid: 'M', user_guid: 'U', balance: 'much' }, 'balance of the account is not a number'],
    [{ guid: 'ACT-1', member_guid: 'M' }, 'an account lacks its guid, member_guid or user_guid'],
    [7, 'is not an object'],
  ])('names the account’s field of another type: %j', async (account, says) => {
    api.says(read({ account }, []));
    await expect(client().account('u', 'm', 'a')).rejects.toMatchObject({ detail: expect.stringContaining(says) });
  });

  it('without this API’s headers says what a browser needs', async () => {
    api.says({ body: { member: mxMember } });
    await expect(client().member('u', 'm')).rejects.toMatchObject({ detail: expect.stringContaining('CORS') });
  });

  it('is not followed to another address: credentials do not travel', async () => {
    api.says({ status: 302, headers: { location: `${api.url}/health` }, body: '' }, { body: { status: 'ok' } });
    await expect(client().health()).rejects.toMatchObject({ name: 'BalancesProblem' });
    expect(api.asked).toHaveLength(1);
  });
});

it('leaves the host header to the platform', async () => {
  const given: unknown[] = [];
  const other = async (_: unknown, init?: RequestInit): Promise<Response> => {
    given.push(init?.headers);
    return Response.json({ status: 'ok' });
  };
  const sign = () => ({ host: 'api.example', authorization: 'signed' });
  await client({ credentials: { sign }, fetch: other }).health();
  expect(given).toEqual([{ accept: 'application/json', authorization: 'signed' }]);
});

it('takes another fetch, and calls it as a function', async () => {
  const given: unknown[] = [];
  async function other(this: unknown, url: unknown): Promise<Response> {
    given.push(this, url);
    return Response.json({ status: 'ok' });
  }
  expect(await client({ fetch: other }).health()).toEqual({ status: 'ok' });
  expect(given).toEqual([undefined, `${api.url}/health`]);
});
