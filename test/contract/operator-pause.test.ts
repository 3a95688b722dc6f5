/** The operator's commands `pause` and `resume`, on tables of their own. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deployment } from '../../infra/operator/deployment.ts';
import { pauseCalls, resumeCalls, showPauses } from '../../infra/operator/pause.ts';
import { readPauses, writePauses } from '../../shared/clients/pauses-table.ts';
import { at, T0 } from '../samples.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { deploymentWith } from './operator-deployment.ts';

let tables: LocalTables;
beforeEach(async () => {
  tables = await startLocalTables();
});
afterEach(() => tables.close());

const deployment = (): Deployment =>
  deploymentWith(tables, { RefreshesTable: tables.refreshes, AlarmPausedMinutes: '240' });
const kept = async () => (await readPauses(tables.client, tables.refreshes)).pauses;
const hour = { seconds: 3_600, why: 'MX asked for it', yes: true, json: false };

describe('pause', () => {
  it('says where, asks nothing with --yes, and shows until when', async () => {
    const { terminal, out, said } = fakeTerminal();
    await pauseCalls(deployment(), terminal, hour);
    expect(out()).toBe(
      `Calls to MX are paused until ${at(3_600)}.

from                      until                     why
${T0}  ${at(3_600)}  MX asked for it
`,
    );
    expect(said).toEqual([
      'Pausing calls to MX · stack test in local, account 123',
      'It holds within 15 seconds. “resume” ends it before its time.',
    ]);
    expect(await kept()).toEqual([{ from: T0, until: at(3_600), why: 'MX asked for it' }]);
  });

  it('says when the alarm comes', async () => {
    const { terminal, said } = fakeTerminal();
    await pauseCalls(deployment(), terminal, { ...hour, seconds: 4 * 3_600 });
    expect(said.at(-1)).toBe('An alarm comes after 240 minutes.');
  });

  it('is JSON for programs', async () => {
    const { terminal, out } = fakeTerminal();
    await pauseCalls(deployment(), terminal, { ...hour, json: true });
    const paused = { from: T0, until: at(3_600), why: 'MX asked for it' };
    expect(JSON.parse(out())).toEqual({ paused, pauses: [paused] });
  });

  it('changes nothing without a yes', async () => {
    const asked: string[] = [];
    const confirm = async (question: string) => {
      asked.push(question);
      return false;
    };
    const { terminal } = fakeTerminal({ confirm });
    await expect(pauseCalls(deployment(), terminal, { ...hour, yes: false })).rejects.toMatchObject({ exitCode: 5 });
    expect(asked).toEqual(['Stop all calls to MX of stack test in local, account 123 for 60 minutes?']);
    expect(await kept()).toEqual([]);
  });

  it('refuses a stack whose functions know no pauses', async () => {
    const older: Deployment = {
      ...deployment(),
      output: () => {
        throw new Error('deployed by an older version');
      },
    };
    await expect(pauseCalls(older, fakeTerminal().terminal, hour)).rejects.toThrow('older version');
    expect(await kept()).toEqual([]);
  });

  it('begins anew when another command was faster', async () => {
    const { terminal } = fakeTerminal();
    const other = { from: at(-90), until: at(-80), why: 'other' };
    let races = 0;
    const racing: Deployment = {
      ...deployment(),
      dynamoDb() {
        const client = tables.newClient();
        client.middlewareStack.add(
          (next, { commandName }) =>
            async (args) => {
              if (commandName === 'UpdateItemCommand' && races === 0) {
                races += 1;
                await writePauses(tables.client, tables.refreshes, { pauses: [other], version: 0 });
              }
              return next(args);
            },
          { step: 'initialize' },
        );
        return client;
      },
    };
    await pauseCalls(racing, terminal, hour);
    expect(await kept()).toEqual([other, { from: T0, until: at(3_600), why: 'MX asked for it' }]);
  });

  it('gives up when others are always faster', async () => {
    let version = 0;
    const racing: Deployment = {
      ...deployment(),
      dynamoDb() {
        const client = tables.newClient();
        client.middlewareStack.add(
          (next, { commandName }) =>
            async (args) => {
              if (commandName === 'UpdateItemCommand') {
                await writePauses(tables.client, tables.refreshes, { pauses: [], version });
                version += 1;
              }
              return next(args);
            },
          { step: 'initialize' },
        );
        return client;
      },
    };
    await expect(pauseCalls(racing, fakeTerminal().terminal, hour)).rejects.toMatchObject({ code: 'busy' });
    expect([await kept(), version]).toEqual([[], 5]);
  });
});

describe('resume', () => {
  it('ends the pause', async () => {
    await writePauses(tables.client, tables.refreshes, {
      pauses: [{ from: at(-60), until: at(3_600), why: 'MX asked for it' }],
      version: 0,
    });
    const { terminal, out, said } = fakeTerminal();
    await resumeCalls(deployment(), terminal, { yes: true, json: false });
    expect(out()).toContain('Calls to MX are not paused.\n');
    expect(said).toEqual([
      'Resuming calls to MX · stack test in local, account 123',
      'What has waited comes back within a minute, scheduled starts within 15.',
    ]);
    expect(await kept()).toEqual([{ from: at(-60), until: T0, why: 'MX asked for it' }]);
  });

  it('without a pause says so and changes nothing', async () => {
    const { terminal, out, said } = fakeTerminal();
    await resumeCalls(deployment(), terminal, { yes: true, json: false });
    expect(out()).toBe('Calls to MX are not paused.\n');
    expect(said.at(-1)).toBe('There was no pause. Nothing was changed.');
    expect(await readPauses(tables.client, tables.refreshes)).toEqual({ pauses: [], version: 0 });
  });

  it('needs a yes', async () => {
    const { terminal } = fakeTerminal();
    await expect(resumeCalls(deployment(), terminal, { yes: false, json: false })).rejects.toMatchObject({
      exitCode: 5,
    });
  });
});

describe('pause --show', () => {
  it.each([true, false])('reads alone; as JSON: %s', async (json) => {
    const pauses = [{ from: at(-60), until: at(-10), why: 'over' }];
    await writePauses(tables.client, tables.refreshes, { pauses, version: 0 });
    const { terminal, out, said } = fakeTerminal();
    await showPauses(deployment(), terminal, json);
    if (json) expect(JSON.parse(out())).toEqual({ paused: null, pauses });
    else expect(out()).toMatch(/^Calls to MX are not paused\.\n\nfrom .*\n.* over\n$/);
    expect(said).toEqual([]);
  });
});
