/** An answer of the API for people: what it says in a sentence, and all of it. Pure. */
import { type ExactJson, type ExactObject, isExactObject, parseExactJson } from '../../shared/domain/decimal.ts';
import type { ApiAnswered, ApiCall } from './api-calls.ts';
import { exactLines } from './exact-lines.ts';
import type { SeenAnswer } from './try-shapes.ts';

/** As callers see it, errors included. */
export function seenAnswer({ method, path }: ApiCall, { status, headers, text }: ApiAnswered): SeenAnswer {
  const body = bodyOf(text);
  return {
    ...{ method, path, status },
    says: isExactObject(body) ? saysOf(status, body, headers) : 'An answer that is no JSON object.',
    headers: [...headers]
      .filter(([name]) => name === 'retry-after' || name === 'age' || name.startsWith('balances-'))
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    text: body === undefined ? text : exactLines(body),
  };
}

/** Undefined: it is no JSON. */
function bodyOf(text: string): ExactJson | undefined {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

function saysOf(status: number, body: ExactObject, headers: Headers): string {
  if (status >= 400) return refusal(body);
  const { refresh, refreshes, accounts, member } = body;
  if (isExactObject(refresh)) return refreshWords(refresh);
  if (isList(refreshes)) return refreshes.length === 0 ? 'No refresh is remembered.' : newestWords(refreshes);
  if (isList(accounts)) return accountsWords(accounts, headers);
  if (isExactObject(member)) return memberWords(member);
  return 'An answer of another kind.';
}

function refusal({ code, detail, message, action }: ExactObject): string {
  const words =
    typeof code === 'string' ? `${code}: ${String(detail ?? 'it does not say more')}` : String(message ?? 'refused');
  const todo = typeof action === 'string' && action !== 'none' ? ` To do: ${plain(action)}.` : '';
  return `${words.replace(/\.$/, '')}.${todo}`;
}

function refreshWords({ refresh_id: id, joined, outcome }: ExactObject): string {
  if (typeof outcome === 'string') return `Refresh ${String(id)} ended as ${plain(outcome)}.`;
  return joined === true ? `Refresh ${String(id)} runs already, and was joined.` : `Refresh ${String(id)} runs.`;
}

function newestWords([newest]: readonly ExactJson[]): string {
  if (newest === undefined || !isExactObject(newest)) return 'No refresh is remembered.';
  const { outcome, code, message } = newest;
  if (typeof outcome !== 'string') return 'The newest refresh runs.';
  return `The newest refresh ended as ${plain(outcome)} (${String(code)}): ${String(message)}`;
}

function accountsWords(accounts: readonly ExactJson[], headers: Headers): string {
  const [verdict, age] = [headers.get('balances-freshness'), headers.get('age')];
  const count = `${accounts.length} ${accounts.length === 1 ? 'account' : 'accounts'}`;
  if (verdict === null) return `${count}.`;
  return `${count}, ${plain(verdict)}${age === null ? '' : `, ${age} s old`}.`;
}

function memberWords({ connection_status: status, is_being_aggregated: runs }: ExactObject): string {
  const words = `The connection was seen as ${typeof status === 'string' ? status : 'nothing (null)'}`;
  return runs === true ? `${words}, with a job that runs.` : `${words}, with no job that runs.`;
}

const isList = (value: ExactJson | undefined): value is readonly ExactJson[] => Array.isArray(value);

const plain = (code: string): string => code.replaceAll('_', ' ');
