/** The running project for tests: free ports, quick looks, schedules only when a test fires them. */

import { type Project, type ProjectOptions, startProject } from '../../infra/local/project.ts';
import type { Control } from '../../infra/mx-simulator/control.ts';
import { type ExactJson, type ExactObject, isExactObject, parseExactJson } from '../../shared/domain/decimal.ts';
import { recordCalls } from '../permissions/record.ts';
import { credentialsIn } from '../privacy/heard.ts';
import { watchPrivacy } from '../privacy/watch.ts';

/** Seconds where a deployment waits minutes: the simulator on this machine does not mind. */
const QUICK = {
  learning: false,
  firstLookSeconds: 1,
  minLookGapSeconds: 1,
  maxLookGapSeconds: 2,
  graceSeconds: 2,
  graceLooks: 2,
  deadlineSeconds: 30,
  // Places of members are chosen by their guids, which are new in every run: with few, two tests' waits can meet.
  waitersAtOnce: 1000,
  // Tests call one route faster than the gateway lets callers do. Its throttles: test/local/stack/throttling.test.ts.
  apiRate: 10_000,
  apiBurst: 5_000,
};

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: ExactObject;
}

/** What tests do with a running project. */
export interface Running {
  readonly project: Project;
  readonly mx: Control;
  /** Calls the API as the development caller. `extra` replaces or adds headers and body. */
  call(method: string, path: string, extra?: { headers?: Record<string, string>; body?: string }): Promise<Answer>;
  /** Adds a member of MX Bank to the simulator; its path, guid and own id. */
  addMember(given?: Pick<Parameters<Control['addMember']>[0], 'jobSeconds' | 'accounts'> & { scenario?: string }): {
    path: string;
    guid: string;
    id: string;
    user: string;
  };
  /** The event that ends the refresh `refreshId`. */
  ended(refreshId: string): Promise<ExactObject>;
  /** Triggers and waits for the end. */
  refresh(path: string): Promise<{ trigger: Answer; event: ExactObject }>;
  /** @throws Error when a log, event, dead letter or error answer had bank or personal data: the file that leaks fails. */
  close(): Promise<void>;
}

/** Starts the project with `settings` over the quick ones. */
export async function startRunning(
  settings: Readonly<Record<string, unknown>> = {},
  options: Pick<ProjectOptions, 'aroundEngines' | 'runSchedules' | 'clock'> = {},
): Promise<Running> {
  const project = await startProject({
    port: 0,
    mx: { simulator: { port: 0, model: { seed: 1, jobSeconds: 0.5 } } },
    settings: { ...QUICK, ...settings },
    runSchedules: false,
    ...options,
  });
  const { simulator } = project;
  if (simulator === null) throw new Error('tests run with the simulator');
  const mx = simulator.model.control;
  const leaks = watchPrivacy({
    told: project.stack,
    mx: simulator.model,
    secrets: [
      ...credentialsIn(project.caller.authorization),
      ...credentialsIn(project.webhookSender.authorization),
      { kind: 'credential', value: project.callbackSecret },
    ],
  });
  const over = new Map<string, ExactObject>();
  const waiting = new Map<string, ((event: ExactObject) => void)[]>();
  project.stack.on('event', ({ detailType, detail }) => {
    if (!detailType.startsWith('refresh.')) return;
    const event = parseExactJson(JSON.stringify(detail)) as ExactObject;
    const { refresh_id: id } = event['data'] as { refresh_id: string };
    over.set(id, event);
    for (const resolve of waiting.get(id) ?? []) resolve(event);
    waiting.delete(id);
  });
  project.stack.on('aws-call', ({ function: name, asked }) => {
    if (name !== undefined) recordCalls(name, asked);
  });
  let members = 0;

  const call: Running['call'] = async (method, path, extra = {}) => {
    const response = await fetch(project.stack.apiUrl + path, {
      method,
      headers: { authorization: project.caller.authorization, ...extra.headers },
      ...(extra.body === undefined ? {} : { body: extra.body }),
    });
    const text = await response.text();
    const json: ExactJson = text === '' ? {} : parseExactJson(text);
    return { status: response.status, headers: response.headers, text, body: isExactObject(json) ? json : {} };
  };

  const ended: Running['ended'] = (refreshId) => {
    const known = over.get(refreshId);
    if (known !== undefined) return Promise.resolve(known);
    // Several may wait for the same refresh: a trigger joins one that runs.
    return new Promise((resolve) => waiting.set(refreshId, [...(waiting.get(refreshId) ?? []), resolve]));
  };

  return {
    project,
    mx,
    call,
    ended,
    addMember({ scenario = 'ok', ...given } = {}) {
      members += 1;
      const id = `added-${members}`;
      const { guid } = mx.addMember({ user: 'user-3', id, scenario, ...given });
      return { path: `/users/user-3/members/${id}`, guid, id, user: 'user-3' };
    },
    async refresh(path) {
      const trigger = await call('POST', `${path}/check_balance`);
      if (trigger.status !== 202) throw new Error(`the trigger was answered with ${trigger.status}: ${trigger.text}`);
      return { trigger, event: await ended(refreshIdOf(trigger)) };
    },
    async close() {
      await project.close();
      const wrong = leaks();
      if (wrong.length > 0) throw new Error(`bank or personal data was told on:\n${wrong.slice(0, 20).join('\n')}`);
    },
  };
}

/** The refresh that a trigger's answer names. */
export const refreshIdOf = (trigger: Answer): string => (trigger.body['refresh'] as { refresh_id: string }).refresh_id;

/** The `data` of an event. */
export const dataOf = (event: ExactObject): Record<string, unknown> => event['data'] as Record<string, unknown>;
