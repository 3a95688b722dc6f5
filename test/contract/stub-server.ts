/** A bare HTTP server for what the MX simulator cannot do: it answers each request as the test says, byte by byte. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { closed, listenOnLoopback } from './local-tables.ts';

/** A request as it came over the wire. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
  readonly body: string;
}

/** A server and what it has seen. */
export interface StubServer {
  readonly url: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

/** Starts a server on a free port of this machine that answers with `answer`. */
export async function stubServer(answer: (seen: Seen, response: ServerResponse) => void): Promise<StubServer> {
  const seen: Seen[] = [];
  const connections = new Map<unknown, number>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const connection = connections.get(request.socket) ?? connections.size + 1;
    connections.set(request.socket, connection);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, connection, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      answer(one, response);
    });
  });
  const port = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, seen, close: () => closed(server) };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
