/** What every case of the page has: the running stack, and pages of its own whose faults fail it. */
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { ConsoleServer } from '../../infra/console/console-server.ts';
import { startConsole } from '../../infra/console/start-console.ts';
import { type Deployment, findDeployment } from '../../infra/operator/deployment.ts';
import { type Running, startRunning } from '../local/running.ts';
import { type Opening, pagesIn } from './pages.ts';
import { type PreparedMembers, prepareMembers } from './prepared.ts';

/** The stack, and a console of it. */
export interface Stage {
  readonly running: Running;
  readonly deployment: Deployment;
  readonly served: ConsoleServer;
  readonly members: PreparedMembers;
  /** Another console of the stack; the caller closes it. */
  readonly serve: (given?: Partial<Parameters<typeof startConsole>[0]>) => Promise<ConsoleServer>;
  readonly close: () => Promise<void>;
}

/** Starts them. A fault of any of its consoles fails `close`. */
export async function startStage(): Promise<Stage> {
  // On a busy machine a person's steps on a page take longer than the half minute of other tests' refreshes.
  const settings = { learning: true, lookLagMilliseconds: 100, historyDays: 90, deadlineSeconds: 120 };
  const running = await startRunning(settings);
  const members = prepareMembers(running);
  const deployment = await findDeployment({ local: true }, { AWS_ENDPOINT_URL: running.project.stack.awsEndpointUrl });
  const faults: unknown[] = [];
  const serve: Stage['serve'] = (given = {}) =>
    startConsole({ deployment, port: 0, caller: null, failed: (error) => faults.push(error), ...given });
  const served = await serve();
  return {
    ...{ running, deployment, served, members, serve },
    async close() {
      await served.close();
      await running.close();
      expect(faults).toEqual([]);
    },
  };
}

/** The pages of one case. */
export interface Browsing {
  readonly open: (address: string, opening?: Opening) => Promise<Page>;
  /** What failed on its pages so far; what is left at the end fails the case. */
  readonly faults: unknown[];
}

/** The pages of one case on the stack. */
export interface OnStage extends Stage, Browsing {
  readonly openMember: (of: { readonly user: string; readonly id: string }, opening?: Opening) => Promise<Page>;
}

/** What cases are made with. */
export interface Cases {
  /** A case on the stack. */
  readonly on: (run: (given: OnStage) => Promise<void>) => () => Promise<void>;
  /** A case that needs no stack. */
  readonly alone: (run: (given: Browsing) => Promise<void>) => () => Promise<void>;
}

/** `stage`: of the stack that is being started, so that cases which need none begin meanwhile. */
export function casesIn(browser: Browser, stage: () => Promise<Stage>): Cases {
  const alone: Cases['alone'] = (run) => async () => {
    const pages = pagesIn(browser);
    try {
      await run(pages);
    } finally {
      await pages.close();
    }
    expect(pages.faults).toEqual([]);
  };
  return {
    alone,
    on: (run) =>
      alone(async (browsing) => {
        const given = await stage();
        const openMember: OnStage['openMember'] = ({ user, id }, opening = {}) =>
          browsing.open(given.served.address, { hash: `#/member/${user}/${id}`, ...opening });
        await run({ ...given, ...browsing, openMember });
      }),
  };
}
