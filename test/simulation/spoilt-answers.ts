/** What comes back from MX when something goes wrong. */
import type { MxAnswer } from '../../infra/mx-simulator/answers.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Fault } from './faults.ts';

const refusals = [500, 502, 503, 504, 429, 403, 404, 401, 409] as const;

/** From a moment to longer than any refresh may last. */
const retryAfterSeconds = [20, 60, 300, 1_800, 1_800] as const;

/** An answer that MX, or something on the way, gives instead of the real one. */
export function spoiled({ kind, amount }: Fault): MxAnswer {
  const headers = { 'content-type': 'application/json' };
  if (kind === 'mx refusal') {
    const status = refusals[Math.floor(amount * refusals.length)] ?? 500;
    return { status, headers, body: '{"error":{"message":"simulated","status":"simulated"}}' };
  }
  if (kind === 'mx retry later') {
    // The last digits of the amount: the first ones say which status.
    const seconds = retryAfterSeconds[Math.floor(((amount * 100) % 1) * retryAfterSeconds.length)] ?? 60;
    const status = amount < 0.5 ? 429 : 503;
    return { status, headers: { ...headers, 'retry-after': String(seconds) }, body: '{"error":"simulated"}' };
  }
  if (kind === 'mx garbage') return { status: 200, headers, body: '{"member":{"guid":' };
  return { status: kind === 'mx 500 after' ? 500 : 503, headers, body: '<html>gateway</html>' };
}

/** What its caller gets instead of MX's answer, or hears from the transport. */
export function spoilMx(fault: Fault): { value: MxAnswer } | { error: unknown } {
  if (fault.kind.startsWith('mx timeout') || fault.kind === 'mx late') {
    return { error: new Failure('mx_timeout', 'MX did not answer in time') };
  }
  if (fault.kind.startsWith('mx reset')) {
    return { error: new Failure('mx_unavailable', 'the connection to MX failed') };
  }
  return { value: spoiled(fault) };
}
