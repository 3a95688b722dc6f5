/** `refresh`: starts a refresh of one member through the deployment's API, or joins the one that runs, and follows it. */
import { moves } from '../../shared/domain/explain.ts';
import { snakeCased } from '../../shared/domain/snake-case.ts';
import { spanOf } from '../../shared/domain/span.ts';
import {
  type ApiFreshness,
  type BalancesClient,
  BalancesProblem,
  createBalancesClient,
  type Refresh,
  type TriggeredRefresh,
} from '../../shared/public/balances-client.ts';
import { identify } from '../local/api-caller.ts';
import { callerOf, hasBasicCallers } from './api-identity.ts';
import type { Deployment } from './deployment.ts';
import { type ExitCode, exitCodes, Stop } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';
import { writeDone } from './write-done.ts';

/** What to refresh, and how. */
export interface RefreshOptions {
  /** MX's guid or the own id. */
  readonly user: string;
  readonly member: string;
  /** Whether to wait for its end. */
  readonly wait: boolean;
  /** For so long. */
  readonly timeoutSeconds: number;
  readonly userPresent: boolean;
  readonly json: boolean;
}

/** A trigger whose answer was lost is sent so often, with the same key: the service starts at most one refresh for it. */
const MAX_TRIES = 5;

/** Writes what became of it. @throws Stop with a sentence for what was not answered as asked. */
export async function refreshMember(
  deployment: Deployment,
  terminal: Terminal,
  options: RefreshOptions,
): Promise<ExitCode> {
  const aws = deployment.dynamoDb();
  try {
    const { client, words } = clientOf(deployment, terminal, aws.config);
    terminal.say(`Refreshing ${options.user} ${options.member} · ${deployment.place} · ${words}`);
    if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted. Nothing was started.');
    const asked = await inWords(trigger(client, terminal, options));
    const { refreshId, joined, acceptedAt, deadline } = asked;
    if (!options.wait) {
      const told = options.json
        ? JSON.stringify(snakeCased(briefOf(asked)))
        : `${refreshId} ${begunWords(asked)}; it ends by ${deadline}. --wait follows it.`;
      await writeDone(terminal, `${told}\n`);
      return exitCodes.done;
    }
    terminal.say(joined ? `${refreshId} ran already, since ${acceptedAt}: joined.` : `${refreshId} was accepted.`);
    const ended = await inWords(follow(client, terminal, refreshId, options.timeoutSeconds));
    const freshness = await freshnessOf(client, terminal, options);
    const isFresh = ended.outcome === 'succeeded' && freshness?.verdict !== 'stale';
    if (options.json) await terminal.write(`${JSON.stringify(snakeCased({ ...briefOf(ended), joined, freshness }))}\n`);
    else await terminal.write(endedWords(ended, freshness));
    return isFresh ? exitCodes.done : exitCodes.inPart;
  } finally {
    aws.destroy();
  }
}

function clientOf(
  deployment: Deployment,
  terminal: Terminal,
  signing: Parameters<typeof callerOf>[2],
): { readonly client: BalancesClient; readonly words: string } {
  const given = terminal.environment['CALLER'] || null;
  if (given === null && hasBasicCallers(deployment) && !deployment.isLocal) {
    const sentence =
      'This API takes Basic keys (apiAccess=basic): put client_id:key of a caller with the rights read and trigger into the variable CALLER.';
    throw new Stop(exitCodes.usage, sentence);
  }
  const { words, identity } = callerOf(deployment, given, signing);
  const client = createBalancesClient({
    baseUrl: deployment.output('ApiUrl'),
    credentials: {
      sign: async ({ method, url, headers, body }) =>
        identify(await identity(), { method, url, headers, body: body ?? undefined }),
    },
    time: { now: terminal.elapsed, sleep: (milliseconds) => terminal.sleep(milliseconds) },
  });
  return { client, words };
}

/** One key for all tries: of a trigger whose answer was lost it is not known whether it has started anything. */
async function trigger(
  client: BalancesClient,
  terminal: Terminal,
  { user, member, userPresent }: RefreshOptions,
): Promise<TriggeredRefresh> {
  const idempotencyKey = crypto.randomUUID();
  for (let tries = 1; ; tries += 1) {
    try {
      const asked = await client.checkBalance(user, member, { idempotencyKey, userPresent });
      if (asked.kind === 'running') return asked.refresh;
      // Only with maxAge or wait, which are not asked for.
      throw new Stop(exitCodes.failed, 'The API answered with balances although none were asked for.');
    } catch (error) {
      if (!(error instanceof BalancesProblem && lost.has(error.code)) || tries === MAX_TRIES) throw error;
      terminal.say(`No answer (${error.code}); asked again with the same key, which starts nothing twice.`);
      await pause(terminal, error.retryAfter ?? 1);
    }
  }
}

/** @throws Stop at Ctrl-C */
async function pause(terminal: Terminal, seconds: number): Promise<void> {
  try {
    await terminal.sleep(seconds * 1000);
  } catch (cause) {
    const sentence =
      'Interrupted: whether a refresh was started is not known, because the answer was lost. open shows those that run.';
    throw new Stop(exitCodes.interrupted, sentence, { cause });
  }
}

