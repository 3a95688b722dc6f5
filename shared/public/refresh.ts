/** A refresh as the API tells it. */
import {
  countIn,
  countOrNullIn,
  flagIn,
  flagOrNullIn,
  listIn,
  objectIn,
  textIn,
  textOrNullIn,
  textsOrNullIn,
  wordIn,
  wordOrNullIn,
} from './answer-fields.ts';
import { isJsonObject, type Json, type JsonObject } from './exact-json.ts';
import { heldFrom, type LastAttempt, type ScheduleHeld } from './freshness.ts';
import { unexpectedAnswer } from './problem.ts';
import { type Action, isAction, isOutcome, isTrigger, type Outcome, type Trigger } from './vocabulary.ts';

/** A question that MX asks the end user; `resume` passes the answer on. */
export interface Challenge {
  readonly guid: string | null;
  readonly label: string | null;
  readonly type: string | null;
  readonly fieldName: string | null;
  readonly options: readonly {
    readonly guid: string | null;
    readonly label: string | null;
    readonly value: string | null;
  }[];
  /** The image that the question is about, as MX sends it. */
  readonly imageData: string | null;
  /** Images to choose from. */
  readonly imageOptions: readonly {
    readonly guid: string | null;
    readonly label: string | null;
    readonly value: string | null;
    readonly dataUri: string | null;
  }[];
}

/** The user's answer to a question: the value typed, or the guid of the option chosen. */
export interface ChallengeAnswer {
  /** Of the challenge. */
  readonly guid: string;
  readonly value: string;
}

/** One attempt to bring a member's balances up to date. Instants are RFC 3339 in UTC, always 24 characters. */
export interface Refresh {
  readonly refreshId: string;
  /** The `correlationId` of the trigger that began it; its own id, if that had none. */
  readonly correlationId: string;
  /** The same of triggers that joined it, the first five; null where the API does not say: only `refresh` does. */
  readonly joinedCorrelationIds: readonly string[] | null;
  readonly userGuid: string;
  readonly memberGuid: string;
  readonly trigger: Trigger;
  readonly status: 'running' | 'ended';
  /** Whether MX has started its job; `code` says why not. Null once it has ended. */
  readonly jobStarted: boolean | null;
  /** Null while it runs. */
  readonly outcome: Outcome | null;
  readonly action: Action;
  /**
   * Why it ended as it did, for example `denied`: `docs/outcomes.md` of the service. While it runs: what it waits for, for
   * example `mx_unavailable`; null: for its job.
   */
  readonly code: string | null;
  /** One sentence for developers and operators. */
  readonly message: string | null;
  /** MX's text for the end user. */
  readonly userMessage: string | null;
  /** MX's connection status at the end. */
  readonly connectionStatus: string | null;
  /** What MX asks the end user, with `answer_mfa`. */
  readonly challenges: readonly Challenge[];
  readonly userPresent: boolean;
  readonly acceptedAt: string;
  /** By when it ends at the latest, give or take a minute. */
  readonly deadline: string;
  readonly endedAt: string | null;
  /** With `succeeded`: when the stored balances were observed. */
  readonly observedAt: string | null;
  /** While it runs: when MX was last asked. Null: not since it was accepted. */
  readonly lastLookAt: string | null;
  /** While it runs and MX does not answer: when MX is asked next. */
  readonly nextLookAt: string | null;
  /** When MX's allowance and its `Retry-After` let the next one start; null: now. */
  readonly nextRefreshAllowedAt: string | null;
}

/** A refresh in the answer to its trigger. */
export interface TriggeredRefresh extends Refresh {
  /** True: it was running already, and this trigger joined it. */
  readonly joined: boolean;
}

const isStatus = (word: unknown): word is Refresh['status'] => word === 'running' || word === 'ended';

/** Reads a refresh. @throws BalancesProblem `unexpected_answer` that names the field. */
export function refreshFrom(value: Json): Refresh {
  if (!isJsonObject(value)) throw unexpectedAnswer(null, 'the refresh is not an object');
  return {
    refreshId: textIn(value, 'refresh_id'),
    correlationId: textOrNullIn(value, 'correlation_id') ?? textIn(value, 'refresh_id'),
    joinedCorrelationIds: textsOrNullIn(value, 'joined_correlation_ids'),
    userGuid: textIn(value, 'user_guid'),
    memberGuid: textIn(value, 'member_guid'),
    trigger: wordIn(value, 'trigger', isTrigger),
    status: wordIn(value, 'status', isStatus),
    jobStarted: flagOrNullIn(value, 'job_started'),
    outcome: wordOrNullIn(value, 'outcome', isOutcome),
    action: wordIn(value, 'action', isAction),
    code: textOrNullIn(value, 'code'),
    message: textOrNullIn(value, 'message'),
    userMessage: textOrNullIn(value, 'user_message'),
    connectionStatus: textOrNullIn(value, 'connection_status'),
    challenges: challengesFrom(value['challenges'] ?? null),
    userPresent: flagIn(value, 'user_present'),
    acceptedAt: textIn(value, 'accepted_at'),
    deadline: textIn(value, 'deadline'),
    endedAt: textOrNullIn(value, 'ended_at'),
    observedAt: textOrNullIn(value, 'observed_at'),
    lastLookAt: textOrNullIn(value, 'last_look_at'),
    nextLookAt: textOrNullIn(value, 'next_look_at'),
    nextRefreshAllowedAt: textOrNullIn(value, 'next_refresh_allowed_at'),
  };
}

