/** Keys of the local stack: the same in every run, so that pasted commands go on working. Valid nowhere else. */
import { createHash } from 'node:crypto';

/** An API caller of the local stack. */
export interface DevelopmentCaller {
  readonly clientId: string;
  readonly key: string;
  /** `Basic …` */
  readonly authorization: string;
}

/** A caller with these credentials. */
export const callerWith = (clientId: string, key: string): DevelopmentCaller => ({
  clientId,
  key,
  authorization: `Basic ${Buffer.from(`${clientId}:${key}`).toString('base64')}`,
});

/** Who calls the API unless told otherwise. */
export const defaultCaller = callerWith('local-developer', 'local-developer-key');

/** Who sends MX's webhooks. */
export const webhookSender = callerWith('mx', 'local-webhook-key');

/** What callbacks are signed with unless told otherwise, in base 64. */
export const defaultCallbackSecret = createHash('sha256').update('callbacks of the local stack').digest('base64');

/** A secret with callers of the API, as docs/calling.md describes it. */
export const callersSecret = ({ clientId, key }: DevelopmentCaller, rights: readonly string[]): string =>
  JSON.stringify({
    clients: [{ client_id: clientId, key_sha256: [createHash('sha256').update(key).digest('hex')], rights }],
  });
