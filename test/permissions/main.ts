/**
 * `npm run permissions`: runs the tests of the local stack and of the settings, keeps what functions ask of AWS, and says
 * which permission of the template no call uses. docs/security.md.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { securityPage } from './document.ts';
import { replay } from './grants.ts';
import { CALLS_FILE, readCalls } from './record.ts';
import { reportOf } from './report.ts';
import { everything } from './template.ts';

const HELP = `Says who may do what, and which permission of the template no call of the tests uses.

  npm run permissions                     runs the tests of the local stack and of the settings first
  npm run permissions -- --calls file     takes the calls that such a run has kept in a file (${CALLS_FILE})
  npm run permissions -- --write          writes the tables into docs/security.md too, unless something is wrong

Exit code 1: a permission that no call uses and that has no reason in infra/constructs/permissions.ts, a reason without
such a permission, or a call that the template does not allow.`;

const root = join(import.meta.dirname, '../..');

/** Runs the tests with their calls kept in `file`; false when one fails. */
function testsPass(file: string): boolean {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--project', 'local', '--project', 'settings', '--reporter', 'dot'];
  const env = { ...process.env, [CALLS_FILE]: file };
  return spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status === 0;
}

function main(): number {
  const { values } = parseArgs({
    options: { calls: { type: 'string' }, write: { type: 'boolean', default: false }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'permissions-'));
  try {
    const file = values.calls ?? join(folder, 'calls.jsonl');
    if (values.calls === undefined && !testsPass(file)) {
      console.error('A test failed: what is kept of its calls says nothing about permissions.');
      return 1;
    }
    const calls = readCalls(file);
    if (calls.length === 0) throw new Error(`${file} has no calls`);
    const blueprint = everything();
    const { lines, wrong } = reportOf(blueprint, replay(blueprint, calls));
    for (const line of lines) console.log(line);
    for (const line of wrong) console.error(line);
    if (values.write && wrong.length === 0) {
      const page = join(root, 'docs/security.md');
      writeFileSync(page, securityPage(readFileSync(page, 'utf8'), lines));
    }
    return wrong.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
