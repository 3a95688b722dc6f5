// GET /refreshes/{refresh_id} and …/members/{m}/refreshes, /institution_health and /institution_health/{code}, /members and
// /attention  ->  refreshes, what is learnt of institutions, and members that wait for a person, from DynamoDB
import { attentionReader } from '../shared/clients/attention-reader.ts';
import { institutionsReader } from '../shared/clients/institutions-reader.ts';
import { type MembersReader, membersReader } from '../shared/clients/members-reader.ts';
import { type RefreshesReader, refreshesReader } from '../shared/clients/refreshes-table.ts';
import { type AttentionAction, attentionActions, isAttentionAction } from '../shared/domain/action.ts';
import { breakerRules } from '../shared/domain/breaker.ts';
import { Failure } from '../shared/domain/failure.ts';
import { findMember, refuseDeleted } from '../shared/domain/find-member.ts';
import { type Clock, epochMillisecondsOf, instantOf } from '../shared/domain/instant.ts';
import { type Allowance, type MemberRecord, nextJobAllowedAt } from '../shared/domain/member.ts';
import type { Pauses } from '../shared/domain/pause.ts';
import {
  type InstitutionsQuery,
  listInstitutions,
  type ReadInstitutionsDeps,
  readInstitution,
} from '../shared/domain/read-institutions.ts';
import type { Refresh } from '../shared/domain/refresh.ts';
import { currentRefresh } from '../shared/domain/refresh-details.ts';
import { shownInPause } from '../shared/domain/shown-in-pause.ts';
import { snakeCased } from '../shared/domain/snake-case.ts';
import {
  type AttentionReader,
  countWaiting,
  listWaiting,
  MAX_WAITING,
  type WaitingPlace,
} from '../shared/domain/waiting-members.ts';
import { refreshBody } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, identifier, memberIdentifiers } from '../shared/lambda/http.ts';
import { apiWiring } from './wiring/api.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { dynamoDb, now, pausesOf } from './wiring/refresh.ts';

/** What the reads need. */
export interface ReadRefreshDeps {
  readonly members: MembersReader;
  readonly refreshes: RefreshesReader;
  readonly pauses: Pauses;
  readonly allowance: Allowance;
  /** When asking again can show anything new. */
  readonly retryAfterSeconds: number;
  readonly now: Clock;
}

/** Refreshes on a page of a member's history. */
const PAGE = 25;

/** The most institutions on a page: each is a query of its own. */
const MAX_INSTITUTIONS = 100;

/** DynamoDB's limit of a sort key. */
const MAX_CODE_BYTES = 1024;

const REFRESH_ID = /^RFR-[0-9A-Z]{26}$/;

/** Answers both reads. */
export async function readRefresh(deps: ReadRefreshDeps, request: ApiRequest): Promise<ApiAnswer> {
  return request.parameters['refresh_id'] === undefined ? history(deps, request) : one(deps, request);
}

async function one(deps: ReadRefreshDeps, request: ApiRequest): Promise<ApiAnswer> {
  const refreshId = identifier(request, 'refresh_id');
  if (!REFRESH_ID.test(refreshId)) throw invalid('refresh_id', 'must be RFR- and 26 digits and capital letters');
  const projection = await deps.refreshes.read(refreshId);
  if (projection === null) throw new Failure('refresh_not_found', 'there is no such refresh, or no more');
  const member = await deps.members.read(projection.member);
  if (member !== null) refuseDeleted(member);
  const refresh = await asClaimed(deps, member, projection);
  const nextAllowedAt = member && nextJobAllowedAt(member, deps.now(), deps.allowance);
  return {
    status: 200,
    logged: { member_guid: projection.member.memberGuid, refresh_id: refreshId },
    headers: refresh.status === 'running' ? { 'retry-after': String(deps.retryAfterSeconds) } : {},
    body: { refresh: refreshBody(refresh, nextAllowedAt, projection.joinedCorrelationIds) },
  };
}

/** The claim knows more than its projection while the refresh runs: its progress, its questions, its end a moment earlier. */
async function asClaimed(deps: ReadRefreshDeps, member: MemberRecord | null, projection: Refresh): Promise<Refresh> {
  const isClaim = member?.claim?.refreshId === projection.refreshId;
  const refresh = isClaim ? await currentRefresh(deps.refreshes, member.key, member.claim) : projection;
  return shownInPause(refresh, deps);
}

async function history(deps: ReadRefreshDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const { cursor } = request.query;
  if (cursor !== undefined && !REFRESH_ID.test(cursor)) throw invalidCursor();
  const member = await findMember(deps.members, identifiers);
  const nextAllowedAt = nextJobAllowedAt(member, deps.now(), deps.allowance);
  const { refreshes, next } = await deps.refreshes.ofMember(member.key, PAGE, cursor ?? null);
  const shown = await Promise.all(refreshes.map((projection) => asClaimed(deps, member, projection)));
  return {
    status: 200,
    logged: { member_guid: member.key.memberGuid },
    body: { refreshes: shown.map((refresh) => refreshBody(refresh, nextAllowedAt)), next_cursor: next },
  };
}

/** What the reads of institutions need. */
export interface ReadInstitutionDeps extends ReadInstitutionsDeps {
  /** Setting `learning`: false, and nothing more is counted. */
  readonly learning: boolean;
}

