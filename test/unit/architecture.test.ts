import { describe, expect, it } from 'vitest';
import { readSource, type SourceFile, sourceFiles } from './source-files.ts';

/** Who may import what. A folder's own files come first in each list; `packages` are names, `node:` is any builtin. */
const rules: readonly { folder: string; own: readonly string[]; packages: readonly RegExp[] }[] = [
  { folder: 'shared/domain', own: ['shared/domain/'], packages: [] },
  {
    folder: 'shared/clients',
    own: ['shared/clients/', 'shared/domain/'],
    packages: [/^@aws-sdk\//, /^@smithy\//, /^valibot$/, /^standardwebhooks$/, /^node:/],
  },
  {
    folder: 'shared/lambda',
    own: ['shared/lambda/', 'shared/domain/'],
    packages: [/^@middy\//, /^@aws-lambda-powertools\//, /^valibot$/, /^aws-lambda$/, /^node:/],
  },
  {
    folder: 'shared/public',
    own: [
      'shared/public/',
      'shared/domain/',
      // The readers only: what writes is not for other projects.
      'shared/clients/balances-table.ts',
      'shared/clients/history-table.ts',
      'shared/clients/members-reader.ts',
    ],
    packages: [/^@aws-sdk\/client-dynamodb$/],
  },
  {
    folder: 'functions/wiring',
    own: ['functions/wiring/', 'shared/domain/', 'shared/clients/', 'shared/lambda/'],
    packages: [/^@aws-sdk\//, /^ulid$/, /^node:/],
  },
  {
    folder: 'functions',
    // The API's own description is served as it is published: data, not code.
    own: ['functions/wiring/', 'shared/domain/', 'shared/clients/', 'shared/lambda/', 'docs/openapi.json'],
    // No AWS SDK: its clients are made in the wiring, its commands are sent in shared/clients.
    packages: [/^@middy\//, /^valibot$/, /^ulid$/, /^aws-lambda$/, /^node:/],
  },
  { folder: 'infra', own: ['infra/', 'shared/', 'package.json'], packages: [/./] },
  // A program of its own, which works on the tables as the functions do, and calls the API as a caller.
  {
    folder: 'infra/operator',
    own: [
      'infra/operator/',
      'infra/constructs/construct-ids.ts',
      'infra/local/api-caller.ts',
      'infra/local/development-keys.ts',
      'shared/domain/',
      'shared/clients/',
      'shared/public/',
      'package.json',
    ],
    packages: [/^@aws-sdk\//, /^commander$/, /^csv-parse$/, /^node:/],
  },
  // The operator's page: its server asks the operator's modules and calls the API as a caller.
  {
    folder: 'infra/console',
    own: [
      'infra/console/',
      'infra/operator/',
      'infra/local/api-caller.ts',
      'infra/local/development-keys.ts',
      'shared/domain/',
      'package.json',
    ],
    packages: [/^@aws-sdk\//, /^commander$/, /^esbuild$/, /^node:/],
  },
  // In a browser: of the server it knows only the shapes of its answers.
  {
    folder: 'infra/console/page',
    own: ['infra/console/page/', 'infra/console/shapes.ts', 'infra/console/try-shapes.ts'],
    packages: [/^(preact|uplot)$/],
  },
  // Writes documents from the code; only docs/openapi.json goes back into it, as data.
  {
    folder: 'docs/generate',
    own: ['docs/generate/', 'shared/', 'infra/setting-table.ts', 'infra/setting-kinds.ts'],
    packages: [/^node:/],
  },
  // A program of its own, which tests of other projects can use too.
  { folder: 'infra/mx-simulator', own: ['infra/mx-simulator/'], packages: [/^valibot$/, /^node:/] },
];

const production = ['shared', 'functions', 'infra', 'docs/generate'].flatMap(sourceFiles);
const tests = sourceFiles('test');

const ruleOf = (path: string) =>
  rules
    .filter(({ folder }) => path.startsWith(`${folder}/`))
    .toSorted((a, b) => b.folder.length - a.folder.length)
    .at(0);

/** What `file` imports and must not, as `file -> import`. */
function offences({ path, imports }: SourceFile): string[] {
  const rule = ruleOf(path);
  return imports
    .filter(({ of, own }) =>
      own ? !rule?.own.some((folder) => of.startsWith(folder)) : !rule?.packages.some((allowed) => allowed.test(of)),
    )
    .map(({ of }) => `${path} -> ${of}`);
}

/** The files that import themselves over other files, types included. */
function inCircles(files: readonly SourceFile[]): string[] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports.map(({ of }) => of)]));
  const leadsBack = (start: string): boolean => {
    const reached = new Set<string>();
    const left = [...(importsOf.get(start) ?? [])];
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      left.push(...(importsOf.get(path) ?? []));
    }
    return reached.has(start);
  };
  return files.map(({ path }) => path).filter(leadsBack);
}

const using = (files: readonly SourceFile[], pattern: RegExp): string[] =>
  files.filter(({ code }) => pattern.test(code)).map(({ path }) => path);

describe('imports go one way', () => {
  it.each(rules)('$folder imports nothing but what it may know', ({ folder }) => {
    const files = production.filter(({ path }) => ruleOf(path)?.folder === folder);
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap(offences)).toEqual([]);
  });

  it('every file of ours is under one of these rules', () => {
    expect(production.filter(({ path }) => ruleOf(path) === undefined).map(({ path }) => path)).toEqual([]);
  });

  it('functions do not import each other', () => {
    const functions = production.filter(({ path }) => /^functions\/[^/]+\.ts$/.test(path));
    const between = functions.flatMap(({ path, imports }) =>
      imports.filter(({ of }) => /^functions\/[^/]+\.ts$/.test(of)).map(({ of }) => `${path} -> ${of}`),
    );
    expect(between).toEqual([]);
  });

  it('infra names functions by path and imports none', () => {
    const imported = production.filter(({ path }) => path.startsWith('infra/')).flatMap(({ imports }) => imports);
    expect(imported.filter(({ of }) => of.startsWith('functions/'))).toEqual([]);
  });

  it('nothing deployed imports local stack, simulator or operator’s programs', () => {
    const here = /^infra\/(console|local|mx-simulator|operator)\//;
    const offending = production
      .filter(({ path }) => !here.test(path))
      .flatMap(({ path, imports }) => imports.filter(({ of }) => here.test(of)).map(({ of }) => `${path} -> ${of}`));
    expect(offending).toEqual([]);
  });

  it('no file leads back to itself, types included', () => {
    expect(inCircles(production)).toEqual([]);
    const circle = [
      readSource('shared/domain/a.ts', "import type { B } from './b.ts';"),
      readSource('shared/domain/b.ts', "import type { A } from './a.ts';"),
      readSource('shared/domain/c.ts', "import type { A } from './a.ts';"),
    ];
    expect(inCircles(circle)).toEqual(['shared/domain/a.ts', 'shared/domain/b.ts']);
  });

  it('nothing in production imports a test', () => {
    const offending = production.filter(({ imports }) => imports.some(({ of }) => of.startsWith('test/')));
    expect(offending.map(({ path }) => path)).toEqual([]);
  });

  it('what is published for other projects is not used inside', () => {
    // The operator's command is a program of another project as far as the API goes.
    const inside = production.filter(({ path }) => !/^(shared\/public|infra\/operator)\//.test(path));
    const offending = inside.filter(({ imports }) => imports.some(({ of }) => of.startsWith('shared/public/')));
    expect(offending.map(({ path }) => path)).toEqual([]);
  });
});

it('no file is named after nothing in particular', () => {
  const vague = /(^|[/.-])(utils?|helpers?|manager|misc|common|index)\.m?[jt]s$/;
  expect(
    [...production, ...tests].map(({ path }) => path).filter((path) => vague.test(path) && !/fixtures\//.test(path)),
  ).toEqual([]);
});

describe('one file says', () => {
  it.each([
    ['how a query goes on to its next page', /\bExclusiveStartKey\b/, 'shared/clients/query-pages.ts'],
    ['what a condition of a write is', /\bConditionExpression\b/, 'shared/clients/conditional-write.ts'],
    ['how a lost condition is known', /\bConditionalCheckFailed/, 'shared/clients/conditional-write.ts'],
    ['how a message is given back', /\bChangeMessageVisibility/, 'shared/clients/queues.ts'],
    ['what an item of DynamoDB is', /\bRecord<string, AttributeValue>/, 'shared/clients/attribute-values.ts'],
  ])('%s', (_what, words, file) => {
    const product = production.filter(({ path }) => /^(shared|functions)\//.test(path));
    expect(using(product, words)).toEqual([file]);
  });
});

// The engine of the local stack and of the tests has none of them: what used them would be tested nowhere.
it('nothing uses transactions, PartiQL or streams of DynamoDB', () => {
  const words = /\b(Transact(Write|Get)|Execute(Statement|Transaction)|BatchExecuteStatement|StreamSpecification)/;
  expect(using(production, words)).toEqual([]);
  expect(using([readSource('shared/clients/x.ts', 'new TransactWriteItemsCommand(input)')], words)).toHaveLength(1);
});

describe('time and chance are given', () => {
  const inside = (folder: string) => production.filter(({ path }) => path.startsWith(`${folder}/`));

  it.each(['shared/domain', 'shared/clients', 'shared/lambda'])('%s reads no clock and throws no dice', (folder) => {
    expect(using(inside(folder), /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bDate\(\s*\)/)).toEqual([]);
  });

  it('the domain reads no clock, environment or network', () => {
    expect(
      using(
        inside('shared/domain'),
        /\bprocess\b|\bsetTimeout\b|\bsetInterval\b|\bfetch\(|\bperformance\b|\bcrypto\b|\bconsole\b/,
      ),
    ).toEqual([]);
  });

  it('only wiring and credentials read the environment', () => {
    const readers = using([...inside('shared'), ...inside('functions')], /\bprocess\.env\b(?!\);)/);
    expect(readers).toEqual(['shared/lambda/environment-credentials.ts']);
  });
});

it('no test replaces a module', () => {
  expect(using(tests, /\bvi\s*\.\s*(do)?[mM]ock\s*\(/)).toEqual([]);
});

describe('the reader of imports', () => {
  const imports = (code: string) => readSource('shared/domain/x.ts', code).imports.map(({ of }) => of);

  it.each([
    ["import { a } from './a.ts';", 'shared/domain/a.ts'],
    ["import type { A } from '../lambda/a.ts';", 'shared/lambda/a.ts'],
    ["import a, { type B } from '@aws-sdk/client-sqs';", '@aws-sdk/client-sqs'],
    ["import * as v from 'valibot';", 'valibot'],
    ["import {\n  a,\n  b,\n} from 'aws-cdk-lib/aws-sqs';", 'aws-cdk-lib'],
    ["export { a } from '../../test/a.ts';", 'test/a.ts'],
    ["export * from './a.ts';", 'shared/domain/a.ts'],
    ["import '../../functions/sweep.ts';", 'functions/sweep.ts'],
    ["const a = await import('../clients/a.ts');", 'shared/clients/a.ts'],
    ["const http = process.getBuiltinModule('node:http');", 'node:http'],
    ["const fs = require('fs');", 'fs'],
    ["type A = import('../lambda/a.ts').A;", 'shared/lambda/a.ts'],
  ])('sees %s', (code, expected) => {
    expect(imports(code)).toEqual([expected]);
  });

  it.each([
    "// import { a } from './a.ts';",
    "/* import('./a.ts') */",
    "/** Not `import x from './a.ts'`. */ const a = 1;",
    "const url = 'https://example.com'; // from './a.ts'",
  ])('takes no comment for an import: %s', (code) => expect(imports(code)).toEqual([]));

  it('finds what is forbidden: each of these would fail', () => {
    const offending = [
      ['shared/domain/x.ts', "import { createHash } from 'node:crypto';"],
      ['shared/domain/x.ts', "import { a } from '../clients/a.ts';"],
      ['shared/domain/x.ts', "import * as v from 'valibot';"],
      ['shared/clients/x.ts', "import { a } from '../lambda/a.ts';"],
      ['shared/lambda/x.ts', "import type { A } from '../clients/a.ts';"],
      ['shared/public/x.ts', "import { a } from '../clients/mx-client.ts';"],
      ['shared/public/x.ts', "import { a } from '../lambda/a.ts';"],
      ['shared/public/x.ts', "import { Buffer } from 'node:buffer';"],
      ['functions/x.ts', "import { a } from '../infra/a.ts';"],
      ['functions/x.ts', "import { SendMessageCommand } from '@aws-sdk/client-sqs';"],
      ['functions/wiring/x.ts', "import { a } from '../sweep.ts';"],
      ['infra/x.ts', "import { a } from '../functions/sweep.ts';"],
      ['infra/x.ts', "import { a } from '../test/a.ts';"],
      ['shared/lambda/x.ts', "import { a } from '../../docs/generate/documents.ts';"],
      ['functions/x.ts', "import { a } from '../docs/generate/documents.ts';"],
      ['infra/x.ts', "import { a } from '../docs/generate/documents.ts';"],
      ['docs/generate/x.ts', "import { a } from '../../infra/app.ts';"],
      ['docs/generate/x.ts', "import { a } from '../../functions/sweep.ts';"],
      ['docs/generate/x.ts', "import { a } from '../../test/unit/domain/situations.ts';"],
      ['infra/mx-simulator/x.ts', "import { a } from '../local/project.ts';"],
      ['infra/mx-simulator/x.ts', "import { a } from '../../shared/domain/decimal.ts';"],
      ['infra/mx-simulator/x.ts', "import { App } from 'aws-cdk-lib';"],
      ['infra/operator/x.ts', "import { a } from '../console/guards.ts';"],
      ['infra/console/x.ts', "import { a } from '../local/project.ts';"],
      ['infra/console/page/x.ts', "import { a } from '../guards.ts';"],
      ['infra/console/page/x.ts', "import { readFileSync } from 'node:fs';"],
    ] as const;
    for (const [path, code] of offending) expect(offences(readSource(path, code)), path).toHaveLength(1);
  });
});
