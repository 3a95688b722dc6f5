/** The telemetry of a function instance. */
import { type Telemetry, telemetry } from '../../shared/lambda/log.ts';
import { now } from './refresh.ts';

/** What of a function's environment its telemetry takes. */
export interface TelemetryEnvironment {
  readonly stage: string;
  readonly functionVersion?: string;
}

/** Telemetry of the function `service`. Made once for each instance, so its first line has the count of cold starts. */
export function instanceTelemetry(service: string, env: TelemetryEnvironment): Telemetry {
  const report = telemetry(service, env.stage, now, env.functionVersion);
  report.count('ColdStart');
  return report;
}
