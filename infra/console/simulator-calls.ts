/** The MX simulator's own controls, over HTTP. */
import type { Deployment } from '../operator/deployment.ts';
import { ConsoleProblem } from './problems.ts';

/** A running simulator. */
export interface SimulatorCalls {
  /** Its members, the newest last. @throws ConsoleProblem when it does not answer. */
  readonly members: () => Promise<readonly SimulatedMember[]>;
  /** A command of `infra/mx-simulator/control-http.ts`. @throws ConsoleProblem with its sentence when it is refused. */
  readonly command: (name: string, body: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

/** A member as the simulator tells it. */
export interface SimulatedMember {
  readonly id: string | null;
  readonly guid: string;
  readonly userGuid: string;
}

const TIMEOUT_MS = 5_000;

/** The simulator behind a local stack; null: it talks to the real MX, or it is no local stack. */
export function simulatorOf({ isLocal, outputs }: Pick<Deployment, 'isLocal' | 'outputs'>): SimulatorCalls | null {
  const url = outputs['MxBaseUrl'] ?? '';
  if (!isLocal || !URL.canParse(url) || new URL(url).hostname !== '127.0.0.1') return null;

  async function ask(path: string, options: RequestInit): Promise<unknown> {
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
    if (!isDone) throw problem(`The MX simulator refuses it: ${sentenceIn(text)}`);
    return JSON.parse(text);
  }

  return {
    async members() {
      return ((await ask('state', {})) as { readonly members: readonly SimulatedMember[] }).members;
    },
    command: (name, body) => ask(name, { method: 'POST', body: JSON.stringify(body) }),
  };
}

const problem = (sentence: string): ConsoleProblem =>
  new ConsoleProblem({ of: 'simulator', status: null, code: null, sentence, retryAfter: null });

function sentenceIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
    return typeof error?.message === 'string' ? error.message : text;
  } catch {
    return text;
  }
}
