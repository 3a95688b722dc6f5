/** What an import tells: each line that is left out, and a summary. */
import type { Deployment } from './deployment.ts';
import type { Enrolled } from './enrol-member.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { writeDone } from './write-done.ts';

/** How many lines became what. */
export interface ImportCounts extends Record<Enrolled, number> {
  /** Lines with data. */
  lines: number;
  /** A line before it says the same of the same member. */
  repeated: number;
  /** Left out: each was named with its reason. */
  skipped: number;
}

/** The report of one import. For programs (`json`) each line of the output is an object. */
export class ImportReport {
  readonly counts: ImportCounts = { lines: 0, enrolled: 0, changed: 0, unchanged: 0, repeated: 0, skipped: 0 };
  readonly #terminal: Terminal;
  readonly #json: boolean;

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal;
    this.#json = json;
  }

  /** Lines that have been dealt with. */
  get done(): number {
    const { enrolled, changed, unchanged, repeated, skipped } = this.counts;
    return enrolled + changed + unchanged + repeated + skipped;
  }

  /** Says in which deployment something is to be changed. */
  async begin({ place, account, region, stack, isLocal }: Deployment, what: string): Promise<void> {
    if (this.#json) await this.#object({ deployment: { account, region, stack, local: isLocal } });
    else this.#terminal.say(`${what} · ${place}`);
  }

  /** Names a line that is left out. */
  async skip(line: number, reason: string): Promise<void> {
    this.counts.skipped += 1;
    if (this.#json) await this.#object({ line, reason });
    else this.#terminal.say(this.#terminal.red(`line ${line}: ${reason}`));
  }

  /** The summary. */
  async end(dryRun: boolean): Promise<void> {
    const { lines, enrolled, changed, unchanged, repeated, skipped } = this.counts;
    const left = lines - this.done;
    if (this.#json) {
      const summary = { ...this.counts, not_reached: left, dry_run: dryRun };
      return writeDone(this.#terminal, `${JSON.stringify({ summary })}\n`);
    }
    const rows: readonly (readonly [string, number])[] = [
      ['enrolled', enrolled],
      ['changed', changed],
      ['unchanged', unchanged],
      ['repeated', repeated],
      ['left out', skipped],
      ...(left > 0 ? [['not reached', left] as const] : []),
      ['together', lines],
    ];
    const shown = rows.map(([what, count]) => [what, count.toLocaleString('en-US')]);
    await writeDone(
      this.#terminal,
      table([dryRun ? 'dry run, nothing was changed' : 'what became of them', 'lines'], shown),
    );
  }

  #object(value: object): Promise<void> {
    return this.#terminal.write(`${JSON.stringify(value)}\n`);
  }
}
