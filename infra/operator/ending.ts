/** How an error ends the command: a sentence and an exit code, never a stack trace. */
import { Failure } from '../../shared/domain/failure.ts';
import { type ExitCode, exitCodes, Stop } from './exit-codes.ts';

/** What is said at the end, and the exit code. */
export interface Ending {
  readonly exitCode: ExitCode;
  readonly sentence: string;
}

/** AWS's names of errors, and what they mean to an operator. */
const awsErrors: readonly (readonly [name: RegExp, sentence: (message: string) => string])[] = [
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    (message) => `There are no AWS credentials, or they cannot be used: ${message}`,
  ],
  [/^ExpiredToken(Exception)?$/, () => 'The AWS credentials have expired: sign in anew.'],
  [
    /^(UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|AuthFailure|MissingAuthenticationTokenException)$/,
    (message) => `AWS does not accept the credentials: ${message}`,
  ],
  [
    /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/,
    (message) => `These credentials may not do that: ${message}`,
  ],
  [
    /^(ResourceNotFoundException|QueueDoesNotExist)$/,
    (message) => `What the stack’s outputs name is not there: ${message}`,
  ],
  [
    /^(Throttling|ThrottlingException|ProvisionedThroughputExceededException|RequestLimitExceeded)$/,
    () => 'AWS has throttled the calls again and again: try later.',
  ],
];

/** Names of errors of the network, as Node and the SDK call them. */
const networkErrors = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)$/;

/** How `error` ends the command. */
export function endingOf(error: unknown): Ending {
  if (error instanceof Stop) return { exitCode: error.exitCode, sentence: error.message };
  if (error instanceof Failure) {
    const { mxStatus } = error.details;
    return {
      exitCode: exitCodes.failed,
      sentence: `${error.message} (${error.code}${mxStatus === undefined ? '' : `, HTTP ${mxStatus}`}).`,
    };
  }
  if (!(error instanceof Error))
    return { exitCode: exitCodes.failed, sentence: `Something unknown went wrong: ${error}` };
  if (error.name === 'AbortError') return { exitCode: exitCodes.interrupted, sentence: 'Interrupted.' };
  const message = firstLine(error.message);
  for (const [name, sentence] of awsErrors) {
    if (name.test(error.name)) return { exitCode: exitCodes.unreachable, sentence: sentence(message) };
  }
  if (/^Region not accepted|^Invalid region/i.test(message)) {
    return {
      exitCode: exitCodes.unreachable,
      sentence: 'The region (--region, AWS_REGION, or of the AWS profile) is not the name of one, such as us-east-1.',
    };
  }
  if (/Region is missing/i.test(message)) {
    return {
      exitCode: exitCodes.unreachable,
      sentence: 'No region is known: --region, or the variable AWS_REGION, names it.',
    };
  }
  if (error.name === 'ValidationError' && /does not exist/.test(message)) {
    return {
      exitCode: exitCodes.unreachable,
      sentence: `${message}. Are stack (--stack), region (--region, AWS_REGION) and account (AWS_PROFILE) the right ones?`,
    };
  }
  const code = networkCode(error);
  if (code !== null) {
    return {
      exitCode: exitCodes.unreachable,
      sentence: `AWS was not reached (${code}). Is the region (--region, AWS_REGION) one that exists, and the network there? With --local: does npm start run, and at this port (AWS_ENDPOINT_PORT)?`,
    };
  }
  if (error.name === 'TimeoutError')
    return { exitCode: exitCodes.unreachable, sentence: `AWS did not answer in time: ${message}` };
  return { exitCode: exitCodes.failed, sentence: `${error.name}: ${message}` };
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/\.$/, '');

/** The network's name of the error, however deep it lies. */
function networkCode(error: Error): string | null {
  const inner = error instanceof AggregateError ? error.errors : [];
  for (const one of [error, error.cause, ...inner]) {
    if (one instanceof Error && 'code' in one && networkErrors.test(String(one.code))) return String(one.code);
  }
  return networkErrors.test(error.name) ? error.name : null;
}
