import { describe, expect, it } from 'vitest';
import { drawJobSeconds } from '../../../infra/mx-simulator/job.ts';
import { createRandom } from '../../../infra/mx-simulator/random.ts';
import { list, parse, part, START, virtualMx } from './virtual-mx.ts';

const RUNNING = 'A job of a different type is already running on the member.';

describe('a balance job', () => {
  it('new guid, start and flag at once, status as before', () => {
    const mx = virtualMx('denied');
    const before = mx.memberAfter(0);
    const answer = mx.check();
    expect(answer.status).toBe(202);
    const member = part(parse(answer.body), 'member');
    expect(member).toMatchObject({
      connection_status: 'CONNECTED',
      is_being_aggregated: true,
      aggregated_at: '2026-01-15T12:00:00.000Z',
    });
    expect(member['most_recent_job_guid']).toMatch(
      /^JOB-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(member['most_recent_job_guid']).not.toBe(before['most_recent_job_guid']);
    expect(mx.memberAfter(9.9)).toMatchObject({ connection_status: 'CONNECTED', is_being_aggregated: true });
    expect(mx.memberAfter(0.1)).toMatchObject({ connection_status: 'DENIED', is_being_aggregated: false });
  });

  it('ends CONNECTED: new numbers; updated_at moves with a value', () => {
    const mx = virtualMx();
    const path = '/users/user-1/members/member-1/accounts/act-23445745';
    mx.model.control.setBalances({ member: 'member-1', account: 'act-23445745', values: { balance: '77.10' } });
    expect(mx.call('GET', path).body).toContain('"balance":500000.0,');
    mx.check();
    mx.clock.now += 10_000;
    expect(mx.call('GET', path).body).toContain('"balance":77.10,');
    const first = part(mx.json('GET', path), 'account');
    expect(first['updated_at']).toMatch(/^2026-01-15T12:00:(08|10)\+00:00$/);
    expect(mx.memberAfter(0)['successfully_aggregated_at']).toBe('2026-01-15T12:00:10.000Z');
    mx.check();
    mx.clock.now += 10_000;
    const second = part(mx.json('GET', path), 'account');
    expect(second['updated_at']).toBe(first['updated_at']);
    expect(Date.parse(String(second['imported_at']))).toBeGreaterThan(Date.parse(String(first['imported_at'])));
  });

  it('imports the first account before its end, then the others', () => {
    const mx = virtualMx('moving');
    const path = '/users/user-1/members/member-1/accounts';
    const balances = () => list(mx.json('GET', path), 'accounts').map(({ balance }) => balance);
    const before = balances();
    mx.check();
    mx.clock.now += 9000;
    const during = balances();
    expect(during[0]).not.toBe(before[0]);
    expect(during.slice(1)).toEqual(before.slice(1));
    mx.clock.now += 1000;
    balances().forEach((balance, index) => {
      expect(balance, String(index)).not.toBe(before[index]);
    });
  });

  it('changes no balance when it fails', () => {
    const mx = virtualMx('failed');
    const path = '/users/user-1/members/member-1/accounts';
    const before = mx.call('GET', path).body;
    mx.model.control.setBalances({ member: 'member-1', account: 'act-2378975', values: { balance: '1' } });
    mx.check();
    mx.clock.now += 60_000;
    expect(mx.call('GET', path).body).toBe(before);
  });

  it('leaves successfully_aggregated_at alone when the model is told so', () => {
    const mx = virtualMx('ok', { balanceJobsMoveSuccess: false });
    const before = mx.memberAfter(0)['successfully_aggregated_at'];
    mx.check();
    expect(mx.memberAfter(10)['successfully_aggregated_at']).toBe(before);
  });

  it('can be shorter than any look', () => {
    const mx = virtualMx('ok', { jobSeconds: 0 });
    mx.check();
    expect(mx.memberAfter(0)).toMatchObject({ is_being_aggregated: false, aggregated_at: '2026-01-15T12:00:00.000Z' });
  });

  it.each([
    ['ok', true, true],
    ['locked', true, false],
    ['denied', false, false],
  ])('%s: is_authenticated %s and has_processed_accounts %s at its end', (scenario, ...end) => {
    const mx = virtualMx(scenario);
    const flags = () => {
      const status = part(mx.json('GET', '/users/user-1/members/member-1/status'), 'member');
      return [status['is_authenticated'], status['has_processed_accounts']];
    };
    mx.check();
    expect(flags()).toEqual([false, false]);
    mx.clock.now += 10_000;
    expect(flags()).toEqual(end);
  });

  it('leaves closed accounts alone and goes on with hidden ones', () => {
    const mx = virtualMx('moving');
    mx.model.control.closeAccount({ member: 'member-1', account: 'act-2378975' });
    mx.model.control.hideAccount({ member: 'member-1', account: 'act-23445745' });
    const path = '/users/user-1/members/member-1/accounts';
    const read = () => list(mx.json('GET', path), 'accounts');
    const before = read();
    mx.check();
    mx.clock.now += 10_000;
    const after = read();
    expect(after).toHaveLength(6);
    expect(after[5]).toEqual(before[5]);
    expect(after[0]?.['balance']).not.toBe(before[0]?.['balance']);
    expect(after[0]?.['is_hidden']).toBe(true);
  });
});

describe('who may start a job', () => {
  it('a second POST gets 202 and the running job', () => {
    const mx = virtualMx();
    const first = part(parse(mx.check().body), 'member');
    mx.clock.now += 3000;
    const second = mx.check();
    expect(second.status).toBe(202);
    expect(part(parse(second.body), 'member')).toEqual(first);
    expect(mx.model.control.member({ member: 'member-1' }).loginAttempts).toBe(1);
  });

  it('a background aggregation makes the POST 409 until its end', () => {
    const mx = virtualMx();
    const { jobGuid } = mx.model.control.startBackground({ member: 'member-1', seconds: 5 });
    expect(mx.memberAfter(0)).toMatchObject({ is_being_aggregated: true, most_recent_job_guid: jobGuid });
    const refused = mx.check();
    expect(refused.status).toBe(409);
    expect(parse(refused.body)).toEqual({ error: { message: RUNNING, status: 'conflict', type: 'conflict_error' } });
    mx.clock.now += 5000;
    expect(mx.check().status).toBe(202);
    expect(mx.call('POST', '/users/user-1/members/member-1/aggregate').status).toBe(409);
  });

  it('the sixth balance job within two hours gets 429', () => {
    const mx = virtualMx();
    const statuses = Array.from({ length: 6 }, () => {
      const { status } = mx.check();
      mx.clock.now += 60_000;
      return status;
    });
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
    mx.clock.now = START + 2 * 3600 * 1000 - 1;
    expect(mx.check().status).toBe(429);
    mx.clock.now += 1;
    expect(mx.check().status).toBe(202);
    expect(mx.check().status).toBe(202);
  });

  it('a joined job uses up nothing of the allowance', () => {
    const mx = virtualMx();
    for (let call = 0; call < 20; call++) expect(mx.check().status).toBe(202);
  });

  it('MX Bank has no such limit unless set', () => {
    const six = (options: object) => {
      const mx = virtualMx('ok', { jobSeconds: 0, ...options }, 'mxbank');
      return Array.from({ length: 6 }, () => mx.check().status).at(-1);
    };
    expect(six({})).toBe(202);
    expect(six({ throttleBalanceJobs: true })).toBe(429);
  });

  it('an aggregation within three hours answers 202, starts nothing', () => {
    const mx = virtualMx();
    const path = '/users/user-1/members/member-1/aggregate';
    mx.check();
    const after = mx.memberAfter(10);
    expect(mx.call('POST', path).status).toBe(202);
    expect(mx.memberAfter(0)).toEqual(after);
    mx.clock.now = START + 3 * 3600 * 1000;
    expect(part(mx.json('POST', path), 'member')['is_being_aggregated']).toBe(true);
    expect(mx.memberAfter(0)['most_recent_job_guid']).not.toBe(after['most_recent_job_guid']);
  });

  it('three DENIED make PREVENTED until a new password comes', () => {
    const mx = virtualMx('denied');
    const ends = [1, 2, 3].map(() => {
      mx.check();
      return mx.memberAfter(10)['connection_status'];
    });
    expect(ends).toEqual(['DENIED', 'DENIED', 'PREVENTED']);
    const prevented = mx.memberAfter(0);
    expect(prevented['needs_updated_credentials']).toBe(true);
    expect(mx.check().status).toBe(202);
    expect(mx.memberAfter(0)).toEqual(prevented);
    expect(mx.model.control.member({ member: 'member-1' }).loginAttempts).toBe(3);
    const path = '/users/user-1/members/member-1';
    const credentials = [{ guid: 'CRD-any', value: 'a good password' }];
    expect(part(mx.json('PUT', path, { member: { credentials } }), 'member')).toMatchObject({
      connection_status: 'UPDATED',
      needs_updated_credentials: false,
    });
    mx.check();
    expect(mx.memberAfter(10)).toMatchObject({ connection_status: 'CONNECTED', error: {} });
  });

  it('a PREVENTED member’s jobs can end PREVENTED without login', () => {
    const mx = virtualMx('prevented', { preventedStartsNothing: false });
    mx.check();
    const first = mx.memberAfter(10);
    mx.check();
    const second = mx.memberAfter(10);
    expect(second['connection_status']).toBe('PREVENTED');
    expect(second['most_recent_job_guid']).not.toBe(first['most_recent_job_guid']);
    expect(mx.model.control.member({ member: 'member-1' }).loginAttempts).toBe(1);
  });
});

describe('background aggregations', () => {
  it('background aggregations come as set, after a running job', () => {
    const mx = virtualMx('ok', { backgroundEverySeconds: 3600 });
    const at = mx.model.nextEventAt() ?? 0;
    expect(at).toBeGreaterThan(START);
    expect(at).toBeLessThanOrEqual(START + 3_600_000);
    mx.clock.now = at - 1;
    mx.check();
    expect(mx.memberAfter(9)).toMatchObject({ is_being_aggregated: true });
    const balanceJob = mx.memberAfter(0)['most_recent_job_guid'];
    const next = mx.memberAfter(1);
    expect(next['most_recent_job_guid']).not.toBe(balanceJob);
    expect(Date.parse(String(next['aggregated_at']))).toBe(Math.floor((at - 1 + 10_000) / 1000) * 1000);
    expect(mx.model.control.member({ member: 'member-1' }).jobKind).toBe('aggregation');
  });

  it('can be planned; nextEventAt names the next event', () => {
    const mx = virtualMx();
    mx.model.control.planBackground({ member: 'member-1', inSeconds: 60 });
    const seen: number[] = [];
    for (let at = mx.model.nextEventAt(); at !== null; at = mx.model.nextEventAt()) {
      mx.clock.now = Math.max(mx.clock.now, at);
      seen.push(mx.clock.now - START);
      mx.webhooks();
    }
    expect(seen).toEqual([60_000, 68_000, 70_000]);
    expect(mx.model.control.member({ member: 'member-1' }).jobsEnded).toBe(1);
  });
});

describe('the length of jobs', () => {
  it('drawn lengths have the wanted median and tail', () => {
    const banks = createRandom(3);
    const world = { random: { jobs: createRandom(5) } };
    const seconds = Array.from({ length: 40_000 }, () => drawJobSeconds(world, banks.normal())).sort((a, b) => a - b);
    const quantile = (share: number) => seconds[Math.floor(share * seconds.length)] ?? 0;
    expect(quantile(0.5)).toBeCloseTo(8, 0);
    expect(quantile(0.9)).toBeGreaterThan(32);
    expect(quantile(0.9)).toBeLessThan(36);
    expect(quantile(0.99)).toBeGreaterThan(155);
    expect(quantile(0.99)).toBeLessThan(190);
  });
});

describe('a job length that is not set', () => {
  const meanSeconds = (institutionCode: string, seed: number): number => {
    const mx = virtualMx('ok', { jobSeconds: null, seed }, institutionCode);
    let sum = 0;
    for (let job = 0; job < 60; job++) {
      const start = mx.clock.now;
      mx.check();
      // The last step of a good job is its BALANCE webhook, due at the instant of its end.
      while (mx.webhooks().length === 0) mx.clock.now = mx.model.nextEventAt() ?? Number.NaN;
      sum += mx.clock.now - start;
      mx.clock.now += 3 * 3_600_000;
    }
    return sum / 60_000;
  };

  it('depends on the bank', () => {
    const banks = ['one', 'two', 'three', 'four', 'five', 'six'].map((code) => meanSeconds(code, 3));
    expect(Math.max(...banks)).toBeGreaterThan(2 * Math.min(...banks));
  });
});

describe('the same seed', () => {
  const history = (seed: number): string[] => {
    const mx = virtualMx('moving', { seed, jobSeconds: null, accountOrder: 'per-call', webhooks: { delay: 0.5 } });
    mx.model.control.addFault({ how: { kind: 'status', status: 503 }, times: null, probability: 0.2 });
    const seen: string[] = [];
    for (let step = 0; step < 40; step++) {
      mx.clock.now += 4000;
      const path = `/users/user-1/members/member-1${step % 4 === 3 ? '/accounts' : ''}`;
      seen.push((step % 10 === 0 ? mx.check() : mx.call('GET', path)).body, JSON.stringify(mx.webhooks()));
    }
    return seen;
  };

  it('gives the same history, and another seed another one', () => {
    expect(history(11)).toEqual(history(11));
    expect(history(11)).not.toEqual(history(12));
  });
});

describe('a clock that is not the caller’s', () => {
  it.each([20, -20])('%i s ahead: times shift, jobs last the same', (clockAheadSeconds) => {
    const mx = virtualMx('ok', { clockAheadSeconds });
    const start = mx.clock.now;
    mx.check();
    expect(mx.memberAfter(9)).toMatchObject({
      is_being_aggregated: true,
      aggregated_at: new Date(start + clockAheadSeconds * 1000).toISOString(),
    });
    expect(mx.model.nextEventAt()).toBe(start + 10_000);
    expect(mx.memberAfter(1)).toMatchObject({
      is_being_aggregated: false,
      successfully_aggregated_at: new Date(start + (10 + clockAheadSeconds) * 1000).toISOString(),
    });
    const [webhook] = mx.model.dueWebhooks();
    expect(webhook?.dueAt).toBe(start + 10_000);
    expect(parse(webhook?.body ?? '')['completed_at']).toBe(start / 1000 + 10 + clockAheadSeconds);
  });
});
