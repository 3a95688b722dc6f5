// POST …/members/{m}/check_balance  ->  a refresh started or joined at MX, its follow-up on the queue, 202
// PUT …/members/{m}/resume  ->  the user's answers at MX, a refresh that follows their job, its follow-up on the queue, 202
import { setTimeout as sleep } from 'node:timers/promises';
import { idempotencyKeysInDynamoDb } from '../shared/clients/idempotency-table.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { waitLeasesInDynamoDb } from '../shared/clients/wait-leases.ts';
import { type CallbackRules, checkCallbackUrl } from '../shared/domain/callback-url.ts';
import {
  type AnswerIdentity,
  answerAgain,
  type CheckBalanceAnswer,
  type CheckBalanceDeps,
  type CheckBalanceRequest,
  checkBalance,
  identityOf,
  type StoredState,
} from '../shared/domain/check-balance.ts';
import { Failure } from '../shared/domain/failure.ts';
import { readMember } from '../shared/domain/find-member.ts';
import type { IdempotencyKeys } from '../shared/domain/idempotency.ts';
import type { OpenBreaker } from '../shared/domain/institutions-ports.ts';
import { outcomes } from '../shared/domain/outcome.ts';
import type { RefreshDeps } from '../shared/domain/ports.ts';
import type { Refresh } from '../shared/domain/refresh.ts';
import { resumeMember } from '../shared/domain/resume.ts';
import { shownInPause } from '../shared/domain/shown-in-pause.ts';
import { answerOnce } from '../shared/lambda/answer-once.ts';
import { accountBody, freshnessBody, refreshBody } from '../shared/lambda/api-shapes.ts';
import { readAnswers } from '../shared/lambda/challenge-answers.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, memberIdentifiers } from '../shared/lambda/http.ts';
import { observedMx } from '../shared/lambda/observed-mx.ts';
import { TRIGGER_TIMEOUT_SECONDS, waitUntil } from '../shared/lambda/time-limits.ts';
import { callbackId, callerTag, keyedRequest, readTriggerOptions } from '../shared/lambda/trigger-options.ts';
import { apiWiring } from './wiring/api.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { callbackRulesOf, dynamoDb, endingDeps, mxOf, now } from './wiring/refresh.ts';

/** What answering the trigger needs. */
export interface TriggerDeps extends Omit<CheckBalanceDeps, 'accepted'> {
  readonly keys: IdempotencyKeys;
  readonly callbackRules: CallbackRules;
  /** Starts within the allowance's window that one caller may make of a member. */
  readonly allowanceStartsPerCaller: number;
  /** With `iam`, whether answers to triggers have accounts: IAM policies cannot see what a request asks for. */
  readonly iamTriggerReads: boolean;
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
    correlationId: request.correlationId,
    share: { callerTag: callerTag(request.caller), mostStarts: deps.allowanceStartsPerCaller },
    callback:
      callbackUrl === null ? null : { url: callbackUrl, idFor: (id) => callbackId(id, request.caller, callbackUrl) },
    waitUntil: given.wait > 0 ? waitUntil(request.arrivedAt, given.wait) : null,
  };
  const accepted = (joined: boolean): void => deps.count(joined ? 'RefreshJoined' : 'RefreshAccepted');
  const first = () => checkBalance({ ...deps, accepted }, asked);
  const mayRead = request.rights?.includes('read') ?? deps.iamTriggerReads;
  // Read while the rest is done, and kept for a while. Never rejects.
  const degraded = deps.breakers.open();
  const shown = async (answer: CheckBalanceAnswer): Promise<ApiAnswer> => ({
    ...toHttp(await asShown(deps, answer), deps.policy.firstLookSeconds, { mayRead, degraded: await degraded }),
    logged: loggedOf(identityOf(answer)),
  });
  if (keyed === null) return shown(await first());
  return answerOnce(deps.keys, keyed, {
    async first() {
      const answer = await first();
      return { answer: await shown(answer), about: identityOf(answer) };
    },
    again: async (about) => shown(await answerAgain(deps, about, given.maxAge)),
    refresh: (refreshId) => readRefresh(deps, refreshId),
  });
}

/** Passes the user's answers on to MX, once. `Idempotency-Key` is not read: a kept answer would stand for secrets. */
export async function answerResume(
  deps: RefreshDeps & Pick<TriggerDeps, 'count'>,
  request: ApiRequest,
): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const answers = readAnswers(request.body);
  const resumed = await resumeMember(deps, identifiers, answers, request.correlationId);
  const { joined, member, nextAllowedAt } = resumed;
  const refresh = await shownInPause(resumed.refresh, deps);
  deps.count(joined ? 'RefreshJoined' : 'RefreshAccepted');
  return {
    status: 202,
    headers: { ...locationOf(refresh), 'retry-after': String(deps.policy.firstLookSeconds) },
    body: {
      member: { ...member.body, is_being_aggregated: true },
      refresh: { ...refreshBody(refresh, nextAllowedAt), joined },
    },
    logged: { member_guid: refresh.member.memberGuid, refresh_id: refresh.refreshId },
  };
}

