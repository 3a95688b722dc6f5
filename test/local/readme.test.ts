import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Running, startRunning } from './running.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** The `curl` lines of the README, in their order. */
const lines = readme.split('\n').filter((line) => line.startsWith('curl '));

let running: Running;

beforeAll(async () => {
  running = await startRunning();
});

afterAll(async () => {
  await running?.close();
});

/** What curl would send. Without curl, which not every machine has. */
function requestOf(line: string): { method: string; url: string; headers: Record<string, string>; body?: string } {
  const { apiUrl } = running.project.stack;
  const { clientId, key } = running.project.caller;
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
    .map(([, single, double, plain]) => single ?? double ?? plain ?? '')
    .map((word) => word.replace('$API', apiUrl).replace('$CALLER', `${clientId}:${key}`));
  const { values, positionals } = parseArgs({
    args: words.slice(1),
    allowPositionals: true,
    options: {
      silent: { type: 'boolean', short: 's' },
      user: { type: 'string', short: 'u' },
      request: { type: 'string', short: 'X', default: 'GET' },
      header: { type: 'string', short: 'H', multiple: true, default: [] },
      data: { type: 'string', short: 'd' },
    },
  });
  const headers = Object.fromEntries(values.header.map((header) => header.split(': ') as [string, string]));
  if (values.user !== undefined) headers['authorization'] = `Basic ${Buffer.from(values.user).toString('base64')}`;
  const [url = ''] = positionals;
  return { method: values.request, url, headers, ...(values.data === undefined ? {} : { body: values.data }) };
}

it('the curl lines of the README work, in the order in which they stand there', async () => {
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const { url, ...request } = requestOf(line);
    const response = await fetch(url, request);
    expect(response.status, `${line}\n${await response.clone().text()}`).toBeLessThan(300);
    // The next line reads what this one started.
    await running.project.stack.idle();
  }
});

it('the files of the README’s walk exist, seven of them', () => {
  const walk = readme.slice(readme.indexOf('## The walk through the code'), readme.indexOf('## Calling it'));
  const files = [...walk.matchAll(/^\d\. \[`([^`]+)`\]/gm)].map(([, file]) => file ?? '');
  expect(files).toHaveLength(7);
  for (const file of files) expect(readFileSync(join(import.meta.dirname, '../..', file), 'utf8')).not.toBe('');
});
