/**
 * `npm run privacy`: runs the tests of the local stack and of the settings, which look for bank and personal data in what is
 * logged, counted, published and answered, and says how much they have looked through.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COUNTS_FILE, type Counts } from './watch.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'privacy-'));
const file = join(folder, 'counts.jsonl');
try {
  const args = ['run', '--project', 'local', '--project', 'settings', '--reporter', 'dot'];
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: root,
    env: { ...process.env, [COUNTS_FILE]: file },
    stdio: 'inherit',
  });
  if (status === 0) {
    const counts = readFileSync(file, 'utf8').trimEnd().split('\n');
    const runs = counts.map((line): Counts => JSON.parse(line));
    const sum = (of: keyof Counts): string => runs.reduce((all, run) => all + run[of], 0).toLocaleString('en');
    console.log(`${runs.length} stacks: ${sum('values')} values looked for in ${sum('texts')} texts, none found.`);
  } else {
    console.error('A test failed: its output above says whether something was told on.');
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
