/**
 * A refresh without a trigger: MX has gathered data by itself, and this service only reads it. It holds no claim that a
 * trigger could join, starts no job, and is published by the same events as any other.
 */
import type { StoredBalance } from './balance.ts';
import type { ExactObject } from './decimal.ts';
import type { EndDeps } from './end-refresh.ts';
import { endingOf } from './ending.ts';
import { judgeImports, leftBehind } from './imports.ts';
import { type Instant, plusSeconds, readInstant } from './instant.ts';
import type { SeenMembers } from './members-ports.ts';
import type { MemberKey, MxAccount, MxMember } from './mx.ts';
import type { MxWebhook } from './mx-webhook.ts';
import { publishOutcome } from './notify.ts';
import type { Balances, RefreshDeps } from './ports.ts';
import { attemptOf, type EndedRefresh } from './refresh.ts';
import { detailsOf } from './refresh-details.ts';
import { stableUlid } from './stable-id.ts';
import { storedCode } from './store-accounts.ts';

/** What such a refresh needs. */
export type BackgroundDeps = EndDeps &
  Pick<RefreshDeps, 'mx' | 'policy'> & { readonly balances: Balances; readonly seen: SeenMembers };

/** One completion at MX is one refresh, although several webhooks may report it. */
const backgroundRefreshId = (member: MemberKey, completedAt: Instant): string =>
  `RFR-${stableUlid(completedAt, member.userGuid, member.memberGuid)}`;

/** The refresh that this completion became, if its projection is written. */
export async function backgroundRefresh(
  deps: Pick<BackgroundDeps, 'refreshes'>,
  member: MemberKey,
  completedAt: Instant,
): Promise<EndedRefresh | null> {
  const refresh = await deps.refreshes.read(backgroundRefreshId(member, completedAt));
  return refresh?.status === 'ended' ? refresh : null;
}

/** The member as stored before the webhook. */
export interface KnownMember {
  /** MX's member object as last stored; undefined: none is. */
  readonly body: ExactObject | undefined;
  readonly importsMove: boolean;
}

/** MX ran a job by itself: nothing was read before it. */
const noBaseline = { baselineAggregatedAt: null, baselineAnsweredAt: null };

/**
 * Reads the accounts and stores them if MX has gathered anything since. Null when it has not: then nothing is written.
 * Repeatable: ids depend on the completion alone, newer wins.
 *
 * @throws Failure of MX's.
 */
export async function storeNews(
  deps: BackgroundDeps,
  webhook: MxWebhook & { readonly completedAt: Instant },
  known: KnownMember,
  member: MxMember,
): Promise<EndedRefresh | null> {
  const { key } = member;
  const observedAt = deps.now();
  const accounts = await deps.mx.listAccounts({ userIdentifier: key.userGuid, memberIdentifier: key.memberGuid });
  const stored = await deps.balances.ofMember(key);
  if (!isNews(known.body, member, accounts, stored)) return null;
  const refreshId = backgroundRefreshId(key, webhook.completedAt);
  // The newest job is over: an account that it did not import is as old as its last import.
  const { aggregatedAt: jobAggregatedAt } = member;
  const imports = judgeImports({ accounts, stored, refreshId, ...noBaseline, jobAggregatedAt });
  const before = { stored, leftBehind: leftBehind(imports, known.importsMove) };
  const now = await deps.balances.store(key, accounts, { observedAt, refreshId, trigger: 'mx_webhook' }, before);
  deps.measures.stored({ refreshId, observedAt, before: stored, now, leftBehind: before.leftBehind });
  const code = storedCode(accounts, stored);
  const refresh: EndedRefresh = {
    refreshId,
    member: key,
    trigger: 'mx_webhook',
    status: 'ended',
    acceptedAt: webhook.receivedAt,
    deadline: plusSeconds(webhook.receivedAt, deps.policy.deadlineSeconds),
    userPresent: false,
    correlationId: null,
    joinedCorrelationIds: [],
    challenges: [],
    progress: null,
    result: {
      ...endingOf(code, {
        ...(code === 'stored' ? { message: 'MX had gathered data by itself; the balances are stored.' } : {}),
        connectionStatus: member.connectionStatus,
      }),
      endedAt: deps.now(),
      observedAt,
    },
  };
  const { result, ...facts } = refresh;
  await deps.refreshes.end({
    refresh: { ...facts, status: 'running', result: null },
    end: result,
    details: detailsOf(result),
  });
  // A duplicate of the webhook may have written it first: that one is stored, and is published.
  return (await backgroundRefresh(deps, key, webhook.completedAt)) ?? refresh;
}

/**
 * What is left to do for a background refresh whose projection is written. The completion is remembered last: a crash
 * before that makes the webhook's message come again, find the projection and do the rest.
 */
export async function finishBackground(
  deps: BackgroundDeps,
  refresh: EndedRefresh,
  completedAt: Instant,
): Promise<void> {
  const { member } = refresh;
  const attempt = attemptOf(refresh, refresh.result, detailsOf(refresh.result) !== null);
  await deps.seen.recordBackground(member, attempt);
  await publishOutcome(deps, member, attempt);
  await deps.seen.recordProcessed(member, completedAt);
}

/**
 * Whether MX's data are newer than the stored ones. MX's times are compared with MX's, never with our clock. A start or
 * a look may have stored the member's body since without its accounts, so the accounts' own times count as well.
 */
export function isNews(
  body: ExactObject | undefined,
  member: MxMember,
  accounts: readonly MxAccount[],
  stored: readonly StoredBalance[],
): boolean {
  const byGuid = new Map(stored.map((balance) => [balance.accountGuid, balance]));
  const newAccounts = accounts.some(({ guid, fields }) => {
    const known = byGuid.get(guid);
    return known === undefined || isLater(readInstant(fields.imported_at), readInstant(known.fields['imported_at']));
  });
  return (
    newAccounts ||
    isLater(member.aggregatedAt, readInstant(body?.['aggregated_at'])) ||
    isLater(member.successfullyAggregatedAt, readInstant(body?.['successfully_aggregated_at']))
  );
}

const isLater = (now: Instant | null, before: Instant | null): boolean =>
  now !== null && (before === null || now > before);
