import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { curlLines, curlRequest } from '../curl-request.ts';
import { type Running, startRunning } from './running.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

const lines = curlLines(readme);

let running: Running;

beforeAll(async () => {
  // As `npm start` sets it.
  running = await startRunning({ historyDays: 90 });
});

afterAll(async () => {
  await running?.close();
});

it('the README’s curl lines work in their order', async () => {
  expect(lines.length).toBeGreaterThan(5);
  const { stack, caller } = running.project;
  for (const line of lines) {
    const { url, ...request } = curlRequest(line, {
      $API: stack.apiUrl,
      $CALLER: `${caller.clientId}:${caller.key}`,
    });
    const response = await fetch(url, request);
    expect(response.status, `${line}\n${await response.clone().text()}`).toBeLessThan(300);
    if (line.includes('"wait"')) expect(response.status, line).toBe(200);
    // The next line reads what this one started.
    await stack.idle();
  }
});

it('the README’s walk names existing files', () => {
  const [, rest = ''] = readme.split('## The walk through the code');
  const [walk = ''] = rest.split('\n## ');
  const files = [...walk.matchAll(/^\d\. \[`([^`]+)`\]/gm)].map(([, file]) => file ?? '');
  expect(files.length).toBeGreaterThan(0);
  expect(files).toHaveLength([...walk.matchAll(/^\d+\. /gm)].length);
  for (const file of files) expect(readFileSync(join(import.meta.dirname, '../..', file), 'utf8')).not.toBe('');
});
