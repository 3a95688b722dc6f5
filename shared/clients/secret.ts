/** A secret, fetched once and kept: reading it on every invocation would cost more than everything else (and be slower). */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Clock, type Instant, secondsBetween } from '../domain/instant.ts';

/** A secret's text. */
export interface Secret {
  /** The text as last fetched; fetched now when it never was. */
  current(): Promise<string>;
  /**
   * Fetches it anew because what it says was refused: at most once per `minSecondsBetweenFetches`, so that wrong
   * credentials do not become a storm on Secrets Manager. The text as known, whether or not it was fetched.
   */
  refetched(): Promise<string>;
}

/** How a secret is kept. */
export interface SecretOptions {
  /** @default 30 */
  readonly minSecondsBetweenFetches?: number;
  /** After this time it is fetched again, so that what was taken out of it stops working. @default never */
  readonly maxAgeSeconds?: number;
}

/** The secret `secretId`, through `client`. Concurrent callers share one fetch. */
export function secret(
  client: SecretsManagerClient,
  secretId: string,
  now: Clock,
  { minSecondsBetweenFetches = 30, maxAgeSeconds = Number.POSITIVE_INFINITY }: SecretOptions = {},
): Secret {
  let fetchedAt: Instant | null = null;
  let pending: Promise<string> | null = null;

  const fetch = (): Promise<string> => {
    fetchedAt = now();
    const fetching = client
      .send(new GetSecretValueCommand({ SecretId: secretId }))
      .then(({ SecretString }) => SecretString ?? '')
      .catch((error: unknown) => {
        // A failed fetch is not kept: the next caller tries again.
        if (pending === fetching) pending = null;
        throw error;
      });
    pending = fetching;
    return fetching;
  };

  const age = (): number => (fetchedAt === null ? Number.POSITIVE_INFINITY : secondsBetween(fetchedAt, now()));

  return {
    current: () => (pending === null || age() >= maxAgeSeconds ? fetch() : pending),
    refetched: () => (pending === null || age() >= minSecondsBetweenFetches ? fetch() : pending),
  };
}