/** What says nothing of whether the trigger has arrived, or that its first request is still being worked on. */
const lost: ReadonlySet<string> = new Set(['unreachable', 'timed_out', 'gateway', 'idempotency_in_flight']);

/** Waits for the end, and says what changes until then. */
async function follow(
  client: BalancesClient,
  terminal: Terminal,
  refreshId: string,
  timeoutSeconds: number,
): Promise<Refresh> {
  const began = terminal.elapsed();
  let last = '';
  const seen = (refresh: Refresh): void => {
    if (refresh.status === 'ended') return;
    const text = runningWords(refresh);
    if (text !== last) terminal.say(`${Math.round((terminal.elapsed() - began) / 1000)} s  ${text}`);
    last = text;
  };
  try {
    return await client.waitForEnd(refreshId, { timeoutSeconds, signal: terminal.stop, seen });
  } catch (cause) {
    if (!terminal.stop.aborted) throw cause;
    const sentence = `Interrupted: ${refreshId} goes on without this command, to its end. open shows the refreshes that run.`;
    throw new Stop(exitCodes.interrupted, sentence, { cause });
  }
}

function runningWords({ jobStarted, code, lastLookAt, nextLookAt, challenges }: Refresh): string {
  const job = jobStarted ? 'MX’s job runs' : 'MX’s job is requested';
  const waits = code === null || code === 'start_not_confirmed' ? '' : `; ${code}`;
  const look = lastLookAt === null ? '; not looked at yet' : `; last look ${lastLookAt}`;
  const next = nextLookAt === null ? '' : `, next ${nextLookAt}`;
  return `${job}${waits}${look}${next}${challenges.length === 0 ? '' : '; MX asks the user'}`;
}

/** How fresh the stored balances are; null: none are stored, or the caller may not read them. */
async function freshnessOf(
  client: BalancesClient,
  terminal: Terminal,
  { user, member }: RefreshOptions,
): Promise<ApiFreshness | null> {
  try {
    return (await client.accounts(user, member)).freshness;
  } catch (error) {
    if (!(error instanceof BalancesProblem)) throw error;
    if (error.code !== 'never_refreshed') terminal.say(`The stored balances were not read: ${sentenceOf(error)}`);
    return null;
  }
}

const briefOf = ({ refreshId, userGuid, memberGuid, status, outcome, action, code, ...refresh }: Refresh) => ({
  ...{ refreshId, userGuid, memberGuid, status, outcome, action, code },
  ...{ acceptedAt: refresh.acceptedAt, deadline: refresh.deadline, endedAt: refresh.endedAt },
  observedAt: refresh.observedAt,
  nextRefreshAllowedAt: refresh.nextRefreshAllowedAt,
});

const begunWords = ({ joined, acceptedAt }: TriggeredRefresh): string =>
  joined ? `ran already, since ${acceptedAt}` : 'was started';

function endedWords(refresh: Refresh, freshness: ApiFreshness | null): string {
  const { refreshId, outcome, code, message, action, nextRefreshAllowedAt } = refresh;
  const rows = [
    ['How did it end?', `${refreshId}: ${outcome} (${code}). ${message ?? ''}`.trimEnd()],
    ['Whose move is it?', moves[action]],
    ['How fresh is it?', freshWords(freshness)],
    ...(nextRefreshAllowedAt === null ? [] : [['When again?', `From ${nextRefreshAllowedAt} on: MX’s allowance.`]]),
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(19)}${value}\n`).join('');
}

function freshWords(freshness: ApiFreshness | null): string {
  if (freshness === null || freshness.verdict === 'never_refreshed')
    return 'No balances are stored, or none were read.';
  const { verdict, freshAsOf, ageSeconds, reason } = freshness;
  const age = `the oldest account is as of ${freshAsOf}, ${spanOf(ageSeconds ?? 0)} old`;
  return `${verdict}: ${age}${reason === null ? '' : ` (${reason})`}.`;
}

/** What the API says of a problem, as the end of the command. */
async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof BalancesProblem)) throw cause;
    throw new Stop(exitCodeOf(cause), sentenceOf(cause), { cause });
  }
}

function exitCodeOf({ status, code }: BalancesProblem): ExitCode {
  if (code === 'unreachable' || status === 401 || status === 403) return exitCodes.unreachable;
  return status === 400 || status === 404 || status === 410 ? exitCodes.usage : exitCodes.failed;
}

function sentenceOf({ code, detail, retryAfter, refreshId, status }: BalancesProblem): string {
  const said = `${detail.charAt(0).toUpperCase()}${detail.slice(1)}`.replace(/\.$/, '');
  const again = retryAfter === null ? '' : ` Again in ${spanOf(retryAfter)}.`;
  const which = refreshId === null ? '' : ` It is refresh ${refreshId}.`;
  const right =
    status === 401 || status === 403
      ? ' The caller needs the rights trigger and read: docs/calling.md; CALLER names another one.'
      : '';
  return `${said} (${code}).${again}${which}${right}`;
}
