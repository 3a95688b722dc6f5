import { describe, expect, it } from 'vitest';
import { scenarioNames } from '../../../infra/mx-simulator/scenarios.ts';
import { list, parse, part, type VirtualMx, virtualMx } from './virtual-mx.ts';

const STATUS_PATH = '/users/user-1/members/member-1/status';
const CHALLENGES = '/users/user-1/members/member-1/challenges';
const RESUME = '/users/user-1/members/member-1/resume';

/** `imported_at` of the first and the last account. */
const firstAndLast = (mx: VirtualMx): string[] => {
  const accounts = list(mx.json('GET', '/users/user-1/members/member-1/accounts'), 'accounts');
  return [accounts[0], accounts.at(-1)].map((account) => String(account?.['imported_at']));
};

/** Runs a job; whether it moved the imports of the first and the last account. */
function importedBy(mx: VirtualMx): boolean[] {
  const start = new Date(mx.clock.now).toISOString();
  mx.check();
  expect(mx.memberAfter(10)).toMatchObject({ connection_status: 'CONNECTED', is_being_aggregated: false });
  return firstAndLast(mx).map((importedAt) => importedAt > start);
}

/** MX facts 3.1, 3.5 and 6.2, written down once more: number, error code, and whether entering it sends a webhook. */
const ENDS = [
  ['CREATED', 0, null, false],
  ['PREVENTED', 1, 2005, true],
  ['DENIED', 2, 2005, true],
  ['REJECTED', 4, 2002, true],
  ['LOCKED', 5, null, true],
  ['IMPEDED', 7, null, true],
  ['RECONNECTED', 8, null, false],
  ['DEGRADED', 9, 3001, false],
  ['DISCONNECTED', 10, 3000, false],
  ['DISCONTINUED', 11, null, false],
  ['CLOSED', 12, null, false],
  ['DELAYED', 13, null, false],
  ['FAILED', 14, 3002, false],
  ['UPDATED', 15, null, false],
  ['DISABLED', 16, null, false],
  ['IMPORTED', 17, null, false],
  ['RESUMED', 18, null, false],
  ['EXPIRED', 19, 2003, true],
  ['IMPAIRED', 20, 2004, true],
  ['PENDING', 21, null, false],
] as const;

describe('every status of MX', () => {
  it.each(ENDS)('%s (%i) ends a job, error code %s; webhook: %s', (status, id, code, hasWebhook) => {
    const mx = virtualMx(status.toLowerCase());
    mx.check();
    const member = mx.memberAfter(10);
    expect(member).toMatchObject({ connection_status: status, is_being_aggregated: false });
    if (code === null) expect(member['error']).toEqual({});
    else expect(member['error']).toMatchObject({ error_type: 'MEMBER', error_code: code, locale: 'en' });
    const webhook = { action: 'CHANGED', connection_status: status, connection_status_id: id };
    expect(mx.webhooks()).toMatchObject(hasWebhook ? [webhook] : []);
  });

  it('CONNECTED sends BALANCE without job guid and amounts', () => {
    const mx = virtualMx();
    mx.check();
    mx.clock.now += 10_000;
    expect(mx.webhooks()).toEqual([
      {
        action: 'member_data_updated',
        completed_at: mx.clock.now / 1000,
        completed_on: '2026-01-15',
        member_guid: mx.memberAfter(0)['guid'],
        type: 'BALANCE',
        user_guid: mx.memberAfter(0)['user_guid'],
      },
    ]);
  });

  it('null and an unknown status end a job too', () => {
    const none = virtualMx('no-status');
    none.check();
    expect(none.memberAfter(10)).toMatchObject({ connection_status: null, connection_status_message: null });
    const unknown = virtualMx('unknown-status');
    unknown.check();
    expect(unknown.memberAfter(10)['connection_status']).toBe('QUARANTINED');
  });

  it('failures send no BALANCE', () => {
    const mx = virtualMx('failed');
    mx.check();
    mx.clock.now += 10_000;
    expect(mx.webhooks()).toEqual([]);
  });
});

