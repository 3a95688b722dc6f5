import type { RequestListener } from 'node:http';
import { gatewayMessage } from './http-payload.ts';
import { listen } from './local-server.ts';

/** A server whose address is known before it can answer; until then every request gets 503. */
export interface LateServer {
  readonly url: string;
  /** Answers from now on. */
  serve(listener: RequestListener): void;
}

/** Listens on the loopback interface. @param cleanup closes the server */
export async function listenLate(port: number, cleanup: AsyncDisposableStack): Promise<LateServer> {
  let listener: RequestListener = (_request, response) => {
    const { status, headers, body } = gatewayMessage(503, 'Service Unavailable');
    response.writeHead(status, headers).end(body);
  };
  const server = await listen(port, (request, response) => listener(request, response));
  cleanup.defer(() => server.close());
  return {
    url: server.url,
    serve(real) {
      listener = real;
    },
  };
}
