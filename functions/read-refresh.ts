// GET /refreshes/{refresh_id} and …/members/{m}/refreshes  ->  refreshes from DynamoDB
import { type MembersReader, membersReader } from '../shared/clients/members-reader.ts';
import { type RefreshesReader, refreshesReader } from '../shared/clients/refreshes-table.ts';
import { Failure } from '../shared/domain/failure.ts';
import { findMember, refuseDeleted } from '../shared/domain/find-member.ts';
import type { Clock } from '../shared/domain/instant.ts';
import { type Allowance, type MemberRecord, nextJobAllowedAt } from '../shared/domain/member.ts';
import type { Refresh } from '../shared/domain/refresh.ts';
import { currentRefresh } from '../shared/domain/refresh-details.ts';
import { refreshBody } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, identifier, memberIdentifiers } from '../shared/lambda/http.ts';
import { apiWiring } from './wiring/api.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { dynamoDb, now } from './wiring/refresh.ts';

/** What the reads need. */
export interface ReadRefreshDeps {
  readonly members: MembersReader;
  readonly refreshes: RefreshesReader;
  readonly allowance: Allowance;
  /** When asking again can show anything new. */
  readonly retryAfterSeconds: number;
  readonly now: Clock;
}

/** Refreshes on a page of a member's history. */
const PAGE = 25;

const REFRESH_ID = /^RFR-[0-9A-Z]{26}$/;

/** Answers both reads. */
export async function readRefresh(deps: ReadRefreshDeps, request: ApiRequest): Promise<ApiAnswer> {
  return request.parameters['refresh_id'] === undefined ? history(deps, request) : one(deps, request);
}

async function one(deps: ReadRefreshDeps, request: ApiRequest): Promise<ApiAnswer> {
  const refreshId = identifier(request, 'refresh_id');
  if (!REFRESH_ID.test(refreshId)) {
    throw new Failure('invalid_request', 'refresh_id must be RFR- and 26 digits and capital letters', {
      field: 'refresh_id',
    });
  }
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
const asClaimed = async (
  { refreshes }: ReadRefreshDeps,
  member: MemberRecord | null,
  projection: Refresh,
): Promise<Refresh> =>
  member?.claim?.refreshId === projection.refreshId ? currentRefresh(refreshes, member.key, member.claim) : projection;

async function history(deps: ReadRefreshDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const { cursor } = request.query;
  if (cursor !== undefined && !REFRESH_ID.test(cursor)) {
    throw new Failure('invalid_request', 'cursor must be the next_cursor of the page before', {
      field: 'cursor',
    });
  }
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

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('read-refresh', source);
  const db = dynamoDb(env.membersTable);
  const deps: ReadRefreshDeps = {
    members: membersReader(db, env.membersTable),
    refreshes: refreshesReader(db, env.refreshesTable, now),
    allowance: env,
    retryAfterSeconds: env.minLookGapSeconds,
    now,
  };
  return httpHandler({ ...apiWiring('read-refresh', env), right: () => 'read' }, (request) =>
    readRefresh(deps, request),
  );
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
