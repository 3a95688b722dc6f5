/** What docs/runbook.md says: its headings, the lines that a reader types under each, and how each heading was tried. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One heading of the runbook. */
interface Heading {
  readonly title: string;
  /** As links name it. */
  readonly anchor: string;
  /** What is typed in a shell: fenced lines, those that go on in the next line joined, and commands in the text. */
  readonly lines: readonly string[];
}

/** How a heading was tried. */
interface Trial {
  readonly anchor: string;
  /** The file in `test/` that plays it, from there, and the test's title; null: none does. */
  readonly played: { readonly file: string; readonly title: string } | null;
  /** What only AWS shows; null: nothing. */
  readonly onlyAws: string | null;
}

/** The heading whose table says how the others were tried. */
const TRIALS = 'How each heading was tried';

/** The headings of a runbook, without that of the trials. */
export function headingsOf(document: string): readonly Heading[] {
  return document
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = ''] = section.split('\n');
      return { title, anchor: anchorOf(title), lines: typedIn(section) };
    })
    .filter(({ title }) => title !== TRIALS);
}

const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

/** Fenced lines for a shell, and commands within a sentence. A block of `console` has what is printed too: test/local/incidents.test.ts. */
function typedIn(section: string): readonly string[] {
  const fenced = [...section.matchAll(/^ *```sh\n(.*?)^ *```/gms)].flatMap(([, block = '']) => wholeLines(block));
  const text = section.replaceAll(/^ *```.*?^ *```/gms, '');
  const spans = [...text.matchAll(/`((?:npm|npx|aws) [^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '));
  return [...fenced, ...spans];
}

/** A line goes on after a backslash, within quotes, and after a pipe or `||`. */
function wholeLines(block: string): readonly string[] {
  const whole: string[] = [];
  let open = '';
  for (const line of block.split('\n').map((part) => part.trim())) {
    open = open === '' ? line : `${open} ${line}`;
    if (open.endsWith('\\')) open = open.slice(0, -1).trimEnd();
    else if (/(\||\bdo)$/.test(open) || (open.split("'").length - 1) % 2 === 1 || opensLoop(open)) continue;
    else {
      if (open !== '') whole.push(open);
      open = '';
    }
  }
  return whole;
}

const opensLoop = (line: string): boolean => /\bdo\b/.test(line) && !/\bdone$/.test(line);

/** The rows of a runbook's table of trials: heading, test, what only AWS shows. */
export function trialsOf(document: string): readonly Trial[] {
  const [, table = ''] = document.split(`## ${TRIALS}\n`);
  return [...table.matchAll(/^\| \[[^\]]+\]\(#([\w-]+)\) \| (.*?) \| (.*?) \|$/gm)].map(
    ([, anchor = '', played = '', aws = '']) => {
      const [, title, file] = /^\[(.+)\]\(\.\.\/test\/(.+)\)$/.exec(played) ?? [];
      return {
        anchor,
        played: title === undefined || file === undefined ? null : { file, title },
        onlyAws: aws === '–' || aws === '' ? null : aws,
      };
    },
  );
}

/** docs/runbook.md as it is. */
export const runbook = readFileSync(join(import.meta.dirname, '../docs/runbook.md'), 'utf8');

/** Lines that no test runs, by their beginning, and why. */
export const notRun: readonly (readonly [begins: string, why: string])[] = [
  ["REQUEST_ID='…'", 'the test fills it in'],
  ['KEY=$(openssl rand', 'not every machine has openssl; the tests hash with Node'],
  ['aws logs tail "$(physical HttpAccessLogs', 'the local stack has no access log'],
  ['aws logs start-query', 'the local stack has no Logs Insights'],
  ['aws lambda update-function-configuration', 'the local stack has no lines of Lambda’s own'],
  ['aws lambda list-event-source-mappings', 'no event source of the local stack can be switched off'],
  ['aws lambda update-event-source-mapping', 'no event source of the local stack can be switched off'],
  ['aws scheduler get-schedule', 'no schedule of the local stack can be switched off'],
  ['aws deploy list-deployments', 'the local stack has no CodeDeploy'],
  ['aws dynamodb restore-table-to-point-in-time', 'the local DynamoDB has no point-in-time recovery'],
  ['aws dynamodb wait table-exists', 'the local DynamoDB has no point-in-time recovery'],
  ['aws dynamodb delete-table', 'the local stack refuses to delete a table'],
  ['aws dynamodb update-time-to-live', 'the local DynamoDB has no time to live'],
  ['TABLE=$(output MembersTable)', 'of the lines that need point-in-time recovery'],
  ['aws ec2 ', 'the local stack has no addresses'],
  ['npm ci', 'every run of the tests comes after it'],
  ['npx cdk synth', 'test/infra/app.test.ts synthesizes'],
  ['npx cdk deploy', 'deploys to AWS'],
];

/** Why no test runs the line; null: one has to. */
export const whyNotRun = (line: string): string | null =>
  notRun.find(([begins]) => line.startsWith(begins))?.[1] ?? null;
