/** The MX client over real HTTP, against the MX simulator. What the simulator cannot do: `https-transport.test.ts`. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultHow } from '../../infra/mx-simulator/fault.ts';
import { type MxSimulator, startMxSimulator } from '../../infra/mx-simulator/http-server.ts';
import { httpsTransport } from '../../shared/clients/https-transport.ts';
import { mxClient } from '../../shared/clients/mx-client.ts';
import { mxDeletion } from '../../shared/clients/mx-deletion.ts';
import type { MxClientOptions } from '../../shared/clients/mx-request.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import type { Failure } from '../../shared/domain/failure.ts';

let simulator: MxSimulator;
const clock = { now: Date.UTC(2026, 0, 15, 12) };
beforeAll(async () => {
  simulator = await startMxSimulator({
    port: 0,
    model: { seed: 7, seedData: false, jobSeconds: 10, now: () => clock.now },
  });
});
afterAll(() => simulator.close());

const GOOD = JSON.stringify({ client_id: 'local-client-id', api_key: 'local-api-key' });
const OLD = JSON.stringify({ client_id: 'local-client-id', api_key: 'rotated-away' });

/** A secret that says `first` until it is fetched anew. */
function rotatingSecret(first: string, then = first) {
  let known = first;
  const fetches = { count: 0 };
  return {
    fetches,
    current: async () => known,
    refetched: async () => {
      fetches.count += 1;
      known = then;
      return known;
    },
  };
}

const optionsWith = (options: Partial<MxClientOptions> = {}): MxClientOptions => ({
  baseUrl: simulator.url,
  acceptVersion: 'v20250224',
  credentials: rotatingSecret(GOOD),
  send: httpsTransport().send,
  timeoutMs: 5_000,
  now: () => '2026-10-21T07:00:00.000Z',
  gate: async () => {},
  ...options,
});

const clientWith = (options: Partial<MxClientOptions> = {}) => mxClient(optionsWith(options));

let members = 0;
/** A member of the simulator for one test only. */
function newMember(scenario = 'ok', accounts?: readonly Record<string, unknown>[]) {
  members += 1;
  const [user, id] = [`user-${members}`, `member-${members}`];
  const { guid: userGuid } = simulator.model.control.addUser({ id: user });
  const { guid } = simulator.model.control.addMember({
    user,
    id,
    scenario,
    institutionCode: 'riverbank',
    ...(accounts === undefined ? {} : { accounts }),
  });
  return {
    key: { userGuid, memberGuid: guid },
    identifiers: { userIdentifier: userGuid, memberIdentifier: guid },
    ownIdentifiers: { userIdentifier: user, memberIdentifier: id },
  };
}

beforeEach(() => {
  simulator.model.control.clearFaults();
  simulator.model.control.clearCalls();
});

const fault = (how: FaultHow, times: number | null = 1, effect: 'before' | 'after' = 'before') =>
  simulator.model.control.addFault({ how, times, effect });

/** The failure of something that must fail. */
async function failureOf(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    (value) => expect.fail(`it worked: ${JSON.stringify(value)}`),
    (failure: Failure) => failure,
  );
}

