/** Headings of docs/runbook.md about MX, banks and old balances, played: caused, seen by the heading’s lines, repaired. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { movableClock } from '../../infra/local/movable-clock.ts';
import { nextEvent, nextLine } from './aws-faults.ts';
import { type Played, playedRunbook } from './played-runbook.ts';
import { dataOf, type Running, refreshIdOf, startRunning } from './running.ts';

const clock = movableClock();
let running: Running;
let played: Played;
let member: ReturnType<Running['addMember']>;

beforeAll(async () => {
  running = await startRunning({ deadlineSeconds: 600, learning: true, lookLagMilliseconds: 100 }, { clock });
  played = playedRunbook(running, 'local/runbook-mx.test.ts', clock.now);
});
beforeEach(() => {
  member = running.addMember();
});
afterEach(() => running.mx.clearFaults());
afterAll(() => running?.close());

/** What functions have read of pauses is too old then. */
const readAnew = () => clock.moveTo(clock.now() + 15_000);
const trigger = (path = member.path) => running.call('POST', `${path}/check_balance`);
const refused = async () => {
  const { status, body } = await trigger();
  return [status, body['code']];
};
const named = () => ({ 'user-1': member.user, 'member-1': member.id });

it('an old balance is explained, and refreshed when repaired', async () => {
  await running.refresh(member.path);
  clock.moveTo(clock.now() + 25 * 3_600_000);
  running.mx.setScenario({ member: member.guid, scenario: 'denied' });
  const ended = nextLine(running, '"follow_up.done"', '"ended"');
  await running.refresh(member.path);
  await ended;
  const explained = await played.ops('a-balance-is-old', 'explain user-1 member-1', named());
  expect(explained.exitCode).toBe(0);
  expect(explained.out).toMatch(
    /^Why is it old\? +The oldest account is as of \S+, 25 h old: the last refresh ended at \S+ as invalid_credentials /,
  );
  expect(explained.out).toMatch(/^Whose move is it\? +The user: has to log in or consent again, in the widget of MX /m);
  const lines = await played.ops('a-balance-is-old', 'logs user-1 member-1', named());
  expect(lines.out).toMatch(
    /follow_up\.done refresh_id=RFR-\S+ member_guid=\S+ look=1 outcome=ended code=invalid_credentials seen="DENIED idle ended"\n$/,
  );
  expect((await played.ops('a-balance-is-old', 'attention')).out).toMatch(/^reauthenticate +1 /m);
  expect((await played.ops('a-balance-is-old', 'open')).said).toMatch(/^0 refreshes of .* run\.\n$/);

  running.mx.setScenario({ member: member.guid, scenario: 'ok' });
  const refreshed = await played.ops('a-balance-is-old', 'refresh user-1 member-1 --wait', named());
  expect(refreshed).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^How fresh is it\? +fresh: /m) });
  expect((await played.ops('a-balance-is-old', 'attention')).out).toMatch(/^reauthenticate +0 /m);
});

it('a request leads to its lines, and to its refresh', async () => {
  const trail = await trigger();
  await running.ended(refreshIdOf(trail));
  const id = trail.headers.get('apigw-requestid') ?? '';
  const lines = await played.ops('from-a-request-to-its-lines', 'logs "$REQUEST_ID"', { $REQUEST_ID: id });
  expect(lines.out).toMatch(new RegExp(`^\\S+Z INFO {2}check-balance request\\.answered request_id=${id} `));
  expect(lines.out).toContain(`refresh_id=${refreshIdOf(trail)}`);
  const asked = await played.ops('from-a-request-to-its-lines', 'logs --caller shop --since 1h', {
    shop: 'local-developer',
  });
  expect(asked.out).toContain(`request_id=${id} caller=local-developer`);
  expect(asked.out).not.toContain(' follow-up ');
  const none = await played.ops('from-a-request-to-its-lines', 'logs --caller shop --since 1h');
  expect(none).toMatchObject({ exitCode: 0, out: '' });
});

