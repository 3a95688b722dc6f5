// POST /users/{u}/members/{m}/check_balance  ->  a refresh started or joined at MX, its follow-up on the queue, 202
import { setTimeout as sleep } from 'node:timers/promises';
import { type BalancesReader, balancesReader } from '../shared/clients/balances-table.ts';
import { idempotencyKeysInDynamoDb } from '../shared/clients/idempotency-table.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { registerCallback } from '../shared/domain/callback.ts';
import { type CallbackRules, checkCallbackUrl } from '../shared/domain/callback-url.ts';
import { enrolByDefault } from '../shared/domain/enrol-by-default.ts';
import { asFailure, Failure } from '../shared/domain/failure.ts';
import { freshnessOf } from '../shared/domain/freshness.ts';
import { answerOnce, type IdempotencyKeys, type KeptAnswer } from '../shared/domain/idempotency.ts';
import { nextStartAllowedAt } from '../shared/domain/member.ts';
import { memberView } from '../shared/domain/member-view.ts';
import type { MemberIdentifiers, MemberKey } from '../shared/domain/mx.ts';
import type { RefreshDeps, Schedule } from '../shared/domain/ports.ts';
import type { Refresh } from '../shared/domain/refresh.ts';
import { type StartAnswer, startRefresh } from '../shared/domain/start-refresh.ts';
import { TRIGGER_TIMEOUT_SECONDS, waitForEnd, waitUntil } from '../shared/domain/wait-for-end.ts';
import { accountBody, freshnessBody, refreshBody } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, memberIdentifiers } from '../shared/lambda/http.ts';
import { problemOf } from '../shared/lambda/problem.ts';
import { callbackId, keyedRequest, readTriggerOptions, type TriggerOptions } from '../shared/lambda/trigger-options.ts';
import { apiWiring } from './wiring/api.ts';
import { dynamoDb, endingDeps, mxOf, now } from './wiring/refresh.ts';

/** What the trigger needs. */
export interface CheckBalanceDeps extends RefreshDeps {
  readonly balances: Pick<BalancesReader, 'ofMember'>;
  readonly schedule: Pick<Schedule, 'enrol'>;
  readonly keys: IdempotencyKeys;
  readonly defaultScheduleHours: number;
  readonly scheduleShards: number;
  readonly staleAfterSeconds: number;
  readonly callbackRules: CallbackRules;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Told of every refresh that was accepted. */
  readonly count: (metric: 'RefreshAccepted' | 'RefreshJoined') => void;
}

/** Answers the trigger. Whatever is wrong with the request is said before anything is called. */
export async function checkBalance(deps: CheckBalanceDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const given = readTriggerOptions(request);
  const options = {
    ...given,
    // Not by its truth: an empty text is a wrong URL, not a missing one.
    callbackUrl: given.callbackUrl === null ? null : checkCallbackUrl(given.callbackUrl, deps.callbackRules),
  };
  const keyed = keyedRequest(request, options);
  if (keyed === null) return trigger(deps, identifiers, options, request);
  const { status, headers, body } = await answerOnce(
    deps.keys,
    keyed,
    async () => kept(await trigger(deps, identifiers, options, request)),
    (error) => {
      const { statusCode, ...problem } = problemOf(asFailure(error));
      return { status: statusCode, ...problem };
    },
  );
  return { status, headers, text: body };
}

const kept = ({ status, headers = {}, body }: ApiAnswer): KeptAnswer => ({
  status,
  headers,
  body: JSON.stringify(body),
});

async function trigger(
  deps: CheckBalanceDeps,
  identifiers: MemberIdentifiers,
  options: TriggerOptions,
  request: ApiRequest,
): Promise<ApiAnswer> {
  const stored = options.maxAge === null ? null : await freshEnough(deps, identifiers, options.maxAge);
  if (stored !== null) return stored;
  const answer = await startRefresh(deps, { identifiers, trigger: 'http', userPresent: options.userPresent });
  // Only unattended triggers hold back.
  if (answer.kind === 'held_back') throw new TypeError('an HTTP trigger is never held back');
  deps.count(answer.joined ? 'RefreshJoined' : 'RefreshAccepted');
  if (options.callbackUrl !== null) {
    const { refreshId } = answer.refresh;
    const id = callbackId(refreshId, request.caller, options.callbackUrl);
    await registerCallback(deps, refreshId, id, options.callbackUrl);
  }
  await enrolByDefault(deps.schedule, answer.key, answer.enrolment, deps.defaultScheduleHours, deps.scheduleShards);
  if (options.wait > 0) {
    const refresh = await waitForEnd(deps, answer.refresh, waitUntil(request.arrivedAt, options.wait));
    if (refresh.status === 'ended') return endedAnswer(deps, answer.key, refresh, answer.joined);
  }
  return acceptedAnswer(deps, answer);
}

