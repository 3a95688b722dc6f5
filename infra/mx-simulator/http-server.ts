import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { MxAnswer } from './answers.ts';
import type { MxModel, MxModelOptions } from './mx-model.ts';
import { createMxModel } from './mx-model.ts';
import type { WebhookTarget } from './webhook-sender.ts';
import { startWebhookSender } from './webhook-sender.ts';

/** How to start a simulator that listens. */
export interface MxSimulatorOptions {
  /** 0 = any free one. */
  port: number;
  /** @default 127.0.0.1 */
  host?: string;
  /** @default the machine's clock and seed 1 */
  model?: Partial<MxModelOptions>;
  /** Where webhooks go; without it they are made and kept, but not sent. */
  webhooks?: WebhookTarget;
  /** Keeps what it knows over a restart: read once, written before each answer. @default nothing is kept */
  state?: KeptState;
}

/** Where the simulator's state is kept. */
export interface KeptState {
  /** What was written last; undefined: nothing yet. */
  read(): Uint8Array | undefined;
  /** Has to be kept when it returns. */
  write(snapshot: Uint8Array): void;
}

/** A simulator that listens. */
export interface MxSimulator {
  /** Base URL without a slash at its end, as MX_BASE_URL wants it. */
  url: string;
  port: number;
  model: MxModel;
  /** Stops listening, cuts open connections and ends the deliveries. */
  close(): Promise<void>;
}

const LARGEST_BODY = 1024 * 1024;

/**
 * Starts MX on a port of this machine.
 * @throws Error with one sentence when the port is taken or may not be used, or its kept state is of another version.
 */
export async function startMxSimulator(options: MxSimulatorOptions): Promise<MxSimulator> {
  const now = options.model?.now ?? Date.now;
  const made = createMxModel({ seed: 1, ...options.model, now, snapshot: options.state?.read() });
  const model = options.state === undefined ? made : keepingState(made, options.state);
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    serve(model, request, response).catch((problem: unknown) => {
      console.error('The MX simulator failed on', request.method, request.url, problem);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (problem) =>
      reject(new Error(listenProblem(problem, host, options.port), { cause: problem })),
    );
    server.listen(options.port, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const sender = options.webhooks === undefined ? null : startWebhookSender(model, options.webhooks, now);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    model,
    close: () =>
      new Promise((resolve) => {
        sender?.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The model, whose every answer is given after what it changed has been kept. */
function keepingState(model: MxModel, state: KeptState): MxModel {
  let kept: Uint8Array = new Uint8Array();
  const keep = (): void => {
    const snapshot = model.snapshot();
    if (Buffer.compare(kept, snapshot) === 0) return;
    state.write(snapshot);
    kept = snapshot;
  };
  keep();
  return {
    ...model,
    handle(request) {
      const answer = model.handle(request);
      keep();
      return answer;
    },
    // A webhook whose answer is not kept is sent again.
    webhookAnswered(id, status) {
      model.webhookAnswered(id, status);
      keep();
    },
  };
}

function listenProblem(problem: Error, host: string, port: number): string {
  const code = 'code' in problem ? problem.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${port} of ${host} is taken; choose another one.`;
  if (code === 'EACCES') return `Port ${port} of ${host} may not be used by this user; choose one above 1023.`;
  return `The MX simulator cannot listen on port ${port} of ${host}: ${problem.message}`;
}

async function serve(model: MxModel, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  if (body === null) {
    response.writeHead(413, { 'content-type': 'application/json', connection: 'close' });
    response.end('{"error":{"message":"The body is too large.","status":"payload_too_large"}}');
    return;
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const answer = model.handle({ method: request.method ?? 'GET', path: request.url ?? '/', headers, body });
  const isAtOnce = answer.delayMs === undefined || answer.fault === 'slow-body';
  if (isAtOnce) send(answer, response);
  else whileOpen(response, answer.delayMs ?? 0, () => send(answer, response));
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue;
    size += chunk.length;
    if (size > LARGEST_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends the answer, with the fault on the wire that the model wants. */
function send(answer: MxAnswer, response: ServerResponse): void {
  const bytes = Buffer.from(answer.body, 'utf8');
  const head = answer.status === 204 ? { ...answer.headers } : { ...answer.headers, 'content-length': bytes.length };
  switch (answer.fault) {
    case 'timeout':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'broken-body':
      response.writeHead(answer.status, { ...head, 'content-length': bytes.length + 1 });
      // Cut only when the first half has been sent: without a byte received, the client would see a plain reset.
      response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
      return;
    case 'slow-body':
      response.writeHead(answer.status, head);
      response.flushHeaders();
      drip(response, bytes, answer.delayMs ?? 0);
      return;
    default:
      response.writeHead(answer.status, head);
      response.end(bytes);
  }
}

const DROPS = 10;

function drip(response: ServerResponse, bytes: Buffer, overMs: number): void {
  const size = Math.max(1, Math.ceil(bytes.length / DROPS));
  const next = (start: number): void => {
    if (start >= bytes.length) {
      response.end();
      return;
    }
    response.write(bytes.subarray(start, start + size));
    whileOpen(response, overMs / DROPS, () => next(start + size));
  };
  next(0);
}

/** Runs `then` after `ms`, unless the connection is closed first: a timer left over would keep the process alive. */
function whileOpen(response: ServerResponse, ms: number, then: () => void): void {
  const timer = setTimeout(then, ms);
  response.once('close', () => clearTimeout(timer));
}
