/** The operator’s command `open`, on tables of its own. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { type OpenOptions, showOpen } from '../../infra/operator/show-open.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { writePauses } from '../../shared/clients/pauses-table.ts';
import { at, mxMember, policy, refreshId, startingClaim } from '../samples.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { withPagesOf } from './dynamodb-at-scale.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { deploymentWith } from './operator-deployment.ts';

let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
  return () => tables.close();
});

async function begun(name: string, seconds: number, number: number): Promise<void> {
  const key = { userGuid: `USR-${name}`, memberGuid: `MBR-${name}` };
  const member = mxMember(key, { institution_code: 'riverbank' });
  const given = { acceptedAt: at(seconds), deadline: at(seconds + 600), correlationId: `order-${number}` };
  const claim = startingClaim(refreshId(number), { ...given, lookNumber: 0, lookedAt: null });
  const members = membersInDynamoDb(tables.client, tables.members, policy);
  expect(await members.claim({ key, claim, starts: [], startsVersion: 0, member })).toBe(true);
}

async function shown(given: Partial<OpenOptions> = {}, stop = false) {
  const { terminal, out, said } = fakeTerminal();
  const deployment = {
    ...deploymentWith(tables, { MembersTable: tables.members, RefreshesTable: tables.refreshes }),
    // Each part of the index has more than a page.
    dynamoDb: () => withPagesOf(1, tables.newClient()),
  };
  const stopped = { ...terminal, now: () => at(0), ...(stop ? { stop: AbortSignal.abort() } : {}) };
  await showOpen(deployment, stopped, { stuck: false, json: false, ...given });
  return { out: out(), said };
}

describe('open', () => {
  it('says that nothing runs', async () => {
    const { out, said } = await shown();
    expect([out, said]).toEqual(['', ['0 refreshes of stack test in local, account 123 run.']]);
  });

  it('shows the oldest first, and marks what is late', async () => {
    await begun('young', -5, 1);
    await begun('late', -601, 2);
    await begun('middle', -130, 5);
    const { out, said } = await shown();
    const rows = out.trimEnd().split('\n');
    expect(rows[0]).toMatch(/^age +refresh +user +member +institution +by +step +ends by +correlation id$/);
    expect(rows.slice(1).map((row) => row.split(/ {2,}/))).toEqual([
      [
        ...['10 min', refreshId(2), 'USR-late', 'MBR-late', 'riverbank', 'http'],
        ...['start sent, not confirmed, no look yet', `${at(-1)} STUCK`, 'order-2'],
      ],
      [
        ...['2 min', refreshId(5), 'USR-middle', 'MBR-middle', 'riverbank', 'http'],
        ...['start sent, not confirmed, no look yet', at(470), 'order-5'],
      ],
      [
        ...['5 s', refreshId(1), 'USR-young', 'MBR-young', 'riverbank', 'http'],
        ...['start sent, not confirmed, no look yet', at(595), 'order-1'],
      ],
    ]);
    expect(said).toEqual(['3 refreshes of stack test in local, account 123 run, 1 of them past the deadline.']);
  });

  it('is JSON, of late ones alone if asked', async () => {
    const lines = (await shown({ json: true })).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).member_guid)).toEqual(['MBR-late', 'MBR-middle', 'MBR-young']);
    const late = (await shown({ json: true, stuck: true })).out.trimEnd().split('\n');
    expect(late.map((line) => JSON.parse(line))).toMatchObject([
      { refresh_id: refreshId(2), is_stuck: true, step: 'requested', looks: 0, correlation_id: 'order-2' },
    ]);
  });

  it('names what cannot be read', async () => {
    const Item = {
      user_guid: { S: 'USR-new' },
      item_key: { S: 'MBR-new' },
      open_shard: { S: '3' },
      open_since: { N: String(Date.parse(at(-5))) },
      claim: { M: { i: { S: 'RFR-1' } } },
    };
    await tables.client.send(new PutItemCommand({ TableName: tables.members, Item }));
    const { said } = await shown();
    expect(said.at(-1)).toBe('USR-new MBR-new could not be read: a newer release may have written it.');
  });

  it('ends at Ctrl-C', async () => {
    await expect(shown({}, true)).rejects.toMatchObject({ exitCode: 130 });
  });

  it('counts the time by when one ends without pauses', async () => {
    const pauses = [{ from: at(-100), until: at(-40), why: 'some' }];
    await writePauses(tables.client, tables.refreshes, { pauses, version: 0 });
    const { out } = await shown({ stuck: true });
    expect(out).toBe('');
  });
});
