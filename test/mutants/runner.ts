/**
 * Vitest's own runner, with mutants. A test file is given with one of three tasks behind its path: `?meet` notes which
 * mutants each test comes by, `?try` runs each test once more for every mutant that it met, `?load=7` loads everything
 * anew with mutant 7 on, for what acts only while a file is loaded or before its tests.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { TestRunner, vi } from 'vitest';
import type { Line, Met, Plan } from './plan.ts';
import { askedSince, install, metSince, ranTooLong, switchOff, switchOn } from './switch.ts';

type Task = Parameters<TestRunner['onBeforeRunTask']>[0];
type Test = Parameters<TestRunner['onAfterRetryTask']>[0];
type File = Parameters<TestRunner['onCollectStart']>[0];

/** Questions that a mutant may ask beyond a hundred times those of the code without it. */
const LEAST_LIMIT = 100_000;

/** While files are loaded nothing is known of how often the code asks. */
const LOAD_LIMIT = 50_000_000;

/** Milliseconds for a test without a mutant: the machine may be busy. */
const PATIENCE = 120_000;

/**
 * On a busy machine everything takes longer: so many times. Not more: what a mutant keeps from ending takes all the time that it
 * is given, a hundred times in a whole run.
 */
const slowness = (): number => Math.min(2, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism()));

/** A test that takes more than this part of the time that it may take is not run for every mutant that it meets. */
const SLOW = 1 / 4;

/** So often a mutant may keep tests from ending: each time costs seconds. */
const MAX_TIMEOUTS = 2;

const readPlan = (): Plan => JSON.parse(readFileSync(process.env['MUTANTS_PLAN'] ?? '', 'utf8'));

install();

/** An unhandled rejection fails a run, so it is a kill. */
let strayed = false;
process.on('unhandledRejection', () => {
  strayed = true;
});

export default class MutantsRunner extends TestRunner {
  readonly #plan = readPlan();
  readonly #wanted = new Set(this.#plan.mutants);
  readonly #dead = new Set<number>();
  readonly #timeouts = new Map<number, number>();
  #path = '';
  #task = '';
  /** Milliseconds for a test with a mutant, on the machine as it is when the file is loaded. */
  #timeout = 0;
  /** With `?load`: the mutant. */
  #loaded = 0;
  #outside = new Set<number>();
  #met = new Map<string, Met>();
  /** With `?try`: what the running test is run with, a run for each and one without any. */
  #tries: readonly number[] = [];
  #killedHere: number[] = [];
  #begun = 0;
  #isOn = false;
  /** With `?meet`: what is wrong without any mutant. */
  #failure: string | null = null;

