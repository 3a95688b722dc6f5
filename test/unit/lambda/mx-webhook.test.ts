import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asOurs, receiveWebhook } from '../../../functions/mx-webhook.ts';
import type { MxWebhook } from '../../../shared/domain/mx-webhook.ts';
import { httpHandler } from '../../../shared/lambda/http.ts';
import { apiEvent, type GivenRequest, lambdaContext } from './api-event.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

const now = '2026-11-21T12:00:00.000Z';
const balance = {
  type: 'BALANCE',
  action: 'member_data_updated',
  completed_at: 1795262398,
  completed_on: '2026-11-21',
  member_guid: 'MBR-1',
  user_guid: 'USR-1',
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const basic = (user: string, key: string): string => `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`;

/** The function as it is wired, with a secret that has two keys and a queue that a test can break. */
function door(refuses = false) {
  const telemetry = recordedTelemetry();
  const sent: MxWebhook[] = [];
  const secret = JSON.stringify({
    clients: [
      { client_id: 'mx', key_sha256: [sha256('new'), sha256('old')], rights: ['webhook'] },
      { client_id: 'shop', key_sha256: [sha256('shop')], rights: ['read', 'trigger'] },
    ],
  });
  const delays: number[] = [];
  const send = async (webhook: MxWebhook, inSeconds: number): Promise<void> => {
    if (refuses) throw new Error('SQS is down');
    sent.push(webhook);
    delays.push(inSeconds);
  };
  const handler = httpHandler(
    {
      telemetry,
      callersSecret: { current: async () => secret, refetched: async () => secret },
      right: () => 'webhook',
      now: () => now,
    },
    ({ body }) => receiveWebhook({ webhooks: { send }, telemetry, now: () => now }, body),
  );
  const call = async (body: string | undefined, given: GivenRequest = {}) => {
    const event = apiEvent({
      method: 'POST',
      routeKey: 'POST /webhooks/mx',
      path: '/webhooks/mx',
      ...(body === undefined ? {} : { body }),
      ...given,
      headers: { authorization: basic('mx', 'new'), ...given.headers },
    });
    return (await handler(asOurs(event), lambdaContext()))?.statusCode;
  };
  return { call, sent, delays, telemetry };
}

describe('POST /webhooks/mx', () => {
  it('answers 204 and sends one message about the member', async () => {
    const { call, sent, delays, telemetry } = door();
    expect(await call(JSON.stringify(balance))).toBe(204);
    expect(delays).toEqual([0]);
    expect(sent).toEqual([
      {
        about: 'data',
        member: { userGuid: 'USR-1', memberGuid: 'MBR-1' },
        completedAt: '2026-11-21T11:59:58.000Z',
        receivedAt: now,
      },
    ]);
    expect(telemetry.counts).toEqual(['WebhookReceived']);
  });

  it('takes both keys of a rotation', async () => {
    const { call, sent } = door();
    for (const key of ['new', 'old']) {
      expect(await call(JSON.stringify(balance), { headers: { authorization: basic('mx', key) } })).toBe(204);
    }
    expect(sent).toHaveLength(2);
  });

  it.each([
    ['no credentials', '', 401],
    ['a wrong key', basic('mx', 'wrong'), 401],
    ['another caller’s key', basic('mx', 'shop'), 401],
    ['a caller of the API', basic('shop', 'shop'), 403],
    ['a bearer token', 'Bearer new', 401],
  ])('refuses %s, and sends nothing', async (_who, authorization, status) => {
    const { call, sent } = door();
    expect(await call(JSON.stringify(balance), { headers: { authorization } })).toBe(status);
    expect(sent).toEqual([]);
  });

  it.each([
    ['without a content type', {}],
    ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['as text', { 'content-type': 'text/plain; charset=utf-8' }],
    ['of a version of MX’s own', { 'accept-version': 'v20111101' }],
  ])('reads it %s: MX documents none of it', async (_how, headers) => {
    const { call, sent } = door();
    expect(await call(JSON.stringify(balance), { headers })).toBe(204);
    expect(sent).toHaveLength(1);
  });

  it('reads base 64, and bodies above our callers’ limit', async () => {
    const { call, sent } = door();
    const large = JSON.stringify({ ...balance, new_field: 'x'.repeat(50_000) });
    expect(await call(Buffer.from(large).toString('base64'), { isBase64Encoded: true })).toBe(204);
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['nothing', undefined],
    ['an empty body', ''],
    ['no JSON', '{"type":"BALANCE"'],
    ['a number', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another type', JSON.stringify({ ...balance, type: 'HISTORY' })],
    ['fields of other kinds', JSON.stringify({ ...balance, member_guid: { a: 1 }, type: ['BALANCE'] })],
    ['a guid of any length', JSON.stringify({ ...balance, member_guid: `MBR-${'1'.repeat(9_000)}` })],
    ['more than is read', JSON.stringify({ ...balance, new_field: 'x'.repeat(300_000) })],
  ])('answers 204 to %s, counts it, sends nothing', async (_what, body) => {
    const { call, sent, telemetry } = door();
    expect(await call(body)).toBe(204);
    expect(sent).toEqual([]);
    expect(telemetry.counts).toEqual(['WebhookReceived', 'WebhookIgnored']);
    expect(telemetry.lines).toEqual([
      { event: 'request.answered', fields: { route: 'POST /webhooks/mx', status: 204, reason: expect.any(String) } },
    ]);
  });

  it('answers 429 when the queue refuses the message', async () => {
    const { call } = door(true);
    expect(await call(JSON.stringify(balance))).toBe(429);
  });

  it('keeps why the queue refused it', async () => {
    const cause = new Error('SQS is down');
    const deps = { webhooks: { send: () => Promise.reject(cause) }, telemetry: recordedTelemetry(), now: () => now };
    await expect(receiveWebhook(deps, balance)).rejects.toMatchObject({ code: 'too_many_requests', cause });
  });
});

describe('of a webhook’s body is passed on', () => {
  /** A body of so many characters. */
  const ofLength = (characters: number) => `{"guid":"${'x'.repeat(100)}"}`.padEnd(characters, ' ');
  const guid = (characters: number) => 'x'.repeat(characters);

  it.each<[string, string, unknown]>([
    ['what is read', '{"guid":"a","completed_at":7,"new_field":1}', { guid: 'a', completed_at: 7 }],
    ['no other kind of value', '{"guid":["a"],"user_guid":{},"type":true,"action":null}', {}],
    ['a text of 200 characters', JSON.stringify({ guid: guid(200) }), { guid: guid(200) }],
    ['no longer text', JSON.stringify({ guid: guid(201) }), {}],
    ['nothing of a list', '[]', null],
    ['nothing of null', 'null', null],
    ['a body of 256 KiB', ofLength(262_144), { guid: guid(100) }],
    ['nothing of a larger one', ofLength(262_145), null],
  ])('%s', (_what, body, passedOn) => {
    const { body: ours, headers } = asOurs(apiEvent({ method: 'POST', body }));
    expect([JSON.parse(String(ours)), headers['content-type']]).toEqual([passedOn, 'application/json']);
  });
});
