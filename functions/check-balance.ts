// POST /users/{u}/members/{m}/check_balance  ->  a refresh started or joined at MX, its follow-up on the queue, 202
import { setTimeout as sleep } from 'node:timers/promises';
import { idempotencyKeysInDynamoDb } from '../shared/clients/idempotency-table.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { type CallbackRules, checkCallbackUrl } from '../shared/domain/callback-url.ts';
import {
  type CheckBalanceAnswer,
  type CheckBalanceDeps,
  type CheckBalanceRequest,
  checkBalance,
  type StoredState,
} from '../shared/domain/check-balance.ts';
import type { IdempotencyKeys } from '../shared/domain/idempotency.ts';
import { memberView } from '../shared/domain/member-view.ts';
import type { Refresh } from '../shared/domain/refresh.ts';
import { answerOnce, type KeptAnswer } from '../shared/lambda/answer-once.ts';
import { accountBody, freshnessBody, refreshBody } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, memberIdentifiers } from '../shared/lambda/http.ts';
import { observedMx } from '../shared/lambda/observed-mx.ts';
import { problemOf } from '../shared/lambda/problem.ts';
import { asNamed } from '../shared/lambda/refusal.ts';
import { TRIGGER_TIMEOUT_SECONDS, waitUntil } from '../shared/lambda/time-limits.ts';
import { callbackId, keyedRequest, readTriggerOptions } from '../shared/lambda/trigger-options.ts';
import { apiWiring } from './wiring/api.ts';
import { callbackRulesOf, dynamoDb, endingDeps, mxOf, now } from './wiring/refresh.ts';

/** What answering the trigger needs. */
export interface TriggerDeps extends Omit<CheckBalanceDeps, 'accepted'> {
  readonly keys: IdempotencyKeys;
  readonly callbackRules: CallbackRules;
  readonly count: (metric: 'RefreshAccepted' | 'RefreshJoined') => void;
}

/** Answers the trigger. Everything wrong with the request is said before anything is called. */
export async function answerTrigger(deps: TriggerDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const given = readTriggerOptions(request);
  // Not by its truth: an empty text is a wrong URL, not a missing one.
  const callbackUrl = given.callbackUrl === null ? null : checkCallbackUrl(given.callbackUrl, deps.callbackRules);
  const keyed = keyedRequest(request, { ...given, callbackUrl });
  const asked: CheckBalanceRequest = {
    identifiers,
    maxAgeSeconds: given.maxAge,
    userPresent: given.userPresent,
    callback:
      callbackUrl === null ? null : { url: callbackUrl, idFor: (id) => callbackId(id, request.caller, callbackUrl) },
    waitUntil: given.wait > 0 ? waitUntil(request.arrivedAt, given.wait) : null,
  };
  const accepted = (joined: boolean): void => deps.count(joined ? 'RefreshJoined' : 'RefreshAccepted');
  const answer = async () => toHttp(await checkBalance({ ...deps, accepted }, asked), deps.policy.firstLookSeconds);
  if (keyed === null) return answer();
  const { status, headers, body } = await answerOnce(
    deps.keys,
    keyed,
    async () => kept(await answer()),
    (error) => {
      const { statusCode, ...problem } = problemOf(asNamed(error));
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

/** 202 with MX's `member` and our `refresh` while it runs; 200 with the stored balances. */
function toHttp(answer: CheckBalanceAnswer, firstLookSeconds: number): ApiAnswer {
  switch (answer.kind) {
    case 'accepted': {
      const { refresh, joined, body, nextAllowedAt } = answer;
      return {
        status: 202,
        // When a look will have been taken: asking earlier cannot show anything new.
        headers: { ...locationOf(refresh), 'retry-after': String(firstLookSeconds) },
        body: {
          member: joined ? { ...body, is_being_aggregated: true } : body,
          refresh: { ...refreshBody(refresh, nextAllowedAt), joined },
        },
      };
    }
    case 'stored':
      return { status: 200, headers: {}, body: storedBody(answer.stored, null) };
    case 'ended': {
      const { refresh, joined, stored } = answer;
      const shown = { ...refreshBody(refresh, stored.nextAllowedAt), joined };
      return { status: 200, headers: locationOf(refresh), body: storedBody(stored, shown) };
    }
  }
}

const storedBody = ({ member, balances, freshness, nextAllowedAt }: StoredState, refresh: object | null) => ({
  member: memberView(member),
  refresh,
  accounts: balances.filter(({ listed }) => listed).map(accountBody),
  freshness: freshnessBody({ freshness, member, nextAllowedAt }),
});

const locationOf = ({ refreshId }: Refresh) => ({ location: `/refreshes/${refreshId}` });

/** One call of MX's at most takes this long, so that two of them and our own writes stay far below the gateway's 30 s. */
const MX_TIMEOUT_MS = 4_000;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('check-balance', source);
  const db = dynamoDb();
  const wiring = apiWiring('check-balance', env);
  const deps: TriggerDeps = {
    ...endingDeps(env, db),
    mx: observedMx(mxOf(env, MX_TIMEOUT_MS), wiring.telemetry),
    schedule: scheduleInDynamoDb(db, env.membersTable),
    keys: idempotencyKeysInDynamoDb(db, env.refreshesTable, TRIGGER_TIMEOUT_SECONDS, now, () => crypto.randomUUID()),
    defaultScheduleHours: env.defaultScheduleHours,
    scheduleShards: env.scheduleShards,
    staleAfterSeconds: env.staleAfterSeconds,
    callbackRules: callbackRulesOf(env),
    sleep: (milliseconds) => sleep(milliseconds),
    count: (metric) => wiring.telemetry.count(metric),
  };
  return httpHandler({ ...wiring, right: () => 'trigger' }, (request) => answerTrigger(deps, request));
}

export const handler = wire(process.env);