  override async importFile(filepath: string, source: 'collect' | 'setup') {
    const [path = '', task = ''] = filepath.split('?');
    this.#path = path;
    [this.#task = '', this.#loaded = 0] = task.split('=').map((part, index) => (index === 0 ? part : Number(part))) as [
      string,
      number?,
    ];
    if (this.#task === 'load' && !this.#isAlive(this.#loaded)) return;
    vi.resetModules();
    // Vitest takes it back after each file.
    this.#timeout = this.#plan.timeout * slowness();
    vi.setConfig({ testTimeout: this.#task === 'meet' ? PATIENCE : this.#timeout });
    this.#end();
    if (this.#task === 'load') this.#begin(this.#loaded, LOAD_LIMIT);
    if (this.#task === 'try') this.#met = new Map(Object.entries(this.#plan.met[path]?.tests ?? {}));
    else this.#met.clear();
    this.#outside.clear();
    this.#failure = null;
    await super.importFile(path, source);
    this.#noteOutside();
  }

  override async onBeforeRunTask(test: Task) {
    if (this.#task === 'load' && !this.#isAlive(this.#loaded)) test.mode = 'skip';
    await super.onBeforeRunTask(test);
    if (this.#task !== 'try' || test.type !== 'test') return;
    const { ids, took } = this.#met.get(test.id.replace(/^[^_]*/, '')) ?? { ids: [], took: 0 };
    const usable = took <= SLOW * this.#timeout ? ids : [];
    this.#tries = usable.filter((id) => this.#wanted.has(id) && this.#isAlive(id));
    this.#killedHere = [];
    if (this.#tries.length === 0) test.mode = 'skip';
    // One more than mutants: at the end the test has to pass as it did before.
    else test.repeats = this.#tries.length;
  }

  override onBeforeTryTask(test: Task, options: { retry: number; repeats: number }) {
    super.onBeforeTryTask(test, options);
    strayed = false;
    this.#begun = performance.now();
    if (this.#task === 'load') return;
    this.#noteOutside();
    this.#end();
    const id = this.#tries[options.repeats];
    if (this.#task !== 'try' || id === undefined) return;
    const asked = this.#met.get(test.id.replace(/^[^_]*/, ''))?.asked ?? 0;
    this.#begin(id, 100 * asked + LEAST_LIMIT);
  }

  override async onAfterRetryTask(test: Test, options: { retry: number; repeats: number }) {
    await super.onAfterRetryTask(test, options);
    // What was not waited for comes to its end, or fails.
    await turn();
    const failed = test.result?.state === 'fail';
    const slow = ranTooLong() || /timed out in \d+ms/.test(test.result?.errors?.[0]?.message ?? '');
    if (this.#task === 'meet') {
      if (failed) this.#failure ??= `${test.name}: ${test.result?.errors?.[0]?.message}`;
      this.#met.set(test.id.replace(/^[^_]*/, ''), {
        ids: metSince(),
        asked: askedSince(),
        took: performance.now() - this.#begun,
      });
      this.#end();
      return;
    }
    if (this.#task === 'load') {
      if (slow) this.#slow(this.#loaded);
      else if (failed || strayed) this.#kill(this.#loaded);
      return;
    }
    const id = this.#tries[options.repeats];
    this.#end();
    if (id === undefined) {
      // What did not end in time, without a mutant, was the machine's fault.
      if (failed && !slow) for (const doubtful of this.#killedHere) this.#say({ id: doubtful, status: 'doubtful' });
    } else if (slow) this.#slow(id);
    else if (failed || strayed) {
      this.#kill(id);
      this.#killedHere.push(id);
    }
    // The next mutant begins with a clean result; Vitest would add up the errors.
    if (test.result) {
      test.result.state = 'pass';
      delete test.result.errors;
      test.result.attempts = [];
    }
  }

  override onAfterRunFiles(files: File[]) {
    super.onAfterRunFiles(files);
    this.#noteOutside();
    if (this.#task === 'meet') {
      const failed = this.#failure ?? firstErrorOf(files);
      const line: Line = { met: this.#path, outside: [...this.#outside], tests: Object.fromEntries(this.#met), failed };
      appendFileSync(this.#plan.output, `${JSON.stringify(line)}\n`);
    }
    // A file that cannot be loaded, or whose hooks fail, fails a run as well.
    if (this.#task === 'load' && files.some(({ result }) => result?.state === 'fail')) {
      if (ranTooLong()) this.#slow(this.#loaded);
      else this.#kill(this.#loaded);
    }
    this.#end();
  }

  #isAlive = (id: number): boolean => !this.#dead.has(id) && (this.#timeouts.get(id) ?? 0) < MAX_TIMEOUTS;

  /** Tells the parent process which mutant is on, so that it knows which one hangs. */
  #begin(id: number, limit: number): void {
    writeFileSync(this.#plan.activity, String(id));
    this.#isOn = true;
    switchOn(id, limit);
  }

  #end(): void {
    if (this.#isOn) writeFileSync(this.#plan.activity, '0');
    this.#isOn = false;
    switchOff();
  }

  #noteOutside(): void {
    if (this.#task === 'meet') for (const id of metSince()) this.#outside.add(id);
  }

  #kill(id: number): void {
    if (this.#dead.has(id)) return;
    this.#dead.add(id);
    this.#say({ id, status: 'killed' });
  }

  #slow(id: number): void {
    this.#timeouts.set(id, (this.#timeouts.get(id) ?? 0) + 1);
    this.#say({ id, status: 'timeout' });
  }

  #say(said: { id: number; status: 'killed' | 'timeout' | 'doubtful' }): void {
    const line: Line = { ...said, by: this.#path };
    appendFileSync(this.#plan.output, `${JSON.stringify(line)}\n`);
  }
}

const firstErrorOf = (files: readonly File[]): string | null =>
  files.flatMap(({ result }) => (result?.state === 'fail' ? [result.errors?.[0]?.message ?? 'failed'] : []))[0] ?? null;
