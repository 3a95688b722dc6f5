/** `npm run test:conformance`: the clients' contract tests and a refresh against engines of the user's. docs/conformance.md. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { createVitest, type Reporter, type TestCase, type TestModule } from 'vitest/node';
import { differences } from './differences.ts';
import { COMMON_PREFIX, endpointVariables, type GivenService, variables } from './given.ts';
import { givenSqs, queuesWith } from './given-queues.ts';
import { givenDynamoDb, tablesWith } from './given-tables.ts';
import { type Case, verdictOf } from './verdict.ts';

const HELP = `Runs the clients' contract tests and one refresh, end to end, against engines of yours.

  ${endpointVariables.dynamodb}=http://127.0.0.1:8000 \\
  ${endpointVariables.sqs}=http://127.0.0.1:9324 npm run test:conformance

  --aws          a service without such a variable is AWS's own: tables and queues are made in your account, and paid
  --known NAME   expect the differences of this engine (${Object.keys(differences).join(', ')}); may be given twice
  --only TEXT    only the files whose path contains the text
  --leftovers    remove what earlier runs have left (${COMMON_PREFIX}*), and run nothing

Without --aws, a service without its variable is left out. Region and credentials are found as by any AWS SDK. All tables and
queues have names of their run's own and are removed when it ends. Exit code 1: a case differs that is not listed, or a
listed one does not differ; 2: the run could not be made.`;

const root = join(import.meta.dirname, '../..');

/** The test files that make tables or queues of the given services, the refresh, and AWS's facts. */
function testFiles(given: ReadonlySet<GivenService>, only: string): readonly string[] {
  const starts: Readonly<Record<GivenService, string>> = {
    dynamodb: 'await startLocalTables()',
    sqs: 'await startLocalQueues()',
  };
  const contract = globSync('test/contract/*.test.ts', { cwd: root }).filter((path) => {
    const code = readFileSync(join(root, path), 'utf8');
    return [...given].some((service) => code.includes(starts[service]));
  });
  const own = ['test/conformance/refresh.test.ts', 'test/conformance/facts.test.ts'];
  return [...own, ...contract.toSorted()].filter((path) => path.includes(only));
}

const firstLine = (text = 'failed without a message'): string => text.split('\n')[0] ?? '';

/** Keeps the cases, and says of each file how many of them differ. */
class Cases implements Reporter {
  readonly all: Case[] = [];

  onTestModuleEnd(module: TestModule): void {
    const file = module.relativeModuleId.replace(/^test\//, '').replace(/\.test\.ts$/, '');
    const inFile: Case[] = [...module.children.allTests()]
      .filter((test) => test.result().state !== 'skipped')
      .map((test: TestCase) => {
        const [error] = test.result().errors ?? [];
        const hasPassed = test.result().state === 'passed';
        return { name: `${file} > ${test.fullName}`, difference: hasPassed ? null : firstLine(error?.message) };
      });
    for (const { message } of module.errors())
      inFile.push({ name: `${file} (the file)`, difference: firstLine(message) });
    for (const suite of module.children.allSuites()) {
      for (const { message } of suite.errors()) {
        inFile.push({ name: `${file} > ${suite.fullName} (the group)`, difference: firstLine(message) });
      }
    }
    this.all.push(...inFile);
    const differing = inFile.filter(({ difference }) => difference !== null).length;
    console.log(`${file}: ${inFile.length} cases${differing === 0 ? '' : `, ${differing} differ`}`);
  }
}

/** Runs the files. @param interrupted is called instead of the end of the process that Ctrl-C is otherwise */
async function runTests(files: readonly string[], interrupted: () => void): Promise<readonly Case[]> {
  const cases = new Cases();
  const vitest = await createVitest(
    'test',
    {
      root,
      config: false,
      watch: false,
      include: [...files],
      isolate: false,
      maxWorkers: 2,
      reporters: [cases],
      silent: true,
      // AWS needs seconds for a table.
      testTimeout: 60_000,
      hookTimeout: 300_000,
    },
    { logLevel: 'silent' },
  );
  // Vitest ends the process a millisecond later.
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', interrupted);
  try {
    await vitest.start();
  } finally {
    await vitest.close();
  }
  return cases.all;
}

/**
 * Removes what has a name with this prefix.
 *
 * @returns what there was
 * @throws Error when an engine cannot be reached, or region or credentials are missing
 */
async function removeAll(prefix: string, given: ReadonlySet<GivenService>): Promise<readonly string[]> {
  const removed: string[] = [];
  if (given.has('dynamodb')) {
    const client = givenDynamoDb();
    for (const TableName of await tablesWith(prefix, client)) {
      await client.send(new DeleteTableCommand({ TableName }));
      removed.push(TableName);
    }
    client.destroy();
  }
  if (given.has('sqs')) {
    const client = givenSqs();
    for (const QueueUrl of await queuesWith(prefix, client)) {
      await client.send(new DeleteQueueCommand({ QueueUrl }));
      removed.push(QueueUrl);
    }
    client.destroy();
  }
  return removed;
}

/** The services that the run is about. */
function givenServices(isAws: boolean): ReadonlySet<GivenService> {
  const all: readonly GivenService[] = ['dynamodb', 'sqs'];
  const given = all.filter((service) => isAws || process.env[endpointVariables[service]] !== undefined);
  if (given.length === 0) {
    const names = Object.values(endpointVariables).join(' nor ');
    throw new Error(`neither ${names} is set. For AWS itself, in your account and at your cost, say --aws.`);
  }
  return new Set(given);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      aws: { type: 'boolean', default: false },
      known: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', default: '' },
      leftovers: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const known = values.known.flatMap((engine) => {
    const list = differences[engine];
    if (list === undefined)
      throw new Error(`no differences of ${engine} are known, only of ${Object.keys(differences).join(', ')}`);
    return list;
  });
  const given = givenServices(values.aws);
  for (const service of given) {
    console.log(`${service}: ${process.env[endpointVariables[service]] ?? 'AWS itself, in your account'}`);
  }
  if (values.leftovers) {
    for (const name of await removeAll(COMMON_PREFIX, given)) console.log(`removed ${name}`);
    return 0;
  }

  const prefix = `${COMMON_PREFIX}${crypto.randomUUID().slice(0, 8)}`;
  process.env[variables.prefix] = prefix;
  process.env[variables.services] = [...given].join(',');
  const files = testFiles(given, values.only);
  if (files.length === 0) throw new Error(`no test file's path contains ${values.only}`);
  const end = async (): Promise<void> => {
    for (const name of await removeAll(prefix, given)) console.log(`removed ${name}`);
  };
  // There is nothing yet: it says now what each test would say otherwise, that an engine cannot be reached.
  await end();
  try {
    const { lines, isAsKnown } = verdictOf(
      await runTests(files, () => void end().finally(() => process.exit(130))),
      known,
    );
    for (const line of lines) console.log(line);
    return isAsKnown ? 0 : 1;
  } finally {
    await end();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
