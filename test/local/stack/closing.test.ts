import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('close()', () => {
  it('leaves nothing behind that keeps the process alive', async () => {
    // A process of its own: the test runner would end timers and sockets that are left over.
    const file = join(import.meta.dirname, 'fixtures', 'start-and-close.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 60_000 });
    expect(stdout.trim().split('\n')).toEqual(['hello from the API', 'closed']);
  });
});
