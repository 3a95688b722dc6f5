import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BalancesClient, createBalancesClient } from '../../../shared/public/balances-client.ts';
import { at } from '../../samples.ts';
import { type StubApi, stubApi } from './stub-api.ts';

let api: StubApi;
let client: BalancesClient;

beforeAll(async () => {
  api = await stubApi();
  client = createBalancesClient({ baseUrl: api.url, credentials: { clientId: 'me', key: 'k' } });
});
afterAll(() => api.close());

const nothing = { code: null, message: null, institution_code: null, last_attempt_at: null, last_success_at: null };
const waiting = (guid: string, more: object = nothing) => ({
  ...{ user_guid: 'USR-1', member_guid: guid, action: 'contact_support', since: at(10) },
  ...more,
});

it('counts members that wait', async () => {
  api.says({ body: { attention: [{ action: 'answer_mfa', members: 3, is_all: false, oldest_since: at(1) }] } });
  expect(await client.attention({ correlationId: 'me' })).toEqual([
    { action: 'answer_mfa', members: 3, isAll: false, oldestSince: at(1) },
  ]);
  expect(api.asked).toMatchObject([{ method: 'GET', url: '/attention', headers: { 'x-correlation-id': 'me' } }]);
});

it('lists members that wait, page by page', async () => {
  const known = { code: 'disabled', message: 'Off.', institution_code: 'mxbank', last_attempt_at: at(2) };
  const first = waiting('MBR-1', { ...known, last_success_at: at(1) });
  api.says({ body: { members: [first], next_cursor: 'Yg' } });
  const [seen, urls]: [unknown[], unknown[]] = [[], []];
  for await (const member of client.waitingMembers('contact_support')) {
    seen.push(member);
    urls.push(api.asked[0]?.url);
    api.says({ body: { members: [waiting('MBR-2')], next_cursor: null } });
  }
  expect(seen).toEqual([
    {
      ...{ userGuid: 'USR-1', memberGuid: 'MBR-1', action: 'contact_support', since: at(10), code: 'disabled' },
      ...{ message: 'Off.', institutionCode: 'mxbank', lastAttemptAt: at(2), lastSuccessAt: at(1) },
    },
    {
      ...{ userGuid: 'USR-1', memberGuid: 'MBR-2', action: 'contact_support', since: at(10), code: null },
      ...{ message: null, institutionCode: null, lastAttemptAt: null, lastSuccessAt: null },
    },
  ]);
  expect(urls).toEqual(['/members?action=contact_support', '/members?action=contact_support&cursor=Yg']);
});

it.each([
  ['action', { action: 'wait' }],
  ['since', { since: true }],
  ['member_guid', { member_guid: null }],
])('a member with a wrong %s is not read', async (field, wrong) => {
  api.says({ body: { members: [{ ...waiting('MBR-1'), ...wrong }], next_cursor: null } });
  const detail = expect.stringContaining(`${field} in the answer is not`);
  await expect(client.waitingMembers('reconnect').next()).rejects.toMatchObject({ code: 'unexpected_answer', detail });
});
