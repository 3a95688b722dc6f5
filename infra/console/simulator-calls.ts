/** The MX simulator's own controls, over HTTP. */
import type { Deployment } from '../operator/deployment.ts';
import { ConsoleProblem } from './problems.ts';

/** A running simulator. Each call throws ConsoleProblem when it does not answer, with its sentence when it refuses. */
export interface SimulatorCalls {
  /** Its members, the newest last. */
  readonly members: () => Promise<readonly SimulatedMember[]>;
  /** One of them, by guid or own id; null: it has none. */
  readonly member: (name: string) => Promise<SimulatedMember | null>;
  readonly scenarios: () => Promise<readonly SimulatedScenario[]>;
  /** Those that are still to hit a call. */
  readonly faults: () => Promise<readonly SimulatedFault[]>;
  readonly settings: () => Promise<Readonly<Record<string, unknown>>>;
  /** The last calls about a member, by guid; the newest last. */
  readonly calls: (member: string, last: number) => Promise<readonly SimulatedCall[]>;
  /** A command of `infra/mx-simulator/control-http.ts`. */
  readonly command: (name: string, body: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

/** A member as the simulator tells it. */
export interface SimulatedMember {
  readonly id: string | null;
  readonly guid: string;
  readonly userId: string | null;
  readonly userGuid: string;
  readonly scenario: string;
  readonly accounts: readonly { readonly guid: string }[];
}

/** A scenario that it knows. */
export interface SimulatedScenario {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
}

/** A fault that is on. Beside what is named here it has what `add-fault` was given. */
export interface SimulatedFault extends Readonly<Record<string, unknown>> {
  readonly id: number;
  readonly left: number | null;
  readonly member?: string;
}

/** A call that it was asked. */
export interface SimulatedCall {
  /** Milliseconds since 1970, by its clock. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly faultId: number | null;
}

const TIMEOUT_MS = 5_000;

/** The simulator behind a local stack; null: it talks to the real MX, or it is no local stack. */
export function simulatorOf({ isLocal, outputs }: Pick<Deployment, 'isLocal' | 'outputs'>): SimulatorCalls | null {
  const url = outputs['MxBaseUrl'] ?? '';
  if (!isLocal || !URL.canParse(url) || new URL(url).hostname !== '127.0.0.1') return null;

  async function ask<Told>(path: string, options: RequestInit = {}): Promise<Told> {
    let text: string;
    let isDone: boolean;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(`${url}/_simulator/${path}`, { ...options, signal, redirect: 'error' });
      text = await response.text();
      isDone = response.ok;
    } catch {
      throw problem(`The MX simulator at ${url} does not answer.`);
    }
    if (!isDone) throw problem(`The MX simulator refuses it: ${sentenceIn(text)}`, REFUSED);
    return JSON.parse(text) as Told;
  }

  const command: SimulatorCalls['command'] = (name, body) => ask(name, { method: 'POST', body: JSON.stringify(body) });

  return {
    command,
    async member(name) {
      try {
        return (await command('member', { member: name })) as SimulatedMember;
      } catch (error) {
        if (error instanceof ConsoleProblem && error.problem.code === REFUSED) return null;
        throw error;
      }
    },
    members: async () => (await ask<{ readonly members: readonly SimulatedMember[] }>('state')).members,
    scenarios: async () => (await ask<{ readonly scenarios: readonly SimulatedScenario[] }>('scenarios')).scenarios,
    faults: async () => (await ask<{ readonly faults: readonly SimulatedFault[] }>('faults')).faults,
    settings: () => ask('settings'),
    async calls(member, last) {
      const query = new URLSearchParams({ member, last: String(last) });
      return (await ask<{ readonly calls: readonly SimulatedCall[] }>(`calls?${query}`)).calls;
    },
  };
}

const REFUSED = 'simulator_refused';

const problem = (sentence: string, code: string | null = null): ConsoleProblem =>
  new ConsoleProblem({ of: 'simulator', status: null, code, sentence, retryAfter: null });

function sentenceIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
    return typeof error?.message === 'string' ? error.message : text;
  } catch {
    return text;
  }
}
