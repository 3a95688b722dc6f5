// GET …/members/{m}, …/status, …/accounts and …/accounts/{a}  ->  MX's shapes from our tables, freshness in the headers
import type { BalancesReader } from '../shared/clients/balances-table.ts';
import { balancesReader } from '../shared/clients/balances-table.ts';
import { type MembersReader, membersReader } from '../shared/clients/members-reader.ts';
import { type RefreshesReader, refreshesReader } from '../shared/clients/refreshes-table.ts';
import type { StoredBalance } from '../shared/domain/balance.ts';
import { Failure } from '../shared/domain/failure.ts';
import { findAccount } from '../shared/domain/find-account.ts';
import { findKey, readMember } from '../shared/domain/find-member.ts';
import { freshnessOf } from '../shared/domain/freshness.ts';
import type { Clock } from '../shared/domain/instant.ts';
import { type Allowance, type MemberRecord, nextStartAllowedAt } from '../shared/domain/member.ts';
import { asksUser, memberView, statusView } from '../shared/domain/member-view.ts';
import { outcomes } from '../shared/domain/outcome.ts';
import { challengesOf, detailsOfAttempt } from '../shared/domain/refresh-details.ts';
import { accountBody, freshnessHeaders } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, identifier, memberIdentifiers } from '../shared/lambda/http.ts';
import { pageOf, readFlag, readPageQuery } from '../shared/lambda/mx-pagination.ts';
import { apiWiring } from './wiring/api.ts';
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

/** Answers all four reads. MX is never called. */
export async function readBalances(deps: ReadBalancesDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  const account =
    request.parameters['account_identifier'] === undefined ? null : identifier(request, 'account_identifier');
  const page = readPageQuery(request.query);
  const includesUnlisted = readFlag(request.query, 'include_unlisted');
  const key = await findKey(deps.members, identifiers);
  const isAboutAccounts = request.routeKey.includes('/accounts');
  const [member, balances, stored] = await Promise.all([
    readMember(deps.members, key),
    deps.balances.ofMember(key),
    isAboutAccounts ? null : deps.members.readBody(key),
  ]);
  const answer = (about: readonly StoredBalance[], body: object): ApiAnswer => ({
    status: 200,
    logged: { member_guid: member.key.memberGuid },
    headers: freshnessHeaders({
      freshness: freshnessOf(about, member, deps.now(), deps.staleAfterSeconds),
      member,
      nextAllowedAt: nextStartAllowedAt(member.starts, deps.now(), deps.allowance),
    }),
    body,
  });
  if (!isAboutAccounts) {
    const view = memberView(member, stored);
    if (!request.routeKey.endsWith('/status')) return answer(balances, { member: view });
    const challenges = asksUser(view) ? await challengesOf(deps.refreshes, member) : [];
    return answer(balances, { member: statusView(view, challenges) });
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

function find(balances: readonly StoredBalance[], account: string): StoredBalance {
  const balance = findAccount(balances, account);
  if (balance !== null) return balance;
  throw new Failure('account_not_found', 'the stored accounts of this member have no such guid or id');
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
  const db = dynamoDb();
  const deps: ReadBalancesDeps = {
    members: membersReader(db, env.membersTable),
    balances: balancesReader(db, env.balancesTable),
    refreshes: refreshesReader(db, env.refreshesTable, now),
    allowance: env,
    staleAfterSeconds: env.staleAfterSeconds,
    now,
  };
  return httpHandler({ ...apiWiring('read-balances', env), right: () => 'read' }, (request) =>
    readBalances(deps, request),
  );
}

export const handler = wire(process.env);
