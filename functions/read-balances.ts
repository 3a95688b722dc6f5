// GET …/members/{m}, …/status, …/accounts and …/accounts/{a}  ->  MX's shapes from our tables, freshness in the headers
import type { BalancesReader } from '../shared/clients/balances-table.ts';
import { balancesReader } from '../shared/clients/balances-table.ts';
import { type MembersReader, membersReader } from '../shared/clients/members-reader.ts';
import { accountView, type StoredBalance } from '../shared/domain/balance.ts';
import { Failure } from '../shared/domain/failure.ts';
import { findMember } from '../shared/domain/find-member.ts';
import { freshnessOf } from '../shared/domain/freshness.ts';
import type { Clock } from '../shared/domain/instant.ts';
import { type Allowance, nextStartAllowedAt } from '../shared/domain/member.ts';
import { memberView, statusView } from '../shared/domain/member-view.ts';
import { freshnessHeaders } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, identifier, memberIdentifiers } from '../shared/lambda/http.ts';
import { pageOf, readPageQuery } from '../shared/lambda/mx-pagination.ts';
import { apiWiring } from './wiring/api.ts';
import { dynamoDb, now } from './wiring/refresh.ts';

/** What the reads need. */
export interface ReadBalancesDeps {
  readonly members: MembersReader;
  readonly balances: BalancesReader;
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
  const member = await findMember(deps.members, identifiers);
  const balances = await deps.balances.ofMember(member.key);
  const answer = (about: readonly StoredBalance[], body: object): ApiAnswer => ({
    status: 200,
    headers: freshnessHeaders({
      freshness: freshnessOf(about, member, deps.now(), deps.staleAfterSeconds),
      member,
      nextAllowedAt: nextStartAllowedAt(member.starts, deps.now(), deps.allowance),
    }),
    body,
  });
  if (request.routeKey.endsWith('/status')) return answer(balances, { member: statusView(member) });
  if (!request.routeKey.includes('/accounts')) return answer(balances, { member: memberView(member) });
  if (balances.length === 0 && member.lastSuccess === null) {
    throw new Failure(
      'never_refreshed',
      'no balances are stored for this member yet; trigger a refresh first: POST …/members/{member_identifier}/check_balance',
    );
  }
  if (account !== null) {
    const balance = find(balances, account);
    return answer([balance], { account: accountView(balance) });
  }
  const { items, pagination } = pageOf(balances, page);
  return answer(balances, { accounts: items.map(accountView), pagination });
}

/** By guid, else by own id. Own ids are the feed's and unique within a member (MX facts 7.1). */
function find(balances: readonly StoredBalance[], account: string): StoredBalance {
  const balance =
    balances.find((candidate) => candidate.accountGuid === account) ??
    balances.find((candidate) => candidate.fields['id'] === account);
  if (balance !== undefined) return balance;
  throw new Failure('account_not_found', 'the stored accounts of this member have no such guid or id');
}

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('read-balances', source);
  const db = dynamoDb();
  const deps: ReadBalancesDeps = {
    members: membersReader(db, env.membersTable),
    balances: balancesReader(db, env.balancesTable),
    allowance: env,
    staleAfterSeconds: env.staleAfterSeconds,
    now,
  };
  return httpHandler({ ...apiWiring('read-balances', env), right: () => 'read' }, (request) =>
    readBalances(deps, request),
  );
}

export const handler = wire(process.env);
