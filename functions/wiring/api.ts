/** What every HTTP function is wired with: who may call, and telemetry. */
import type { HttpEnvironment } from '../../shared/lambda/environment.ts';
import type { HttpOptions } from '../../shared/lambda/http.ts';
import type { Telemetry } from '../../shared/lambda/log.ts';
import { keptForMinutes, now, secretOf } from './refresh.ts';
import { instanceTelemetry } from './telemetry.ts';

/** Telemetry and the callers' secret for the function `functionName`. */
export function apiWiring(
  functionName: string,
  env: HttpEnvironment,
): Pick<HttpOptions, 'telemetry' | 'callersSecret' | 'now'> & { readonly telemetry: Telemetry } {
  const report = instanceTelemetry(functionName, env);
  const callers = env.apiAccess === 'basic' ? secretOf(env.apiCallersSecretArn, keptForMinutes(report)) : null;
  return { telemetry: report, callersSecret: callers, now };
}
