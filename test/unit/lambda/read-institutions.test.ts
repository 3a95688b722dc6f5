import { describe, expect, it } from 'vitest';
import { readInstitutions } from '../../../functions/read-refresh.ts';
import { breakerRules, closedBreaker } from '../../../shared/domain/breaker.ts';
import { noTrouble } from '../../../shared/domain/trouble.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import type { InstitutionsTable } from '../../fakes/fake-institutions.ts';
import { fakeInstitutionsReader } from '../../fakes/fake-institutions-reader.ts';
import { T0 } from '../../samples.ts';
import { apiRequest } from './api-event.ts';

function world(...codes: string[]) {
  const table: InstitutionsTable = new Map(
    codes.map((code) => [code, [{ outcome: 'succeeded', sample: { bin: 3 }, isAnswer: true, endedAt: T0 }]]),
  );
  const breaker = { ...closedBreaker, open: { since: T0, code: 'failed' as const } };
  const deps = {
    institutions: fakeInstitutionsReader(table, new Map([['ill', { ...noTrouble, breaker, version: 1 }]])),
    learning: true,
    viewRules: { breaker: true, deadlineSeconds: 600, breakerRules },
    now: () => T0,
  };
  const read = async (given: Partial<ApiRequest>) => {
    const { status, body } = await readInstitutions(deps, apiRequest(given));
    return { status, body: JSON.parse(JSON.stringify(body)) };
  };
  const page = async (query: ApiRequest['query']) => {
    const { status, body } = await read({ query });
    expect(status).toBe(200);
    const shown = body.institutions.map(({ code }: { code: string }) => code);
    return { codes: shown, cursor: body.next_cursor };
  };
  return { read, page };
}

describe('reading institutions', () => {
  it('one: in the words of the API', async () => {
    expect(await world('mxbank').read({ parameters: { institution_code: 'mxbank' } })).toEqual({
      status: 200,
      body: {
        institution: {
          code: 'mxbank',
          last_counted_on: '2026-11-21',
          today: {
            since: '2026-11-21T00:00:00.000Z',
            refreshes: 1,
            outcomes: { succeeded: 1, action_required: 0, failed: 0, not_refreshed: 0, timed_out: 0 },
          },
          week: {
            since: '2026-11-15T00:00:00.000Z',
            refreshes: 1,
            outcomes: { succeeded: 1, action_required: 0, failed: 0, not_refreshed: 0, timed_out: 0 },
          },
          job_seconds: {
            samples: 1,
            small_sample: true,
            p50: { from: 2.3, to: 3.1 },
            p90: { from: 2.3, to: 3.1 },
            p99: { from: 2.3, to: 3.1 },
            not_learnt: {},
          },
          breaker: {
            state: 'closed',
            since: null,
            code: null,
            message: null,
            last_probe_at: null,
            next_probe_at: null,
            stays_open_until: null,
          },
          not_supported: null,
        },
        settings: { learning: true, breaker: true },
      },
    });
  });

  it('all: 25 on a page unless asked otherwise', async () => {
    const codes = Array.from({ length: 30 }, (_, index) => `bank ${String(index).padStart(2, '0')} ü`);
    const { page } = world(...codes);
    const first = await page({});
    expect(first.codes).toEqual(codes.slice(0, 25));
    expect(first.cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(await page({ cursor: first.cursor })).toEqual({ codes: [...codes.slice(25), 'ill'], cursor: null });
    expect((await page({ limit: '100' })).codes).toEqual([...codes, 'ill']);
    expect((await page({ limit: '1' })).codes).toEqual(codes.slice(0, 1));
    expect((await page({ breaker: 'open' })).codes).toEqual(['ill']);
  });

  it.each([
    ['1,024 letters', Buffer.alloc(1_024, 'a'), true],
    [
      '341 bytes that become three each, and a letter',
      Buffer.concat([Buffer.alloc(341, 0xff), Buffer.from('a')]),
      true,
    ],
    ['341 of them, and two letters', Buffer.concat([Buffer.alloc(341, 0xff), Buffer.from('ab')]), false],
  ])('all: go on behind %s, or are refused', async (_what, code, isTaken) => {
    const asked = world('mxbank').page({ cursor: code.toString('base64url') });
    if (isTaken) expect((await asked).cursor).toBeNull();
    else await expect(asked).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it.each<[string, string]>([
    ['limit', '0'],
    ['limit', '101'],
    ['limit', '1000'],
    ['limit', '-1'],
    ['limit', '1.5'],
    ['limit', ''],
    ['cursor', ''],
    ['cursor', 'A'],
    ['cursor', 'ab cd'],
    ['cursor', '!ab'],
    ['cursor', 'ab!'],
    ['cursor', 'ä'.repeat(10)],
    ['cursor', 'A'.repeat(1367)],
    // Bytes that are no text become longer.
    ['cursor', '_'.repeat(1366)],
    ['breaker', 'closed'],
    ['breaker', ''],
  ])('all: %s "%s" is refused by name', async (field, value) => {
    const refused = {
      code: 'invalid_request',
      details: { field },
      message: expect.stringMatching(`^${field} must be`),
    };
    await expect(world('mxbank').read({ query: { [field]: value } })).rejects.toMatchObject(refused);
  });

  it('one that is unknown or no code is refused', async () => {
    const { read } = world('mxbank');
    const one = (code: string) => read({ parameters: { institution_code: code } });
    await expect(one('none')).rejects.toMatchObject({ code: 'institution_not_found' });
    await expect(one('a b')).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'institution_code' },
    });
  });
});
