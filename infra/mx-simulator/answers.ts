/** What a client of MX sends. */
export interface MxRequest {
  method: string;
  /** Path with its query. */
  path: string;
  /** Names in lower case, as Node gives them. */
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

/** What goes wrong on the wire; `http-server.ts` does it. */
export type WireFault =
  /** No answer ever comes. */
  | 'timeout'
  /** The connection is cut before the first byte. */
  | 'reset'
  /** The head promises more bytes than come, then the connection is cut. */
  | 'broken-body'
  /** The head comes at once, the body in drops over `delayMs`. */
  | 'slow-body';

/** What MX answers. */
export interface MxAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** How long the answer takes, in milliseconds; absent = at once. */
  delayMs?: number;
  fault?: WireFault;
}

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

/** MX facts 9: the reason phrase of a status in snake case. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  409: 'conflict',
  422: 'unprocessable_entity',
  429: 'too_many_requests',
  500: 'internal_server_error',
  502: 'bad_gateway',
  503: 'service_unavailable',
  504: 'gateway_timeout',
};

/** An answer whose body is JSON text already. */
export const textAnswer = (status: number, body: string): MxAnswer => ({ status, headers: JSON_HEADERS, body });

/** An answer with a JSON body. */
export const jsonAnswer = (status: number, body: object): MxAnswer => textAnswer(status, JSON.stringify(body));

/** An answer without a body. */
export const emptyAnswer = (status: number): MxAnswer => ({ status, headers: JSON_HEADERS, body: '' });

/**
 * An error as MX writes it (MX facts 9). Without `type`, the reason phrase with `_error` behind it; null: the error has none.
 */
export function errorAnswer(status: number, message: string, type?: string | null, more: object = {}): MxAnswer {
  const reason = REASONS[status] ?? 'error';
  const typed = type === null ? {} : { type: type ?? `${reason}_error` };
  return jsonAnswer(status, { error: { message, status: reason, ...typed, ...more } });
}
