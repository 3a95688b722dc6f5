/** A secret, fetched once and kept: reading it on every invocation would cost more than everything else (and be slower). */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Clock, type Instant, secondsBetween } from '../domain/instant.ts';

/** A secret's text. */
export interface Secret {
  /**
   * The text, no older than `maxAgeSeconds`; while Secrets Manager cannot be reached, up to `SERVE_ON_SECONDS` older.
   *
   * @throws what Secrets Manager threw, when no text is known that may still be served.
   */
  current(): Promise<string>;
  /**
   * Fetches it anew because what it says was refused: at most once per `minSecondsBetweenFetches`, so that wrong
   * credentials do not become a storm on Secrets Manager. The text as known, whether or not it was fetched.
   */
  refetched(): Promise<string>;
}

/** How a secret is kept. */
export interface SecretOptions {
  /** Also the pause after a fetch that failed, while a known text is served. @default 30 */
  readonly minSecondsBetweenFetches?: number;
  /** After this time it is fetched again, so that what was taken out of it stops working. @default never */
  readonly maxAgeSeconds?: number;
  /** Called at each failed fetch after which the known text is served. @default nothing is called */
  readonly onServedOn?: (error: unknown) => void;
}

/** How long a text is served after its age when no new one can be had, in seconds. */
export const SERVE_ON_SECONDS = 900;

/** Secrets Manager answered that this service may not read the secret, or that there is none. */
const refusals: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ResourceNotFoundException',
  // Among others: the secret is marked for deletion.
  'InvalidRequestException',
]);

interface Known {
  readonly text: string;
  /** When the fetch began: what was changed in Secrets Manager after it may be missing from the text. */
  readonly asOf: Instant;
}

/**
 * The secret `secretId`, through `client`. Concurrent callers share one fetch.
 *
 * A failed fetch is never kept. Without a known text every call tries anew; with one it is served, and a new one is
 * asked for every `minSecondsBetweenFetches`. A refusal of Secrets Manager itself ends that at once.
 */
export function secret(
  client: SecretsManagerClient,
  secretId: string,
  now: Clock,
  { minSecondsBetweenFetches = 30, maxAgeSeconds = Number.POSITIVE_INFINITY, onServedOn }: SecretOptions = {},
): Secret {
  let known: Known | null = null;
  let lastFetch: { readonly at: Instant; readonly failed: boolean } | null = null;
  let running: Promise<string> | null = null;

  const ageOf = ({ asOf }: Known): number => secondsBetween(asOf, now());
  const pausing = (): boolean => lastFetch !== null && secondsBetween(lastFetch.at, now()) < minSecondsBetweenFetches;
  const mayServe = (it: Known): boolean => ageOf(it) < maxAgeSeconds + SERVE_ON_SECONDS;

  async function fetch(): Promise<string> {
    const at = now();
    lastFetch = { at, failed: false };
    try {
      const { SecretString: text = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
      known = { text, asOf: at };
      return text;
    } catch (error) {
      lastFetch = { at, failed: true };
      if (error instanceof Error && refusals.has(error.name)) known = null;
      if (known === null || !mayServe(known)) throw error;
      onServedOn?.(error);
      return known.text;
    }
  }

  const shared = (): Promise<string> => {
    running ??= fetch().finally(() => {
      running = null;
    });
    return running;
  };

  return {
    async current() {
      if (known === null) return shared();
      if (ageOf(known) < maxAgeSeconds) return known.text;
      return lastFetch?.failed && pausing() && mayServe(known) ? known.text : shared();
    },
    refetched: async () => (known !== null && pausing() && mayServe(known) ? known.text : shared()),
  };
}
