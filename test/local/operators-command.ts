/** The operator's command as a process of its own, against the running local stack. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Project } from '../../infra/local/project.ts';
import { compileCache } from '../compile-cache.ts';

const main = join(import.meta.dirname, '../../infra/operator/main.ts');

/** How a run ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly said: string;
}

/** A run under way. */
export interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** The environment of a shell in which nothing is set but the local stack's endpoint. */
export const localEnvironment = ({ stack }: Project): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: '/nowhere',
  AWS_ENDPOINT_URL: stack.awsEndpointUrl,
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** Begins a run of the command; without a terminal, as in a script. */
export function beginOps(args: readonly string[], env: Readonly<Record<string, string>>, command = main): Run {
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { out: '', said: '' };
  child.stdout.on('data', (chunk) => {
    texts.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    texts.said += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, ...texts }));
  });
  return { child, ended };
}

/** Runs the command to its end. */
export const ops = (args: readonly string[], env: Readonly<Record<string, string>>, command = main): Promise<Ended> =>
  beginOps(args, env, command).ended;
