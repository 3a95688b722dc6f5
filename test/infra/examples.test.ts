/** The `@example` of a docstring compiles as it stands, and prints what its comments say. */
import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

interface Example {
  /** The declaration that it documents. */
  readonly of: string;
  /** Where it is written to. */
  readonly file: string;
  readonly code: string;
}

/** The examples in the docstrings of `path`; relative imports lead to where they lead there. */
const examplesIn = (path: string): readonly Example[] =>
  [
    ...readFileSync(join(root, path), 'utf8').matchAll(
      /@example\n \* ```ts\n([\s\S]*?) \* ```\n \*\/\nexport (?:async )?(?:function|class) (\w+)/g,
    ),
  ].map(([, text = '', of = '']) => ({
    of,
    file: join(folder, `${of}.ts`),
    code: text
      .replaceAll(/^ \* ?/gm, '')
      .replaceAll(/ from '(\.[^']+)'/g, (_, name: string) => ` from '${join(root, dirname(path), name)}'`),
  }));

let folder: string;
let examples: readonly Example[];

beforeAll(() => {
  // Inside the checkout, so that packages are found.
  mkdirSync(join(root, 'cdk.out'), { recursive: true });
  folder = mkdtempSync(join(root, 'cdk.out/examples-'));
  examples = globSync('{functions,infra,shared}/**/*.ts', { cwd: root }).toSorted().flatMap(examplesIn);
  for (const { file, code } of examples) writeFileSync(file, code);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('what other code calls first has an example', () => {
  expect(examples.map(({ of }) => of)).toEqual([
    'BalanceRefresh',
    'BalancesStack',
    'decide',
    'createBalancesClient',
    'readBalances',
  ]);
});

it('examples compile', async () => {
  const paths = {
    'mx-fresh-balances/cdk': [join(root, 'infra/balance-refresh.ts')],
    'mx-fresh-balances/client': [join(root, 'shared/public/balances-client.ts')],
    'mx-fresh-balances/reader': [join(root, 'shared/public/read-balances.ts')],
  };
  const config = { extends: '../../tsconfig.json', compilerOptions: { paths }, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const checked = await run('npx', ['tsc', '-p', folder], { cwd: root }).catch((failed: unknown) => failed);
  expect(checked).toMatchObject({ stdout: '' });
  expect(checked).not.toBeInstanceOf(Error);
});

it('the decision’s example prints what it says', async () => {
  const [example] = examples.filter(({ of }) => of === 'decide');
  const said = [...(example?.code ?? '').matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line);
  expect(said).toHaveLength(2);
  const { stdout } = await run('npx', ['node', example?.file ?? ''], { cwd: root });
  expect(stdout.trim().split('\n')).toEqual(said);
});
