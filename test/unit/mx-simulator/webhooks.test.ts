import { describe, expect, it } from 'vitest';
import { RETRY_MINUTES } from '../../../infra/mx-simulator/outbox.ts';
import { START, virtualMx } from './virtual-mx.ts';

const DAY_MS = 24 * 3600 * 1000;

describe('deliveries', () => {
  /** Answers every delivery of one balance job in this way; gives the instants of the tries, from the job's end on. */
  const tries = (statusOf: (attempt: number) => number | null, retryScale = 1) => {
    const mx = virtualMx('ok', { webhooks: { retryScale } });
    mx.check();
    const at: number[] = [];
    for (let next = mx.model.nextEventAt(); next !== null && at.length < 2000; next = mx.model.nextEventAt()) {
      mx.clock.now = Math.max(mx.clock.now, next);
      for (const { id } of mx.model.dueWebhooks()) {
        mx.model.webhookAnswered(id, statusOf(at.length));
        at.push(mx.clock.now - START - 10_000);
      }
    }
    return at;
  };

  it('are tried 13 times over 24 hours without success', () => {
    const at = tries(() => null);
    expect(at).toHaveLength(13);
    expect(at.at(-1)).toBe(DAY_MS);
    const waits = at.slice(1).map((instant, index) => (instant - (at[index] ?? 0)) / 60_000);
    expect(waits).toEqual(RETRY_MINUTES);
    expect([...waits].sort((a, b) => a - b)).toEqual(waits);
  });

  it('end with any 2xx, repeat after errors and redirects', () => {
    expect(tries(() => 204)).toEqual([0]);
    expect(tries(() => 200)).toEqual([0]);
    expect(tries((attempt) => [500, 404, 302][attempt] ?? 204)).toEqual([0, 60_000, 180_000, 420_000]);
  });

  it('429 delays without using a retry, for a day', () => {
    const at = tries((attempt) => (attempt < 20 ? 429 : null));
    expect(at).toHaveLength(33);
    expect(at.slice(0, 3)).toEqual([0, 60_000, 120_000]);
    expect(tries(() => 429).at(-1)).toBe(DAY_MS);
  });

  it('can be made faster as a whole', () => {
    expect(tries(() => 500, 0.001).at(-1)).toBe(DAY_MS / 1000);
  });

  it('are handed out once', () => {
    const mx = virtualMx();
    mx.check();
    mx.clock.now += 10_000;
    expect(mx.model.dueWebhooks()).toHaveLength(1);
    expect(mx.model.dueWebhooks()).toEqual([]);
    expect(mx.model.nextEventAt()).toBeNull();
  });
});

describe('the way to the receiver', () => {
  /** Due times of the BALANCE webhooks of `jobs` jobs, against the end of each job in milliseconds. */
  const lateness = (webhooks: object, jobs = 40): number[] => {
    const mx = virtualMx('ok', { webhooks }, 'mxbank');
    const late: number[] = [];
    for (let job = 0; job < jobs; job++) {
      const end = mx.clock.now + 10_000;
      mx.check();
      mx.clock.now += 600_000;
      for (const { id, dueAt } of mx.model.dueWebhooks()) {
        late.push(dueAt - end);
        mx.model.webhookAnswered(id, 204);
      }
    }
    return late;
  };

  it('loses some and doubles some', () => {
    expect(lateness({ lose: 1 })).toEqual([]);
    const lost = lateness({ lose: 0.5 }).length;
    expect(lost).toBeGreaterThan(8);
    expect(lost).toBeLessThan(32);
    expect(lateness({ double: 1 })).toHaveLength(80);
  });

  it('makes some late, up to the time set', () => {
    const late = lateness({ delay: 1, delaySeconds: 60 });
    expect(Math.max(...late)).toBeGreaterThan(30_000);
    expect(Math.max(...late)).toBeLessThanOrEqual(60_000);
    expect(lateness({ delay: 0.5, delaySeconds: 60 })).toContain(0);
  });

  it('lets late ones be overtaken', () => {
    const mx = virtualMx('followed', { webhooks: { delay: 0.5, delaySeconds: 3600 } });
    const orders = Array.from({ length: 20 }, () => {
      mx.check();
      mx.clock.now += 4 * 3_600_000;
      return mx
        .webhooks()
        .map(({ type }) => type)
        .join();
    });
    expect(new Set(orders)).toEqual(new Set(['BALANCE,AGGREGATION', 'AGGREGATION,BALANCE']));
  });

  it('BALANCE can come early, and then once only', () => {
    const early = lateness({ early: 1, earlySeconds: 8 });
    expect(early).toHaveLength(40);
    expect(Math.max(...early)).toBeLessThan(0);
    expect(Math.min(...early)).toBeGreaterThanOrEqual(-8000);
  });
});

describe('kinds', () => {
  it('BALANCE, AGGREGATION and CONNECTION_STATUS can each be switched off', () => {
    const off = { balance: false, aggregation: false, connectionStatus: false };
    for (const scenario of ['ok', 'followed', 'denied']) {
      const mx = virtualMx(scenario, { webhooks: off });
      mx.check();
      mx.clock.now += 60_000;
      expect(mx.webhooks()).toEqual([]);
    }
  });

  it('CONNECTION_STATUS comes when a status is entered only', () => {
    const mx = virtualMx('denied');
    mx.check();
    mx.clock.now += 10_000;
    expect(mx.webhooks()).toHaveLength(1);
    mx.check();
    mx.clock.now += 10_000;
    expect(mx.webhooks()).toEqual([]);
    mx.model.control.setStatus({ member: 'member-1', status: 'LOCKED' });
    expect(mx.webhooks()).toMatchObject([{ connection_status_id: 5 }]);
  });

  it('AGGREGATION has whole Unix seconds and the background flag', () => {
    const mx = virtualMx('ok', { jobSeconds: 1.5 });
    mx.json('POST', '/users/user-1/members/member-1/aggregate');
    mx.clock.now += 1500;
    expect(mx.webhooks()).toMatchObject([
      { type: 'AGGREGATION', is_background: false, completed_at: START / 1000 + 1, user_id: 'user-1' },
    ]);
  });

  it('MEMBER, switched on, shows each step, revision rising', () => {
    const mx = virtualMx('denied', { webhooks: { member: true } });
    mx.check();
    mx.clock.now += 10_000;
    mx.call('DELETE', '/users/user-1/members/member-1');
    const seen = mx.webhooks('MEMBER');
    expect(seen.map((m) => [m['action'], m['connection_status'], m['is_being_aggregated']])).toEqual([
      ['updated', 'CONNECTED', true],
      ['updated', 'DENIED', false],
      ['deleted', 'DENIED', false],
    ]);
    expect(seen.map(({ revision }) => revision)).toEqual([2, 3, 4]);
  });
});
