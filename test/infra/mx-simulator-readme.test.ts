/** What infra/mx-simulator/README.md shows is run as it stands there. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startMxSimulator } from '../../infra/mx-simulator/http-server.ts';
import { ROUTE_KINDS } from '../../infra/mx-simulator/route-match.ts';
import { scenarioNames } from '../../infra/mx-simulator/scenarios.ts';
import { curlLines, curlRequest } from '../curl-request.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'infra/mx-simulator/README.md'), 'utf8');

it('the curl lines are answered', async () => {
  const mx = await startMxSimulator({ port: 0 });
  const lines = curlLines(readme);
  const statuses: number[] = [];
  for (const line of lines) {
    const { url, ...request } = curlRequest(line, { 'http://127.0.0.1:4010': mx.url });
    statuses.push((await fetch(url, request)).status);
  }
  await mx.close();
  expect(statuses).toEqual([202, 200, 200, 200, 200, 200, 200]);
});

it('the example passes in a folder of its own', () => {
  const [, example = ''] = /```ts\n([\s\S]*?)\n```/.exec(readme) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'other-project-'));
  cpSync(join(root, 'infra/mx-simulator'), join(folder, 'mx-simulator'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'example.test.ts'), example);
  const run = spawnSync(process.execPath, ['--test', 'example.test.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  expect(run.stdout, run.stderr).toMatch(/pass 1\n/);
  expect(run.status).toBe(0);
});

it('the table has every scenario, and no other', () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('| ') && line.endsWith('` |'));
  const named = rows.flatMap((row) =>
    [...(row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(named.toSorted()).toEqual(scenarioNames().toSorted());
});

it('the number of routes is right', () => {
  expect(readme).toContain(`**Routes**: ${ROUTE_KINDS.length} of MX's`);
});
