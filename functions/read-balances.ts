// GET …/members/{m}, …/status, …/challenges, …/accounts and …/accounts/{a}, and a user's members and accounts  ->  MX's shapes
// from our tables, freshness in the headers; …/accounts/{a}/history  ->  the account's amounts, newest first
import type { BalancesReader } from '../shared/clients/balances-table.ts';
import { balancesReader } from '../shared/clients/balances-table.ts';
import { historyReader } from '../shared/clients/history-table.ts';
import { type MembersReader, membersReader } from '../shared/clients/members-reader.ts';
import { type RefreshesReader, refreshesReader } from '../shared/clients/refreshes-table.ts';
import { type UserReader, userReader } from '../shared/clients/user-reader.ts';
import type { StoredBalance } from '../shared/domain/balance.ts';
import { Failure } from '../shared/domain/failure.ts';
import { findAccount } from '../shared/domain/find-account.ts';
import { findKey, readMember } from '../shared/domain/find-member.ts';
import { freshnessOf, leastFresh } from '../shared/domain/freshness.ts';
import type { HistoryReader } from '../shared/domain/history.ts';
import type { Clock } from '../shared/domain/instant.ts';
import { type Allowance, type MemberBody, type MemberRecord, nextJobAllowedAt } from '../shared/domain/member.ts';
import { asksUser, challengeView, memberView, statusView } from '../shared/domain/member-view.ts';
import { outcomes } from '../shared/domain/outcome.ts';
import { readHistory } from '../shared/domain/read-history.ts';
import { challengesOf, detailsOfAttempt } from '../shared/domain/refresh-details.ts';
import { accountBody, amountsBody, freshnessHeaders } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { atCursor, cursorOf, readHistoryQuery } from '../shared/lambda/history-query.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, identifier, memberIdentifiers } from '../shared/lambda/http.ts';
import { pageOf, readFlag, readPageQuery, refuseFilters } from '../shared/lambda/mx-pagination.ts';
import { apiWiring } from './wiring/api.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { dynamoDb, now } from './wiring/refresh.ts';

/** What the reads need. */
export interface ReadBalancesDeps {
  readonly members: MembersReader;
  readonly balances: BalancesReader;
  readonly refreshes: Pick<RefreshesReader, 'read' | 'readDetails'>;
  readonly allowance: Allowance;
  readonly staleAfterSeconds: number;
  readonly now: Clock;
}

/** Answers the reads of one member. MX is never called. */
export async function readBalances(deps: ReadBalancesDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const account =
    request.parameters['account_identifier'] === undefined ? null : identifier(request, 'account_identifier');
  const page = readPageQuery(request.query);
  refuseFilters(request.query);
  const includesUnlisted = readFlag(request.query, 'include_unlisted');
  const key = await findKey(deps.members, identifiers);
  const isAboutAccounts = request.routeKey.includes('/accounts');
  const [member, balances, stored] = await Promise.all([
    readMember(deps.members, key),
    deps.balances.ofMember(key),
    isAboutAccounts ? null : deps.members.readBody(key),
  ]);
  const answer = (about: readonly StoredBalance[], body: object): ApiAnswer =>
    memberAnswer(deps, { member, balances: about }, body);
  if (!isAboutAccounts) {
    const view = memberView(member, stored);
    const [isStatus, isChallenges] = ['/status', '/challenges'].map((end) => request.routeKey.endsWith(end));
    if (!isStatus && !isChallenges) return answer(balances, { member: view });
    const challenges = asksUser(view) ? await challengesOf(deps.refreshes, member) : [];
    if (isStatus) return answer(balances, { member: statusView(view, challenges) });
    const { items, pagination } = pageOf(challenges, page);
    const { body, ...none } = answer(balances, { challenges: items.map(challengeView), pagination });
    return challenges.length === 0 ? { ...none, status: 204 } : { ...none, body };
  }
  if (balances.length === 0 && member.lastSuccess === null) throw await neverRefreshed(deps, member);
  if (account !== null) {
    const balance = find(balances, account);
    return answer([balance], { account: accountBody(balance) });
  }
  const shown = includesUnlisted ? balances : balances.filter(({ listed }) => listed);
  const { items, pagination } = pageOf(shown, page);
  return answer(balances, { accounts: items.map(accountBody), pagination });
}

