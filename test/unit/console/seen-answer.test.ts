import { describe, expect, it } from 'vitest';
import { seenAnswer } from '../../../infra/console/seen-answer.ts';

const seen = (status: number, text: string, headers: Record<string, string> = {}) =>
  seenAnswer({ method: 'GET', path: '/p' }, { status, text, headers: new Headers(headers) });

describe('an answer of the API', () => {
  it.each([
    [202, '{"member":{},"refresh":{"refresh_id":"RFR-1","joined":false,"outcome":null}}', 'Refresh RFR-1 runs.'],
    [202, '{"refresh":{"refresh_id":"RFR-1","joined":true}}', 'Refresh RFR-1 runs already, and was joined.'],
    [200, '{"refresh":{"refresh_id":"RFR-1","outcome":"not_refreshed"}}', 'Refresh RFR-1 ended as not refreshed.'],
    [200, '{"refreshes":[]}', 'No refresh is remembered.'],
    [200, '{"refreshes":[7]}', 'No refresh is remembered.'],
    [200, '{"refreshes":[{"outcome":null},{"outcome":"failed"}]}', 'The newest refresh runs.'],
    [
      200,
      '{"refreshes":[{"outcome":"action_required","code":"denied","message":"No."}]}',
      'The newest refresh ended as action required (denied): No.',
    ],
    [200, '{"accounts":[{}]}', '1 account.'],
    [
      200,
      '{"member":{"connection_status":"DENIED","is_being_aggregated":false}}',
      'The connection was seen as DENIED, with no job that runs.',
    ],
    [
      200,
      '{"member":{"connection_status":null,"is_being_aggregated":true}}',
      'The connection was seen as nothing (null), with a job that runs.',
    ],
    [200, '{"other":1}', 'An answer of another kind.'],
    [
      404,
      '{"code":"never_refreshed","detail":"nothing is stored","action":"retry_later"}',
      'never_refreshed: nothing is stored. To do: retry later.',
    ],
    [409, '{"code":"held","detail":"It is held.","action":"none"}', 'held: It is held.'],
    [400, '{"code":"held"}', 'held: it does not say more.'],
    [400, '{"code":"a","detail":"1.5 of 2"}', 'a: 1.5 of 2.'],
    [429, '{"message":"Too Many Requests"}', 'Too Many Requests.'],
    [500, '{}', 'refused.'],
    [502, '<html>', 'An answer that is no JSON object.'],
    [204, '', 'An answer that is no JSON object.'],
  ])('%i %s', (status, text, says) => {
    expect(seen(status, text)).toMatchObject({ status, says });
  });

  it('of accounts says how fresh they are', () => {
    const headers = { 'balances-freshness': 'fresh', age: '7', 'retry-after': '3', 'content-type': 'application/json' };
    expect(seen(200, '{"accounts":[{},{"balance":1.50}]}', headers)).toEqual({
      method: 'GET',
      path: '/p',
      status: 200,
      says: '2 accounts, fresh, 7 s old.',
      headers: 'age: 7\nbalances-freshness: fresh\nretry-after: 3',
      text: '{\n  "accounts": [\n    {},\n    {\n      "balance": 1.50\n    }\n  ]\n}',
    });
    expect(seen(200, '{"accounts":[]}', { 'balances-freshness': 'never_refreshed' }).says).toBe(
      '0 accounts, never refreshed.',
    );
  });

  it('that is no JSON is shown as it is', () => {
    expect(seen(502, '<html>').text).toBe('<html>');
  });
});
