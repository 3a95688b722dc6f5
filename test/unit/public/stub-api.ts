/** An API for the client to talk to: it answers each request as the test says, and keeps what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

/** A request as it came over the wire. */
export interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer; `body` as text is sent as it is, so that no digit of it changes. */
export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What a test does with the API. */
export interface StubApi {
  readonly url: string;
  readonly asked: Asked[];
  /** Answers are given in turn; the last one again and again. A function has the response to itself. */
  says(...answers: readonly (Said | ((response: ServerResponse) => void))[]): void;
  close(): Promise<void>;
}

/** Starts an API on a free port of this machine. */
export async function stubApi(): Promise<StubApi> {
  const asked: Asked[] = [];
  let answers: readonly (Said | ((response: ServerResponse) => void))[] = [];
  let given = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    asked.push({ method: request.method, url: request.url, headers: request.headers, body });
    const answer = answers[Math.min(given, answers.length - 1)];
    given += 1;
    if (typeof answer === 'function') return answer(response);
    const text = typeof answer?.body === 'string' ? answer.body : JSON.stringify(answer?.body);
    response.writeHead(answer?.status ?? 200, { 'content-type': 'application/json', ...answer?.headers });
    response.end(text);
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    says(...next) {
      answers = next;
      given = 0;
      asked.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