describe('every scenario', () => {
  it.each(scenarioNames())('%s comes to rest', (scenario) => {
    const mx = virtualMx(scenario, { challengeSeconds: 60 });
    mx.check();
    const member = mx.memberAfter(1000);
    expect(member['is_being_aggregated']).toBe(false);
    expect(Object.keys(member)).toHaveLength(24);
    expect(mx.model.control.member({ member: 'member-1' }).jobKind).toBeNull();
  });
});

describe('challenges', () => {
  const challenged = (scenario = 'challenged') => {
    const mx = virtualMx(scenario, { challengeSeconds: 120 });
    mx.check();
    mx.clock.now += 3000;
    const status = part(mx.json('GET', STATUS_PATH), 'member');
    const guid = String(list(status, 'challenges')[0]?.['guid']);
    const answer = (value: string, to = guid) =>
      mx.call('PUT', RESUME, { member: { challenges: [{ guid: to, value }] } });
    return { mx, status, guid, answer };
  };

  it('keep the flag, show the question, send the webhook', () => {
    const { mx, status } = challenged();
    expect(status).toMatchObject({ connection_status: 'CHALLENGED', is_being_aggregated: true });
    expect(Object.keys(status)).toHaveLength(10);
    expect(list(mx.json('GET', CHALLENGES), 'challenges')).toEqual(status['challenges']);
    expect(mx.webhooks('CONNECTION_STATUS')).toMatchObject([{ connection_status_id: 3 }]);
  });

  it.each([
    ['challenged', 'TEXT', 'image_data', false],
    ['challenged-options', 'OPTIONS', 'options', true],
    ['challenged-token', 'TOKEN', 'image_data', false],
    ['challenged-image', 'IMAGE_DATA', 'image_data', true],
    ['challenged-image-options', 'IMAGE_OPTIONS', 'image_options', true],
  ])('%s asks with type %s', (scenario, type, field, has) => {
    const { status } = challenged(scenario);
    const [question] = list(status, 'challenges');
    expect(question).toMatchObject({ type, field_name: null });
    expect(Object.hasOwn(question ?? {}, field)).toBe(has);
  });

  it('a right answer resumes the job to CONNECTED, with BALANCE', () => {
    const { mx, answer } = challenged();
    const resumed = answer('correct');
    expect(resumed.status).toBe(202);
    expect(part(parse(resumed.body), 'member')).toMatchObject({
      connection_status: 'RESUMED',
      is_being_aggregated: true,
    });
    expect(mx.call('GET', CHALLENGES).status).toBe(204);
    expect(mx.memberAfter(7)).toMatchObject({ connection_status: 'CONNECTED', is_being_aggregated: false });
    expect(mx.webhooks('BALANCE')).toHaveLength(1);
  });

  it('an option’s guid is as good as its value', () => {
    const { mx, status, answer } = challenged('challenged-options');
    const [question] = list(status, 'challenges');
    answer(String(list(question ?? {}, 'options')[0]?.['guid']));
    expect(mx.memberAfter(7)['connection_status']).toBe('CONNECTED');
  });

  it.each([
    ['wrong', 'challenged', 'REJECTED', 2002],
    ['wrong', 'challenged-token', 'REJECTED', 2001],
    ['DISABLED', 'challenged', 'DENIED', 2005],
    ['SERVER_ERROR', 'challenged', 'FAILED', 3000],
    ['UNAVAILABLE', 'challenged', 'FAILED', 3002],
  ])('the answer %s to %s ends %s', (value, scenario, status, code) => {
    const { mx, answer } = challenged(scenario);
    answer(value);
    expect(mx.memberAfter(7)).toMatchObject({ connection_status: status, error: { error_code: code } });
  });

  it('answer "challenge" brings a second question, new guid', () => {
    const { mx, guid, answer } = challenged();
    answer('challenge');
    mx.clock.now += 3000;
    const second = String(list(mx.json('GET', CHALLENGES), 'challenges')[0]?.['guid']);
    expect(second).not.toBe(guid);
    expect(answer('correct', guid).status).toBe(400);
    expect(answer('correct', second).status).toBe(202);
    expect(mx.memberAfter(7)['connection_status']).toBe('CONNECTED');
  });

  it('without an answer in time the job ends EXPIRED', () => {
    const { mx } = challenged();
    expect(mx.memberAfter(119.9)).toMatchObject({ connection_status: 'CHALLENGED', is_being_aggregated: true });
    expect(mx.memberAfter(0.1)).toMatchObject({
      connection_status: 'EXPIRED',
      is_being_aggregated: false,
      error: { error_code: 2003 },
    });
    expect(mx.call('PUT', RESUME, { member: { challenges: [] } }).status).toBe(405);
  });

  it('a missing answer or invalid JSON gets 400', () => {
    const { mx } = challenged();
    expect(mx.call('PUT', RESUME, { member: { challenges: [] } }).status).toBe(400);
    expect(mx.call('PUT', RESUME).status).toBe(400);
  });
});

