import { describe, expect, it } from 'vitest';
import { createMxModel, type MxModel } from '../../../infra/mx-simulator/mx-model.ts';
import { GOOD_HEADERS, START } from './virtual-mx.ts';

const MEMBER = '/users/user-1/members/member-ok';

const call = (model: MxModel, method: string, path: string) => {
  const { status, body } = model.handle({ method, path, headers: GOOD_HEADERS, body: '' });
  return { status, body };
};

/** A simulator with a job under way, an armed fault, a changed balance at the bank and a member made by itself. */
function busyModel() {
  const clock = { now: START };
  const model = createMxModel({ seed: 7, now: () => clock.now, webhooks: { early: 0.5, delay: 0.5, double: 0.5 } });
  model.control.addMember({ user: 'user-1', id: 'new', scenario: 'challenged', institutionCode: 'riverbank' });
  model.control.setBalances({
    member: 'member-ok',
    account: 'act-23445745',
    values: { balance: '0.10' },
    when: 'next-success',
  });
  model.control.addFault({ how: { kind: 'status', status: 503 }, routes: ['list-accounts'], times: 2 });
  call(model, 'POST', `${MEMBER}/check_balance`);
  call(model, 'POST', '/users/user-1/members/new/check_balance');
  return { clock, model };
}

/** What a model answers and sends in the next minutes, chance included. */
function future(model: MxModel, clock: { now: number }) {
  const seen: unknown[] = [];
  for (let minute = 0; minute < 5; minute += 1) {
    clock.now += 60_000;
    for (const { id, type, body } of model.dueWebhooks()) {
      seen.push({ id, type, body });
      model.webhookAnswered(id, id % 2 === 0 ? 204 : 500);
    }
    seen.push(call(model, 'GET', MEMBER), call(model, 'GET', `${MEMBER}/accounts`));
    seen.push(call(model, 'GET', '/users/user-1/members/new'));
    seen.push(call(model, 'POST', '/users/user-1/members/member-moving/check_balance'));
  }
  return seen;
}

describe('a snapshot of the simulator', () => {
  it('goes on as the simulator would have', () => {
    const { clock, model } = busyModel();
    const snapshot = model.snapshot();
    const expected = future(model, clock);
    const later = { now: START };
    const restored = createMxModel({ seed: 1, now: () => later.now, snapshot });
    expect(future(restored, later)).toEqual(expected);
    const texts = JSON.stringify(expected);
    expect(texts).toContain('\\"balance\\":0.10,');
    expect(texts).toContain('CHALLENGED');
    expect(texts).toContain('"status":503');
  });

  it('is the same while nothing changes, then not', () => {
    const { clock, model } = busyModel();
    const snapshot = Buffer.from(model.snapshot());
    call(model, 'GET', '/users');
    expect(snapshot.equals(model.snapshot())).toBe(true);
    clock.now += 60_000;
    call(model, 'GET', MEMBER);
    expect(snapshot.equals(model.snapshot())).toBe(false);
  });

  it('has a webhook due again whose answer it lacks', () => {
    const { clock, model } = busyModel();
    clock.now += 60_000;
    const sent = model.dueWebhooks().map(({ id }) => id);
    const [first = 0, ...others] = sent;
    model.webhookAnswered(first, 204);
    const restored = createMxModel({ seed: 1, now: () => clock.now, snapshot: model.snapshot() });
    expect(others.length).toBeGreaterThan(0);
    expect(restored.dueWebhooks().map(({ id }) => id)).toEqual(others);
  });

  it('of something else is refused with a sentence', () => {
    const sentence = 'What the MX simulator kept is of another version of it.';
    for (const snapshot of [Buffer.from('nonsense'), new Uint8Array()]) {
      expect(() => createMxModel({ seed: 1, now: () => START, snapshot })).toThrow(sentence);
    }
  });
});