/** What the read of a history needs besides. */
export interface ReadHistoryDeps extends ReadBalancesDeps {
  /** Null: the setting `historyDays` is off. */
  readonly history: HistoryReader | null;
}

/** Answers the read of an account's history. MX is never called. */
export async function readAccountHistory(deps: ReadHistoryDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const account = identifier(request, 'account_identifier');
  const asked = readHistoryQuery(request);
  if (deps.history === null) throw new Failure('history_off', 'this deployment keeps no history of amounts');
  const key = await findKey(deps.members, identifiers);
  const [member, balances] = await Promise.all([readMember(deps.members, key), deps.balances.ofMember(key)]);
  if (balances.length === 0 && member.lastSuccess === null) throw await neverRefreshed(deps, member);
  const balance = find(balances, account);
  const { accountGuid } = balance;
  const { amounts, next } = await readHistory(deps.history, balance, atCursor(asked, accountGuid));
  return memberAnswer(
    deps,
    { member, balances: [balance] },
    {
      account_guid: accountGuid,
      history: amounts.map(amountsBody),
      next_cursor: next === null ? null : cursorOf(next, asked, accountGuid),
    },
  );
}

/** A member and what is stored of it. */
interface KnownMember {
  readonly member: MemberRecord;
  readonly balances: readonly StoredBalance[];
}

/** An answer about one member, as fresh as `balances`. */
const memberAnswer = (
  deps: Pick<ReadBalancesDeps, 'allowance' | 'staleAfterSeconds' | 'now'>,
  { member, balances }: KnownMember,
  body: object,
): ApiAnswer => ({
  status: 200,
  logged: { member_guid: member.key.memberGuid },
  headers: freshnessHeaders({
    freshness: freshnessOf(balances, member, deps.now(), deps.staleAfterSeconds),
    member,
    nextAllowedAt: nextJobAllowedAt(member, deps.now(), deps.allowance),
  }),
  body,
});

function find(balances: readonly StoredBalance[], account: string): StoredBalance {
  const balance = findAccount(balances, account);
  if (balance !== null) return balance;
  throw new Failure('account_not_found', 'the stored accounts of this member have no such guid or id');
}

/** What the reads of a user need. */
export interface ReadUserDeps extends Pick<ReadBalancesDeps, 'allowance' | 'staleAfterSeconds' | 'now'> {
  readonly users: UserReader;
}

const userNotFound = (): Failure =>
  new Failure('user_not_found', 'no member of this user is known here, or all were deleted');

/** Answers the reads of one user, from the members that are known here. MX is never called. */
export async function readUser(deps: ReadUserDeps, request: ApiRequest): Promise<ApiAnswer> {
  const user = identifier(request, 'user_identifier');
  const account =
    request.parameters['account_identifier'] === undefined ? null : identifier(request, 'account_identifier');
  const page = readPageQuery(request.query);
  refuseFilters(request.query);
  const includesUnlisted = readFlag(request.query, 'include_unlisted');
  const listsMembers = !request.routeKey.includes('/accounts');
  const userGuid = await deps.users.resolve(user);
  if (userGuid === null) throw userNotFound();
  const [known, bodies] = await Promise.all([
    knownMembers(deps.users, userGuid),
    listsMembers ? deps.users.bodies(userGuid) : noBodies,
  ]);
  if (known.length === 0) throw userNotFound();
  if (account !== null) return readAccount(deps, known, account);
  const freshness = leastFresh(
    known.map(({ member, balances }) => freshnessOf(balances, member, deps.now(), deps.staleAfterSeconds)),
  );
  const answer = (body: object): ApiAnswer => ({
    status: 200,
    headers: {
      'balances-known-members': String(known.length),
      ...freshnessHeaders({ freshness, member: noAttempts, nextAllowedAt: null }),
      ...(known.some(({ member }) => member.lastSuccess?.incomplete) ? { 'balances-incomplete': 'true' } : {}),
    },
    body,
  });
  if (listsMembers) {
    const { items, pagination } = pageOf(known, page);
    const views = items.map(({ member }) => memberView(member, bodies.get(member.key.memberGuid) ?? null));
    return answer({ members: views, pagination });
  }
  const stored = known.flatMap(({ balances }) => balances);
  if (stored.length === 0 && known.every(({ member }) => member.lastSuccess === null)) {
    throw new Failure('never_refreshed', 'no balances are stored for any known member of this user yet');
  }
  const { items, pagination } = pageOf(
    stored.filter(({ listed }) => listed || includesUnlisted),
    page,
  );
  return answer({ accounts: items.map(accountBody), pagination });
}

