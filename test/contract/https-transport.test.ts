/** The MX client and its transport against a bare server: dead sockets, odd bodies, what exactly goes over the wire. */
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { httpsTransport } from '../../shared/clients/https-transport.ts';
import { mxClient } from '../../shared/clients/mx-client.ts';
import type { Failure } from '../../shared/domain/failure.ts';
import { type StubServer, sendJson, stubServer } from './stub-server.ts';

let server: StubServer | undefined;
afterEach(() => server?.close());

const identifiers = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };
const member = { member: { guid: 'MBR-1', user_guid: 'USR-1' } };
const secretText = JSON.stringify({ client_id: 'id', api_key: 'key:with:colons' });
const credentials = { current: async () => secretText, refetched: async () => secretText };

/** A client whose pauses between calls are what `clock` says. */
async function clientOf(answer: Parameters<typeof stubServer>[0], clock: { ms: number } = { ms: 0 }) {
  server = await stubServer(answer);
  const mx = mxClient({
    now: () => '2026-10-21T07:00:00.000Z',
    gate: async () => {},
    baseUrl: `${server.url}/`,
    acceptVersion: 'v20250224',
    credentials,
    send: httpsTransport(() => clock.ms).send,
    timeoutMs: 5_000,
  });
  return { mx, seen: server.seen };
}

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => expect.fail('it worked'),
    (failure: Failure) => failure,
  );

describe('what goes over the wire', () => {
  it('sends MX’s headers, a POST without body', async () => {
    const { mx, seen } = await clientOf((_, response) => sendJson(response, member));
    await mx.readMember(identifiers);
    await mx.checkBalance(identifiers);
    const [get, post] = seen;
    const headers = {
      authorization: `Basic ${Buffer.from('id:key:with:colons').toString('base64')}`,
      accept: 'application/json',
      'accept-version': 'v20250224',
    };
    expect(get).toMatchObject({ method: 'GET', url: '/users/USR-1/members/MBR-1', headers });
    expect(post).toMatchObject({
      method: 'POST',
      url: '/users/USR-1/members/MBR-1/check_balance',
      headers: { ...headers, 'content-length': '0' },
    });
    for (const one of seen) {
      expect(one.headers).not.toHaveProperty('transfer-encoding');
      expect(one.headers).not.toHaveProperty('content-type');
    }
  });

  it('sends answers as JSON of a known length, once', async () => {
    const { mx, seen } = await clientOf((_, response) => sendJson(response, member));
    await mx.resume(identifiers, [{ guid: 'CRD-1', value: 'Zürich' }]);
    const body = '{"member":{"challenges":[{"guid":"CRD-1","value":"Zürich"}]}}';
    expect(seen).toMatchObject([
      {
        method: 'PUT',
        url: '/users/USR-1/members/MBR-1/resume',
        headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
        body,
      },
    ]);
  });

  it('cannot be led to another path by an identifier', async () => {
    const { mx, seen } = await clientOf((_, response) => sendJson(response, member));
    await mx.readMember({ userIdentifier: '../../users', memberIdentifier: 'a/b?c#d' });
    expect(seen[0]?.url).toBe('/users/..%2F..%2Fusers/members/a%2Fb%3Fc%23d');
  });
});

