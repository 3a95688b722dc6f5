/** For each function an event that makes it do its whole job once. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeDelivery, encodeNextLook, encodeStartBatch } from '../../shared/clients/messages.ts';
import { firstLookState } from '../../shared/domain/decision.ts';
import { endedEvent } from '../../shared/domain/event.ts';
import type { Attempt } from '../../shared/domain/refresh.ts';
import { noWishes, slotOf } from '../../shared/domain/schedule.ts';
import { type Running, refreshIdOf } from '../local/running.ts';

type EventOf = (running: Running) => Promise<unknown>;

const httpEvent = (
  running: Running,
  method: string,
  routeKey: string,
  parameters: Record<string, string>,
  body?: object,
) => {
  const path = routeKey.replace(/^\w+ /, '').replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: { authorization: running.project.caller.authorization, 'content-type': 'application/json' },
    pathParameters: parameters,
    requestContext: { http: { method, path, sourceIp: '127.0.0.1' }, timeEpoch: Date.now() },
    isBase64Encoded: false,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
};

const sqsEvent = (body: string) => ({
  Records: [
    { messageId: 'bench', receiptHandle: 'bench', body, attributes: {}, messageAttributes: {}, eventSource: 'aws:sqs' },
  ],
});

/**
 * A member with a claim whose job is over, and its guids. Nothing takes it meanwhile: its first look is 15 minutes away,
 * and MX's webhook about the end is lost.
 */
async function claimed(running: Running) {
  running.mx.setSettings({ webhooks: { lose: 1 } });
  return triggered(running);
}

async function triggered(running: Running) {
  const member = running.addMember({ jobSeconds: 0 });
  const trigger = await running.call('POST', `${member.path}/check_balance`);
  const { userGuid } = running.mx.member({ member: member.guid });
  return { ...member, userGuid, refreshId: refreshIdOf(trigger) };
}

let receiver: Promise<string> | null = null;

/** A receiver that takes every callback; it ends with the bench. */
const receiverUrl = (): Promise<string> => {
  receiver ??= new Promise((resolve) => {
    const server = createServer((_request, response) => response.writeHead(204).end());
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      resolve(`http://localhost:${(server.address() as AddressInfo).port}/`);
    });
  });
  return receiver;
};

const memberRoute = '/users/{user_identifier}/members/{member_identifier}';

/** By function. */
export const events: Readonly<Record<string, EventOf>> = {
  'check-balance': async (running) => {
    const { id } = running.addMember();
    return httpEvent(running, 'POST', `POST ${memberRoute}/check_balance`, {
      user_identifier: 'user-3',
      member_identifier: id,
    });
  },
  'follow-up': async (running) => {
    const { refreshId, userGuid, guid: memberGuid } = await claimed(running);
    return sqsEvent(
      encodeNextLook({
        refreshId,
        member: { userGuid, memberGuid },
        lookNumber: 1,
        correlationId: null,
        state: firstLookState,
      }),
    );
  },
  'start-due': async (running) => {
    // The webhook ends its refresh, so that it is known and free.
    running.mx.setSettings({ webhooks: { lose: 0 } });
    const { userGuid, guid: memberGuid, path, refreshId } = await triggered(running);
    await running.ended(refreshId);
    const headers = { 'content-type': 'application/json' };
    await running.call('PUT', `${path}/schedule`, { headers, body: '{"every":24}' });
    const member = { userGuid, memberGuid };
    const enrolled = { member, everyHours: 24, slot: slotOf(member, 24, 1), ...noWishes } as const;
    return sqsEvent(encodeStartBatch({ dueAt: new Date().toISOString(), startAt: null, members: [enrolled] }));
  },
  'run-schedule': async () => ({}),
  sweep: async () => ({}),
  'read-balances': async (running) =>
    httpEvent(running, 'GET', `GET ${memberRoute}/accounts`, {
      user_identifier: 'user-1',
      member_identifier: 'member-ok',
    }),
  'read-refresh': async (running) =>
    httpEvent(running, 'GET', 'GET /refreshes/{refresh_id}', { refresh_id: (await claimed(running)).refreshId }),
  'member-schedule': async (running) =>
    httpEvent(running, 'GET', `GET ${memberRoute}/schedule`, {
      user_identifier: 'user-1',
      member_identifier: 'member-ok',
    }),
  'mx-webhook': async (running) => {
    const event = httpEvent(
      running,
      'POST',
      'POST /webhooks/mx',
      {},
      {
        type: 'BALANCE',
        action: 'member_data_updated',
        user_guid: 'USR-none',
        member_guid: 'MBR-none',
        completed_at: 1_700_000_000,
      },
    );
    return { ...event, headers: { ...event.headers, authorization: running.project.webhookSender.authorization } };
  },
  'deliver-callback': async (running) => {
    const { refreshId, userGuid, guid: memberGuid } = await claimed(running);
    const now = new Date().toISOString();
    const attempt: Attempt = {
      refreshId,
      trigger: 'http',
      outcome: 'failed',
      action: 'retry_later',
      code: 'failed',
      connectionStatus: null,
      hasDetails: false,
      acceptedAt: now,
      endedAt: now,
      observedAt: null,
    };
    const event = endedEvent({ userGuid, memberGuid }, attempt);
    const url = await receiverUrl();
    return sqsEvent(encodeDelivery({ callbackId: 'CBK-bench', url, event, attempt: 0, since: now, notBefore: now }));
  },
  'unknown-route': async (running) => httpEvent(running, 'GET', '$default', {}),
};
