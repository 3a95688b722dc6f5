/**
 * Takes the place of `@aws-sdk/credential-provider-node` in bundles for Lambda. Lambda always puts the credentials of
 * the function's role into its environment; the SDK's chain of providers (SSO, ini files, processes, web identity,
 * container and instance metadata) would never be asked, yet makes up a third of a bundle and pulls in `node:http`.
 *
 * Not for anything that runs outside Lambda.
 */

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Same name and shape as the SDK's own: each client calls it once and then the returned function whenever it signs.
 *
 * @throws Error when the environment has no credentials, that is, outside Lambda.
 */
export const defaultProvider = () => async (): Promise<Credentials> => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: this bundle runs only in Lambda');
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
};
