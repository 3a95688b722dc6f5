/** The package in another project: packed, unpacked into an empty project, compiled against and run. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localEnvironment, ops } from '../local/operators-command.ts';
import { type Running, startRunning } from '../local/running.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let project: string;
let installed: string;
let tarballBytes: number;
let running: Running;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'uses-mx-fresh-balances-'));
  installed = join(project, 'node_modules/mx-fresh-balances');
  mkdirSync(installed, { recursive: true });
  await run('npm', ['pack', '--offline', '--pack-destination', project], { cwd: root });
  const tarball = join(project, readdirSync(project).find((name) => name.endsWith('.tgz')) ?? 'none.tgz');
  tarballBytes = statSync(tarball).size;
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  // What the project has installed besides: the SDK for the reader, and Node's types for the examples' own code.
  for (const name of ['@aws-sdk/client-dynamodb', '@types/node']) {
    mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  cpSync(join(installed, 'docs/examples'), project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  running = await startRunning();
});

afterAll(async () => {
  await running?.close();
  rmSync(project, { recursive: true, force: true });
});

const files = (): string[] =>
  globSync('**/*', { cwd: installed })
    .filter((path) => statSync(join(installed, path)).isFile())
    .toSorted();

/** What `entry` imports, and what that imports; packages by their names. */
function reachable(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  // Without comments: their examples import the package itself.
  const code = readFileSync(join(installed, entry), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  for (const [, name = ''] of code.matchAll(/\b(?:from|import)(?:\s+|\s*\()['"]([^'"]+)['"]/g)) {
    if (!name.startsWith('.')) seen.add(name);
    else {
      const path = resolve('/', dirname(entry), name).slice(1);
      reachable(entry.endsWith('.d.ts') ? path.replace(/\.[jt]s$/, '.d.ts') : path, seen);
    }
  }
  return seen;
}

const command = 'dist/bin/mx-fresh-balances.js';
const entries = { client: 'dist/public/balances-client', reader: 'dist/public/read-balances' };

describe('the tarball', () => {
  it('has two entries, a command, documents, and nothing else', () => {
    const wanted = Object.values(entries).flatMap((entry) => [
      ...reachable(`${entry}.js`),
      ...reachable(`${entry}.d.ts`),
    ]);
    const isModule = (path: string): boolean => /^dist\/.*\.(js|ts)$/.test(path);
    const packed = files();
    expect(wanted.filter(isModule).filter((path) => !packed.includes(path))).toEqual([]);
    // A file that fails here has to be added to, or removed from, `files` in package.json. The declarations of the
    // client's inner modules lie beside them and are small.
    const inside = (path: string): boolean => path.startsWith('dist/public/') && path.endsWith('.d.ts');
    expect(packed.filter((path) => !wanted.includes(path) && !inside(path))).toEqual([
      'LICENSE',
      ...(packed.includes('README.md') ? ['README.md'] : []),
      command,
      'docs/balances-table.md',
      'docs/client.md',
      'docs/examples/query-balances-table.ts',
      'docs/examples/query_balances_table.py',
      'docs/examples/read-fresh-balances.ts',
      'docs/examples/read-stored-balances.ts',
      'docs/members-table.md',
      'docs/operator.md',
      'docs/outcomes.md',
      'docs/problems.md',
      'package.json',
    ]);
  });

  it('brings no CDK, functions or stack, and installs nothing', () => {
    const code = files().filter((path) => path.startsWith('dist/') && path !== command);
    expect(code.filter((path) => /infra|functions|lambda/.test(path))).toEqual([]);
    const text = code.map((path) => readFileSync(join(installed, path), 'utf8')).join('\n');
    expect(text).not.toMatch(/aws-cdk-lib|constructs|@middy|powertools/);
    const manifest: Record<string, unknown> = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).toMatchObject({ peerDependenciesMeta: { '@aws-sdk/client-dynamodb': { optional: true } } });
  });

  it('is small, and what a browser loads of it smaller', () => {
    // Most of it is the operator's command with its AWS clients.
    expect(tarballBytes).toBeLessThan(250_000);
    const ofCommand = [command, 'docs/operator.md'].map((path) => gzipSync(readFileSync(join(installed, path))).length);
    expect(ofCommand.reduce((rest, bytes) => rest - bytes, tarballBytes)).toBeLessThan(84_000);
    const sizes = [...reachable(`${entries.client}.js`)].map((path) => statSync(join(installed, path)).size);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(55_000);
  });

  it('has a client that needs only the platform', () => {
    const modules = [...reachable(`${entries.client}.js`)];
    expect(modules.filter((name) => !name.startsWith('dist/'))).toEqual([]);
    for (const path of modules) {
      const code = readFileSync(join(installed, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      expect(code, path).not.toMatch(/\b(Buffer|process|require|__dirname)\b|JSON\.rawJSON/);
    }
  });

  it('has a reader that needs only the DynamoDB client', () => {
    const packages = [...reachable(`${entries.reader}.js`)].filter((name) => !name.startsWith('dist/'));
    expect(packages).toEqual(['@aws-sdk/client-dynamodb']);
  });
});

describe('in a strict project', () => {
  const strict = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: 'es2022',
    module: 'nodenext',
    skipLibCheck: false,
  };

  async function compile(name: string, options: object, sources: readonly string[]): Promise<void> {
    writeFileSync(join(project, name), JSON.stringify({ compilerOptions: { ...strict, ...options }, files: sources }));
    await run(join(root, 'node_modules/.bin/tsc'), ['-p', join(project, name)]).catch((error) => {
      throw new Error(error.stdout);
    });
  }

  it('the examples compile', () =>
    compile('tsconfig.json', { lib: ['es2023'], types: ['node'] }, [
      'query-balances-table.ts',
      'read-fresh-balances.ts',
      'read-stored-balances.ts',
    ]));

  it('the client’s types need no types of Node', async () => {
    writeFileSync(
      join(project, 'types.ts'),
      `import { type BalancesProblem, createBalancesClient, type DecimalText } from 'mx-fresh-balances/client';
       const client = createBalancesClient({ baseUrl: 'https://x.example', credentials: { clientId: 'a', key: 'b' } });
       const page = await client.accounts('u', 'm');
       const balance: DecimalText | null | undefined = page.accounts[0]?.balance;
       export const shown: string = new Intl.NumberFormat('de', { style: 'currency', currency: 'EUR' }).format(balance ?? '0');
       // @ts-expect-error An amount is no number.
       export const rounded: number | null | undefined = balance;
       const again = await client.accounts('u', 'm', { ifNoneMatch: page.etag });
       // @ts-expect-error There are no accounts in an answer that nothing has changed.
       again.accounts;
       export const count = again.notModified ? 0 : again.accounts.length;
       // @ts-expect-error It carries OAuth state and is never passed on.
       (await client.member('u', 'm')).member.oauth_window_uri;
       const asked = await client.checkBalance('u', 'm');
       // @ts-expect-error A refresh that runs has no accounts yet.
       asked.accounts;
       // @ts-expect-error Every option is known by name.
       await client.checkBalance('u', 'm', { max_age: 3 });
       export const toDo = (problem: BalancesProblem): boolean => problem.action === 'answer_mfa';
       // @ts-expect-error There is no such action.
       export const typo = (problem: BalancesProblem): boolean => problem.action === 'answer_mfa!';`,
    );
    await compile('tsconfig.browser.json', { lib: ['es2023', 'dom'], types: [] }, ['types.ts']);
    await compile(
      'tsconfig.bundler.json',
      { lib: ['es2023', 'dom'], types: [], module: 'esnext', moduleResolution: 'bundler' },
      ['types.ts'],
    );
  });
});

describe('the examples run', () => {
  const example = (name: string, args: readonly string[], env: Record<string, string>) =>
    run(process.execPath, [join(project, name), ...args], { env: { PATH: process.env['PATH'] ?? '', ...env } });

  const api = () => {
    const { caller, stack } = running.project;
    return { API: stack.apiUrl, CALLER: `${caller.clientId}:${caller.key}` };
  };

  it('over HTTP, up to the refreshed balances', async () => {
    const member = running.addMember();
    const { stdout } = await example('read-fresh-balances.ts', [member.user, member.id], api());
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[0]).toMatch(/ \([A-Z_]+\): -?\d+(\.\d+)? USD$/);
    expect(lines[6]).toMatch(/^fresh: observed at \d{4}-.*Z, \d s ago$/);
  });

  it('over HTTP, up to a problem in words', async () => {
    const failed = example('read-fresh-balances.ts', ['user-3', 'not-there'], api());
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^mx_not_found: /) });
  });

  it('from the tables', async () => {
    const member = running.addMember();
    await running.refresh(member.path);
    const { stack } = running.project;
    const { accessKeyId, secretAccessKey } = stack.awsCredentials;
    const env = {
      AWS_ENDPOINT_URL: stack.awsEndpointUrl,
      AWS_REGION: stack.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      BALANCES_TABLE: stack.outputs['BalancesTable'] ?? '',
      MEMBERS_TABLE: stack.outputs['MembersTable'] ?? '',
    };
    const { stdout } = await example('read-stored-balances.ts', [member.user, member.id], env);
    expect(stdout).toMatch(/\(CHECKING\): -?\d+(\.\d+)? USD\n/);
    expect(stdout).toMatch(/\nfresh: observed at /);
    expect((await example('read-stored-balances.ts', ['user-3', 'not-there'], env)).stdout).toContain(
      'never refreshed',
    );
  });

  it('from the balances table by guids that the API tells', async () => {
    const member = running.addMember();
    await running.refresh(member.path);
    const { stack } = running.project;
    const env = {
      ...api(),
      AWS_ENDPOINT_URL: stack.awsEndpointUrl,
      AWS_REGION: stack.region,
      AWS_ACCESS_KEY_ID: stack.awsCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: stack.awsCredentials.secretAccessKey,
      BALANCES_TABLE: stack.outputs['BalancesTable'] ?? '',
    };
    const { stdout } = await example('query-balances-table.ts', [member.user, member.id], env);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^.+: -?\d+(\.\d+)? USD, observed at \d{4}-.*Z$/);
  });
});

describe('the operator’s command', () => {
  it('runs from the tarball, with nothing installed beside it', async () => {
    expect(statSync(join(installed, command)).mode & 0o111).toBe(0o111);
    const installedOps = (args: readonly string[]) =>
      ops(args, localEnvironment(running.project), join(installed, command));
    expect(await installedOps(['--version'])).toMatchObject({ exitCode: 0, out: '0.1.0\n' });
    const { exitCode, out } = await installedOps(['deployment', '--local', '--json']);
    expect([exitCode, JSON.parse(out)]).toMatchObject([0, { stack: running.project.stack.stackName }]);
    expect(await installedOps(['schedules', 'export', '--local'])).toMatchObject({ exitCode: 0 });
  });
});

it('the documents show the examples as they are', () => {
  for (const name of readdirSync(join(root, 'docs/examples'))) {
    const document = readFileSync(
      join(root, 'docs', name.startsWith('query') ? 'balances-table.md' : 'client.md'),
      'utf8',
    );
    expect(document, name).toContain(readFileSync(join(root, 'docs/examples', name), 'utf8'));
  }
});