it('MX that is down is seen, and asked no more', async () => {
  running.mx.addFault({ how: { kind: 'status', status: 503 }, times: null });
  expect(await refused()).toEqual([503, 'mx_unavailable']);
  expect((await played.ops('mx-is-down', 'doctor')).out).toMatch(/^warning +mx +MX answered 503 to read member: /m);
  expect((await played.ops('mx-is-down', 'logs --errors --since 1h')).out).toMatch(
    / WARN {2}check-balance mx\.failed .*call=readMember code=mx_unavailable /,
  );
  const paused = await played.ops('mx-is-down', "pause --for 2h --why 'MX is down'");
  expect(paused).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^Calls to MX are paused until /) });
  readAnew();
  expect(await refused()).toEqual([503, 'paused']);
  running.mx.clearFaults();
  expect((await played.ops('mx-is-down', 'resume')).out).toMatch(/^Calls to MX are not paused\./);
  readAnew();
  expect(dataOf((await running.refresh(member.path)).event)['outcome']).toBe('succeeded');
});

it('MX that knows no address of ours lets us in', async () => {
  running.mx.addFault({ how: { kind: 'status', status: 403 }, times: null });
  expect(await refused()).toEqual([502, 'mx_forbidden']);
  expect(await played.ops('mx-does-not-let-us-in', 'doctor')).toMatchObject({
    exitCode: 6,
    out: expect.stringMatching(/^FAILURE +mx +MX answered 403 .*\n +→ Have MX allow-list /m),
  });
  await played.ops('mx-does-not-let-us-in', "pause --for 24h --why 'MX does not know our address yet'");
  readAnew();
  expect(await refused()).toEqual([503, 'paused']);
  running.mx.clearFaults();
  await played.ops('mx-does-not-let-us-in', 'resume');
  readAnew();
  const { out } = await played.ops('mx-does-not-let-us-in', 'doctor');
  expect(out).toMatch(/^ok +mx +MX accepts the credentials and the address$/m);
});

it('a bank that is down is named, and comes back', async () => {
  const customers = ['a', 'b', 'c', 'd', 'e'].map((name) => {
    const { guid: user } = running.mx.addUser({ id: `customer-${name}` });
    const { guid } = running.mx.addMember({ user, institutionCode: 'riverbank', scenario: 'institution-down' });
    return { guid, path: `/users/${user}/members/${guid}` };
  });
  const degraded = nextEvent(running, 'institution.degraded');
  await Promise.all(customers.map(({ path }) => running.refresh(path)));
  await degraded;
  await running.project.stack.idle();
  for (const anchor of ['an-institution-is-down', 'success-falls']) {
    const { exitCode, out } = await played.ops(anchor, 'institutions --open');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^riverbank +does not work since \S+ \S+ UTC \(institution_down\) +0 of 5 /m);
  }
  const ends = await played.ops('success-falls', 'logs --function follow-up --since 10m');
  expect(ends.out.match(/ outcome=ended code=institution_down /g)).toHaveLength(5);

  const [first] = customers;
  running.mx.setScenario({ member: first?.guid ?? '', scenario: 'ok' });
  clock.moveTo(clock.now() + 60_000);
  const recovered = nextEvent(running, 'institution.recovered');
  await running.refresh(first?.path ?? '');
  await recovered;
  const { out, said } = await played.ops('an-institution-is-down', 'institutions --open');
  expect(out).not.toContain('riverbank');
  expect(said).toMatch(/^0 institutions of /);
});

it('calls that MX throttles are counted by kind', async () => {
  const id = refreshIdOf(await trigger());
  running.mx.addFault({ how: { kind: 'status', status: 429, retryAfter: '1' }, routes: ['read-member'], times: 2 });
  await nextLine(running, '"mx_rate_limited"');
  const { out } = await played.ops('mx-throttles', 'logs --errors --since 1h');
  expect(out).toMatch(/ WARN {2}follow-up mx\.failed .*call=readMember .*code=mx_rate_limited /);
  expect(dataOf(await running.ended(id))['outcome']).toBe('succeeded');
});

