/** One refresh of the running project, printed step by step. */
import { setTimeout } from 'node:timers/promises';
import { Decimal, type ExactObject, isExactObject, parseExactJson } from '../../shared/domain/decimal.ts';
import type { ApiAnswer, CallApi } from './api-caller.ts';
import type { Project } from './project.ts';
import { isRecord } from './stack/template.ts';

/** What a demonstration needs: the project, a caller of its API, and a printer of lines. */
export interface Stage {
  readonly project: Project;
  readonly call: CallApi;
  readonly say: (line: string) => void;
}

/** How a shown refresh went. */
export interface Shown {
  /** Null: the API refused it. */
  readonly refreshId: string | null;
  /** `succeeded` and the like; null when it was refused. */
  readonly outcome: string | null;
  readonly code: string | null;
}

/** What is done while the refresh runs; it gets the line printer with the time before each line. */
export type Meanwhile = (step: (text: string) => void) => Promise<void>;

/**
 * Triggers one refresh and says each step with its time; the accounts when it succeeded.
 *
 * @param path `/users/{u}/members/{m}`
 * @param body of the trigger
 */
export async function showRefresh(
  { project, call, say }: Stage,
  path: string,
  body?: Readonly<Record<string, unknown>>,
  meanwhile?: Meanwhile,
): Promise<Shown> {
  const began = performance.now();
  const step = (text: string): void =>
    say(`  ${((performance.now() - began) / 1000).toFixed(2).padStart(6)} s  ${text}`);
  const ends = new Map<string, ExactObject>();
  let onEnd = (): void => {};
  const saidLast = Promise.withResolvers<void>();
  const stops = [
    project.stack.on('log', ({ line }) => {
      if (sayLook(line, step)) saidLast.resolve();
    }),
    project.stack.on('event', ({ detailType, detail }) => {
      step(`event ${detailType}`);
      const event = parseExactJson(JSON.stringify(detail));
      const data = isExactObject(event) ? event['data'] : undefined;
      if (!detailType.startsWith('refresh.') || !isExactObject(data)) return;
      ends.set(String(data['refresh_id']), data);
      onEnd();
    }),
  ];
  try {
    say(`\nA refresh of ${path}:`);
    const answer = await call('POST', `${path}/check_balance`, body);
    const refresh = isExactObject(answer.body) ? answer.body['refresh'] : undefined;
    if (answer.status !== 202 || !isExactObject(refresh)) {
      step(`refused with ${answer.status}: ${problemOf(answer)}`);
      return { refreshId: null, outcome: null, code: null };
    }
    const refreshId = String(refresh['refresh_id']);
    step(`accepted: 202, refresh ${refreshId}`);
    const member = isExactObject(answer.body) ? answer.body['member'] : undefined;
    if (isExactObject(member)) step(`job started at MX: ${member['most_recent_job_guid'] ?? 'not named yet'}`);
    await meanwhile?.(step);
    const data = await new Promise<ExactObject>((resolve) => {
      onEnd = () => {
        const end = ends.get(refreshId);
        if (end !== undefined) resolve(end);
      };
      onEnd();
    });
    // The function writes its log line just after it has sent the event: wait for this line, but not for a later
    // follow-up that finds the refresh ended.
    await Promise.race([saidLast.promise, setTimeout(1_000)]);
    const shown = { refreshId, outcome: String(data['outcome']), code: String(data['code']) };
    if (shown.outcome === 'succeeded') sayAccounts(await call('GET', `${path}/accounts`), say);
    else step(`it ended as ${shown.outcome} (${shown.code}); what to do: ${data['action']}`);
    return shown;
  } finally {
    for (const stop of stops) stop();
  }
}

/** The problem's code and sentence, or the body as it is. */
export function problemOf({ body }: ApiAnswer): string {
  if (!isExactObject(body)) return JSON.stringify(body);
  const { code, detail, message, action } = body;
  if (code === undefined) return String(message ?? JSON.stringify(body));
  return `${code}: ${detail}${action === undefined || action === 'none' ? '' : ` What to do: ${action}.`}`;
}

/** The follow-up's own log line, in words. True when it is the last one of a refresh. */
function sayLook(line: string, step: (text: string) => void): boolean {
  if (!line.includes('"follow_up.') && !line.includes('"webhook.handled"')) return false;
  const entry: unknown = JSON.parse(line);
  const { event, look, outcome, failure } = isRecord(entry) ? entry : {};
  if (event === 'webhook.handled' && outcome === 'nudged') step('a webhook of MX’s caused a look');
  if (event === 'follow_up.failed') step(`a look failed: ${failure}`);
  if (event !== 'follow_up.done') return event === 'webhook.handled' && outcome === 'nudged';
  const words: Record<string, string> = {
    looking_again: 'no end of the job to be seen; look again later',
    stored: 'the job is over; accounts fetched and stored',
    ended: 'the refresh is over',
    started: 'the job was started again',
  };
  step(`look ${look}: ${words[String(outcome)] ?? outcome}`);
  return outcome === 'stored' || outcome === 'ended';
}

/** The stored accounts as a table, digit for digit, and how fresh they are. */
export function sayAccounts({ body, headers }: ApiAnswer, say: (line: string) => void): void {
  const accounts = isExactObject(body) && Array.isArray(body['accounts']) ? body['accounts'].filter(isExactObject) : [];
  const cell = (value: unknown): string => (value instanceof Decimal ? value.text : String(value ?? '–'));
  const head = ['account', 'type', 'name', 'balance', 'available', 'currency'];
  const rows = accounts.map((account) =>
    ['account_number', 'type', 'name', 'balance', 'available_balance', 'currency_code'].map((name) =>
      cell(account[name]),
    ),
  );
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const numeric = new Set([3, 4]);
  const print = (row: readonly string[]): void =>
    say(
      `  ${row
        .map((text, column) =>
          numeric.has(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd()}`,
    );
  say('');
  print(head);
  print(widths.map((width) => '-'.repeat(width)));
  for (const row of rows) print(row);
  say(
    `\n  ${headers.get('balances-freshness')}: observed at ${headers.get('balances-observed-at')}, ${headers.get('age')} s ago, by refresh ${headers.get('balances-refresh-id')}`,
  );
}
