/** What the client refuses by itself, and answers that no service of this kind gives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBalancesClient } from '../../../shared/public/balances-client.ts';
import { problemFrom } from '../../../shared/public/problem.ts';
import { accountsPage } from './samples.ts';
import { type StubApi, stubApi } from './stub-api.ts';

let api: StubApi;
beforeAll(async () => {
  api = await stubApi();
});
afterAll(() => api.close());

const client = () => createBalancesClient({ baseUrl: api.url, credentials: { clientId: 'a', key: 'b' } });

it.each<[string, (of: ReturnType<typeof client>) => Promise<unknown>]>([
  ['user', (of) => of.member('', 'm')],
  ['member', (of) => of.member('u', '..')],
  ['account', (of) => of.account('u', 'm', 'a/b')],
  ['refreshId', (of) => of.refresh('')],
])('an argument that is no identifier is named: %s', async (field, call) => {
  await expect(call(client())).rejects.toMatchObject({ code: 'invalid_request', field, status: null });
});

it('a body that is no JSON is refused', async () => {
  api.says({ body: '<html>' });
  await expect(client().health()).rejects.toMatchObject({
    code: 'unexpected_answer',
    status: 200,
    detail: 'status 200 with a body that is not JSON; is baseUrl right?',
    cause: expect.any(SyntaxError),
  });
});

it('an answer without a tag is none of this service', async () => {
  const page = accountsPage([]);
  const { etag: _, ...headers } = { etag: '', ...page.headers };
  api.says({ ...page, headers });
  await expect(client().accounts('u', 'm')).rejects.toMatchObject({ detail: 'the answer has no etag header' });
});

describe('the gateway’s own answers', () => {
  it.each([
    [401, 'unauthorized', 'none', 'the gateway did not accept the credentials'],
    [403, 'forbidden', 'none', 'the gateway refused the signature, or its owner may not call this route'],
    [404, 'not_found', 'none', 'the gateway has nothing at this path; is baseUrl right?'],
    [413, 'payload_too_large', 'none', 'the gateway refused the body as too large'],
    [429, 'too_many_requests', 'retry_later', 'the gateway limits the requests of this API'],
  ])('%d is told in a sentence', (status, code, action, detail) => {
    expect(problemFrom(status, new Headers(), '{"message":"x"}')).toMatchObject({ status, code, action, detail });
  });
});
