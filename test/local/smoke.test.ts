import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileCache } from '../compile-cache.ts';
import { type Running, startRunning } from './running.ts';

let basic: Running;
let iam: Running;

beforeAll(async () => {
  basic = await startRunning();
  iam = await startRunning({ apiAccess: 'iam' });
});

afterAll(async () => {
  await basic?.close();
  await iam?.close();
});

const AWS = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

/** `npm run smoke` with these options, in this environment and no other. */
async function smoke(options: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['test/smoke/main.ts', ...options], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...compileCache, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out: out + error };
}

const callerOf = ({ project }: Running) => ({
  API: project.stack.apiUrl,
  CALLER: `${project.caller.clientId}:${project.caller.key}`,
});

describe('npm run smoke', () => {
  it('says what it saw of a member of MX Bank', async () => {
    const { code, out } = await smoke([], callerOf(basic));
    expect(code, out).toBe(0);
    expect(out).toMatch(/accepted: refresh RFR-.*\n.*ended: succeeded \(stored\), MX shows CONNECTED\n/);
    expect(out).toMatch(/stored: 6 accounts \(.*CHECKING.*\)\n.*fresh: observed at .*, by refresh RFR-.*\nGood\.\n$/);
    expect(out).not.toContain('not of MX Bank');
  });

  it('finds the API of a stack and signs', async () => {
    const { awsEndpointUrl, stackName } = iam.project.stack;
    const { code, out } = await smoke(['--stack', stackName], { ...AWS, AWS_ENDPOINT_URL: awsEndpointUrl });
    expect(code, out).toBe(0);
    expect(out).toContain(`at ${iam.project.stack.apiUrl}:`);
  });

  it('fails with the reason and what to do', async () => {
    const { code, out } = await smoke(['--user', 'user-1', '--member', 'member-denied'], callerOf(basic));
    expect(code).toBe(1);
    expect(out).toMatch(
      /ended: action_required \(invalid_credentials\).*\nNot good: .* What to do: reauthenticate\.\n$/,
    );
  });

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['no API', [], {}, /^Say which API: /],
    ['no member', [], { API: 'https://api.example.com', CALLER: 'a:b' }, /^Say whose balances: /],
    ['no region', ['--user', 'u', '--member', 'm'], { API: 'https://api.example.com' }, /^Say in which region /],
    ['a wrong key', [], { API: 'here', CALLER: 'local-developer:wrong' }, /\nunauthorized: .+[^.]\.\n$/],
  ])('says in a sentence: %s', async (_name, options, environment, sentence) => {
    const here = environment['API'] === 'here' ? { API: basic.project.stack.apiUrl } : {};
    const { code, out } = await smoke(options, { ...environment, ...here });
    expect(code).toBe(1);
    expect(out).toMatch(sentence);
  });
});
