/** The function `check-balance` in memory. */
import { answerTrigger, type TriggerDeps } from '../../../functions/check-balance.ts';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import type { Begun, IdempotencyKeys } from '../../../shared/domain/idempotency.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import type { Balances } from '../../../shared/domain/ports.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { fakeWaitLeases } from '../../fakes/fake-wait-leases.ts';
import { withMember } from '../../fakes/members-table.ts';
import { claim, key, knownMember, successOf, T0 } from '../../samples.ts';
import { refreshWorld } from '../domain/refresh-world.ts';
import { apiRequest } from './api-event.ts';
import { parameters } from './stored-member.ts';

/** Keys in memory, by the port's rules. */
export function idempotencyKeys(): IdempotencyKeys {
  const known = new Map<string, { hash: string; begun: Begun }>();
  return {
    async begin({ id, requestHash }) {
      const found = known.get(id);
      if (found === undefined) {
        known.set(id, { hash: requestHash, begun: { kind: 'in_flight' } });
        return { kind: 'first', token: 'token' };
      }
      return found.hash === requestHash ? found.begun : { kind: 'other_request' };
    },
    async keep({ id, requestHash }, _token, answer) {
      known.set(id, { hash: requestHash, begun: { kind: 'answered', answer } });
    },
    release: async ({ id }) => void known.delete(id),
  };
}

/** The function `check-balance` around one member, and what it counted, slept and sent. */
export function triggerWorld(record: MemberRecord | null = knownMember(), given: Partial<TriggerDeps> = {}) {
  const made = refreshWorld(record === null ? withMember() : withMember(record));
  const counted: string[] = [];
  const slept: number[] = [];
  const deps: TriggerDeps = {
    ...made.deps,
    balances: made.balances,
    schedule: made.schedule,
    keys: idempotencyKeys(),
    defaultScheduleHours: 0,
    scheduleShards: 1,
    staleAfterSeconds: 3600,
    waitLeases: fakeWaitLeases(new Map(), made.deps.now),
    waitersAtOnce: 100,
    callbackRules: { hosts: [], loopback: false },
    callbacksPerCaller: 10,
    allowanceStartsPerCaller: 4,
    iamTriggerReads: true,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      made.wait(milliseconds / 1000);
    },
    count: (metric) => void counted.push(metric),
    ...given,
  };
  const trigger = async (request: Partial<ApiRequest> = {}) => {
    const answer = await answerTrigger(deps, apiRequest({ method: 'POST', path: '/check', parameters, ...request }));
    const body = JSON.parse(answer.text ?? JSON.stringify(answer.body));
    return { status: answer.status, headers: answer.headers ?? {}, logged: answer.logged, body };
  };
  const posts = () => made.mxCalls.filter((call) => call.startsWith('start')).length;
  return { ...made, deps, trigger, posts, counted, slept };
}

/** Stores one account, observed at `T0`. */
export const storeOne = (balances: Pick<Balances, 'store'>) =>
  balances.store(key, [readAccount(parseExactJson('{"guid":"ACT-1","balance":10.50}'))], {
    observedAt: T0,
    refreshId: 'RFR-0',
    trigger: 'http',
  });

/** How a refresh of the member `key` ended. */
export const ending = successOf(claim(), { endedAt: plusSeconds(T0, 5), observedAt: plusSeconds(T0, 1) });