describe('the calls', () => {
  it('read a member by guids and own ids', async () => {
    const { key, identifiers, ownIdentifiers } = newMember();
    const mx = clientWith();
    const member = await mx.readMember(identifiers);
    expect(member).toMatchObject({ key, connectionStatus: 'CONNECTED', isBeingAggregated: false, error: null });
    expect(member.memberId).toBe(ownIdentifiers.memberIdentifier);
    expect(await mx.readMember(ownIdentifiers)).toEqual(member);
  });

  it('reach a member whose own ids have signs of URLs', async () => {
    members += 1;
    const [user, id] = [`jane.doe-${members}@bank.example`, `feed:${members}`];
    const { guid: userGuid } = simulator.model.control.addUser({ id: user });
    const { guid } = simulator.model.control.addMember({ user, id, scenario: 'ok', institutionCode: 'riverbank' });
    const read = await clientWith().readMember({ userIdentifier: user, memberIdentifier: id });
    expect(read.key).toEqual({ userGuid, memberGuid: guid });
  });

  it('start a job, once', async () => {
    const { key, identifiers } = newMember();
    const mx = clientWith();
    const before = await mx.readMember(identifiers);
    const started = await mx.checkBalance(identifiers);
    expect(started).toMatchObject({ key, isBeingAggregated: true });
    expect(started.mostRecentJobGuid).not.toBe(before.mostRecentJobGuid);
    expect(simulator.model.control.calls().filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('read a waiting member’s questions, and no others', async () => {
    const { identifiers } = newMember('challenged-options');
    const mx = clientWith();
    expect(await mx.readChallenges(identifiers)).toEqual([]);
    await mx.checkBalance(identifiers);
    clock.now += 5_000;
    const [challenge] = await mx.readChallenges(identifiers);
    expect(challenge).toMatchObject({ guid: expect.stringMatching(/^CRD-/), type: 'OPTIONS' });
    expect(challenge?.options.length).toBeGreaterThan(0);
  });

  it('list the accounts with the digits that MX sent', async () => {
    const { identifiers } = newMember('ok', [{ id: 'act-1', balance: '12345678901234567.89' }]);
    const [account] = await clientWith().listAccounts(identifiers);
    expect(account?.fields.balance).toEqual(Decimal.of('12345678901234567.89'));
  });

  it('survive a member’s error as text and object', async () => {
    for (const scenario of ['error-as-text', 'denied']) {
      const { identifiers } = newMember(scenario);
      const mx = clientWith();
      await mx.checkBalance(identifiers);
      clock.now += 11_000;
      expect((await mx.readMember(identifiers)).error).toMatchObject({ code: '2005' });
    }
  });
});

describe('deleting', () => {
  const deletionWith = (options: Partial<MxClientOptions> = {}) =>
    mxDeletion({ ...optionsWith(), credentials: rotatingSecret(GOOD), ...options });

  it('a member is done once, and found done', async () => {
    const { identifiers: member } = newMember();
    expect(await deletionWith().deleteMember(member)).toBe('deleted');
    expect(await deletionWith().deleteMember(member)).toBe('gone');
    await expect(clientWith().readMember(member)).rejects.toMatchObject({ code: 'mx_not_found' });
  });

  it('a user takes all its members along', async () => {
    const { identifiers: member } = newMember();
    expect(await deletionWith().deleteUser(member.userIdentifier)).toBe('deleted');
    expect(await deletionWith().deleteUser(member.userIdentifier)).toBe('gone');
    await expect(clientWith().readMember(member)).rejects.toMatchObject({ code: 'mx_not_found' });
  });

  it('fails with the cause that MX gives', async () => {
    const { userIdentifier } = newMember().identifiers;
    const wrong = deletionWith({ credentials: rotatingSecret(OLD) });
    await expect(wrong.deleteUser(userIdentifier)).rejects.toMatchObject({ code: 'mx_credentials_rejected' });
  });
});

describe('credentials', () => {
  it.each(['readMember', 'checkBalance'] as const)('that were rotated are fetched anew, once: %s', async (call) => {
    const { identifiers } = newMember();
    const credentials = rotatingSecret(OLD, GOOD);
    const mx = clientWith({ credentials });
    await mx[call](identifiers);
    expect(credentials.fetches.count).toBe(1);
    expect(simulator.model.control.calls().map(({ status }) => status)).toEqual([
      401,
      call === 'readMember' ? 200 : 202,
    ]);
    await mx[call](identifiers);
    expect(credentials.fetches.count).toBe(1);
  });

  it('that were filled in since are fetched anew', async () => {
    const { identifiers } = newMember();
    const credentials = rotatingSecret('', GOOD);
    await clientWith({ credentials }).readMember(identifiers);
    expect(credentials.fetches.count).toBe(1);
    expect(simulator.model.control.calls().map(({ status }) => status)).toEqual([200]);
  });

  it('wrong: not tried twice, names who must act', async () => {
    const { identifiers } = newMember();
    const credentials = rotatingSecret(OLD);
    const failure = await failureOf(clientWith({ credentials }).checkBalance(identifiers));
    expect(failure).toMatchObject({ code: 'mx_credentials_rejected', fate: 'never-retry' });
    expect(failure.message).toContain('operator');
    expect(failure.message).not.toContain('rotated-away');
    expect(simulator.model.control.calls()).toHaveLength(1);
  });

  it('wrong again after fetching: not tried a third time', async () => {
    const { identifiers } = newMember();
    const other = JSON.stringify({ client_id: 'local-client-id', api_key: 'wrong-too' });
    const credentials = rotatingSecret(OLD, other);
    expect(await failureOf(clientWith({ credentials }).readMember(identifiers))).toMatchObject({
      code: 'mx_credentials_rejected',
    });
    expect(simulator.model.control.calls()).toHaveLength(2);
  });

  it.each(['', 'hello', '{}', '{"client_id":"a"}', '{"client_id":"","api_key":""}'])(
    'missing: reported without a call of MX: %j',
    async (text) => {
      const failure = await failureOf(
        clientWith({ credentials: rotatingSecret(text) }).readMember(newMember().identifiers),
      );
      expect(failure).toMatchObject({ code: 'mx_credentials_missing', fate: 'never-retry' });
      expect(simulator.model.control.calls()).toHaveLength(0);
    },
  );
});

describe('what MX refuses', () => {
  const rows: readonly (readonly [number, string, string])[] = [
    [400, 'mx_refused', 'never-retry'],
    [403, 'mx_forbidden', 'never-retry'],
    [404, 'mx_not_found', 'caller-fault'],
    [405, 'mx_refused', 'never-retry'],
    [406, 'mx_refused', 'never-retry'],
    [409, 'mx_conflict', 'try-again'],
    [422, 'mx_refused', 'never-retry'],
    [429, 'mx_rate_limited', 'try-again'],
    [500, 'mx_unavailable', 'try-again'],
    [502, 'mx_unavailable', 'try-again'],
    [503, 'mx_unavailable', 'try-again'],
    [504, 'mx_unavailable', 'try-again'],
    [301, 'mx_redirected', 'never-retry'],
    [308, 'mx_redirected', 'never-retry'],
    [402, 'mx_refused', 'never-retry'],
    [408, 'mx_unavailable', 'try-again'],
    [421, 'mx_unavailable', 'try-again'],
    [425, 'mx_unavailable', 'try-again'],
    [451, 'mx_refused', 'never-retry'],
    [501, 'mx_unavailable', 'try-again'],
    [599, 'mx_unavailable', 'try-again'],
  ];

  it.each(rows)('with %i is the failure %s, with any body', async (status, code, fate) => {
    const { identifiers } = newMember();
    for (const body of ['json', 'html', 'empty'] as const) {
      fault({ kind: 'status', status, body });
      const failure = await failureOf(clientWith().checkBalance(identifiers));
      expect(failure).toMatchObject({ code, fate, details: { mxStatus: status } });
      expect(failure.message).toContain(String(status));
    }
    // Never repeated by the client.
    expect(simulator.model.control.calls()).toHaveLength(3);
  });

  it.each(['institution_maintenance_error', 'institution_prevented_error'])(
    'by the institution: keeps type and text: %s',
    async (type) => {
      const { identifiers } = newMember();
      fault({ kind: 'status', status: 400, type });
      expect(await failureOf(clientWith().checkBalance(identifiers))).toMatchObject({
        code: 'mx_institution',
        fate: 'never-retry',
        details: { mxErrorType: type, userMessage: expect.any(String) },
      });
    },
  );

  it.each([
    ['7', 7],
    ['0.5', 1],
    ['-3', undefined],
  ])('for a while says for how long: Retry-After %j', async (retryAfter, seconds) => {
    const { identifiers } = newMember();
    fault({ kind: 'status', status: 429, retryAfter });
    const { details } = await failureOf(clientWith().readMember(identifiers));
    expect(details.retryAfterSeconds).toBe(seconds);
  });

  it('because the member is not there', async () => {
    const { identifiers } = newMember();
    const unknown = { ...identifiers, memberIdentifier: 'MBR-unknown' };
    expect(await failureOf(clientWith().readMember(unknown))).toMatchObject({ code: 'mx_not_found' });
  });
});

describe('what goes wrong on the way', () => {
  const quick = () => clientWith({ timeoutMs: 150 });

  it('is a timeout without an answer or its end', async () => {
    const { identifiers } = newMember();
    fault({ kind: 'timeout' });
    expect(await failureOf(quick().readMember(identifiers))).toMatchObject({ code: 'mx_timeout', fate: 'try-again' });
    fault({ kind: 'slow-body', delayMs: 60_000 });
    expect(await failureOf(quick().readMember(identifiers))).toMatchObject({ code: 'mx_timeout', fate: 'try-again' });
  });

  it('is no failure when the answer is only slow', async () => {
    const { key, identifiers } = newMember();
    fault({ kind: 'slow-body', delayMs: 20 });
    expect((await clientWith().readMember(identifiers)).key).toEqual(key);
  });

  it('is “unavailable” when the connection is cut', async () => {
    const { identifiers } = newMember();
    fault({ kind: 'reset' });
    expect(await failureOf(clientWith().readMember(identifiers))).toMatchObject({
      code: 'mx_unavailable',
      fate: 'try-again',
    });
    fault({ kind: 'broken-body' });
    expect(await failureOf(clientWith().readMember(identifiers))).toMatchObject({ code: 'mx_unavailable' });
  });

  it('never repeats a POST', async () => {
    const { identifiers } = newMember();
    fault({ kind: 'reset' }, 1, 'after');
    const mx = clientWith();
    expect(await failureOf(mx.checkBalance(identifiers))).toMatchObject({ fate: 'try-again' });
    expect((await mx.readMember(identifiers)).isBeingAggregated).toBe(true);
    expect(simulator.model.control.calls().filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('is “unavailable” when the port is closed', async () => {
    const gone = await startMxSimulator({ port: 0 });
    await gone.close();
    expect(await failureOf(clientWith({ baseUrl: gone.url }).readMember(newMember().identifiers))).toMatchObject({
      code: 'mx_unavailable',
      fate: 'try-again',
    });
  });
});

describe('a list of more accounts than a page holds', () => {
  const many = Array.from({ length: 1003 }, (_, n) => ({ id: `act-${n}`, balance: `${n}.25` }));

  it('is read page by page, each account once', async () => {
    const { identifiers } = newMember('ok', many);
    const accounts = await clientWith().listAccounts(identifiers);
    expect(new Set(accounts.map(({ guid }) => guid)).size).toBe(1003);
    expect(simulator.model.control.calls()).toHaveLength(2);
  });

  it('an account on two pages with every guid: accepted', async () => {
    const { key, identifiers } = newMember('ok', many);
    simulator.model.control.setListChange({ member: key.memberGuid, change: 'duplicates' });
    const accounts = await clientWith().listAccounts(identifiers);
    expect(new Set(accounts.map(({ guid }) => guid)).size).toBe(1003);
  });

  it.each(['grows', 'shrinks'] as const)('that %s while it is read is not taken', async (change) => {
    const { key, identifiers } = newMember('ok', many);
    simulator.model.control.setListChange({ member: key.memberGuid, change });
    expect(await failureOf(clientWith().listAccounts(identifiers))).toMatchObject({
      code: 'mx_bad_answer',
      fate: 'try-again',
    });
  });

  it('fails as a whole when one of its pages fails', async () => {
    const { identifiers } = newMember('ok', many);
    // The first call goes through, the second is hit.
    const mx = clientWith();
    simulator.model.control.addFault({ how: { kind: 'status', status: 500 }, routes: ['list-accounts'], times: 2 });
    expect(await failureOf(mx.listAccounts(identifiers))).toMatchObject({ code: 'mx_unavailable' });
    expect(await failureOf(mx.listAccounts(identifiers))).toMatchObject({ code: 'mx_unavailable' });
    expect(await mx.listAccounts(identifiers)).toHaveLength(1003);
  });

  it('takes an account that stands twice on one page once', async () => {
    const { key, identifiers } = newMember('ok', [{ id: 'act-1' }, { id: 'act-2' }]);
    simulator.model.control.duplicateAccount({ member: key.memberGuid, account: 'act-1' });
    expect(await clientWith().listAccounts(identifiers)).toHaveLength(2);
  });
});