/** 202 with MX's `member` and our `refresh`. */
const acceptedAnswer = (deps: CheckBalanceDeps, answer: StartAnswer & { kind: 'accepted' }): ApiAnswer => ({
  status: 202,
  headers: {
    ...locationOf(answer.refresh),
    // When a look will have been taken: asking earlier cannot show anything new.
    'retry-after': String(deps.policy.firstLookSeconds),
  },
  body: {
    member: answer.joined ? { ...answer.body, is_being_aggregated: true } : answer.body,
    refresh: { ...refreshBody(answer.refresh, answer.nextAllowedAt), joined: answer.joined },
  },
});

/** 200 with the stored balances, when they are young enough: nobody is called. Null when they are not. */
async function freshEnough(
  deps: CheckBalanceDeps,
  identifiers: MemberIdentifiers,
  maxAge: number,
): Promise<ApiAnswer | null> {
  const key = await deps.members.resolve(identifiers);
  if (key === null) return null;
  const stored = await storedAnswer(deps, key, null);
  return stored !== null && stored.age !== null && stored.age <= maxAge ? stored.answer : null;
}

/** 200 with the refresh that was waited for, and the balances as they are stored now. */
async function endedAnswer(
  deps: CheckBalanceDeps,
  key: MemberKey,
  refresh: Refresh,
  joined: boolean,
): Promise<ApiAnswer> {
  const stored = await storedAnswer(deps, key, { refresh, joined });
  if (stored === null) throw new Failure('caller-fault', 'member_deleted', 'the member was deleted meanwhile');
  return stored.answer;
}

/** Null when the member is not there, or deleted. */
async function storedAnswer(
  deps: CheckBalanceDeps,
  key: MemberKey,
  waited: { refresh: Refresh; joined: boolean } | null,
): Promise<{ age: number | null; answer: ApiAnswer } | null> {
  const [member, balances] = await Promise.all([deps.members.read(key), deps.balances.ofMember(key)]);
  if (member === null || member.deletedAt !== null) return null;
  const freshness = freshnessOf(balances, member, deps.now(), deps.staleAfterSeconds);
  const nextAllowedAt = nextStartAllowedAt(member.starts, deps.now(), deps.policy);
  const answer: ApiAnswer = {
    status: 200,
    headers: waited === null ? {} : locationOf(waited.refresh),
    body: {
      member: memberView(member),
      refresh: waited && { ...refreshBody(waited.refresh, nextAllowedAt), joined: waited.joined },
      accounts: balances.map(accountBody),
      freshness: freshnessBody({ freshness, member, nextAllowedAt }),
    },
  };
  return { age: freshness?.ageSeconds ?? null, answer };
}

const locationOf = ({ refreshId }: Refresh) => ({ location: `/refreshes/${refreshId}` });

/** One call of MX's at most takes this long, so that two of them and our own writes stay far below the gateway's 30 s. */
const MX_TIMEOUT_MS = 4_000;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('check-balance', source);
  const db = dynamoDb();
  const wiring = apiWiring('check-balance', env);
  const deps: CheckBalanceDeps = {
    ...endingDeps(env, db),
    mx: mxOf(env, MX_TIMEOUT_MS),
    balances: balancesReader(db, env.BALANCES_TABLE),
    schedule: scheduleInDynamoDb(db, env.MEMBERS_TABLE),
    keys: idempotencyKeysInDynamoDb(db, env.REFRESHES_TABLE, TRIGGER_TIMEOUT_SECONDS, now, () => crypto.randomUUID()),
    defaultScheduleHours: env.DEFAULT_SCHEDULE_HOURS,
    scheduleShards: env.SCHEDULE_SHARDS,
    staleAfterSeconds: env.STALE_AFTER_SECONDS,
    callbackRules: { hosts: env.CALLBACK_HOSTS, loopback: env.CALLBACK_LOOPBACK },
    sleep: (milliseconds) => sleep(milliseconds),
    count: (metric) => wiring.telemetry.count(metric),
  };
  return httpHandler({ ...wiring, right: () => 'trigger' }, (request) => checkBalance(deps, request));
}

export const handler = wire(process.env);
