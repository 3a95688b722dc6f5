import { describe, expect, it } from 'vitest';
import { scenarioNames } from '../../../infra/mx-simulator/scenarios.ts';
import { list, parse, part, virtualMx } from './virtual-mx.ts';

const ACCOUNTS = '/users/user-1/members/member-1/accounts';

describe('control over HTTP paths', () => {
  const withPost = () => {
    const mx = virtualMx();
    const post = (command: string, body: unknown) => mx.call('POST', `/_simulator/${command}`, body, {});
    return { mx, post, accounts: () => list(mx.json('GET', ACCOUNTS), 'accounts') };
  };

  it('adds users, members and accounts, and reports them', () => {
    const { mx, post } = withPost();
    expect(post('add-user', { id: 'user-2', guid: 'USR-2' }).body).toBe('{"guid":"USR-2","id":"user-2"}');
    expect(
      post('add-member', { user: 'user-2', id: 'm2', scenario: 'denied', accounts: [{ balance: '1.50' }] }).status,
    ).toBe(200);
    expect(post('add-account', { member: 'm2', values: { id: 'second', balance: '2.0' } }).status).toBe(200);
    const state = parse(mx.call('GET', '/_simulator/state', undefined, {}).body);
    expect(list(state, 'members')[1]).toMatchObject({
      id: 'm2',
      userId: 'user-2',
      scenario: 'denied',
      connectionStatus: 'CONNECTED',
      accounts: [{ balance: '1.50' }, { id: 'second', balance: '2.0' }],
    });
    expect(post('delete-member', { member: 'm2' }).status).toBe(200);
    expect(mx.call('GET', '/users/user-2/members/m2').status).toBe(404);
  });

  it('a member can be new: never aggregated', () => {
    const { mx, post } = withPost();
    post('add-member', { user: 'user-1', id: 'fresh', isNew: true });
    expect(mx.memberAfter(0, 'fresh')).toMatchObject({ connection_status: 'CREATED', aggregated_at: null });
  });

  it('changes scenario, password, status and the length of jobs', () => {
    const { mx, post } = withPost();
    post('set-job-seconds', { member: 'member-1', seconds: 0.5 });
    post('set-scenario', { member: 'member-1', scenario: 'locked' });
    mx.check();
    expect(mx.memberAfter(0.5)['connection_status']).toBe('LOCKED');
    post('set-password', { member: 'member-1', password: 'UNAVAILABLE' });
    expect(mx.memberAfter(0)['connection_status']).toBe('UPDATED');
    mx.check();
    expect(mx.memberAfter(0.5)['connection_status']).toBe('FAILED');
    post('set-status', { member: 'member-1', status: null });
    expect(mx.memberAfter(0)['connection_status']).toBeNull();
  });

  it('drops, closes, hides and duplicates accounts', () => {
    const { post, accounts } = withPost();
    post('drop-account', { member: 'member-1', account: 'act-23445745' });
    post('close-account', { member: 'member-1', account: 'act-352386787' });
    post('hide-account', { member: 'member-1', account: 'act-3424234234' });
    post('duplicate-account', { member: 'member-1', account: 'act-2378975' });
    expect(accounts().map((a) => [a['id'], a['is_closed'], a['is_hidden']])).toEqual([
      ['act-352386787', true, false],
      ['act-3424234234', false, true],
      ['act-23424343', false, false],
      ['act-12323223', false, false],
      ['act-2378975', false, false],
      ['act-2378975', false, false],
    ]);
  });

  it('leaves out fields and adds unknown ones', () => {
    const { post, accounts } = withPost();
    post('set-account-shape', {
      member: 'member-1',
      account: 'act-23445745',
      omit: ['currency_code'],
      extra: { crypto_wallet: { coins: [1] } },
    });
    expect(accounts()[0]).not.toHaveProperty('currency_code');
    expect(accounts()[0]?.['crypto_wallet']).toEqual({ coins: [1] });
  });

  it('starts and plans background aggregations, and says when it cannot', () => {
    const { mx, post } = withPost();
    expect(post('start-background', { member: 'member-1', seconds: 3 }).status).toBe(200);
    const again = post('start-background', { member: 'member-1' });
    expect([again.status, part(parse(again.body), 'error')['message']]).toEqual([
      400,
      'Member member-1 has a running job.',
    ]);
    post('plan-background', { member: 'member-1', inSeconds: 30 });
    expect(mx.memberAfter(29.9)['is_being_aggregated']).toBe(false);
    expect(mx.memberAfter(0.1)['is_being_aggregated']).toBe(true);
  });

  it('counts calls and forgets them', () => {
    const { mx, post } = withPost();
    mx.check();
    mx.check();
    const calls = () => list(parse(mx.call('GET', '/_simulator/calls', undefined, {}).body), 'calls');
    expect(calls().filter(({ route }) => route === 'check-balance')).toHaveLength(2);
    post('clear-calls', {});
    expect(calls()).toEqual([]);
  });

  it('changes settings while running, and reset brings everything back', () => {
    const mx = virtualMx('ok', { seedData: true });
    const state = () => mx.call('GET', '/_simulator/state', undefined, {}).body;
    const post = (command: string, body: unknown) => mx.call('POST', `/_simulator/${command}`, body, {}).status;
    mx.model.control.deleteMember({ member: 'member-1' });
    post('reset', {});
    const before = state();
    expect(post('set-settings', { jobSeconds: 1, webhooks: { lose: 1 } })).toBe(200);
    mx.check('member-ok');
    post('add-fault', { how: { kind: 'reset' }, times: null });
    mx.clock.now += 1000;
    expect(mx.webhooks()).toEqual([]);
    expect(state()).not.toBe(before);
    post('reset', {});
    expect(state()).toBe(before);
    expect(mx.check('member-ok').fault).toBeUndefined();
    mx.clock.now += 10_000;
    expect(mx.webhooks('BALANCE')).toHaveLength(1);
    post('set-settings', { webhooks: { lose: 1 } });
    mx.check('member-ok');
    mx.clock.now += 10_000;
    expect(mx.webhooks()).toEqual([]);
  });

  it.each([
    ['add-member', { user: 'nobody' }, 'There is no user nobody.'],
    ['add-member', { user: 'user-1', id: 'member-1' }, 'There is a member member-1 already.'],
    ['add-user', { id: 'user-1' }, 'There is a user user-1 already.'],
    ['add-account', { member: 'member-1', values: { id: 'act-2378975' } }, 'There is an account act-2378975 already.'],
    ['set-scenario', { member: 'member-1', scenario: 'sunny' }, 'There is no scenario sunny'],
    ['set-balances', { member: 'member-1', account: 'x', values: {} }, 'Member member-1 has no account x.'],
    ['set-balances', { member: 'member-1', account: 'act-2378975', values: { balanse: '1' } }, 'no field balanse'],
    ['set-job-seconds', { member: 'member-1', seconds: -1 }, 'seconds is not right'],
    ['add-fault', { how: { kind: 'status', status: 99 } }, 'how.status is not right'],
    ['add-fault', { how: { kind: 'reset' }, routes: ['teleport'] }, 'routes.0 is not right'],
    ['drop-account', { member: 'nobody', account: 'x' }, 'There is no member nobody.'],
  ])('%s %j is refused with a sentence', (command, body, sentence) => {
    const { post } = withPost();
    const answer = post(command, body);
    expect(answer.status).toBe(400);
    expect(part(parse(answer.body), 'error')['message']).toContain(sentence);
  });

  it('an unknown command is 404, invalid JSON 400', () => {
    const { mx } = withPost();
    expect(mx.call('POST', '/_simulator/dance', {}).status).toBe(404);
    expect(mx.call('GET', '/_simulator/reset').status).toBe(404);
    expect(mx.model.handle({ method: 'POST', path: '/_simulator/reset', headers: {}, body: '{' }).status).toBe(400);
  });
});

