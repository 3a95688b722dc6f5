import { describe, expect, it } from 'vitest';
import { START, virtualMx } from './virtual-mx.ts';

const MEMBER = '/users/user-1/members/member-1';

describe('a fault', () => {
  it('hits the next call only, unless it says more', () => {
    const mx = virtualMx();
    mx.model.control.addFault({ how: { kind: 'status', status: 503 } });
    expect([mx.call('GET', MEMBER).status, mx.call('GET', MEMBER).status]).toEqual([503, 200]);
    mx.model.control.addFault({ how: { kind: 'status', status: 500 }, times: 2 });
    expect([1, 2, 3].map(() => mx.call('GET', MEMBER).status)).toEqual([500, 500, 200]);
    mx.model.control.addFault({ how: { kind: 'status', status: 502 }, times: null });
    expect([1, 2, 3, 4].map(() => mx.call('GET', MEMBER).status)).toEqual([502, 502, 502, 502]);
    mx.model.control.clearFaults();
    expect(mx.call('GET', MEMBER).status).toBe(200);
  });

  it('hits only the routes and the member that it names', () => {
    const mx = virtualMx();
    const other = mx.model.control.addMember({ user: 'user-1', id: 'member-2' });
    mx.model.control.addFault({ how: { kind: 'status', status: 500 }, routes: ['check-balance'], member: other.guid });
    expect(mx.check().status).toBe(202);
    expect(mx.call('GET', '/users/user-1/members/member-2').status).toBe(200);
    expect(mx.check('member-2').status).toBe(500);
  });

  it('with a probability hits that share, repeatable by seed', () => {
    const run = (seed: number) => {
      const mx = virtualMx('ok', { seed });
      mx.model.control.addFault({ how: { kind: 'status', status: 500 }, times: null, probability: 0.3 });
      return Array.from({ length: 1000 }, () => mx.call('GET', MEMBER).status).filter((status) => status === 500)
        .length;
    };
    expect(run(1)).toBeGreaterThan(240);
    expect(run(1)).toBeLessThan(360);
    expect(run(1)).toBe(run(1));
  });

  it.each([
    [
      { kind: 'status', status: 429, retryAfter: '7' },
      { 'content-type': 'application/json', 'retry-after': '7' },
      /"too_many/,
    ],
    [{ kind: 'status', status: 429 }, { 'content-type': 'application/json' }, /"too_many_requests"/],
    [
      { kind: 'status', status: 400, type: 'institution_maintenance_error' },
      { 'content-type': 'application/json' },
      /_maint/,
    ],
    [{ kind: 'status', status: 502, body: 'html' }, { 'content-type': 'text/html' }, /^<html>/],
    [{ kind: 'status', status: 504, body: 'empty' }, { 'content-type': 'application/json' }, /^$/],
  ] as const)('%j has its headers and body', (how, headers, body) => {
    const mx = virtualMx();
    mx.model.control.addFault({ how });
    const answer = mx.call('GET', MEMBER);
    expect(answer.status).toBe(how.status);
    expect(answer.headers).toEqual(headers);
    expect(answer.body).toMatch(body);
  });

  it.each(['timeout', 'reset'] as const)('%s before the effect: MX never saw the call', (kind) => {
    const mx = virtualMx();
    const before = mx.memberAfter(0);
    mx.model.control.addFault({ how: { kind } });
    expect(mx.check().fault).toBe(kind);
    expect(mx.memberAfter(0)).toEqual(before);
  });

  it.each([{ kind: 'timeout' }, { kind: 'reset' }, { kind: 'status', status: 504 }] as const)(
    '%j after the effect: the job runs without an answer',
    (how) => {
      const mx = virtualMx();
      mx.model.control.addFault({ how, effect: 'after', routes: ['check-balance'] });
      expect(mx.check().status).not.toBe(200);
      expect(mx.memberAfter(0)['is_being_aggregated']).toBe(true);
    },
  );

  it.each([
    [{ kind: 'slow', delayMs: 900 }, { delayMs: 900 }],
    [
      { kind: 'slow-body', delayMs: 900 },
      { delayMs: 900, fault: 'slow-body' },
    ],
    [{ kind: 'broken-body' }, { fault: 'broken-body' }],
  ] as const)('%j carries the real answer', (how, extra) => {
    const mx = virtualMx();
    const real = mx.call('GET', MEMBER);
    mx.model.control.addFault({ how });
    expect(mx.call('GET', MEMBER)).toEqual({ ...real, ...extra });
  });

  it('is named in the list of calls', () => {
    const mx = virtualMx();
    const { id } = mx.model.control.addFault({ how: { kind: 'reset' }, effect: 'after' });
    mx.check();
    mx.call('GET', '/nowhere');
    expect(mx.model.control.calls()).toMatchObject([
      {
        at: START,
        method: 'POST',
        path: `${MEMBER}/check_balance`,
        route: 'check-balance',
        memberGuid: mx.model.control.member({ member: 'member-1' }).guid,
        status: 202,
        faultId: id,
      },
      { at: START, method: 'GET', path: '/nowhere', route: null, memberGuid: null, status: 404, faultId: null },
    ]);
  });
});
