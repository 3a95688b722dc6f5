/** Requests that are answered once: the port of the keys. An answer is a text that only the caller of the port reads. */

/** What identifies a request. */
export interface KeyedRequest {
  /** Hash over caller, method, path and key. */
  readonly id: string;
  /** Hash over what the request asks for. */
  readonly requestHash: string;
}

/**
 * What identifies an answer (kind, guids, refresh id, code) is far below this for members of any size; with the
 * request's own hashes the item stays below 1 KB, one write unit.
 */
export const MAX_ANSWER_BYTES = 600;

/** What `begin` found. */
export type Begun =
  | { readonly kind: 'first'; readonly token: string }
  | { readonly kind: 'in_flight' }
  | { readonly kind: 'other_request' }
  /** The text that was kept, byte for byte. */
  | { readonly kind: 'answered'; readonly answer: string };

/** Where keys and answers are kept. */
export interface IdempotencyKeys {
  /** One conditional write: the first request wins; one that crashed blocks no longer than its function's timeout. */
  begin(request: KeyedRequest): Promise<Begun>;
  /**
   * Keeps the answer, if this request still owns the key. One of more than `MAX_ANSWER_BYTES` is not kept: its
   * repetition is answered anew.
   */
  keep(request: KeyedRequest, token: string, answer: string): Promise<void>;
  /** Lets the next such request with this key be the first. */
  release(request: KeyedRequest, token: string): Promise<void>;
}
