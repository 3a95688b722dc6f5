/** The operator’s command `attention`, on tables of its own. */
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type AttentionOptions, showAttention } from '../../infra/operator/show-attention.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import type { AttentionAction } from '../../shared/domain/action.ts';
import { at, attemptOf, mxMember, policy, refreshId, startingClaim, unseen } from '../samples.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { deploymentWith } from './operator-deployment.ts';

let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
  const waiting: readonly [string, AttentionAction, number][] = [
    ['late', 'reauthenticate', -90],
    ['early', 'reauthenticate', -3 * 86_400],
    ['asked', 'answer_mfa', -7_200],
  ];
  for (const [index, [name, action, seconds]] of waiting.entries()) {
    const key = { userGuid: `USR-${name}`, memberGuid: `MBR-${name}` };
    const members = membersInDynamoDb(tables.client, tables.members, policy);
    const claim = startingClaim(refreshId(index));
    const member = mxMember(key, { institution_code: name === 'late' ? undefined : 'riverbank' });
    await members.claim({ key, claim, starts: [], startsVersion: 0, member });
    const attention = { action, since: at(seconds), code: 'denied', asOf: at(seconds) } as const;
    const attempt = attemptOf(claim, { endedAt: at(seconds) });
    expect(await members.end({ key, from: 'running', known: unseen, attempt, attention })).toBe(true);
  }
  return () => tables.close();
});

async function shown(given: Partial<AttentionOptions> = {}, stop = false) {
  const { terminal, out, said } = fakeTerminal();
  const stopped = { ...terminal, now: () => at(0), ...(stop ? { stop: AbortSignal.abort() } : {}) };
  const options = { action: null, limit: 25, json: false, ...given };
  await showAttention(deploymentWith(tables, { MembersTable: tables.members }), stopped, options);
  return { out: out(), said };
}

describe('attention', () => {
  it('counts by action, then lists the oldest first', async () => {
    const { out } = await shown();
    expect(out).toBe(
      [
        'waits for           members  the first since',
        `reauthenticate      2        ${at(-3 * 86_400)} (3 d)`,
        `answer_mfa          1        ${at(-7_200)} (2 h)`,
        'act_at_institution  0        –',
        'reconnect           0        –',
        'contact_support     0        –',
        '',
        'The user: has to log in or consent again, in the widget of MX that your app shows.',
        'waits  user       member     institution  why     last success',
        '3 d    USR-early  MBR-early  riverbank    denied  never',
        '90 s   USR-late   MBR-late   –            denied  never',
        '',
        'The user: has to answer the bank’s question. It can be asked only while the user is present: a trigger with user_present, then PUT …/resume.',
        'waits  user       member     institution  why     last success',
        '2 h    USR-asked  MBR-asked  riverbank    denied  never',
        '',
      ].join('\n'),
    );
  });

  it('is about one action, and says what it leaves out', async () => {
    const { out, said } = await shown({ action: 'reauthenticate', limit: 1 });
    expect(out).toMatch(/^waits for +members +the first since\nreauthenticate +2 /);
    expect(out).toContain('MBR-early');
    expect(out).not.toContain('MBR-late');
    expect(said).toEqual(['Of 2 members with reauthenticate the first 1: --limit shows more.']);
  });

  it('says that no member waits', async () => {
    const { out, said } = await shown({ action: 'reconnect' });
    expect(out).toBe('waits for  members  the first since\nreconnect  0        –\n');
    expect(said).toEqual(['No member of stack test in local, account 123 waits for a person.']);
  });

  it('is JSON, a line each', async () => {
    const { out, said } = await shown({ json: true, action: 'answer_mfa' });
    const [counts, member, end] = out.split('\n');
    expect(JSON.parse(counts ?? '')).toEqual({
      counts: [{ action: 'answer_mfa', members: 1, is_all: true, oldest_since: at(-7_200) }],
    });
    expect(JSON.parse(member ?? '')).toMatchObject({ user_guid: 'USR-asked', since: at(-7_200), code: 'denied' });
    expect([end, said]).toEqual(['', []]);
  });

  it('ends at Ctrl-C', async () => {
    await expect(shown({}, true)).rejects.toMatchObject({ exitCode: 130 });
  });

  it.each([
    ['has none', 'The table does not have the specified index: attention', 3, /deploy this version first/],
    ['is building one', 'Cannot read from backfilling global secondary index: attention', 3, /still building/],
    ['refuses otherwise', 'Something else', undefined, /Something else/],
  ])('says that the table %s', async (_, message, exitCode, sentence) => {
    const client = tables.newClient();
    onTestFinished(() => client.destroy());
    client.middlewareStack.add(
      () => async () => {
        throw Object.assign(new Error(message), { name: 'ValidationException' });
      },
      { step: 'initialize' },
    );
    const { terminal } = fakeTerminal();
    const deployment = { ...deploymentWith(tables, { MembersTable: tables.members }), dynamoDb: () => client };
    const error = await showAttention(deployment, terminal, { action: null, limit: 1, json: false }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ message: expect.stringMatching(sentence) });
    expect(Object(error).exitCode).toBe(exitCode);
  });
});
