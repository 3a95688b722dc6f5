// The operator's command, by lambda:InvokeFunction  ->  one GET at MX  ->  whether MX accepts our credentials and our address
import { type MxAcceptance, mxAcceptance } from '../shared/clients/mx-acceptance.ts';
import type { MxClientOptions } from '../shared/clients/mx-request.ts';
import { snakeCased } from '../shared/domain/snake-case.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import type { Telemetry } from '../shared/lambda/log.ts';
import { waysToMx } from './wiring/refresh.ts';
import { instanceTelemetry } from './wiring/telemetry.ts';

/** Asks MX, and says what came of it. */
export async function checkMx(mx: MxClientOptions, report: Telemetry): Promise<MxAcceptance> {
  const acceptance = await mxAcceptance(mx);
  const { status, code } = acceptance;
  report.log('mx.checked', { status: status ?? undefined, code: code ?? 'accepted' });
  report.flush();
  return acceptance;
}

/** MX answers within two seconds as a rule. */
const MX_TIMEOUT_MS = 5_000;

/** What AWS calls, given its environment. What it is called with decides nothing: it can be made to call nothing else. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('check-mx', source);
  const report = instanceTelemetry('check-mx', env);
  const wayToMx = waysToMx(env, report, MX_TIMEOUT_MS);
  return async (): Promise<unknown> => snakeCased(await checkMx(wayToMx(), report));
}

export const handler = wire(process.env);
