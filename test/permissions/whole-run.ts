/**
 * At the end of a whole test run: every permission of the template was used by a call of that run, or has its reason. Only
 * then, because the calls of some tests say nothing of the others.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { CALLS_FILE } from './record.ts';

const root = join(import.meta.dirname, '../..');

/** The tests whose calls are kept. */
const recording = ['test/local/**/*.test.ts', 'test/settings/**/*.test.ts'];

/** Whether these files are all that keep calls. */
export const isWhole = (files: readonly string[]): boolean =>
  globSync(recording, { cwd: root }).every((file) => files.includes(join(root, file)));

/** Reports nothing but what is wrong with permissions, and then fails the run. */
export class PermissionsUsed implements Reporter {
  #vitest: Vitest | undefined;
  #file = '';

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    const folder = mkdtempSync(join(tmpdir(), 'calls-'));
    // When it watches files, vitest runs tests again and again.
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    this.#file = join(folder, 'calls.jsonl');
    // The processes that run tests are started later, with these variables.
    process.env[CALLS_FILE] = this.#file;
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: readonly unknown[], reason: string): void {
    const isFiltered = this.#vitest?.config.testNamePattern !== undefined;
    if (reason === 'passed' && !isFiltered && isWhole(modules.map(({ moduleId }) => moduleId))) this.#check();
  }

  #check(): void {
    const args = ['test/permissions/main.ts', '--calls', this.#file];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (status === 0) return;
    console.error(`npm run permissions:\n${stderr}`);
    process.exitCode = 1;
  }
}
