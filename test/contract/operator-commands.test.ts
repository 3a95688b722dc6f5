/** What the operator's commands leave behind when they end early. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../infra/operator/deployment.ts';
import { exportSchedules } from '../../infra/operator/export-schedules.ts';
import { importSchedules } from '../../infra/operator/import-schedules.ts';
import { reshardSchedules } from '../../infra/operator/reshard-schedules.ts';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
let folder: string;
beforeAll(async () => {
  tables = await startLocalTables();
  folder = mkdtempSync(join(tmpdir(), 'operator-commands-'));
});
afterAll(async () => {
  await tables?.close();
  rmSync(folder, { recursive: true, force: true });
});

const outputsOf = ({ members }: LocalTables): Readonly<Record<string, string>> => ({
  MembersTable: members,
  MinScheduleHours: '24',
  ScheduleShards: '4',
});

/** A deployment whose DynamoDB is told of each request before it is sent. */
const deployment = (before: (request: number) => void = () => {}, status = 'UPDATE_COMPLETE'): Deployment => ({
  place: 'stack test in local, account 123',
  account: '123',
  region: 'local',
  stack: 'test',
  status,
  isLocal: false,
  outputs: outputsOf(tables),
  output: (name) => outputsOf(tables)[name] ?? 'missing',
  aws: () => limitedCalls(),
  dynamoDb() {
    const client = tables.newClient();
    let requests = 0;
    client.middlewareStack.add(
      (next) => async (args) => {
        requests += 1;
        before(requests);
        return next(args);
      },
      { step: 'initialize' },
    );
    return client;
  },
});

const unreachable = (): Error => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

describe('an import', () => {
  const options = { dryRun: false, yes: true, json: true, perSecond: 5_000, resolvePerSecond: null };
  const written = (name: string, rows: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, `user,member,every\n${rows.join('\n')}\n`);
    return path;
  };
  const summary = (out: string): Record<string, unknown> => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '').summary;

  it('says what was done when AWS goes away', async () => {
    const rows = Array.from({ length: 100 }, (_, n) => `USR-away,MBR-${n},24`);
    const path = written('away.csv', rows);
    const { terminal, out } = fakeTerminal();
    const gone = deployment((request) => {
      if (request > 200) throw unreachable();
    });
    await expect(importSchedules(gone, terminal, { ...options, path })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const { enrolled = 0, not_reached: left = 0 } = summary(out());
    expect(Number(enrolled)).toBeGreaterThan(10);
    expect(Number(left)).toBe(100 - Number(enrolled));
    const again = fakeTerminal();
    expect(await importSchedules(deployment(), again.terminal, { ...options, path })).toBe(0);
    const { enrolled: then = 0, unchanged = 0 } = summary(again.out());
    expect(Number(then) + Number(unchanged)).toBe(100);
    expect(Number(unchanged)).toBeGreaterThanOrEqual(Number(enrolled));
  });

  it('does nothing without a yes', async () => {
    const path = written('asked.csv', ['USR-asked,MBR-1,24']);
    for (const confirm of [null, async () => false]) {
      const { terminal } = fakeTerminal({ confirm });
      const refused = importSchedules(deployment(refuseAll), terminal, { ...options, path, yes: false });
      await expect(refused).rejects.toMatchObject({ exitCode: 5 });
    }
  });

  it('asks once, naming count and place', async () => {
    const questions: string[] = [];
    const confirm = async (question: string) => {
      questions.push(question);
      return true;
    };
    const path = written('yes.csv', ['USR-yes,MBR-1,24', 'USR-yes,MBR-2,24', 'USR-yes,MBR-3,1']);
    const { terminal } = fakeTerminal({ confirm });
    expect(await importSchedules(deployment(), terminal, { ...options, path, yes: false })).toBe(1);
    expect(questions).toEqual(['Enrol 2 members in stack test in local, account 123?']);
  });

  it('begins nothing after Ctrl-C while the file is read', async () => {
    const path = written('early.csv', ['USR-early,MBR-1,24']);
    const { terminal, interrupt } = fakeTerminal();
    interrupt();
    const ended = importSchedules(deployment(refuseAll), terminal, { ...options, path });
    await expect(ended).rejects.toMatchObject({ exitCode: 130, message: 'Interrupted. Nothing was changed.' });
  });
});

const refuseAll = (): never => {
  throw new Error('nothing may be asked for');
};

describe('an export', () => {
  it('leaves no file after Ctrl-C or an error', async () => {
    const output = join(folder, 'export.csv');
    const { terminal, interrupt } = fakeTerminal();
    interrupt();
    await expect(exportSchedules(deployment(), terminal, { output, json: false })).rejects.toMatchObject({
      exitCode: 130,
      message: `Interrupted after 0 members: ${output} was not written.`,
    });
    await expect(
      exportSchedules(
        deployment(() => {
          throw unreachable();
        }),
        fakeTerminal().terminal,
        { output, json: false },
      ),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect([existsSync(output), readdirSync(folder).filter((name) => name.endsWith('.part'))]).toEqual([false, []]);
  });
});

describe('spreading', () => {
  const options = { dryRun: false, yes: true, json: true, perSecond: 5_000 };

  it.each(['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'ROLLBACK_COMPLETE'])(
    'is refused while the stack is %s',
    async (status) => {
      const { terminal, out } = fakeTerminal();
      await expect(reshardSchedules(deployment(refuseAll, status), terminal, options)).rejects.toMatchObject({
        exitCode: 3,
        message: expect.stringContaining(`is not complete (${status})`),
      });
      expect(out()).toBe('');
    },
  );

  it('needs a yes', async () => {
    const { terminal } = fakeTerminal();
    const refused = reshardSchedules(deployment(refuseAll), terminal, { ...options, yes: false });
    await expect(refused).rejects.toMatchObject({ exitCode: 5 });
  });

  it('says what was done when it is interrupted', async () => {
    const { terminal, out, interrupt } = fakeTerminal();
    await expect(reshardSchedules(deployment(interrupt), terminal, options)).rejects.toMatchObject({ exitCode: 130 });
    expect(JSON.parse(out().trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ summary: { moved: 0 } });
  });
});
