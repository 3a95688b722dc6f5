/** HTTPS with a connection that is opened before the first request needs it. */
import type { AgentOptions, RequestOptions } from 'node:https';

const { Agent } = process.getBuiltinModule('node:https');
const { isIP } = process.getBuiltinModule('node:net');

/** The duplex stream that a request is written to. */
type Connection = ReturnType<InstanceType<typeof Agent>['createConnection']>;

/** A connection that was opened early is not used after this time: a frozen function does not see its server close it. */
const EARLY_MS = 4_000;

/** Keeps connections alive, and can open one to a host in advance. */
export class EarlyAgent extends Agent {
  #early: { readonly origin: string; readonly connection: NonNullable<Connection>; readonly at: number } | null = null;
  readonly #monotonicMs: () => number;

  constructor(options: AgentOptions, monotonicMs: () => number = () => performance.now()) {
    super({ ...options, keepAlive: true });
    this.#monotonicMs = monotonicMs;
  }

  /** Connects to `url`'s host. @throws Error when it cannot be reached */
  open(url: URL): Promise<void> {
    const { hostname: host } = url;
    const port = url.port === '' ? 443 : Number(url.port);
    return new Promise((resolve, reject) => {
      // An address is no server name (RFC 6066).
      const named = isIP(host) === 0 ? { servername: host } : {};
      const connection = super.createConnection({ ...this.options, host, port, ...named });
      if (connection === null || connection === undefined) return reject(new Error('no connection was made'));
      connection.once('error', reject);
      connection.once('secureConnect', () => {
        connection.off('error', reject);
        // It may break before it is used; then it is not.
        connection.on('error', ignored);
        this.#early = { origin: originOf(host, port), connection, at: this.#monotonicMs() };
        resolve();
      });
    });
  }

  /** For a request that no connection of the pool is free for. */
  override createConnection(
    options: RequestOptions,
    callback?: Parameters<InstanceType<typeof Agent>['createConnection']>[1],
  ): Connection {
    const early = this.#early;
    if (early === null || early.origin !== originOf(options.host, options.port)) {
      return super.createConnection(options, callback);
    }
    this.#early = null;
    early.connection.off('error', ignored);
    const isGood = early.connection.writable && this.#monotonicMs() - early.at <= EARLY_MS;
    if (isGood) return early.connection;
    early.connection.destroy();
    return super.createConnection(options, callback);
  }

  override destroy(): void {
    this.#early?.connection.destroy();
    super.destroy();
  }
}

const originOf = (host: string | null | undefined, port: string | number | null | undefined): string =>
  `${host}:${port}`;

const ignored = (): void => {};
