/** Times that are no settings: what a function may wait for has to be over before the function is. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { at, everythingOn, synthesize } from '../infra/synthesized.ts';
import { type Deployed, deploy, memberParameters } from './deployed.ts';
import { done } from './stub-mx.ts';

/** Until it holds: what happens on the wire takes a few turns of the event loop, however fast the clock is moved. */
async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns += 1) {
    if (turns === 1_000_000) throw new Error('it has not come about');
    await turn();
  }
}

/** Moves the clock in steps of 100 ms until `running` is settled; the milliseconds that this took. */
async function timeTaken(running: Promise<unknown>): Promise<number> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  running.then(settle, settle);
  const begun = Date.now();
  while (!settled) {
    if (Date.now() - begun > 60_000) throw new Error('it is not given up within a minute');
    vi.advanceTimersByTime(100);
    for (let turns = 0; turns < 20 && !settled; turns += 1) await turn();
  }
  return Date.now() - begun;
}

describe('in the template', () => {
  const stack = synthesize(everythingOn);
  const shortIds = (type: string, ...path: readonly string[]): Record<string, unknown> =>
    Object.fromEntries(
      stack
        .ofType(type)
        .map(({ id, Properties }) => [id.replace(/(Function|Queue)[0-9A-F]{8}$/, ''), at(Properties, ...path)]),
    );

  it('functions have these seconds', () => {
    expect(shortIds('AWS::Lambda::Function', 'Timeout')).toEqual({
      CheckBalance: 29,
      FollowUp: 30,
      MxWebhook: 10,
      DeliverCallback: 20,
      ScheduledRefresh: 50,
      StartRefresh: 60,
      Sweep: 50,
      ReadBalances: 10,
      ReadRefresh: 10,
      MemberSchedule: 10,
      EraseData: 10,
      UnknownRoute: 10,
      CheckMx: 15,
    });
  });

  it('a message stays hidden for six times its function’s seconds', () => {
    expect(shortIds('AWS::SQS::Queue', 'VisibilityTimeout')).toMatchObject({
      FollowUps: 180,
      Starts: 360,
      Callbacks: 120,
    });
  });
});

describe('on the wire', () => {
  let deployed: Deployed;
  afterEach(() => deployed.close());

  /** What is waited for from now on takes as long as the test moves the clock. */
  const freeze = (): void => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: Date.now() });
  };

  /** Milliseconds until `call` has given up a request to MX whose path has `path`. */
  async function givenUpAfter(path: string, call: () => Promise<unknown>): Promise<number> {
    deployed.mx.hangsAt = path;
    const before = deployed.mx.seen.length;
    freeze();
    const running = call();
    await until(() => deployed.mx.seen.slice(before).some(({ url }) => url.includes(path)));
    return timeTaken(running);
  }

  // Two calls of MX's within 29 s: the member, then the job.
  it.each([
    ['the member', 'members/MBR-1'],
    ['the job', 'check_balance'],
  ])('a trigger waits 4 s for MX: %s', async (_, path) => {
    deployed = await deploy({});
    expect(await givenUpAfter(path, () => deployed.trigger())).toBe(4_000);
  });

  // At most four within 30 s: the member, its questions, two pages of accounts.
  it.each([
    ['the member', 'members/MBR-1', {}],
    ['its questions', '/status', { connection_status: 'CHALLENGED', is_being_aggregated: true }],
    ['its accounts', '/accounts', done],
  ])('a look waits 5 s for MX: %s', async (_, path, seen) => {
    deployed = await deploy({});
    await deployed.trigger();
    deployed.mx.member = seen;
    deployed.at(10);
    expect(await givenUpAfter(path, () => deployed.look())).toBe(5_000);
  });

  it('the fourth look at a silent MX does not wait', async () => {
    deployed = await deploy({});
    await deployed.trigger();
    const look = () => givenUpAfter('members/MBR-1', () => deployed.look());
    // Each books the next one: 3, 6 and 12 s later at most.
    deployed.at(10);
    expect(await look()).toBe(5_000);
    deployed.at(40);
    expect(await look()).toBe(5_000);
    deployed.at(70);
    expect(await look()).toBe(5_000);
    const asked = deployed.mx.seen.length;
    deployed.at(80);
    // The clock stands still: what waits would never end.
    await deployed.look();
    expect(deployed.mx.seen).toHaveLength(asked);
  });

  it('a scheduled start waits 5 s, five at once', async () => {
    deployed = await deploy({ defaultScheduleHours: 1, minScheduleHours: 1 });
    await deployed.trigger();
    deployed.mx.member = done;
    deployed.at(10);
    await deployed.look();
    deployed.at(38 * 60);
    await deployed.tick('ScheduledRefresh');
    const message = deployed.sent('Starts')[0]?.body ?? '';
    expect(await givenUpAfter('members/MBR-1', () => deployed.deliver('StartRefresh', message))).toBe(5_000);
  });

  // The function is over by then, and has answered nothing.
  it('a key is held for 29 s by a request', async () => {
    deployed = await deploy({});
    const request = {
      method: 'POST',
      routeKey: 'POST /users/{user_identifier}/members/{member_identifier}/check_balance',
      parameters: memberParameters,
      headers: { 'idempotency-key': 'k' },
    };
    const send = async () => {
      const { status, headers } = await deployed.http('CheckBalance', request);
      return [status, headers['idempotency-replayed']];
    };
    // Wired before: what hangs is given up after 4 s.
    await deployed.trigger({ wait: 26 });
    deployed.mx.hangsAt = 'check_balance';
    const hanging = send();
    await until(() => deployed.mx.seen.some(({ url }) => url.includes('check_balance')));
    deployed.mx.hangsAt = null;
    deployed.at(28);
    expect(await send()).toEqual([409, undefined]);
    deployed.at(29);
    expect(await send()).toEqual([202, undefined]);
    expect(await send()).toEqual([202, 'true']);
    await deployed.mx.close();
    await hanging;
  });

  it('AWS calls are given up after 2 s, three tries', async () => {
    deployed = await deploy({});
    const read = () =>
      deployed.http('ReadRefresh', {
        routeKey: 'GET /refreshes/{refresh_id}',
        parameters: { refresh_id: 'RFR-00000000000000000000000001' },
      });
    expect((await read()).status).toBe(404);
    deployed.aws.hangs = true;
    freeze();
    const running = read();
    await until(() => deployed.aws.unanswered.length === 1);
    const taken = await timeTaken(running);
    expect(deployed.aws.unanswered).toHaveLength(3);
    // Three times 2 s, and a pause of a moment before each repetition.
    expect(Math.floor(taken / 1000)).toBe(6);
  });
});
