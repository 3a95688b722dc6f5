/** Keeps what functions asked of AWS in a test run, for `npm run permissions`. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Asked } from '../../infra/local/stack/permissions.ts';

/** What a function asked to be allowed, by logical ids, which are the same in every run. */
export interface RecordedCall {
  readonly function: string;
  /** `service:Action` */
  readonly action: string;
  /** The resource, an index behind it. */
  readonly name: string;
}

/** The variable that names the file. Without it nothing is kept. */
export const CALLS_FILE = 'AWS_CALLS_FILE';

const kept = new Set<string>();

/** Appends what is new, one line of JSON each: processes of one run may share the file. */
export function recordCalls(functionId: string, asked: readonly Asked[]): void {
  const file = process.env[CALLS_FILE];
  if (file === undefined || file === '') return;
  for (const { action, name } of asked) {
    const recorded: RecordedCall = { function: functionId, action, name };
    const line = `${JSON.stringify(recorded)}\n`;
    if (!kept.has(line)) appendFileSync(file, line);
    kept.add(line);
  }
}

/** What is in the file, each once; nothing when there is none. */
export function readCalls(file: string): readonly RecordedCall[] {
  if (!existsSync(file)) return [];
  const lines = new Set(readFileSync(file, 'utf8').split('\n'));
  return [...lines].filter((line) => line !== '').map((line): RecordedCall => JSON.parse(line));
}