describe('reading over HTTP paths', () => {
  const reading = () => {
    const mx = virtualMx();
    return { mx, read: (path: string) => mx.call('GET', `/_simulator/${path}`, undefined, {}) };
  };

  it('tells every scenario, what it is about, in words', () => {
    const scenarios = list(parse(reading().read('scenarios').body), 'scenarios');
    expect(scenarios).toHaveLength(scenarioNames().length);
    const about = (name: string) => scenarios.find((scenario) => scenario['name'] === name);
    expect(about('denied')).toEqual({
      name: 'denied',
      kind: 'ends-otherwise',
      description: 'the job ends DENIED, error code 2005: the bank did not accept the user’s login',
    });
    expect(about('institution-down')?.['description']).toBe(
      'the job ends FAILED, error code 3000: The institution cannot be reached',
    );
    expect(about('unknown-status')?.['description']).toBe(
      'the job ends QUARANTINED: a status that MX’s documents do not have',
    );
    expect(about('no-status')?.['description']).toBe('the job ends without any status');
    expect(
      ['ok', 'challenged', 'refused-maintenance', 'starts-nothing', 'left-behind', 'conflict', 'oauth-pending'].map(
        (name) => about(name)?.['kind'],
      ),
    ).toEqual([
      'ends-well',
      'asks-the-user',
      'refuses',
      'misleads',
      'imports-in-part',
      'another-job',
      'ends-otherwise',
    ]);
  });

  it('tells the faults that are on, and takes one back', () => {
    const { mx, read } = reading();
    const faults = () => list(parse(read('faults').body), 'faults');
    mx.model.control.addFault({ how: { kind: 'reset' } });
    const { id } = mx.model.control.addFault({ how: { kind: 'timeout' }, times: null, member: 'member-1' });
    expect(faults()).toEqual([
      { id: 1, how: { kind: 'reset' }, left: 1 },
      { id: 2, how: { kind: 'timeout' }, times: null, member: 'member-1', left: null },
    ]);
    mx.call('GET', '/users/user-1/members/member-1');
    expect(faults()).toMatchObject([{ id: 2 }]);
    const take = (given: unknown) => mx.call('POST', '/_simulator/remove-fault', given, {}).status;
    expect([take({ id }), take({ id }), take({ id: 0 }), take({})]).toEqual([200, 200, 400, 400]);
    expect(faults()).toEqual([]);
    expect(mx.model.control.addFault({ how: { kind: 'reset' } })).toEqual({ id: 3 });
  });

  it('tells the settings that hold', () => {
    const { mx, read } = reading();
    mx.model.control.setSettings({ webhooks: { lose: 0.5 } });
    expect(part(parse(read('settings').body), 'webhooks')).toMatchObject({ lose: 0.5, double: 0 });
  });

  it('tells the last calls about a member', () => {
    const { mx, read } = reading();
    mx.model.control.addMember({ user: 'user-1', id: 'member-2' });
    mx.check();
    mx.check('member-2');
    mx.call('GET', '/users/user-1/members/member-1');
    const calls = (query: string) => list(parse(read(`calls?${query}`).body), 'calls').map(({ route }) => route);
    expect(calls('member=member-1')).toEqual(['check-balance', 'read-member']);
    expect(calls('member=member-1&last=1')).toEqual(['read-member']);
    expect(calls('last=2')).toEqual(['check-balance', 'read-member']);
    expect(
      ['last=0', 'last=many', 'member=', 'member=nobody', 'first=1'].map((q) => read(`calls?${q}`).status),
    ).toEqual([400, 400, 400, 400, 400]);
  });
});