/** Reads a list of challenges. */
export const challengesFrom = (value: Json): readonly Challenge[] =>
  listIn({ challenges: value }, 'challenges').filter(isJsonObject).map(challengeFrom);

const challengeFrom = (challenge: JsonObject): Challenge => ({
  guid: textOrNullIn(challenge, 'guid'),
  label: textOrNullIn(challenge, 'label'),
  type: textOrNullIn(challenge, 'type'),
  fieldName: textOrNullIn(challenge, 'field_name'),
  options: listIn(challenge, 'options').filter(isJsonObject).map(optionFrom),
  imageData: textOrNullIn(challenge, 'image_data'),
  imageOptions: listIn(challenge, 'image_options')
    .filter(isJsonObject)
    .map((option) => ({ ...optionFrom(option), dataUri: textOrNullIn(option, 'data_uri') })),
});

const optionFrom = (option: JsonObject) => ({
  guid: textOrNullIn(option, 'guid'),
  label: textOrNullIn(option, 'label'),
  value: textOrNullIn(option, 'value'),
});

/** Reads the `refresh` of a trigger's answer. */
export function triggeredRefreshFrom(body: Json): TriggeredRefresh {
  const refresh = objectIn(body, 'refresh');
  return { ...refreshFrom(refresh), joined: flagIn(refresh, 'joined') };
}

/** A page of MX's pagination. */
export interface Pagination {
  readonly currentPage: number;
  readonly perPage: number;
  readonly totalEntries: number;
  readonly totalPages: number;
}

/** Reads MX's `pagination`. */
export function paginationFrom(body: Json): Pagination {
  const pagination = objectIn(body, 'pagination');
  return {
    currentPage: countIn(pagination, 'current_page'),
    perPage: countIn(pagination, 'per_page'),
    totalEntries: countIn(pagination, 'total_entries'),
    totalPages: countIn(pagination, 'total_pages'),
  };
}

/** Hours of the day without a scheduled start. */
export interface QuietHours {
  /** `HH:MM`, the first minute that is quiet. */
  readonly from: string;
  /** `HH:MM`, the first minute after it, perhaps of the next day. */
  readonly to: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** A member's place in the schedule. */
export interface MemberSchedule {
  readonly userGuid: string;
  readonly memberGuid: string;
  /** Hours between two refreshes; null: not on a schedule. */
  readonly everyHours: number | null;
  /** Null: none. */
  readonly quietHours: QuietHours | null;
  /** In seconds; null: none. */
  readonly maxAge: number | null;
  /** When it is due next; null: not on a schedule. */
  readonly nextDueAt: string | null;
  /** How its last refresh ended, of any trigger; null: none has. */
  readonly lastResult: ScheduleResult | null;
  /** Why it is not started; null: it is. */
  readonly held: ScheduleHeld | null;
}

/** How the last refresh of a member ended. */
export interface ScheduleResult extends Omit<LastAttempt, 'refreshId' | 'userMessage'> {
  readonly refreshId: string;
  readonly trigger: Trigger;
}

/** Reads the `schedule` of an answer. */
export function scheduleFrom(body: Json): MemberSchedule {
  const schedule = objectIn(body, 'schedule');
  return {
    userGuid: textIn(schedule, 'user_guid'),
    memberGuid: textIn(schedule, 'member_guid'),
    everyHours: countOrNullIn(schedule, 'every'),
    quietHours: isJsonObject(schedule['quiet_hours']) ? quietHoursFrom(schedule['quiet_hours'], schedule) : null,
    maxAge: countOrNullIn(schedule, 'max_age'),
    nextDueAt: textOrNullIn(schedule, 'next_due_at'),
    lastResult: isJsonObject(schedule['last_result']) ? resultFrom(schedule['last_result']) : null,
    held: heldFrom(schedule['held'] ?? null),
  };
}

const quietHoursFrom = (quiet: JsonObject, schedule: JsonObject): QuietHours => ({
  from: textIn(quiet, 'from'),
  to: textIn(quiet, 'to'),
  timeZone: textIn(schedule, 'time_zone'),
});

const resultFrom = (result: JsonObject): ScheduleResult => ({
  refreshId: textIn(result, 'refresh_id'),
  trigger: wordIn(result, 'trigger', isTrigger),
  outcome: wordIn(result, 'outcome', isOutcome),
  action: wordIn(result, 'action', isAction),
  code: textIn(result, 'code'),
  endedAt: textIn(result, 'ended_at'),
});
