/** The operator’s command `explain`, on tables of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memberShown } from '../../infra/console/member-data.ts';
import type { Deployment } from '../../infra/operator/deployment.ts';
import { type ExplainOptions, explainMember } from '../../infra/operator/explain-member.ts';
import { explainedMember } from '../../infra/operator/explained-member.ts';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { writePauses } from '../../shared/clients/pauses-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { plusSeconds } from '../../shared/domain/instant.ts';
import { noWishes } from '../../shared/domain/schedule.ts';
import { at, attemptOf, mxAccount, mxMember, policy, refreshId, startingClaim } from '../samples.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { deploymentWith } from './operator-deployment.ts';

let tables: LocalTables;
afterAll(() => tables?.close());

const key = { userGuid: 'USR-explained', memberGuid: 'MBR-explained' };

beforeAll(async () => {
  tables = await startLocalTables();
  const members = membersInDynamoDb(tables.client, tables.members, policy);
  const member = mxMember(key, { id: 'own-member', user_id: 'own-user', institution_code: 'riverbank' });
  const claim = startingClaim(refreshId(1));
  await members.claim({ key, claim, starts: [at(-60)], startsVersion: 0, member });
  await members.writeAliases(member);
  const attempt = attemptOf(claim, {
    outcome: 'action_required',
    action: 'reauthenticate',
    code: 'denied',
    endedAt: at(-30),
  });
  const known = { lookedAt: null, jobAggregatedAt: null };
  const attention = { action: 'reauthenticate', since: at(-90), code: 'denied', asOf: at(-30) } as const;
  expect(await members.end({ key, from: 'running', known, attempt, attention })).toBe(true);
  await members.release(key, claim.refreshId);
  const rules = { keepAccountNumbers: false, keepUnknownFields: false };
  const stamp = { observedAt: at(-3 * 86_400), refreshId: refreshId(1), trigger: 'http' as const };
  const account = mxAccount('ACT-1', '4711.90', '"currency_code":"USD"');
  await balancesInDynamoDb(tables.client, tables.balances, rules).store(key, [account], stamp);
  const schedule = scheduleInDynamoDb(tables.client, tables.members);
  await schedule.enrol(key, { everyHours: 24, slot: 'SLOT#24h#00100#0' }, 'always', noWishes);
});

function deployment(): Deployment {
  const outputs: Readonly<Record<string, string>> = {
    MembersTable: tables.members,
    BalancesTable: tables.balances,
    RefreshesTable: tables.refreshes,
    Learning: 'true',
    Breaker: 'true',
    StaleAfterSeconds: '86400',
    AllowanceStarts: '5',
    AllowanceWindowSeconds: '7200',
  };
  return deploymentWith(tables, outputs);
}

async function shown(given: Partial<ExplainOptions> = {}): Promise<string> {
  const { terminal, out } = fakeTerminal();
  const options = { user: 'own-user', member: 'own-member', showAmounts: false, json: false, ...given };
  await explainMember(deployment(), terminal, options);
  return out();
}

describe('explain', () => {
  it('says why, whose move it is, and what comes next', async () => {
    const [why, move, next] = (await shown()).split('\n');
    expect(why).toBe(
      `Why is it old?           The oldest account is as of ${at(-3 * 86_400)}, 3 d old: the last refresh ended at ${at(-30)} as denied (The institution refused the stored credentials).`,
    );
    expect(move).toBe(
      'Whose move is it?        The user: has to log in or consent again, in the widget of MX that your app shows.',
    );
    expect(next).toMatch(
      /^What happens next, when\? The schedule’s next turn is at 2026-\S+Z, every 24 h\. A trigger starts a refresh at once\.$/,
    );
  });

  it('shows accounts, and amounts only when asked to', async () => {
    const without = await shown();
    expect(without).toMatch(/^ACT-1 .* yes +RFR-/m);
    expect(without).not.toContain('4711');
    expect(await shown({ showAmounts: true })).toMatch(/^ACT-1 .* 4711\.90? +– +USD$/m);
  });

  it('finds the member by guids, and is JSON', async () => {
    const text = await shown({ user: key.userGuid, member: key.memberGuid, json: true });
    expect(JSON.parse(text)).toMatchObject({
      action: 'reauthenticate',
      freshness: { verdict: 'stale', reason: 'denied' },
      member: {
        user: 'USR-explained',
        member: 'MBR-explained',
        schedule: 'every 24 h',
        'waits for': `reauthenticate since ${at(-90)} (denied)`,
      },
      accounts: [{ account: 'ACT-1', stale_reason: '' }],
    });
  });

  it('gives the page the deadline that counts without pauses', async () => {
    const running = { userGuid: 'USR-running', memberGuid: 'MBR-running' };
    const claim = startingClaim(refreshId(9));
    const members = membersInDynamoDb(tables.client, tables.members, policy);
    await members.claim({ key: running, claim, starts: [], startsVersion: 0, member: mxMember(running) });
    const pauses = [{ from: at(0), until: at(600), why: 'MX asked for it' }];
    await writePauses(tables.client, tables.refreshes, { pauses, version: 0 });
    const names = { userIdentifier: running.userGuid, memberIdentifier: running.memberGuid };
    const read = await explainedMember(deployment(), { client: tables.client, now: () => at(10) }, names);
    const moved = plusSeconds(claim.deadline, 600);
    expect(memberShown(read).running).toMatchObject({ refreshId: refreshId(9), deadline: moved });
    expect(read.explained.next).toContain(`ends by ${moved}.`);
  });

  it('ends with 2 for a member that is not known', async () => {
    await expect(shown({ member: 'other' })).rejects.toMatchObject({ exitCode: 2 });
  });
});