/** Answers both reads of institutions. */
export async function readInstitutions(deps: ReadInstitutionDeps, request: ApiRequest): Promise<ApiAnswer> {
  const settings = { learning: deps.learning, breaker: deps.viewRules.breaker };
  if (request.parameters['institution_code'] !== undefined) {
    const institution = await readInstitution(deps, identifier(request, 'institution_code'));
    return { status: 200, body: { institution: snakeCased(institution), settings } };
  }
  const { institutions, next } = await listInstitutions(deps, institutionsQuery(request.query));
  const cursor = next === null ? null : cursorOf(next);
  return { status: 200, body: { institutions: institutions.map(snakeCased), next_cursor: cursor, settings } };
}

/** @throws Failure `invalid_request` that names the parameter. */
function institutionsQuery({ limit, cursor, breaker }: ApiRequest['query']): InstitutionsQuery {
  const most = limitOf(limit, MAX_INSTITUTIONS);
  if (breaker !== undefined && breaker !== 'open') throw invalid('breaker', 'must be open, or left out');
  return { limit: most, after: cursor === undefined ? null : codeOf(cursor), onlyOpen: breaker === 'open' };
}

/** How many to show: what a request asks for, 25 by default. */
function limitOf(limit: string | undefined, most: number): number {
  const asked = limit ?? '25';
  if (/^[1-9]\d{0,2}$/.test(asked) && Number(asked) <= most) return Number(asked);
  throw invalid('limit', `must be a whole number from 1 to ${most}`);
}

const invalid = (field: string, what: string): Failure => new Failure('invalid_request', `${field} ${what}`, { field });

const invalidCursor = (): Failure => invalid('cursor', 'must be the next_cursor of the page before');

/** Codes are MX's, and may have any character: in a cursor they are in base 64. */
const cursorOf = (code: string): string => Buffer.from(code).toString('base64url');

function codeOf(cursor: string): string {
  const code = Buffer.from(cursor, 'base64url').toString();
  if (/^[A-Za-z0-9_-]{2,1366}$/.test(cursor) && Buffer.byteLength(code) <= MAX_CODE_BYTES) return code;
  throw invalidCursor();
}

/** What the reads of members that wait need. */
export interface ReadAttentionDeps {
  readonly attention: AttentionReader;
}

/** So many answers of the table, of 1 MB each, are read to count the members that wait for one action. */
const COUNTED_PAGES = 8;

/** Answers how many members wait for a person, and which wait for one action. */
export async function readAttention({ attention }: ReadAttentionDeps, request: ApiRequest): Promise<ApiAnswer> {
  if (request.routeKey.endsWith('/attention')) {
    return { status: 200, body: { attention: (await countWaiting(attention, COUNTED_PAGES)).map(snakeCased) } };
  }
  const { action = '', limit, cursor } = request.query;
  if (!isAttentionAction(action)) throw invalid('action', `must be one of ${attentionActions.join(', ')}`);
  const after = cursor === undefined ? null : placeOf(cursor, action);
  const { members, next } = await listWaiting(attention, action, { limit: limitOf(limit, MAX_WAITING), after });
  return {
    status: 200,
    body: { members: members.map(snakeCased), next_cursor: next === null ? null : placeCursor(next, action) },
  };
}

/** Guids may have any character but those of paths: in a cursor they are in base 64. */
const placeCursor = ({ member, since }: WaitingPlace, action: AttentionAction): string =>
  Buffer.from([action, epochMillisecondsOf(since), member.userGuid, member.memberGuid].join('/')).toString('base64url');

/** As it is written; `Buffer` would read other texts too. */
const CURSOR = /^[A-Za-z0-9_-]{2,4096}$/;

/** The place that a cursor of `action` stands for. */
function placeOf(cursor: string, action: AttentionAction): WaitingPlace {
  const [of, since = '', userGuid, memberGuid, ...more] = Buffer.from(cursor, 'base64url').toString().split('/');
  const isWhole = CURSOR.test(cursor) && of === action && /^\d{1,14}$/.test(since) && more.length === 0;
  if (!isWhole || !userGuid || !memberGuid) throw invalidCursor();
  return { member: { userGuid, memberGuid }, since: instantOf(Number(since)) };
}

const isAboutAttention = ({ routeKey }: ApiRequest): boolean => /^GET \/(attention|members)$/.test(routeKey);

const isAboutInstitutions = ({ routeKey }: ApiRequest): boolean => routeKey.startsWith('GET /institution_health');

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('read-refresh', source);
  const db = dynamoDb(env.membersTable, 1);
  const wiring = apiWiring('read-refresh', env);
  const deps: ReadRefreshDeps & ReadInstitutionDeps & ReadAttentionDeps = {
    members: membersReader(db, env.membersTable),
    refreshes: refreshesReader(db, env.refreshesTable, now),
    pauses: pausesOf(env, db, wiring.telemetry),
    allowance: env,
    retryAfterSeconds: env.minLookGapSeconds,
    attention: attentionReader(db, env.membersTable),
    institutions: institutionsReader(db, env.refreshesTable, now),
    learning: env.learning,
    viewRules: { breaker: env.learning && env.breaker, deadlineSeconds: env.deadlineSeconds, breakerRules },
    now,
  };
  return httpHandler({ ...wiring, right: () => 'read' }, (request) => {
    if (isAboutInstitutions(request)) return readInstitutions(deps, request);
    return isAboutAttention(request) ? readAttention(deps, request) : readRefresh(deps, request);
  });
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
