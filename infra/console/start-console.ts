/** The console of a deployment: its page on 127.0.0.1, with the operator's own rights behind it. */
import { callerOf } from '../operator/api-identity.ts';
import type { Deployment } from '../operator/deployment.ts';
import { apiCalls } from './api-calls.ts';
import { dataRoutes, timeOf } from './console-data.ts';
import { type ConsoleServer, startConsoleServer } from './console-server.ts';
import { pageFiles } from './page-files.ts';
import { simulatorOf } from './simulator-calls.ts';

/** How to start. */
export interface ConsoleOptions {
  readonly deployment: Deployment;
  /** 0: any free one. */
  readonly port: number;
  /** `client_id:key`; null: the local stack's own key there, else the operator's AWS credentials. */
  readonly caller: string | null;
  /** Milliseconds since 1970. @default this machine's clock, compared with the API's */
  readonly now?: () => number;
  /** Whether `now` is the clock that the API runs with too. @default false */
  readonly isApiClock?: boolean;
  /** Told of a fault of the console's own. */
  readonly failed: (error: unknown) => void;
}

/** Starts the console. @throws Stop or Error with a sentence when it cannot be started. */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  const { deployment, port, now = Date.now, isApiClock = false, failed } = options;
  const client = deployment.dynamoDb();
  try {
    const { words, identity } = callerOf(deployment, options.caller, client.config);
    const api = apiCalls({ apiUrl: deployment.output('ApiUrl'), identity, now, readsClock: !isApiClock });
    const deps = { deployment, client, api, caller: words, simulator: simulatorOf(deployment), now };
    const routes = dataRoutes(deps);
    const server = await startConsoleServer({ port, routes, asOf: timeOf(deps), files: pageFiles(), failed });
    return {
      ...server,
      async close() {
        await server.close();
        client.destroy();
      },
    };
  } catch (error) {
    client.destroy();
    throw error;
  }
}
