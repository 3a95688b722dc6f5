/** The client's erasing, against answers made by the service's own functions. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothingErased, type Receipt } from '../../../shared/domain/erasure-ports.ts';
import { receiptBody } from '../../../shared/lambda/erasure-body.ts';
import { type BalancesClient, createBalancesClient } from '../../../shared/public/balances-client.ts';
import { at, T0 } from '../../samples.ts';
import { type StubApi, stubApi } from './stub-api.ts';

let api: StubApi;
let client: BalancesClient;

beforeAll(async () => {
  api = await stubApi();
  client = createBalancesClient({ baseUrl: api.url, credentials: { clientId: 'me', key: 'k' } });
});
afterAll(() => api.close());

const receipt: Receipt = {
  ...{ erasureId: 'ERS-1', userGuid: 'USR-1', memberGuid: 'MBR-1', atMx: 'members', requestedAt: T0 },
  ...{ erased: { ...nothingErased, members: 1, formerAmounts: 7 }, doneAt: null },
  waitsFor: { code: 'mx_unavailable', since: at(5) },
};
const says = (given: Partial<Receipt> = {}) => api.says({ body: { erasure: receiptBody({ ...receipt, ...given }) } });
const asked = (): string => api.asked.map(({ method, url }) => `${method} ${url}`).join();

describe('erasing', () => {
  it('a member is asked for, with a receipt', async () => {
    says();
    const erasure = await client.erase.member('user-1', 'member-1', { atMx: true, correlationId: 'order-7' });
    expect(asked()).toBe('DELETE /users/user-1/members/member-1/data?at_mx=true');
    expect(api.asked[0]?.headers).toMatchObject({ 'x-correlation-id': 'order-7' });
    expect(erasure).toMatchObject({
      ...{ erasureId: 'ERS-1', userGuid: 'USR-1', memberGuid: 'MBR-1', atMx: true, status: 'running' },
      ...{ requestedAt: T0, doneAt: null, waitsFor: { code: 'mx_unavailable', since: at(5) } },
      erased: { members: 1, accounts: 0, formerAmounts: 7, refreshes: 0, membersAtMx: 0, usersAtMx: 0 },
    });
    expect(erasure.remains).toContainEqual({ what: 'what MX has of the user beside these members', until: null });
    expect(erasure.remains).toContainEqual({
      what: 'kept answers to requests with an Idempotency-Key, which name a refresh and a member by guid',
      until: at(86_400),
    });
  });

  it.each([
    [undefined, 'nothing', '', false],
    [false, 'nothing', '?at_mx=false', false],
    [true, 'members', '?at_mx=true', true],
    ['user', 'user', '?at_mx=user', 'user'],
  ] as const)('a user with atMx %s', async (atMx, done, query, shown) => {
    says({ memberGuid: null, atMx: done, waitsFor: null });
    const erasure = await client.erase.user('user-1', atMx === undefined ? {} : { atMx });
    expect(asked()).toBe(`DELETE /users/user-1/data${query}`);
    expect(erasure).toMatchObject({ memberGuid: null, atMx: shown, waitsFor: null });
  });

  it('is told by its receipt', async () => {
    says({ doneAt: at(180) });
    expect(await client.erase.receipt('ERS-1')).toMatchObject({ status: 'done', doneAt: at(180) });
    expect(asked()).toBe('GET /erasures/ERS-1');
  });

  it('without a name is no call', async () => {
    says();
    const calls = [() => client.erase.user(''), () => client.erase.member('u', ''), () => client.erase.receipt('')];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'invalid_request', status: null });
    expect(api.asked).toEqual([]);
  });

  it.each([
    ['at_mx', { at_mx: 'all' }],
    ['erased', { erased: null }],
    ['requested_at', { requested_at: true }],
    ['code', { waits_for: {} }],
  ])('a receipt with a wrong %s is not read', async (field, wrong) => {
    api.says({ body: { erasure: { ...receiptBody(receipt), ...wrong } } });
    const detail = expect.stringContaining(`${field} in the answer is not`);
    await expect(client.erase.receipt('ERS-1')).rejects.toMatchObject({ code: 'unexpected_answer', detail });
  });
});
