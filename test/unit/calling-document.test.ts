import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authorize, readCallers } from '../../shared/lambda/callers.ts';
import { operations } from '../openapi/contract.ts';

const root = join(import.meta.dirname, '../..');
const calling = readFileSync(join(root, 'docs/calling.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...calling.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\n\`\`\``, 'g'))].map(([, text = '']) => text);

/** Whether the policy called `sid` allows a call, as IAM matches: `*` is any text. */
function allows(sid: string, method: string, path: string): boolean {
  const text = blocks('json').find((block) => block.includes(`"${sid}"`)) ?? '{"Statement":[{"Resource":[]}]}';
  const { Statement }: { Statement: { Resource: string[] }[] } = JSON.parse(text);
  return Statement.flatMap(({ Resource }) => Resource).some((resource) => {
    const [, pattern = ''] = resource.split('/$default/');
    const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    return new RegExp(`^${escaped}$`).test(`${method}${path}`);
  });
}

describe('docs/calling.md', () => {
  it('has policies that open exactly the routes of their right', () => {
    for (const { method, path, security } of operations) {
      const real = path.replaceAll(/\{\w+\}/g, 'USR-1');
      const [right] = (security[0]?.['basic'] ?? []) as string[];
      expect(
        [
          allows('ReadBalances', method, real),
          allows('TriggerRefreshes', method, real),
          allows('AboutTheApi', method, real),
        ],
        `${method} ${path}`,
      ).toEqual([right === 'read', right === 'trigger', right === undefined]);
    }
  });

  it('makes keys whose hashes let them in', () => {
    const lines = blocks('sh').filter((block) => /rand/.test(block));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      const [key = '', hash = ''] = execFileSync('sh', ['-c', line], { encoding: 'utf8' }).trim().split(' ');
      expect(key).toMatch(/^[0-9a-f]{64}$/);
      const callers = readCallers(
        JSON.stringify({ clients: [{ client_id: 'shop', key_sha256: [hash], rights: ['read'] }] }),
      );
      const authorization = `Basic ${Buffer.from(`shop:${key}`).toString('base64')}`;
      expect(authorize(callers, authorization, 'read').name).toBe('shop');
    }
  });

  it('shows a readable secret, once it has hashes', () => {
    const secret = blocks('json').find((block) => block.includes('key_sha256')) ?? '';
    const { clients } = readCallers(secret.replaceAll('<64 hex digits>', 'a'.repeat(64)));
    expect(clients.map(({ client_id: id }) => id)).toEqual(['shop', 'dashboard']);
  });
});
