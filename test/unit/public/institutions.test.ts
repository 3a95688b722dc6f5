import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breakerRules, closedBreaker } from '../../../shared/domain/breaker.ts';
import { shownInstitution } from '../../../shared/domain/institution-view.ts';
import { BINS } from '../../../shared/domain/job-lengths.ts';
import { supported } from '../../../shared/domain/not-supported.ts';
import { snakeCased } from '../../../shared/domain/snake-case.ts';
import { type BalancesClient, createBalancesClient } from '../../../shared/public/balances-client.ts';
import { T0 } from '../../samples.ts';
import { type StubApi, stubApi } from './stub-api.ts';

let api: StubApi;
let client: BalancesClient;

beforeAll(async () => {
  api = await stubApi();
  client = createBalancesClient({ baseUrl: api.url, credentials: { clientId: 'me', key: 'k' } });
});
afterAll(() => api.close());

const shown = (code: string, heeded = true): object =>
  Object(
    snakeCased(
      shownInstitution(
        {
          code,
          countedOn: '2026-11-21',
          counts: [
            {
              day: '2026-11-21',
              outcomes: { succeeded: 12, failed: 1 },
              bins: Array.from({ length: BINS }, (_, bin) => ({ 7: 11, 23: 1 })[bin] ?? 0),
              dropped: { not_succeeded: 1 },
            },
          ],
          trouble: {
            breaker: { ...closedBreaker, open: { since: T0, code: 'failed' }, changedAt: T0, openings: 2 },
            checks: {
              ...supported,
              notSupported: { since: T0, code: 'mx_refused', until: '2026-11-28T12:00:00.000Z', askedAt: null },
            },
          },
        },
        T0,
        { breaker: heeded, deadlineSeconds: 600, breakerRules },
      ),
    ),
  );

describe('an institution', () => {
  it('is read whole', async () => {
    api.says({ body: { institution: shown('mxbank'), settings: { learning: true, breaker: true } } });
    const none = { action_required: 0, not_refreshed: 0, timed_out: 0 };
    expect(await client.institution('mxbank')).toEqual({
      code: 'mxbank',
      lastCountedOn: '2026-11-21',
      today: { since: '2026-11-21T00:00:00.000Z', refreshes: 13, outcomes: { ...none, succeeded: 12, failed: 1 } },
      week: { since: '2026-11-15T00:00:00.000Z', refreshes: 13, outcomes: { ...none, succeeded: 12, failed: 1 } },
      jobSeconds: {
        samples: 12,
        smallSample: false,
        p50: { from: 7.3, to: 9.7 },
        p90: { from: 7.3, to: 9.7 },
        p99: { from: 300, to: null },
        notLearnt: { not_succeeded: 1 },
      },
      breaker: {
        state: 'open',
        since: T0,
        code: 'failed',
        message: 'The job failed for a technical reason.',
        lastProbeAt: null,
        nextProbeAt: '2026-11-21T12:05:00.000Z',
        staysOpenUntil: '2026-11-21T12:05:00.000Z',
      },
      notSupported: {
        since: T0,
        code: 'mx_refused',
        message: 'MX runs no balance checks at this institution, as far as is known.',
        until: '2026-11-28T12:00:00.000Z',
      },
    });
    expect(api.asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /institution_health/mxbank']);
  });

  it('may have a closed breaker, and one that was probed', async () => {
    const nulls = { since: null, code: null, message: null, next_probe_at: null, stays_open_until: null };
    for (const state of ['closed', 'open']) {
      api.says({ body: { institution: { ...shown('mxbank'), breaker: { state, ...nulls, last_probe_at: T0 } } } });
      expect((await client.institution('mxbank')).breaker).toMatchObject({ state, since: null, lastProbeAt: T0 });
    }
  });

  it('may have no breaker and no samples', async () => {
    const job_seconds = { samples: 0, small_sample: true, p50: null, p90: null, p99: null, not_learnt: {} };
    api.says({ body: { institution: { ...shown('mxbank', false), last_counted_on: null, job_seconds } } });
    expect(await client.institution('mxbank')).toMatchObject({
      lastCountedOn: null,
      breaker: null,
      notSupported: null,
      jobSeconds: { samples: 0, smallSample: true, p50: null, p90: null, p99: null, notLearnt: {} },
    });
  });

  it.each<[string, object, RegExp]>([
    ['state', { breaker: { state: 'ajar' } }, /state in the answer is not a word/],
    [
      'from',
      { job_seconds: { ...Object(shown('x')).job_seconds, p50: { from: 'soon', to: 1 } } },
      /from in the answer/,
    ],
    ['outcomes', { today: { since: T0, refreshes: 1, outcomes: {} } }, /succeeded in the answer is not a text/],
  ])('with a wrong %s is not read', async (_field, wrong, detail) => {
    api.says({ body: { institution: { ...shown('mxbank'), ...wrong } } });
    await expect(client.institution('mxbank')).rejects.toMatchObject({
      code: 'unexpected_answer',
      detail: expect.stringMatching(detail),
    });
  });
});

describe('institutions', () => {
  it('are fetched page by page', async () => {
    const page = (codes: readonly string[], next: string | null) => ({
      body: { institutions: codes.map((code) => shown(code)), next_cursor: next },
    });
    api.says(page(['a', 'b'], 'Yg'), page([], 'Yw'), page(['c'], null), { status: 500, body: '' });
    const seen: string[] = [];
    for await (const { code } of client.institutions()) {
      seen.push(code);
      if (seen.length === 1) expect(api.asked).toHaveLength(1);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(api.asked.map(({ url }) => url)).toEqual([
      '/institution_health',
      '/institution_health?cursor=Yg',
      '/institution_health?cursor=Yw',
    ]);
  });

  it('may be those alone whose bank does not work', async () => {
    api.says({ body: { institutions: [shown('a')], next_cursor: null } });
    const seen: string[] = [];
    for await (const { code } of client.institutions({ onlyOpen: true, correlationId: 'me' })) seen.push(code);
    expect(seen).toEqual(['a']);
    expect(api.asked).toMatchObject([
      { url: '/institution_health?breaker=open', headers: { 'x-correlation-id': 'me' } },
    ]);
  });
});
