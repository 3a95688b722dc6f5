import { describe, expect, it } from 'vitest';
import { type EraseDataDeps, eraseDataRoutes } from '../../../functions/erase-data.ts';
import type { ErasureWork } from '../../../shared/domain/erasure-ports.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { key, T0 } from '../../samples.ts';
import { refreshed, webhookWorld } from '../domain/webhook-world.ts';

const id = 'ERS-0f1e2d3c4b5a69788796a5b4c3d2e1f0';

function world() {
  const made = webhookWorld([refreshed()]);
  const sent: ErasureWork[] = [];
  const lines: unknown[] = [];
  const deps: EraseDataDeps = {
    ...made.deps,
    erasures: { send: async (work) => void sent.push(work) },
    resolveUser: async (name) => (name.startsWith('USR-') ? name : null),
    erasureIdOf: () => id,
    log: (event, fields) => void lines.push([event, fields]),
  };
  const ask = (given: Partial<ApiRequest> = {}) =>
    eraseDataRoutes(deps, {
      method: 'DELETE',
      routeKey: 'DELETE /users/{user_identifier}/data',
      path: '/users/USR-1/data',
      parameters: { user_identifier: 'USR-1' },
      query: {},
      headers: {},
      body: undefined,
      arrivedAt: T0,
      correlationId: null,
      caller: 'a-caller',
      rights: null,
      ...given,
    });
  return { ...made, sent, lines, ask };
}

const ofMember = { user_identifier: 'USR-1', member_identifier: key.memberGuid };
const reading = { method: 'GET', parameters: { erasure_id: id } };

describe('erasing over HTTP', () => {
  it('is accepted with a receipt that runs', async () => {
    const { ask, sent, lines } = world();
    expect(await ask()).toEqual({
      status: 202,
      headers: { location: `/erasures/${id}`, 'retry-after': '90' },
      body: {
        erasure: {
          id,
          user_guid: 'USR-1',
          member_guid: null,
          at_mx: 'false',
          status: 'running',
          requested_at: T0,
          done_at: null,
          waits_for: null,
          erased: { members: 0, accounts: 0, former_amounts: 0, refreshes: 0, members_at_mx: 0, users_at_mx: 0 },
          remains: [
            { what: 'all that MX has: nothing was deleted there', until: null },
            { what: 'MX’s guids of what was erased, with the time, so that it stays erased', until: null },
            {
              what: 'log lines and archived events with MX’s guids, for as long as the operator keeps them',
              until: null,
            },
            {
              what: 'kept answers to requests with an Idempotency-Key, which name a refresh and a member by guid',
              until: '2026-11-22T12:00:00.000Z',
            },
            { what: 'messages that could not be handled, in dead-letter queues', until: null },
            { what: 'the tables’ backups (point-in-time recovery)', until: null },
            { what: 'this receipt', until: null },
          ],
        },
      },
    });
    expect(sent).toHaveLength(1);
    expect(lines).toEqual([['erasure.asked', { erasure_id: id }]]);
  });

  it('says when it was done, and until when what remains', async () => {
    const { ask, deps } = world();
    await ask({ query: { at_mx: 'true' } });
    await deps.receipts.finish(id, T0);
    for (const request of [{}, reading]) {
      const { status, headers, body } = await ask(request);
      expect([status, headers]).toEqual([200, { location: `/erasures/${id}` }]);
      expect(body).toMatchObject({ erasure: { status: 'done', done_at: T0, at_mx: 'true' } });
      expect(JSON.stringify(body)).toContain('"this receipt","until":"2026-12-27T12:00:00.000Z"');
      expect(JSON.stringify(body)).toContain('recovery)","until":"2026-12-26T12:00:00.000Z"');
    }
  });

  it('tells what it waits for', async () => {
    const { ask, deps } = world();
    await ask();
    await deps.receipts.recordFailure(id, 'mx_unavailable', T0);
    expect((await ask(reading)).body).toMatchObject({
      erasure: { status: 'running', waits_for: { code: 'mx_unavailable', since: T0 } },
    });
  });

  it.each([
    [{}, 'false', 'nothing'],
    [{ query: { at_mx: 'false' } }, 'false', 'nothing'],
    [{ query: { at_mx: 'true' } }, 'true', 'members'],
    [{ query: { at_mx: 'user' } }, 'user', 'user'],
    [{ query: { at_mx: 'true' }, parameters: ofMember }, 'true', 'members'],
  ])('takes %o', async (request, shown, atMx) => {
    const { ask, sent } = world();
    expect((await ask(request)).body).toMatchObject({ erasure: { at_mx: shown } });
    expect(sent).toMatchObject([{ order: { atMx } }]);
  });

  it.each([
    [{ query: { at_mx: 'yes' } }, 'at_mx must be true, false or user'],
    [{ query: { at_mx: 'user' }, parameters: ofMember }, 'at_mx must be true or false'],
  ])('refuses %o and changes nothing', async (request, message) => {
    const { ask, sent, erasures } = world();
    await expect(ask(request)).rejects.toMatchObject({
      ...{ code: 'invalid_request', message },
      details: { field: 'at_mx' },
    });
    expect([sent, erasures.receipts.size]).toEqual([[], 0]);
  });

  it('shows a receipt that runs with 200', async () => {
    const { ask } = world();
    await ask();
    expect(await ask(reading)).toMatchObject({
      status: 200,
      headers: { 'retry-after': '90' },
      body: { erasure: { status: 'running' } },
    });
  });

  it('has no receipt for an id that was not given', async () => {
    await expect(world().ask(reading)).rejects.toMatchObject({ code: 'erasure_not_found' });
  });
});
