import { type ApiRequest, type ApiResponse, gatewayMessage, internalServerError } from './http-payload.ts';
import { type Credentials, verifiedAccessKey } from './sigv4.ts';
import { isRecord } from './template.ts';

/** Whether a request may go on to the integration, with what the gateway adds to `requestContext.authorizer`. */
export type Access =
  | { readonly authorizer: Readonly<Record<string, unknown>> | undefined }
  | { readonly refusal: ApiResponse };

/** Allows or refuses one request. Never rejects. */
export type Authorizer = (request: ApiRequest, event: Readonly<Record<string, unknown>>) => Promise<Access>;

const forbidden: Access = { refusal: gatewayMessage(403, 'Forbidden') };

/** `AuthorizationType` `NONE` */
export const everyRequest: Authorizer = async () => ({ authorizer: undefined });

/** `AuthorizationType` `AWS_IAM`: the request must carry a valid signature of one of these credentials. */
export const iamAuthorizer =
  (credentials: readonly Credentials[], region: string, account: string, now: () => number): Authorizer =>
  async (request) => {
    const key = verifiedAccessKey(request, credentials, { service: 'execute-api', region, now: now() });
    if (key === undefined) return forbidden;
    const userArn = `arn:aws:iam::${account}:user/local-caller`;
    return {
      authorizer: {
        iam: {
          accessKey: key,
          accountId: account,
          callerId: key,
          cognitoIdentity: null,
          principalOrgId: 'o-local',
          userArn,
          userId: key,
        },
      },
    };
  };

/**
 * A Lambda authorizer of payload format 2.0. It is called for each request, so that its change has effect at once; AWS
 * may cache its answers.
 *
 * @param identitySources such as `$request.header.Authorization`; without one of them the gateway answers 401 by itself
 */
export const lambdaAuthorizer =
  (identitySources: readonly string[], arn: string, invoke: (event: unknown) => Promise<unknown>): Authorizer =>
  async (request, event) => {
    const identity = identitySources.map((source) => identityFrom(source, request));
    if (identity.some((value) => value === undefined || value === '')) {
      return { refusal: gatewayMessage(401, 'Unauthorized') };
    }
    let result: unknown;
    try {
      result = await invoke({ ...event, type: 'REQUEST', routeArn: arn, identitySource: identity });
    } catch {
      return { refusal: internalServerError };
    }
    if (!isRecord(result)) return { refusal: internalServerError };
    const allowed = result['isAuthorized'] ?? policyAllows(result['policyDocument']);
    if (allowed !== true) return forbidden;
    return { authorizer: { lambda: isRecord(result['context']) ? result['context'] : null } };
  };

function identityFrom(source: string, request: ApiRequest): string | undefined {
  const [, place, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (place === 'header') return request.headers[name.toLowerCase()];
  return new URL(request.target, 'http://local').searchParams.get(name) ?? undefined;
}

function policyAllows(policy: unknown): boolean {
  const statements = isRecord(policy) && Array.isArray(policy['Statement']) ? policy['Statement'].filter(isRecord) : [];
  return statements.length > 0 && statements.every((statement) => statement['Effect'] === 'Allow');
}