const noBodies: ReadonlyMap<string, MemberBody> = new Map();

/** A list of several members has no attempt of its own. */
const noAttempts = { lastAttempt: null, lastSuccess: null, claim: null, held: null };

async function knownMembers(users: UserReader, userGuid: string): Promise<readonly KnownMember[]> {
  const [members, stored] = await Promise.all([users.members(userGuid), users.balances(userGuid)]);
  const byMember = Map.groupBy(stored, (balance) => balance.member.memberGuid);
  return members.map((member) => ({ member, balances: byMember.get(member.key.memberGuid) ?? [] }));
}

/** One account of any of the members. Own ids are the feed's: two members may have accounts of the same id. */
function readAccount(deps: ReadUserDeps, known: readonly KnownMember[], account: string): ApiAnswer {
  const found = known.flatMap(({ member, balances }) => {
    const balance = findAccount(balances, account);
    return balance === null ? [] : [{ member, balance }];
  });
  const [only, ...others] = found;
  if (only === undefined) {
    throw new Failure('account_not_found', 'the stored accounts of this user have no such guid or id');
  }
  if (others.length > 0) {
    const field = 'account_identifier';
    throw new Failure('invalid_request', `${field} is the id of accounts of several members: send the guid`, { field });
  }
  return memberAnswer(deps, { member: only.member, balances: [only.balance] }, { account: accountBody(only.balance) });
}

/** Nothing is stored, and no refresh has succeeded: says what is known of the refresh that runs, or of the last one. */
async function neverRefreshed(
  { refreshes }: Pick<ReadBalancesDeps, 'refreshes'>,
  { claim, lastAttempt }: MemberRecord,
): Promise<Failure> {
  const nothing = 'no balances are stored for this member yet';
  if (claim !== null && claim.phase !== 'ended') {
    const { refreshId } = claim;
    return new Failure('never_refreshed', `${nothing}; a refresh of it is under way`, { refreshId, action: 'wait' });
  }
  if (lastAttempt === null) {
    const trigger = 'POST …/members/{member_identifier}/check_balance';
    return new Failure('never_refreshed', `${nothing}; trigger a refresh first: ${trigger}`);
  }
  const { refreshId, action, code } = lastAttempt;
  const userMessage = (await detailsOfAttempt(refreshes, lastAttempt))?.userMessage ?? null;
  return new Failure('never_refreshed', `${nothing}; its last refresh ended as ${code}: ${outcomes[code].message}`, {
    refreshId,
    action,
    ...(userMessage === null ? {} : { userMessage }),
  });
}

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('read-balances', source);
  const db = dynamoDb(env.membersTable);
  const deps: ReadHistoryDeps & ReadUserDeps = {
    users: userReader(db, { members: env.membersTable, balances: env.balancesTable }),
    members: membersReader(db, env.membersTable),
    balances: balancesReader(db, env.balancesTable),
    history: env.historyDays === 0 ? null : historyReader(db, env.historyTable, now),
    refreshes: refreshesReader(db, env.refreshesTable, now),
    allowance: env,
    staleAfterSeconds: env.staleAfterSeconds,
    now,
  };
  return httpHandler({ ...apiWiring('read-balances', env), right: () => 'read' }, (request) => {
    if (request.parameters['member_identifier'] === undefined) return readUser(deps, request);
    return request.routeKey.endsWith('/history') ? readAccountHistory(deps, request) : readBalances(deps, request);
  });
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
