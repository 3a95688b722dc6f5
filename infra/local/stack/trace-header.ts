import { createHash, randomBytes } from 'node:crypto';

/** How often each function was invoked in one chain of messages, by the function's mark. */
export type Lineage = ReadonlyMap<string, number>;

/** Lambda stops a chain "after about 16" invocations of one function (AWS Lambda guide, recursive loop detection). */
export const MAX_CHAIN_INVOCATIONS = 16;

/** The short name of a function in a lineage. */
export const markOf = (functionArn: string): string =>
  createHash('sha256').update(functionArn).digest('hex').slice(0, 8);

/**
 * The lineage in a trace header; empty without one. AWS does not document how Lambda writes it, only that the SDK sends
 * the header on and that SQS keeps it as `AWSTraceHeader`: what is read here is what `traceHeader` writes.
 */
export function readLineage(header: unknown): Lineage {
  const [, entries = ''] = /(?:^|;)Lineage=([^;]*)/.exec(typeof header === 'string' ? header : '') ?? [];
  const counts = entries.split('|').flatMap((entry): [string, number][] => {
    const [, mark, count] = /^([0-9a-f]{8}):(\d+)$/.exec(entry) ?? [];
    return mark === undefined ? [] : [[mark, Number(count)]];
  });
  return new Map(counts);
}

/** The lineage of an invocation for several messages: that of the longest chain, function by function. */
export function joinedLineage(lineages: readonly Lineage[]): Lineage {
  const joined = new Map<string, number>();
  for (const lineage of lineages)
    for (const [mark, count] of lineage) joined.set(mark, Math.max(count, joined.get(mark) ?? 0));
  return joined;
}

/** The header for one more invocation of the function behind `mark`, as Lambda puts it into `_X_AMZN_TRACE_ID`. */
export function traceHeader(lineage: Lineage, mark: string, nowMs: number): string {
  const counts = new Map(lineage).set(mark, (lineage.get(mark) ?? 0) + 1);
  const root = `1-${Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, '0')}-${randomBytes(12).toString('hex')}`;
  const entries = [...counts].map(([name, count]) => `${name}:${count}`).join('|');
  return `Root=${root};Parent=${randomBytes(8).toString('hex')};Sampled=0;Lineage=${entries}`;
}
