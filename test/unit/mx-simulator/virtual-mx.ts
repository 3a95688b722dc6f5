import type { MxAnswer } from '../../../infra/mx-simulator/answers.ts';
import type { MxModel, MxModelOptions } from '../../../infra/mx-simulator/mx-model.ts';
import { createMxModel } from '../../../infra/mx-simulator/mx-model.ts';

/** Headers of a client that does everything right. */
export const GOOD_HEADERS = {
  authorization: `Basic ${btoa('local-client-id:local-api-key')}`,
  accept: 'application/json',
  'accept-version': 'v20250224',
};

/** The parts of MX's JSON that the tests look at. */
export type Json = Record<string, unknown>;

/** A model with a clock that only the test moves, and short ways to call it. */
export interface VirtualMx {
  model: MxModel;
  clock: { now: number };
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): MxAnswer;
  json(method: string, path: string, body?: unknown): Json;
  /** Moves the clock, then reads `member`. */
  memberAfter(seconds: number, member?: string): Json;
  check(member?: string): MxAnswer;
  /** The webhooks of one type that are due now, parsed. Each is answered with 204. */
  webhooks(type?: string): Json[];
}

export const START = Date.UTC(2026, 0, 15, 12);

/** A model without seed data but with `user-1`, its `member-1` in the given scenario, jobs of ten seconds. */
export function virtualMx(
  scenario = 'ok',
  options: Partial<MxModelOptions> = {},
  institutionCode = 'riverbank',
): VirtualMx {
  const clock = { now: START };
  const model = createMxModel({ seed: 7, jobSeconds: 10, seedData: false, ...options, now: () => clock.now });
  if (options.seedData !== true) model.control.addUser({ id: 'user-1' });
  model.control.addMember({ user: 'user-1', id: 'member-1', scenario, institutionCode });
  const call: VirtualMx['call'] = (method, path, body, headers = GOOD_HEADERS) =>
    model.handle({ method, path, headers, body: body === undefined ? '' : JSON.stringify(body) });
  const json: VirtualMx['json'] = (method, path, body) => {
    const answer = call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return parse(answer.body);
  };
  return {
    model,
    clock,
    call,
    json,
    check: (member = 'member-1') => call('POST', `/users/user-1/members/${member}/check_balance`),
    memberAfter(seconds, member = 'member-1') {
      clock.now += seconds * 1000;
      return part(json('GET', `/users/user-1/members/${member}`), 'member');
    },
    webhooks(type) {
      const due = model.dueWebhooks();
      for (const { id } of due) model.webhookAnswered(id, 204);
      return due.filter((delivery) => type === undefined || delivery.type === type).map(({ body }) => parse(body));
    },
  };
}

export function parse(text: string): Json {
  const value: unknown = JSON.parse(text);
  if (!isJson(value)) throw new Error(`not an object: ${text}`);
  return value;
}

/** The object under this name. */
export function part(json: Json, name: string): Json {
  const value = json[name];
  if (!isJson(value)) throw new Error(`no object ${name} in ${JSON.stringify(json)}`);
  return value;
}

/** The list of objects under this name. */
export function list(json: Json, name: string): Json[] {
  const value = json[name];
  if (!Array.isArray(value)) throw new Error(`no list ${name} in ${JSON.stringify(json)}`);
  return value.filter(isJson);
}

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