/** @throws Failure `refresh_not_found`, `member_deleted` */
async function readRefresh(deps: Pick<TriggerDeps, 'members' | 'refreshes'>, refreshId: string): Promise<Refresh> {
  const refresh = await deps.refreshes.read(refreshId);
  if (refresh === null) throw new Failure('refresh_not_found', 'the refresh of the first answer is not kept any more');
  await readMember(deps.members, refresh.member);
  return refresh;
}

/** An answer about a refresh that runs says of it what a pause means for it. */
const asShown = async (deps: Pick<TriggerDeps, 'pauses' | 'now'>, answer: CheckBalanceAnswer) =>
  answer.kind === 'accepted' ? { ...answer, refresh: await shownInPause(answer.refresh, deps) } : answer;

const loggedOf = (about: AnswerIdentity) => ({
  member_guid: about.member.memberGuid,
  ...(about.kind === 'stored' ? {} : { refresh_id: about.refreshId }),
});

/** What an answer depends on beside what it is about. */
interface Shown {
  readonly mayRead: boolean;
  /** Institutions whose bank does not work. */
  readonly degraded: ReadonlyMap<string, OpenBreaker>;
}

/** 202 with MX's `member` and our `refresh` while it runs; 200 with the stored balances, which `mayRead` shows. */
function toHttp(answer: CheckBalanceAnswer, firstLookSeconds: number, { mayRead, degraded }: Shown): ApiAnswer {
  switch (answer.kind) {
    case 'accepted': {
      const { refresh, joined, body, nextAllowedAt } = answer;
      // A repeated request is told of the same refresh, which may have ended since.
      const isRunning = refresh.status === 'running';
      return {
        status: 202,
        // When a look will have been taken: asking earlier cannot show anything new.
        headers: { ...locationOf(refresh), ...(isRunning ? { 'retry-after': String(firstLookSeconds) } : {}) },
        body: {
          member: body,
          refresh: { ...refreshBody(refresh, nextAllowedAt), joined },
          ...degradedBody(degraded.get(String(body['institution_code']))),
        },
      };
    }
    case 'stored':
      return { status: 200, headers: {}, body: storedBody(answer.stored, null, mayRead) };
    case 'ended': {
      const { refresh, joined, stored } = answer;
      const shown = { ...refreshBody(refresh, stored.nextAllowedAt), joined };
      return { status: 200, headers: locationOf(refresh), body: storedBody(stored, shown, mayRead) };
    }
  }
}

/** Said, never a reason to refuse: a caller decides to ask all the same. */
const degradedBody = (open: OpenBreaker | undefined) =>
  open === undefined
    ? {}
    : { institution_degraded: { since: open.since, code: open.code, message: outcomes[open.code].message } };

const storedBody = (
  { member, shown, balances, freshness, nextAllowedAt, userMessage }: StoredState,
  refresh: object | null,
  mayRead: boolean,
) => ({
  member: shown,
  refresh,
  ...(mayRead ? { accounts: balances.filter(({ listed }) => listed).map(accountBody) } : {}),
  freshness: freshnessBody({ freshness, member, nextAllowedAt }, userMessage),
});

const locationOf = ({ refreshId }: Refresh) => ({ location: `/refreshes/${refreshId}` });

/** One call of MX's at most takes this long, so that two of them and our own writes stay far below the gateway's 30 s. */
const MX_TIMEOUT_MS = 4_000;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('check-balance', source);
  const db = dynamoDb(env.membersTable, 1);
  const wiring = apiWiring('check-balance', env);
  const ending = endingDeps(env, db, wiring.telemetry);
  const deps: TriggerDeps = {
    ...ending,
    mx: observedMx(mxOf(env, ending.pauses, MX_TIMEOUT_MS), wiring.telemetry),
    schedule: scheduleInDynamoDb(db, env.membersTable),
    keys: idempotencyKeysInDynamoDb(db, env.refreshesTable, {
      leaseSeconds: TRIGGER_TIMEOUT_SECONDS,
      now,
      newToken: () => crypto.randomUUID(),
    }),
    defaultScheduleHours: env.defaultScheduleHours,
    scheduleShards: env.scheduleShards,
    staleAfterSeconds: env.staleAfterSeconds,
    waitLeases: waitLeasesInDynamoDb(db, env.refreshesTable, now, () => crypto.randomUUID()),
    waitersAtOnce: env.waitersAtOnce,
    callbackRules: callbackRulesOf(env),
    callbacksPerCaller: env.callbacksPerCaller,
    allowanceStartsPerCaller: env.allowanceStartsPerCaller,
    iamTriggerReads: env.iamTriggerReads,
    sleep: (milliseconds) => sleep(milliseconds),
    count: (metric) => wiring.telemetry.count(metric),
  };
  return httpHandler({ ...wiring, right: () => 'trigger' }, (request) =>
    request.routeKey.endsWith('/resume') ? answerResume(deps, request) : answerTrigger(deps, request),
  );
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
