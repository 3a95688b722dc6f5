// POST /users/{u}/members/{m}/check_balance  ->  a refresh started or joined at MX, its follow-up on the queue, 202
import * as v from 'valibot';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { enrolByDefault } from '../shared/domain/enrol-by-default.ts';
import { Failure } from '../shared/domain/failure.ts';
import type { RefreshDeps, Schedule } from '../shared/domain/ports.ts';
import { startRefresh } from '../shared/domain/start-refresh.ts';
import { refreshBody } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  type HttpOptions,
  httpHandler,
  memberIdentifiers,
} from '../shared/lambda/http.ts';
import { apiWiring } from './wiring/api.ts';
import { dynamoDb, endingDeps, mxOf } from './wiring/refresh.ts';

/** What the trigger needs. */
export interface CheckBalanceDeps extends RefreshDeps {
  readonly schedule: Pick<Schedule, 'enrol'>;
  readonly defaultScheduleHours: number;
  readonly scheduleShards: number;
}

/** The optional body. A trigger without one behaves as MX's. */
const bodySchema = v.strictObject({ user_present: v.optional(v.boolean(), false) });

/** Answers the trigger: 202 with MX's `member` and our `refresh`. */
export async function checkBalance(deps: CheckBalanceDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const { user_present: userPresent } = readBody(request.body);
  const answer = await startRefresh(deps, { identifiers, trigger: 'http', userPresent });
  // Only unattended triggers hold back.
  if (answer.kind === 'held_back') throw new TypeError('an HTTP trigger is never held back');
  await enrolByDefault(deps.schedule, answer.key, answer.enrolment, deps.defaultScheduleHours, deps.scheduleShards);
  return {
    status: 202,
    headers: {
      location: `/refreshes/${answer.refresh.refreshId}`,
      // When a look will have been taken: asking earlier cannot show anything new.
      'retry-after': String(deps.policy.firstLookSeconds),
    },
    body: {
      member: answer.body,
      refresh: { ...refreshBody(answer.refresh, answer.nextAllowedAt), joined: answer.joined },
    },
  };
}

function readBody(body: unknown): v.InferOutput<typeof bodySchema> {
  const read = v.safeParse(bodySchema, body ?? {});
  if (read.success) return read.output;
  const [issue] = read.issues;
  const field = v.getDotPath(issue) ?? 'body';
  throw new Failure(
    'caller-fault',
    'invalid_request',
    `${field}: only {"user_present": true or false} is allowed here`,
    { field },
  );
}

/** One call of MX's at most takes this long, so that two of them and our own writes stay far below the gateway's 30 s. */
const MX_TIMEOUT_MS = 4_000;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('check-balance', source);
  const db = dynamoDb();
  const deps: CheckBalanceDeps = {
    ...endingDeps(env, db),
    mx: mxOf(env, MX_TIMEOUT_MS),
    schedule: scheduleInDynamoDb(db, env.MEMBERS_TABLE),
    defaultScheduleHours: env.DEFAULT_SCHEDULE_HOURS,
    scheduleShards: env.SCHEDULE_SHARDS,
  };
  const wiring = apiWiring('check-balance', env);
  const options: HttpOptions = { ...wiring, right: () => 'trigger' };
  return httpHandler(options, async (request) => {
    const answer = await checkBalance(deps, request);
    wiring.telemetry.count('RefreshAccepted');
    return answer;
  });
}

export const handler = wire(process.env);
