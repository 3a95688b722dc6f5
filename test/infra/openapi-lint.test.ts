import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('docs/openapi.json passes every recommended rule of the linter', () => {
  const root = join(import.meta.dirname, '../..');
  const cli = join(root, 'node_modules/@redocly/cli/bin/cli.js');
  const lint = spawnSync(process.execPath, [cli, 'lint', 'docs/openapi.json', '--format=json'], {
    cwd: root,
    encoding: 'utf8',
    // It would ask the registry for a newer version of itself.
    env: { ...process.env, REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', REDOCLY_TELEMETRY: 'off' },
  });
  expect(lint.status, lint.stderr).toBe(0);
  const { totals, problems } = JSON.parse(lint.stdout);
  expect(problems).toEqual([]);
  expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
});