describe('a kept-alive socket', () => {
  it('is used again', async () => {
    const { mx, seen } = await clientOf((_, response) => sendJson(response, member));
    for (let call = 0; call < 3; call += 1) await mx.readMember(identifiers);
    expect(seen.map(({ connection }) => connection)).toEqual([1, 1, 1]);
  });

  /** Cuts each connection at its second request, as a load balancer does with an idle one. */
  const killing = (second: Set<number>): Parameters<typeof stubServer>[0] => {
    return ({ connection }, response) => {
      if (second.has(connection)) response.socket?.destroy();
      else sendJson(response, member);
      second.add(connection);
    };
  };

  it('broken: its GET is repeated once on a fresh one', async () => {
    const { mx, seen } = await clientOf(killing(new Set()));
    await mx.readMember(identifiers);
    expect(await mx.readMember(identifiers)).toMatchObject({ key: { memberGuid: 'MBR-1' } });
    expect(seen.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('broken twice: its GET is not repeated again', async () => {
    let calls = 0;
    const { mx } = await clientOf((_, response) => {
      calls += 1;
      if (calls === 1) sendJson(response, member);
      else response.socket?.destroy();
    });
    await mx.readMember(identifiers);
    expect(await failureOf(mx.readMember(identifiers))).toMatchObject({ code: 'mx_unavailable' });
    expect(calls).toBe(3);
  });

  it('broken: its POST is not repeated', async () => {
    const { mx, seen } = await clientOf(killing(new Set()));
    await mx.readMember(identifiers);
    expect(await failureOf(mx.checkBalance(identifiers))).toMatchObject({ code: 'mx_unavailable', fate: 'try-again' });
    expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('is not used for a POST after a pause', async () => {
    const clock = { ms: 0 };
    const { mx, seen } = await clientOf(killing(new Set()), clock);
    await mx.readMember(identifiers);
    clock.ms = 4_001;
    await mx.checkBalance(identifiers);
    expect(seen.map(({ method, connection }) => [method, connection])).toEqual([
      ['GET', 1],
      ['POST', 2],
    ]);
  });

  it('does not make a GET on a fresh socket repeat', async () => {
    const { mx, seen } = await clientOf((_, response) => response.socket?.destroy());
    expect(await failureOf(mx.readMember(identifiers))).toMatchObject({ code: 'mx_unavailable' });
    expect(seen).toHaveLength(1);
  });
});

describe('a body', () => {
  const unusable: readonly (readonly [string, Parameters<typeof stubServer>[0]])[] = [
    ['that is empty', (_, response) => sendJson(response, '')],
    ['that is HTML', (_, response) => sendJson(response, '<html></html>')],
    ['that is cut but says it is whole', (_, response) => sendJson(response, '{"member":{"guid":"MBR-1"')],
    ['without a member', (_, response) => sendJson(response, {})],
    ['with a member without guids', (_, response) => sendJson(response, { member: { guid: null } })],
    ['of another kind', (_, response) => sendJson(response, '[1,2]')],
    [
      'that is compressed although not asked for',
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync(JSON.stringify(member)));
      },
    ],
    [
      'of more than 8 MB',
      (_, response) => {
        response.writeHead(200);
        response.on('error', () => {});
        response.end(Buffer.alloc(9 * 1024 * 1024, ' '));
      },
    ],
  ];

  it.each(unusable)('%s is unusable, and may be asked for again', async (_what, answer) => {
    const { mx } = await clientOf(answer);
    const failure = await failureOf(mx.readMember(identifiers));
    expect(failure).toMatchObject({ code: 'mx_bad_answer', fate: 'try-again' });
    expect(failure.message).not.toContain('MBR-1');
  });

  it('with characters cut between chunks is read whole', async () => {
    const bytes = Buffer.from(
      JSON.stringify({ member: { ...member.member, connection_status_message: 'Zürich – ✓' } }),
    );
    const { mx } = await clientOf((_, response) => {
      response.writeHead(200);
      const write = (index: number): void => {
        if (index === bytes.length) response.end();
        else response.write(bytes.subarray(index, index + 1), () => write(index + 1));
      };
      write(0);
    });
    expect((await mx.readMember(identifiers)).connectionStatusMessage).toBe('Zürich – ✓');
  });
});

describe('a list of accounts', () => {
  const page = (guids: readonly string[], current: number, pages: number, entries: number) => ({
    accounts: guids.map((guid) => ({ guid, balance: 1 })),
    pagination: { current_page: current, per_page: 1000, total_entries: entries, total_pages: pages },
  });
  const pageOf = (url: string): number => Number(new URLSearchParams(url.split('?')[1]).get('page'));

  it('changed during the read: read again once', async () => {
    let readings = 0;
    const { mx, seen } = await clientOf(({ url }, response) => {
      const number = pageOf(url);
      if (number === 1) readings += 1;
      // The first time the second page shows an account of the first: another one was missed.
      const second = readings === 1 ? 'ACT-1' : 'ACT-2';
      sendJson(response, page([number === 1 ? 'ACT-1' : second], number, 2, 2));
    });
    expect((await mx.listAccounts(identifiers)).map(({ guid }) => guid)).toEqual(['ACT-1', 'ACT-2']);
    expect(seen).toHaveLength(4);
  });

  it('with fewer entries than it says is refused', async () => {
    const { mx, seen } = await clientOf((_, response) => sendJson(response, page(['ACT-1'], 1, 1, 2)));
    expect(await failureOf(mx.listAccounts(identifiers))).toMatchObject({ code: 'mx_bad_answer', fate: 'try-again' });
    expect(seen).toHaveLength(3);
  });

  it('of endless pages is given up', async () => {
    const { mx, seen } = await clientOf(({ url }, response) =>
      sendJson(response, page([`ACT-${pageOf(url)}`], pageOf(url), 1_000_000, 1_000_000)),
    );
    expect(await failureOf(mx.listAccounts(identifiers))).toMatchObject({
      code: 'mx_too_many_accounts',
      fate: 'never-retry',
    });
    expect(seen).toHaveLength(1);
  });

  it('without any account is a list', async () => {
    const { mx } = await clientOf((_, response) => sendJson(response, page([], 1, 1, 0)));
    expect(await mx.listAccounts(identifiers)).toEqual([]);
  });

  it.each([
    ['no pagination', { accounts: [] }],
    ['no accounts', { pagination: { current_page: 1, total_pages: 1, total_entries: 0 } }],
    ['counts that are none', { accounts: [], pagination: { current_page: 1, total_pages: 'x', total_entries: 0 } }],
    ['an account without a guid', { ...page(['x'], 1, 1, 1), accounts: [{ balance: 1 }] }],
  ])('with %s cannot be used', async (_what, body) => {
    const { mx } = await clientOf((_, response) => sendJson(response, body));
    expect(await failureOf(mx.listAccounts(identifiers))).toMatchObject({ code: 'mx_bad_answer' });
  });

  it('too many digits: refuses that account, rounds nothing', async () => {
    const digits = '1234567890123456789012345678901234567890.5';
    const body = `{"accounts":[{"guid":"ACT-1","balance":${digits}}],"pagination":{"current_page":1,"per_page":1000,"total_entries":1,"total_pages":1}}`;
    const { mx } = await clientOf((_, response) => sendJson(response, body));
    const accounts = await mx.listAccounts(identifiers);
    expect(accounts).toMatchObject([{ guid: 'ACT-1', isUnreadable: true, fields: { guid: 'ACT-1' } }]);
    expect(JSON.stringify(accounts)).not.toContain('1234567890');
  });

  it('takes an amount in quotes as a number', async () => {
    const body = { ...page(['x'], 1, 1, 1), accounts: [{ guid: 'ACT-1', balance: '12.50' }] };
    const { mx } = await clientOf((_, response) => sendJson(response, body));
    expect((await mx.listAccounts(identifiers))[0]?.fields.balance).toMatchObject({ text: '12.50' });
  });
});
