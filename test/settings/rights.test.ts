/** The matrix: who may do what at which route, with the functions as they are wired. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { GivenRequest } from '../unit/lambda/api-event.ts';
import { basic, type Construct, type Deployed, deploy, memberParameters } from './deployed.ts';
import { done } from './stub-mx.ts';

let deployed: Deployed;
let refreshPath: Record<string, string>;
beforeAll(async () => {
  deployed = await deploy({ apiAccess: 'basic' });
  const trigger = await ask('CheckBalance', `POST ${member}/check_balance`, 'shop');
  refreshPath = { refresh_id: String(trigger.headers['location']).replace('/refreshes/', '') };
  deployed.mx.member = done;
  deployed.at(10);
  await deployed.look();
});
beforeEach(() => deployed.cold());
afterAll(() => deployed.close());

const member = '/users/{user_identifier}/members/{member_identifier}';
const json = { 'content-type': 'application/json' };

function ask(to: Construct, routeKey: string, client: string, body?: string) {
  const { member_identifier, ...user } = memberParameters;
  if (routeKey.startsWith('GET /institution_health')) {
    const parameters: Record<string, string> = routeKey.endsWith('}') ? { institution_code: 'mxbank' } : {};
    return deployed.http(to, { routeKey, parameters, headers: { authorization: basic(client) } });
  }
  if (/\/(members|attention)$/.test(routeKey) && !routeKey.includes('{')) {
    const query = { action: 'reauthenticate' };
    return deployed.http(to, { routeKey, query, headers: { authorization: basic(client) } });
  }
  if (routeKey.includes('{erasure_id}')) {
    return deployed.http(to, {
      routeKey,
      parameters: { erasure_id: 'none' },
      headers: { authorization: basic(client) },
    });
  }
  const ofMember = routeKey.includes('{member_identifier}') ? { ...user, member_identifier } : user;
  const parameters = routeKey.includes('{refresh_id}') ? refreshPath : ofMember;
  const request: GivenRequest = {
    method: routeKey.replace(/ .*/, ''),
    routeKey,
    parameters: routeKey.endsWith('{account_identifier}') ? { ...parameters, account_identifier: 'none' } : parameters,
    headers: { authorization: basic(client), ...(body === undefined ? {} : json) },
    ...(body === undefined ? {} : { body }),
  };
  return deployed.http(to, request);
}

// Status for: both rights, only `read`, only `trigger`, none, unknown to the operator.
it.each<[Construct, string, string | undefined, readonly number[]]>([
  ['CheckBalance', `POST ${member}/check_balance`, undefined, [202, 403, 202, 403, 401]],
  ['CheckBalance', `POST ${member}/check_balance`, '{"max_age":3600}', [200, 403, 200, 403, 401]],
  [
    'CheckBalance',
    `PUT ${member}/resume`,
    '{"member":{"challenges":[{"guid":"CRD-1","value":"x"}]}}',
    [405, 403, 405, 403, 401],
  ],
  ['ReadBalances', `GET ${member}`, undefined, [200, 200, 403, 403, 401]],
  ['ReadBalances', `GET ${member}/status`, undefined, [200, 200, 403, 403, 401]],
  ['ReadBalances', `GET ${member}/accounts`, undefined, [200, 200, 403, 403, 401]],
  ['ReadBalances', `GET ${member}/accounts/{account_identifier}`, undefined, [404, 404, 403, 403, 401]],
  ['ReadBalances', `GET ${member}/challenges`, undefined, [204, 204, 403, 403, 401]],
  ['ReadBalances', 'GET /users/{user_identifier}/members', undefined, [200, 200, 403, 403, 401]],
  ['ReadBalances', 'GET /users/{user_identifier}/accounts', undefined, [200, 200, 403, 403, 401]],
  ['ReadBalances', 'GET /users/{user_identifier}/accounts/{account_identifier}', undefined, [404, 404, 403, 403, 401]],
  ['ReadRefresh', `GET ${member}/refreshes`, undefined, [200, 200, 403, 403, 401]],
  ['ReadRefresh', 'GET /refreshes/{refresh_id}', undefined, [200, 200, 403, 403, 401]],
  ['ReadRefresh', 'GET /members', undefined, [200, 200, 403, 403, 401]],
  ['ReadRefresh', 'GET /attention', undefined, [200, 200, 403, 403, 401]],
  ['ReadRefresh', 'GET /institution_health', undefined, [200, 200, 403, 403, 401]],
  ['ReadRefresh', 'GET /institution_health/{institution_code}', undefined, [404, 404, 403, 403, 401]],
  ['MemberSchedule', `PUT ${member}/schedule`, '{"every":24}', [200, 403, 200, 403, 401]],
  ['MemberSchedule', `GET ${member}/schedule`, undefined, [200, 200, 403, 403, 401]],
  ['MemberSchedule', `DELETE ${member}/schedule`, undefined, [204, 403, 204, 403, 401]],
])('%s: %s %s', async (to, routeKey, body, expected) => {
  const statuses: unknown[] = [];
  for (const client of ['shop', 'reader', 'starter', 'rightless', 'unknown']) {
    statuses.push((await ask(to, routeKey, client, body)).status);
  }
  expect(statuses).toEqual(expected);
});

// The same, and last only `erase`.
it.each<[string, readonly number[]]>([
  ['GET /erasures/{erasure_id}', [403, 403, 403, 403, 401, 404]],
  [`DELETE ${member}/data`, [403, 403, 403, 403, 401, 202]],
  ['DELETE /users/{user_identifier}/data', [403, 403, 403, 403, 401, 202]],
])('EraseData: %s', async (routeKey, expected) => {
  const statuses: unknown[] = [];
  for (const client of ['shop', 'reader', 'starter', 'rightless', 'unknown', 'eraser']) {
    statuses.push((await ask('EraseData', routeKey, client)).status);
  }
  expect(statuses).toEqual(expected);
});

it('accounts are shown to who may read', async () => {
  const shown = async (client: string) =>
    Object.keys(Object((await ask('CheckBalance', `POST ${member}/check_balance`, client, '{"max_age":86400}')).body));
  expect(await shown('shop')).toContain('accounts');
  expect(await shown('starter')).toEqual((await shown('shop')).filter((field) => field !== 'accounts'));
});
