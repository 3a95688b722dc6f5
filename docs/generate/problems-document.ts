import { type ProblemCode, problemCodes, problemKind } from '../../shared/lambda/problem.ts';

function row(code: ProblemCode): string {
  const { status, title, action, meaning } = problemKind(code);
  return `| \`${code}\` | ${status} | ${title} | ${action} | ${meaning} |`;
}

/** The text of docs/problems.md. */
export const problemsDocument = (): string => `# Problems

Made from the code by \`npm run docs\`; a test says when it is out of date.

Every refusal of this API is answered as \`application/problem+json\` (RFC 9457) with this body:

| member | what it is |
|---|---|
| \`type\` | \`/problems/{code}\`: a GET answers with this table’s row |
| \`title\`, \`status\` | as in the table |
| \`detail\` | what was wrong this time; with 5xx only what the code means |
| \`code\` | the name to act on |
| \`action\` | what has to be done, in the words of docs/outcomes.md |
| \`retry_after\` | seconds, as in the header \`Retry-After\`; always with 429 and 503 |
| \`refresh_id\` | the refresh that it belongs to, when there is one |
| \`field\` | the part of the request at fault, when there is one |
| \`error\` | MX’s own error member (\`message\`, \`status\`, \`type\`), where MX’s clients look |

The gateway itself answers some requests before any function runs, with \`{"message": …}\` and no more: a signature that is
wrong (403) and more requests than it lets through (429, 503).

| code | status | title | action | meaning |
|---|---|---|---|---|
${problemCodes
  .toSorted((a, b) => problemKind(a).status - problemKind(b).status)
  .map(row)
  .join('\n')}
`;