describe('traps', () => {
  it.each([
    ['refused-maintenance', 400, 'institution_maintenance_error'],
    ['refused-unavailable', 400, 'institution_unavailable_error'],
    ['refused-prevented', 400, 'institution_prevented_error'],
    ['refused-prevent-new', 400, 'institution_prevent_new_error'],
    ['refused-prevent-verification', 400, 'institution_prevent_verification_error'],
    ['refused-not-supported', 400, undefined],
    ['feature-off', 403, 'forbidden'],
  ])('%s is refused with %i %s and starts nothing', (scenario, status, type) => {
    const mx = virtualMx(scenario);
    const before = mx.memberAfter(0);
    const answer = mx.check();
    expect(answer.status).toBe(status);
    expect(part(parse(answer.body), 'error')['type']).toBe(type);
    expect(mx.memberAfter(60)).toEqual(before);
  });

  it('starts-nothing: 202 and the member never moves', () => {
    const mx = virtualMx('starts-nothing');
    const before = mx.memberAfter(0);
    expect(part(parse(mx.check().body), 'member')).toEqual(before);
    expect(mx.memberAfter(60)).toEqual(before);
  });

  it('flag-lags: three answers say false, the guid is new', () => {
    const mx = virtualMx('flag-lags');
    const before = mx.memberAfter(0);
    const first = part(parse(mx.check().body), 'member');
    expect(first['most_recent_job_guid']).not.toBe(before['most_recent_job_guid']);
    const flags = [first, mx.memberAfter(1), mx.memberAfter(1), mx.memberAfter(1)].map((m) => m['is_being_aggregated']);
    expect(flags).toEqual([false, false, false, true]);
  });

  it('everything-lags: three answers show nothing of the job', () => {
    const mx = virtualMx('everything-lags');
    const before = mx.memberAfter(0);
    expect(part(parse(mx.check().body), 'member')).toEqual(before);
    expect(part(mx.json('GET', STATUS_PATH), 'member')['aggregated_at']).toBe(before['aggregated_at']);
    expect(list(mx.json('GET', '/users/user-1/members'), 'members')).toEqual([before]);
    expect(mx.memberAfter(1)).toEqual(before);
    expect(mx.memberAfter(1)['is_being_aggregated']).toBe(true);
  });

  it('guid-unchanged, evidence-unchanged, no-evidence: each hides more', () => {
    const seen = (scenario: string) => {
      const mx = virtualMx(scenario);
      const before = mx.memberAfter(0);
      const during = part(parse(mx.check().body), 'member');
      return ['most_recent_job_guid', 'aggregated_at', 'is_being_aggregated'].map((f) => during[f] !== before[f]);
    };
    expect(seen('ok')).toEqual([true, true, true]);
    expect(seen('instant')).toEqual([true, true, false]);
    expect(seen('guid-unchanged')).toEqual([false, true, true]);
    expect(seen('evidence-unchanged')).toEqual([false, false, true]);
    expect(seen('no-evidence')).toEqual([false, false, false]);
  });

  it('last-job-failed: old status and error until CONNECTED', () => {
    const mx = virtualMx('last-job-failed');
    expect(part(parse(mx.check().body), 'member')).toMatchObject({
      connection_status: 'DENIED',
      error: { error_code: 2005 },
    });
    expect(mx.memberAfter(9)).toMatchObject({ connection_status: 'DENIED', is_being_aggregated: true });
    expect(mx.memberAfter(1)).toMatchObject({ connection_status: 'CONNECTED', error: {} });
  });

  it('old-error-stays: CONNECTED with the error of the job before', () => {
    const mx = virtualMx('old-error-stays');
    mx.check();
    expect(mx.memberAfter(10)).toMatchObject({ connection_status: 'CONNECTED', error: { error_code: 3002 } });
  });

  it('interim-error and flapping show an error half way', () => {
    const halfWay = (scenario: string) => {
      const mx = virtualMx(scenario);
      mx.check();
      return [mx.memberAfter(5), mx.memberAfter(4), mx.memberAfter(1)].map((m) => [
        m['connection_status'],
        m['is_being_aggregated'],
      ]);
    };
    expect(halfWay('interim-error')).toEqual([
      ['DENIED', true],
      ['DENIED', true],
      ['CONNECTED', false],
    ]);
    expect(halfWay('flapping')).toEqual([
      ['FAILED', false],
      ['FAILED', true],
      ['CONNECTED', false],
    ]);
  });

  it('followed: another job guid shows one second after the end', () => {
    const mx = virtualMx('followed');
    mx.check();
    const own = mx.memberAfter(10);
    expect(own['is_being_aggregated']).toBe(false);
    const next = mx.memberAfter(1);
    expect(next['is_being_aggregated']).toBe(true);
    expect(next['most_recent_job_guid']).not.toBe(own['most_recent_job_guid']);
    mx.clock.now += 10_000;
    expect(mx.webhooks().map(({ type, is_background }) => [type, is_background])).toEqual([
      ['BALANCE', undefined],
      ['AGGREGATION', true],
    ]);
  });

  it.each([
    ['ok', [true, true]],
    ['left-behind', [true, false]],
    ['nothing-imported', [false, false]],
    ['imports-in-turn', [true, true]],
  ])('%s: which accounts a job that went well imports', (scenario, expected) => {
    const mx = virtualMx(scenario);
    expect(importedBy(mx)).toEqual(expected);
  });

  it('imports-in-turn: every second job imports nothing', () => {
    const mx = virtualMx('imports-in-turn');
    expect([importedBy(mx), importedBy(mx), importedBy(mx)]).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
  });

  it('what a job leaves behind, MX’s own aggregation brings', () => {
    const mx = virtualMx('nothing-imported');
    mx.model.control.startBackground({ member: 'member-1', seconds: 10 });
    const start = new Date(mx.clock.now).toISOString();
    mx.clock.now += 10_000;
    expect(firstAndLast(mx).every((importedAt) => importedAt > start)).toBe(true);
  });

  it('conflict: 409 while the background aggregation lasts, then the job', () => {
    const mx = virtualMx('conflict');
    expect(mx.check().status).toBe(409);
    mx.clock.now += 19_999;
    expect(mx.check().status).toBe(409);
    mx.clock.now += 1;
    expect(mx.check().status).toBe(202);
    mx.clock.now += 10_000;
    expect(mx.check().status).toBe(409);
  });

  it('oauth-pending stays PENDING before and after', () => {
    const mx = virtualMx('oauth-pending');
    expect(mx.memberAfter(0)).toMatchObject({ connection_status: 'PENDING', is_oauth: true });
    mx.check();
    expect(mx.memberAfter(10)).toMatchObject({ connection_status: 'PENDING', is_being_aggregated: false });
  });

  it('errors as object, text, integer code, text code, none', () => {
    const errorOf = (scenario: string) => {
      const mx = virtualMx(scenario);
      mx.check();
      return mx.memberAfter(10)['error'];
    };
    expect(errorOf('error-as-text')).toBe(JSON.stringify(errorOf('denied')));
    expect(errorOf('error-code-as-text')).toMatchObject({ error_code: 'REQUEST_FAILED' });
    expect(errorOf('denied-without-error')).toEqual({});
    expect(virtualMx('ok', { noError: 'null' }).memberAfter(0)['error']).toBeNull();
    expect(Object.keys(virtualMx('ok', { noError: 'missing' }).memberAfter(0))).toHaveLength(23);
  });
});
