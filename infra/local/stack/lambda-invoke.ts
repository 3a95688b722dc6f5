import { type AwsEngine, awsError, unknownAction } from './aws-call.ts';
import { FunctionError } from './function-instance.ts';
import { isRecord } from './template.ts';
import type { HostOf } from './wire-functions.ts';

/**
 * Lambda's `Invoke` on one machine, synchronous: the function's result, or its error in the shape of Lambda. Other types of invocation
 * are refused.
 */
export const lambdaInvoke =
  (hostOf: HostOf): AwsEngine =>
  async (call) => {
    if (call.action !== 'Invoke') return unknownAction('lambda', call.action, ['Invoke']);
    const input: unknown = JSON.parse(call.body.toString());
    const { FunctionName: name = '', Payload: payload = '' } = isRecord(input) ? input : {};
    const host = hostAt(hostOf, String(name));
    if (host === undefined) {
      return awsError('lambda', 'ResourceNotFoundException', `Function not found: ${String(name)}`, 404);
    }
    const headers = { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' };
    try {
      const result = await host.invoke(payload === '' ? {} : JSON.parse(String(payload)));
      return { status: 200, headers, body: JSON.stringify(result ?? null) };
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      const { errorType, message: errorMessage, trace } = error;
      const body = JSON.stringify({ errorType, errorMessage, trace });
      return { status: 200, headers: { ...headers, 'x-amz-function-error': 'Unhandled' }, body };
    }
  };

function hostAt(hostOf: HostOf, name: string): ReturnType<HostOf> | undefined {
  try {
    return hostOf(name, 'an invocation');
  } catch {
    return undefined;
  }
}
