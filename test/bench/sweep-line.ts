/** What the sweep's log lines say. */
import { isRecord } from '../../infra/local/stack/template.ts';

/** How many refreshes the sweep repaired, by one line of a function's log: ended, published, or set going again. */
export function repairedIn(line: string): number {
  if (!line.includes('"sweep.done"')) return 0;
  const entry: unknown = JSON.parse(line);
  const counts = isRecord(entry) && isRecord(entry['counts']) ? entry['counts'] : {};
  return ['publish', 'end', 'end_storing', 'look'].reduce((sum, step) => sum + Number(counts[step] ?? 0), 0);
}
