import { createServer, type RequestListener, type Server } from 'node:http';

/** An HTTP server on the loopback interface. */
export interface LocalServer {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Ends open connections as well. */
  close(): Promise<void>;
}

/** The only address on which the local stack listens. */
export const loopback = '127.0.0.1';

/**
 * Listens on the loopback interface.
 *
 * @param port 0 takes any free port
 * @throws Error with a sentence when the port is taken
 */
export function listen(port: number, listener: RequestListener): Promise<LocalServer> {
  // API Gateway takes 10,240 bytes of headers; Node answers 431 above the same limit.
  return listening(createServer({ maxHeaderSize: 10_240, keepAliveTimeout: 60_000 }, listener), port);
}

/** The same for a server that exists already. */
export function listening(server: Server, port: number): Promise<LocalServer> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        const message = `port ${port} is in use; stop what listens there or choose another port (0 = any free one)`;
        reject(new Error(message, { cause: error }));
      } else reject(error);
    });
    server.listen(port, loopback, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('the server has no port'));
      resolve({
        port: address.port,
        url: `http://${loopback}:${address.port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
