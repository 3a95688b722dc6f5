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
import { environmentOf } from '../../shared/lambda/environment.ts';
import { localEnvironment, ops } from '../local/operators-command.ts';
import { type Running, startRunning } from '../local/running.ts';
import { type EmbeddedStack, startEmbedded, synthesizeApp, writeEmbeddingApps } from './embedding-app.ts';

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
  // What the project has installed besides: the SDK for the reader, the CDK, and Node's types for the examples' own code.
  // Links stand for an installation without a network: the packages' own files are those of this checkout.
  for (const name of ['@aws-sdk/client-dynamodb', '@types/node', 'aws-cdk-lib', 'constructs']) {
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
const construct = { code: 'dist/cdk/balance-refresh.js', types: 'dist/cdk/types/infra/balance-refresh.d.ts' };

describe('the tarball', () => {
  it('has three entries, a command, documents, and nothing else', () => {
    const wanted = [
      ...Object.values(entries).flatMap((entry) => [...reachable(`${entry}.js`), ...reachable(`${entry}.d.ts`)]),
      construct.code,
      ...reachable(construct.types),
      ...Object.keys(environmentOf).map((name) => `dist/cdk/functions/${name}/index.mjs`),
    ];
    const isModule = (path: string): boolean => /^dist\/.*\.(js|ts)$/.test(path);
    const packed = files();
    expect(wanted.filter(isModule).filter((path) => !packed.includes(path))).toEqual([]);
    // A file that fails here has to be added to, or removed from, `files` in package.json. The declarations of the
    // client's and the construct's inner modules lie beside them and are small.
    const inside = (path: string): boolean => /^dist\/(public|cdk\/types)\/.*\.d\.ts$/.test(path);
    expect(packed.filter((path) => !wanted.includes(path) && !inside(path))).toEqual([
      'LICENSE',
      ...(packed.includes('README.md') ? ['README.md'] : []),
      'dist/bin/THIRD-PARTY-LICENSES.txt',
      command,
      'dist/cdk/THIRD-PARTY-LICENSES.txt',
      'dist/cdk/package.json',
      'docs/account.md',
      'docs/balances-table.md',
      'docs/calling.md',
      'docs/client.md',
      'docs/embedding.md',
      'docs/events.md',
      'docs/examples/embed-balance-refresh.ts',
      'docs/examples/query-balances-table.ts',
      'docs/examples/query_balances_table.py',
      'docs/examples/read-fresh-balances.ts',
      'docs/examples/read-stored-balances.ts',
      'docs/members-table.md',
      'docs/operator.md',
      'docs/outcomes.md',
      'docs/problems.md',
      'docs/runbook.md',
      'docs/settings.md',
      'package.json',
    ]);
  });

  it('brings no CDK into client and reader, and installs nothing', () => {
    const code = files().filter((path) => path.startsWith('dist/') && !/^dist\/(bin|cdk)\//.test(path));
    expect(code.filter((path) => /infra|functions|lambda/.test(path))).toEqual([]);
    const text = code.map((path) => readFileSync(join(installed, path), 'utf8')).join('\n');
    expect(text).not.toMatch(/aws-cdk-lib|constructs|@middy|powertools/);
    const manifest: Record<string, unknown> = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest).not.toHaveProperty('dependencies');
    const optional = { optional: true };
    expect(manifest).toMatchObject({
      peerDependenciesMeta: { '@aws-sdk/client-dynamodb': optional, 'aws-cdk-lib': optional, constructs: optional },
    });
  });

  it('is small, and what a browser loads of it smaller', () => {
    // Most of it are the bundles of the functions, each with its AWS clients; then comes the operator's command.
    expect(tarballBytes).toBeLessThan(1_700_000);
    // What only they need counts as theirs.
    const theirs = /^(dist\/(bin|cdk)\/|docs\/(account|calling|embedding|events|operator|runbook|settings)\.md)/;
    const packedSize = (path: string): number => gzipSync(readFileSync(join(installed, path))).length;
    const ofThem = files()
      .filter((path) => theirs.test(path))
      .map(packedSize);
    expect(ofThem.reduce((rest, bytes) => rest - bytes, tarballBytes)).toBeLessThan(84_000);
    const sizes = [...reachable(`${entries.client}.js`)].map((path) => statSync(join(installed, path)).size);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(60_000);
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

describe('embedded in a CDK app', () => {
  let apps: { esm: string; commonJs: string };
  let embedded: EmbeddedStack;

  beforeAll(async () => {
    apps = writeEmbeddingApps(project);
    embedded = await startEmbedded(apps.esm, join(project, 'cdk.out'));
  });
  afterAll(() => embedded?.close());

  it('refreshes on the local stack and tells the app', async () => {
    expect(await embedded.refresh()).toMatch(/^refresh\.succeeded: [1-9]\d* accounts$/);
  });

  it('is found by the operator’s command', async () => {
    const { stack } = embedded;
    const env = { AWS_ENDPOINT_URL: stack.awsEndpointUrl };
    const { exitCode, out } = await ops(['deployment', '--local', '--json'], env, join(installed, command));
    expect([exitCode, JSON.parse(out)]).toMatchObject([0, { outputs: { ApiUrl: stack.apiUrl } }]);
    for (const args of [
      ['logs', 'order-1', '--local'],
      ['dead-letters', 'list', '--local'],
    ]) {
      expect(await ops(args, env, join(installed, command))).toMatchObject({ exitCode: 0, out: '' });
    }
  });

  it('is the same from CommonJS', async () => {
    const [esm, commonJs] = await Promise.all(
      [apps.esm, apps.commonJs].map((app, index) =>
        synthesizeApp(app, join(project, `cdk-${index}.out`), 'https://api.mx.com'),
      ),
    );
    expect(Object.keys(esm?.Resources ?? {}).length).toBeGreaterThan(150);
    expect(commonJs).toEqual(esm);
  });

  it('needs the CDK and Node, no other package', () => {
    const ofCdk = /^(aws-cdk-lib(\/.*)?|constructs|node:\w+)$/;
    const code = readFileSync(join(installed, construct.code), 'utf8');
    const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = '']) => name);
    expect(required.filter((name) => !ofCdk.test(name))).toEqual([]);
    const types = [...reachable(construct.types)].filter((name) => !name.startsWith('dist/'));
    expect(types.filter((name) => !ofCdk.test(name))).toEqual([]);
  });

  it('brings the licences of what is in its bundles', () => {
    const text = readFileSync(join(installed, 'dist/cdk/THIRD-PARTY-LICENSES.txt'), 'utf8');
    const [, list = ''] = text.split('\n\n');
    const licenses = list.split('\n').map((line) => /^\S+ \S+ \(([^)]+)\)/.exec(line)?.[1]);
    expect(licenses.length).toBeGreaterThan(20);
    expect([...new Set(licenses)].toSorted()).toEqual(['Apache-2.0', 'MIT', 'MIT-0', 'Unlicense']);
    for (const name of ['@middy/core', '@aws-sdk/client-sqs', 'valibot']) expect(list).toContain(`\n${name} `);
    expect(text).toContain('Apache License');
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

  it('the construct’s types hold, from CommonJS too', async () => {
    const code = `
      import { App, Stack } from 'aws-cdk-lib';
      import { BalanceRefresh } from 'mx-fresh-balances/cdk';
      const stack = new Stack(new App(), 'payments');
      const balances = new BalanceRefresh(stack, 'Balances', { settings: { webhooks: 'known', egressZones: 2 } });
      export const url: string = balances.api.apiEndpoint;
      // @ts-expect-error There is no such setting.
      new BalanceRefresh(stack, 'Other', { settings: { webhook: 'known' } });
      // @ts-expect-error It is off, known or all.
      new BalanceRefresh(stack, 'Third', { settings: { webhooks: 'on' } });`;
    for (const name of ['embed-types.ts', 'embed-types.cts']) writeFileSync(join(project, name), code);
    // As `cdk init` writes them; the CDK's own types do not fit together under exactOptionalPropertyTypes.
    const ofCdk = { lib: ['es2023'], types: ['node'], exactOptionalPropertyTypes: false, skipLibCheck: true };
    await compile('tsconfig.cdk.json', ofCdk, ['embed-balance-refresh.ts', 'embed-types.ts', 'embed-types.cts']);
  });

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
    expect(await installedOps(['logs', 'order-1', '--local'])).toMatchObject({ exitCode: 0, out: '' });
    expect((await installedOps(['doctor', '--local'])).out).toMatch(/^ok {7}mx {2,}MX accepts/m);
  });
});

it('the documents show the examples as they are', () => {
  for (const name of readdirSync(join(root, 'docs/examples'))) {
    const beside: Readonly<Record<string, string>> = { query: 'balances-table.md', embed: 'embedding.md' };
    const [kind = ''] = name.split(/[-_]/);
    const document = readFileSync(join(root, 'docs', beside[kind] ?? 'client.md'), 'utf8');
    expect(document, name).toContain(readFileSync(join(root, 'docs/examples', name), 'utf8'));
  }
});
