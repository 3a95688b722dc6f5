/** The console's HTTP server, on 127.0.0.1 alone: the page, and the page's data. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../../shared/domain/instant.ts';
import { exitCodes, Stop } from '../operator/exit-codes.ts';
import type { DataRoutes, Input } from './data-routes.ts';
import { DATA_PREFIX, type GuardRules, refusalOf, securityHeaders } from './guards.ts';
import type { PageFile } from './page-files.ts';
import { badInput, ConsoleProblem, problemOfError } from './problems.ts';
import type { Failed, Problem, Told } from './shapes.ts';

/** What is served. */
export interface ConsoleServerOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Made anew for each server, as every answer is by the API's clock. */
  readonly routes: DataRoutes;
  readonly asOf: Clock;
  /** The page by path. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** Told of an error that is a fault of the console's own. */
  readonly failed: (error: unknown) => void;
}

/** A running console. */
export interface ConsoleServer {
  readonly port: number;
  /** The address to open, with the token of this start. */
  readonly address: string;
  close(): Promise<void>;
}

/** The only address that it listens on. */
const LOOPBACK = '127.0.0.1';

/** More than any request of the page has. */
const MOST_BODY_BYTES = 16_384;

/** How long AWS may take: the page asks again, and says meanwhile what it knows. */
const ANSWER_MS = 25_000;

/** Starts the server. @throws Stop when the port is taken. */
export async function startConsoleServer(options: ConsoleServerOptions): Promise<ConsoleServer> {
  const token = randomBytes(32).toString('base64url');
  const rules = { port: 0, token };
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 30_000 }, (request, response) => {
    answer(options, rules, { request, response }).catch((error: unknown) => {
      options.failed(error);
      response.destroy();
    });
  });
  rules.port = await listening(server, options.port);
  return {
    port: rules.port,
    address: `http://${LOOPBACK}:${rules.port}/#token=${token}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const sentence = `Port ${port} is taken: stop what listens there, or choose another one for the console (0: any free one).`;
      reject(isTaken ? new Stop(exitCodes.usage, sentence, { cause: error }) : error);
    });
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the console has no port'));
      else resolve(address.port);
    });
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(
  options: ConsoleServerOptions,
  rules: GuardRules,
  { request, response }: Exchange,
): Promise<void> {
  const { method = '', url = '/' } = request;
  const [path = '/', query = ''] = url.split('?', 2);
  const refused = refusalOf({ method, path, headers: request.headers }, rules);
  if (refused !== null) {
    // What the request still sends is not read.
    response.setHeader('connection', 'close');
    const { status, code, sentence } = refused;
    send(response, status, failed(options.asOf, { of: 'console', status, code, sentence, retryAfter: null }));
    return;
  }
  if (!path.startsWith(DATA_PREFIX)) {
    const file = options.files.get(path);
    if (file === undefined) send(response, 404, failed(options.asOf, nothingHere(404)));
    else sendText(response, { status: 200, type: file.type, text: file.text });
    return;
  }
  const name = `${method} ${path}`;
  const route = Object.hasOwn(options.routes, name) ? options.routes[name] : undefined;
  if (route === undefined) {
    send(response, 404, failed(options.asOf, nothingHere(404)));
    return;
  }
  try {
    const input = method === 'POST' ? await bodyOf(request) : Object.fromEntries(new URLSearchParams(query));
    const data = await inTime(route(input));
    send(response, 200, { asOf: options.asOf(), data } satisfies Told<unknown>);
  } catch (error) {
    if (isFault(error)) options.failed(error);
    const problem = problemOfError(error);
    if (!request.complete) response.setHeader('connection', 'close');
    send(response, problem.of === 'console' ? (problem.status ?? 400) : 502, failed(options.asOf, problem));
  }
}

/** An error of this program, and not of AWS, the API or the page's request. */
const isFault = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;

const nothingHere = (status: number): Problem => ({
  of: 'console',
  status,
  code: 'not_found',
  sentence: 'The console has nothing at this address.',
  retryAfter: null,
});

const failed = (asOf: Clock, problem: Problem): Failed => ({ asOf: asOf(), problem });

const send = (response: ServerResponse, status: number, body: unknown): void =>
  sendText(response, { status, type: 'application/json; charset=utf-8', text: JSON.stringify(body) });

function sendText(
  response: ServerResponse,
  { status, type, text }: { readonly status: number; readonly type: string; readonly text: string },
): void {
  response.writeHead(status, {
    ...securityHeaders,
    'content-type': type,
    'content-length': String(Buffer.byteLength(text)),
  });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<Input> {
  const parts: Buffer[] = [];
  let length = 0;
  // Not destroyed when it is too large: the answer says so.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    length += (part as Buffer).length;
    if (length > MOST_BODY_BYTES) throw badInput('The body is too large.');
    parts.push(part as Buffer);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw badInput('The body is no JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badInput('The body is no JSON object.');
  return value as Input;
}

async function inTime(data: Promise<unknown>): Promise<unknown> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      late.reject(
        new ConsoleProblem({
          ...{ of: 'aws', status: null, code: 'late', retryAfter: null },
          sentence: `There was no answer within ${ANSWER_MS / 1000} s.`,
        }),
      ),
    ANSWER_MS,
  );
  try {
    return await Promise.race([data, late.promise]);
  } finally {
    clearTimeout(timer);
    // It may still fail later, and is of no interest then.
    data.catch(() => {});
  }
}
