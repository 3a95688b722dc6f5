/** One cold start in this fresh process: import the bundle, handle one event, print how long both took. */
import { readFileSync } from 'node:fs';

const [bundle = '', eventFile = ''] = process.argv.slice(2);
const event: unknown = JSON.parse(readFileSync(eventFile, 'utf8'));
const context = { awsRequestId: 'bench', functionName: 'bench', getRemainingTimeInMillis: () => 30_000 };
const began = performance.now();
const { handler } = (await import(bundle)) as { handler: (event: unknown, context: unknown) => Promise<unknown> };
const imported = performance.now();
const result = await handler(event, context);
const handled = performance.now();
// The functions log to standard output; the figures go beside it.
process.stderr.write(
  `\n${JSON.stringify({ importMs: imported - began, totalMs: handled - began, result: result ?? null })}\n`,
);
process.exit(0);
