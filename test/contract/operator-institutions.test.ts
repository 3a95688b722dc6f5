/** The operator’s command `institutions`, on tables of its own. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../infra/operator/deployment.ts';
import { type InstitutionsOptions, showInstitutions } from '../../infra/operator/show-institutions.ts';
import { breakersInDynamoDb } from '../../shared/clients/breakers-table.ts';
import { institutionsInDynamoDb } from '../../shared/clients/institutions-table.ts';
import { closedBreaker } from '../../shared/domain/breaker.ts';
import type { CountedEnd } from '../../shared/domain/institutions-ports.ts';
import { supported } from '../../shared/domain/not-supported.ts';
import { noTrouble } from '../../shared/domain/trouble.ts';
import { at, T0 } from '../samples.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { deploymentWith } from './operator-deployment.ts';

let tables: LocalTables;
afterAll(() => tables?.close());

beforeAll(async () => {
  tables = await startLocalTables();
  const fails = (error: unknown) => {
    throw error;
  };
  const options = { now: () => T0, random: () => 0, unread: fails, unlisted: fails };
  const institutions = institutionsInDynamoDb(tables.client, tables.refreshes, options);
  const breakers = breakersInDynamoDb(tables.client, tables.refreshes, options);
  const count = async (code: string, times: number, end: Partial<CountedEnd>) => {
    for (let one = 0; one < times; one += 1) {
      await institutions.count(code, {
        outcome: 'succeeded',
        sample: { bin: 7 },
        isAnswer: true,
        endedAt: T0,
        ...end,
      });
    }
  };
  await count('alpine', 12, {});
  await count('alpine', 1, { sample: { bin: 23 }, outcome: 'timed_out' });
  await count('riverbank', 2, { endedAt: at(-86_400) });
  await count('riverbank', 3, { outcome: 'failed', sample: { dropped: 'not_succeeded' } });
  const since = at(-600);
  await breakers.write(
    'riverbank',
    {
      ...noTrouble,
      breaker: {
        ...closedBreaker,
        ...{ open: { since, code: 'institution_down' }, changedAt: since, openings: 1, probedAt: at(-200) },
      },
    },
    0,
  );
  await breakers.write(
    'meadow',
    {
      breaker: { ...closedBreaker, changedAt: at(-86_400) },
      checks: {
        ...supported,
        notSupported: { since: at(-7_200), code: 'mx_refused', until: at(86_400), askedAt: null },
      },
    },
    0,
  );
});

function deployment(given: Readonly<Record<string, string>> = {}): Deployment {
  const outputs: Readonly<Record<string, string>> = {
    RefreshesTable: tables.refreshes,
    Learning: 'true',
    Breaker: 'true',
    DeadlineSeconds: '600',
    ...given,
  };
  return deploymentWith(tables, outputs);
}

async function show(given: Partial<InstitutionsOptions> = {}, outputs: Readonly<Record<string, string>> = {}) {
  const { terminal, out, said } = fakeTerminal();
  await showInstitutions(deployment(outputs), terminal, { code: null, open: false, json: false, ...given });
  return { out: out(), said };
}

describe('institutions', () => {
  it('are a table, those that do not work first', async () => {
    const { out, said } = await show();
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['code', 'bank', 'succeeded today', 'in 7 days', 'p50', 'p90', 'p99', 'jobs'],
      [
        ...['riverbank', 'does not work since 2026-11-21 11:50 UTC (institution_down)', '0 of 3', '2 of 5'],
        ...['7.3–9.7 s', '7.3–9.7 s', '7.3–9.7 s', '2 (few)'],
      ],
      ['meadow', 'has no balance checks', '0 of 0', '0 of 0', '–', '–', '–', '0'],
      ['alpine', 'works', '12 of 13', '12 of 13', '7.3–9.7 s', '7.3–9.7 s', '300 s or more', '13'],
    ]);
    expect(said).toEqual(['3 institutions of stack test in local, account 123.']);
  });

  it('may be those alone that do not work', async () => {
    const { out, said } = await show({ open: true });
    expect(out).toContain('riverbank');
    expect(out).not.toContain('alpine');
    expect(said).toEqual(['1 institution of stack test in local, account 123.']);
  });

  it('are a JSON object a line for programs', async () => {
    const { out } = await show({ json: true });
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { code: 'riverbank', breaker: { state: 'open', next_probe_at: at(100) }, job_seconds: { small_sample: true } },
      { code: 'meadow', not_supported: { until: at(86_400) } },
      { code: 'alpine', breaker: { state: 'closed' }, today: { refreshes: 13 }, job_seconds: { p99: { to: null } } },
    ]);
  });

  it('say which settings keep them from being watched', async () => {
    const off = await show({}, { Breaker: 'false' });
    expect(off.said.at(-1)).toBe('No scheduled start waits for a bank: the setting breaker is false.');
    expect(off.out).toMatch(/^alpine +not watched/m);
    const nothing = await show({}, { Learning: 'false' });
    expect(nothing.said.at(-1)).toBe('Nothing more is counted: the setting learning is false.');
  });

  it('are not shown in part after Ctrl-C', async () => {
    const { terminal, out, interrupt } = fakeTerminal();
    interrupt();
    const shown = showInstitutions(deployment(), terminal, { code: null, open: false, json: false });
    await expect(shown).rejects.toMatchObject({ exitCode: 130, message: 'Interrupted: nothing was written.' });
    expect(out()).toBe('');
  });

  it('are read over many pages', async () => {
    for (let bank = 0; bank < 120; bank += 1) {
      await tables.client.send(
        new PutItemCommand({
          TableName: tables.refreshes,
          Item: {
            refresh_id: { S: 'INSTITUTIONS' },
            item_key: { S: `zz-${bank}` },
            counted_on: { S: '2026-11-21' },
            expires_at: { N: '9999999999' },
          },
        }),
      );
    }
    expect((await show()).said).toEqual(['123 institutions of stack test in local, account 123.']);
  });
});

describe('one institution', () => {
  it('is told in full: one that does not work', async () => {
    expect((await show({ code: 'riverbank' })).out).toBe(
      [
        'name           value',
        'code           riverbank',
        'bank           does not work since 2026-11-21 11:50 UTC (institution_down)',
        'why            The institution cannot be reached.',
        'last probe     2026-11-21 11:56 UTC',
        'next probe     from 2026-11-21 12:01 UTC',
        'last counted   2026-11-21',
        'today (UTC)    3: 3 failed',
        '7 days (UTC)   5: 2 succeeded, 3 failed',
        'jobs measured  2 (few)',
        'half took      7.3–9.7 s',
        'nine in ten    7.3–9.7 s',
        '99 in 100      7.3–9.7 s',
        'not measured   3 not_succeeded: It ended other than well.',
        '',
      ].join('\n'),
    );
  });

  it('is told in full: one that works', async () => {
    const { out } = await show({ code: 'alpine' });
    expect(out).toMatch(/\nbank +works\nworked again +–\nlast counted/);
    expect(out).toMatch(/\ntoday \(UTC\) +13: 12 succeeded, 1 timed_out\n/);
    expect(out).toMatch(/\n99 in 100 +300 s or more\n$/);
  });

  it('is told in full: one without balance checks', async () => {
    const { out } = await show({ code: 'meadow' });
    expect(out).toMatch(/\nbank +has no balance checks\n/);
    expect(out).toMatch(/\nworked again +2026-11-20 12:00 UTC\n/);
    expect(out).toMatch(/\nlast counted +–\ntoday \(UTC\) +0\n/);
    expect(out).toMatch(/\nno checks since +2026-11-21 10:00 UTC\nasked again +from 2026-11-22 12:00 UTC\n/);
  });

  it('is told in full: one that opened again and again', async () => {
    const breakers = breakersInDynamoDb(tables.client, tables.refreshes, { now: () => T0, unread: () => {} });
    const breaker = { ...closedBreaker, open: { since: T0, code: 'failed' as const }, changedAt: T0, openings: 3 };
    await breakers.write('zigzag', { ...noTrouble, breaker }, 0);
    const { out } = await show({ code: 'zigzag' });
    expect(out).toMatch(
      /\nlast probe +–\nnext probe +from 2026-11-21 12:05 UTC\nstays so until +2026-11-21 12:10 UTC\n/,
    );
  });

  it('is told without its bank where none is watched', async () => {
    const { out } = await show({ code: 'alpine' }, { Breaker: 'false' });
    expect(out).toMatch(/\nbank +not watched\nworked again +–\n/);
  });

  it('that is not known is a wrong command', async () => {
    await expect(show({ code: 'nowhere' })).rejects.toMatchObject({
      exitCode: 2,
      message: 'No refresh at an institution nowhere was counted within 35 days. Is it MX’s code?',
    });
    await expect(show({ code: 'alpine', open: true })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('needs a deployment that says its settings', async () => {
    await expect(show({}, { Learning: 'perhaps' })).rejects.toMatchObject({
      exitCode: 3,
      message: 'The stack output Learning is neither true nor false: perhaps.',
    });
  });
});
