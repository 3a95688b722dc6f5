/** What comes back from MX when something goes wrong. */
import type { MxAnswer } from '../../infra/mx-simulator/answers.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Fault } from './faults.ts';

const refusals = [500, 502, 503, 504, 429, 403, 404, 401, 409, 408, 421, 425, 301] as const;

/** Statuses behind which MX may have done what it was asked. */
const doneAllTheSame = [500, 502, 408, 425] as const;

/** Forms of an answer that are not the documented ones. */
const oddForms: readonly ((body: string) => string)[] = [
  aboutAnother,
  (body) => body.replace(/"balance":-?[\d.]+/, '"balance":"1e400"'),
  (body) =>
    body
      .replaceAll(/"(balance|available_balance|total_entries|total_pages)":(-?[\d.]+)/g, '"$1":"$2"')
      .replaceAll(/"is_being_aggregated":(true|false)/g, '"is_being_aggregated":"$1"'),
  (body) => body.replace(/"challenges":\[.*?\](?=[,}])/, '"challenges":null'),
  (body) => body.replace(/"error_code":("[^"]*"|\d+)/, '"error_code":"constructor"'),
  (body) => body.replace(/"connection_status_message":"[^"]*"/, `"connection_status_message":"${'x'.repeat(150_000)}"`),
];

/** The same answer about a member that was not asked for, with other amounts and another status. */
function aboutAnother(body: string): string {
  return body
    .replaceAll(/"(guid|member_guid)":"MBR-[^"]*"/g, '"$1":"MBR-another"')
    .replaceAll(/"(id|member_id)":"member-\d+"/g, '"$1":"member-another"')
    .replaceAll(/"balance":-?[\d.]+/g, '"balance":77777.77')
    .replace(/"connection_status":"\w+"/, '"connection_status":"DENIED"');
}

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
  const status = kind === 'mx 500 after' ? doneAllTheSame[Math.floor(amount * doneAllTheSame.length)] : 503;
  return { status: status ?? 500, headers, body: '<html>gateway</html>' };
}

/** What its caller gets instead of MX's `answer`, or hears from the transport. */
export function spoilMx(fault: Fault, answer?: MxAnswer): { value: MxAnswer } | { error: unknown } {
  if (fault.kind.startsWith('mx timeout') || fault.kind === 'mx late') {
    return { error: new Failure('mx_timeout', 'MX did not answer in time') };
  }
  if (fault.kind.startsWith('mx reset')) {
    return { error: new Failure('mx_unavailable', 'the connection to MX failed') };
  }
  if (fault.kind === 'mx odd form' && answer !== undefined) {
    const change = oddForms[Math.floor(fault.amount * oddForms.length)] ?? aboutAnother;
    return { value: { ...answer, body: change(answer.body) } };
  }
  return { value: spoiled(fault) };
}