it('a pause that was left on is shown and ended', async () => {
  await played.ops('mx-is-down', "pause --for 2h --why 'MX is down'");
  const shown = await played.ops('pause-left-on', 'pause --show');
  expect(shown.out).toMatch(
    /^Calls to MX are paused until \S+Z\.\n\nfrom +until +why\n(.*\n)*\S+Z +\S+Z +MX is down\n$/,
  );
  const resumed = await played.ops('pause-left-on', 'resume');
  expect(resumed).toMatchObject({ exitCode: 0, said: expect.stringMatching(/\nWhat has waited comes back within /) });
  expect((await played.ops('pause-left-on', 'pause --show')).out).toMatch(/^Calls to MX are not paused\./);
});

it('production keys in a test stage are taken away', async () => {
  const { userGuid } = running.mx.member({ member: member.guid });
  await running.refresh(member.path);
  const { out } = await played.ops('production-keys-in-a-test-stage', 'deployment');
  expect(out).toMatch(new RegExp(`^MxBaseUrl +${running.project.simulator?.url}$`, 'm'));
  await played.ops('production-keys-in-a-test-stage', "pause --for 24h --why 'production keys in a test stage'");
  readAnew();
  const done = nextLine(running, '"data.erased"');
  const erasure = await running.call('DELETE', `/users/${userGuid}/data`);
  expect(erasure.status).toBe(202);
  const erased = erasure.body['erasure'] as Record<string, unknown>;
  await done;
  // The second round comes 90 s later.
  const receipts = await played.ops('production-keys-in-a-test-stage', 'erasures list');
  expect(receipts.out).toMatch(new RegExp(`\\n${String(erased['id'])} +${userGuid} +nothing +\\S+ +under way +[1-9]`));
  expect((await running.call('GET', `${member.path}/accounts`)).status).toBe(404);
  expect(running.mx.member({ member: member.guid }).guid).toBe(member.guid);
  expect((await played.ops('production-keys-in-a-test-stage', 'resume')).exitCode).toBe(0);
});

it('an erasing that waits for MX is begun again', async () => {
  const { guid: user } = running.mx.addUser({ id: 'leaving' });
  const { guid } = running.mx.addMember({ user, scenario: 'ok' });
  await running.refresh(`/users/${user}/members/${guid}`);
  running.mx.addFault({ how: { kind: 'status', status: 503 }, routes: ['delete-member', 'delete-user'], times: null });
  const { body } = await running.call('DELETE', `/users/${user}/data?at_mx=user`);
  const { id } = body['erasure'] as { id: string };
  await nextLine(running, '"data.erased"', id);
  const waiting = await played.ops('an-erasing-does-not-end', 'erasures list');
  expect(waiting.out).toMatch(
    new RegExp(`^${id} +${user} +user +\\S+ +waits since \\S+ \\(mx_unavailable\\) +1 +6 +1$`, 'm'),
  );
  const letters = await played.ops('an-erasing-does-not-end', 'dead-letters list follow-ups');
  expect(letters.said).toMatch(/^follow-ups: SQS counts about 0 letters; 0 seen\./);

  running.mx.clearFaults();
  const goesOn = nextLine(running, '"data.erased"', id, '"next_round"');
  expect((await played.ops('an-erasing-does-not-end', 'erasures repeat')).exitCode).toBe(0);
  await goesOn;
  expect(running.mx.state().users.map((one) => one.guid)).not.toContain(user);
  expect((await played.ops('an-erasing-does-not-end', 'erasures list')).out).toMatch(
    new RegExp(`^${id} .* under way +1 +6 +1$`, 'm'),
  );
});

it('leaves no line of its headings out', () => {
  expect(played.notRun()).toEqual([]);
});
