/** An API that answers what a test says, in place of the deployment's. */
import { createServer, type Server } from 'node:http';

/** What it answers to everything. */
export interface StubAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One that listens. */
export interface StubApi {
  readonly url: string;
  /** From now on. Null: the connection is cut without an answer. */
  set(answer: StubAnswer | null): void;
  close(): Promise<void>;
}

/** Starts one that answers `first`. */
export async function startStubApi(first: StubAnswer | null): Promise<StubApi> {
  let answer: StubAnswer | null = first;
  const server: Server = createServer((request, response) => {
    request.resume();
    if (answer === null) {
      response.destroy();
      return;
    }
    const { status, body = {}, headers = {} } = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    set(next) {
      answer = next;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
