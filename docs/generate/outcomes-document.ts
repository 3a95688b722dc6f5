import type { Step } from '../../shared/domain/decision.ts';
import { type Ending, endingOf } from '../../shared/domain/ending.ts';
import { moves } from '../../shared/domain/explain.ts';
import { isOutcomeCode, type OutcomeCode, type OutcomeRow, outcomes } from '../../shared/domain/outcome.ts';
import { waitReasons } from '../../shared/domain/progress.ts';
import { connectionStatuses, memberErrorEnds } from '../../shared/domain/statuses.ts';
import { problemKind } from '../../shared/lambda/problem.ts';
import { afterLook, afterPost, mxFailures, otherEnds, type StatusCase, statusCase } from './outcomes-cases.ts';

type Row = Pick<Ending, 'outcome' | 'action' | 'code'>;

/** The ending of a step; null for a step that is no end. */
function resultOf(step: Step): Row | null {
  if (step.kind === 'store') return endingOf('stored');
  return step.kind === 'end' ? step.ending : null;
}

const cells = (row: Row | null): string =>
  row === null ? '| | |' : `${row.outcome} | ${row.action} | \`${row.code}\``;

const words: Readonly<Record<Step['kind'], string>> = {
  look: 'look again',
  start: 'start a job once more',
  store: 'store the balances',
  end: 'end',
};

function overWords({ over, overAgain }: StatusCase): string {
  const last = overAgain === 'look' ? 'look again, until the deadline' : words[overAgain];
  return over === 'start' ? `${words.start}, then ${last}` : last;
}

function statusRow(name: string, status: string | null): string {
  const row = statusCase(status);
  const held = row.holdsBack ? 'held back' : 'goes on';
  return `| ${name} | ${words[row.whileRunning]} | ${overWords(row)} | ${cells(resultOf(row.end))} | ${held} | ${row.source} |`;
}

const endOrWords = (step: Step): string => {
  const result = resultOf(step);
  return result === null ? words[step.kind] : `${result.outcome}, ${result.action}`;
};

const startStates = {
  unknown: 'not known whether it started: look, and start again only if nothing shows',
  conflict: 'wait for the other job, then start, or take its data',
  rate_limited: 'start again later',
} as const;

function failureRow({ what, failure }: (typeof mxFailures)[number]): string {
  const post = afterPost(failure);
  const posted = post.kind === 'end' ? `${post.ending.outcome}, ${post.ending.action}` : startStates[post.state];
  const [first, second] = afterLook(failure).map(endOrWords);
  const looked = first === second ? first : `${first}; after a minute of it ${second}`;
  return `| ${what} | \`${failure.code}\` | ${problemKind(failure.code).status} | ${posted} | ${looked} |`;
}

const moveRows = Object.entries(moves)
  .map(([action, sentence]) => `| ${action} | ${sentence} |`)
  .join('\n');

function resultRow(code: OutcomeCode): string {
  const { outcome, orOutcome, action, message, orActions = [] }: OutcomeRow = outcomes[code];
  const how = orOutcome === undefined ? outcome : `${outcome} or ${orOutcome}`;
  return `| \`${code}\` | ${how} | ${[action, ...orActions].join(' or ')} | ${message.replace(/\.$/, '')} |`;
}

/** The text of docs/outcomes.md. */
export const outcomesDocument = (): string => `# How refreshes end

Made from the code by \`npm run docs\`; a test says when it is out of date. “MX facts” are in
docs/mx-facts.md.

A refresh ends with an \`outcome\` (how), an \`action\` (what has to be done now) and a \`code\` (why). A status of MX’s ends a
refresh only with evidence that it is *this* job’s, not the last one’s: docs/evidence.md says what proves it.

## By connection status

“Running” and “over” are MX’s \`is_being_aggregated\`. Once the job’s end is proven, an error status is believed when two
looks in a row see it or an error code is with it. “Schedule”: whether unattended triggers go on while MX shows this status;
HTTP triggers always may.

| status | running | over | outcome | action | code | schedule | source |
|---|---|---|---|---|---|---|---|
${connectionStatuses.map((status) => statusRow(`\`${status}\``, status)).join('\n')}
${statusRow('null', null)}
${statusRow('any other', 'UNKNOWN')}

A refresh whose user is present (\`user_present\`) does not end at \`CHALLENGED\`: it shows the questions and watches on until
its deadline. Unattended triggers are also held back by MX’s \`needs_updated_credentials\`: what would start a job, at first
or once more, ends instead. At an institution without balance checks they are held back with \`not_supported\`, which ends
no refresh (docs/institutions.md).

## By the member’s error code

With an error status, \`error.error_code\` says more than the status does, and wins. A code that is not here leaves the
status’s own row in force.

| error code | outcome | action | code | source |
|---|---|---|---|---|
${Object.entries(memberErrorEnds)
  .map(([code, { end, source }]) => `| ${code} | ${cells(endingOf(end))} | ${source} |`)
  .join('\n')}

## By the way MX fails

“Answered with”: the HTTP status of a trigger that failed this way; \`docs/problems.md\` has the bodies. A trigger for
which MX refuses to show the member leaves no refresh behind; a POST that MX refuses ends the refresh, which exists by then.
When MX cannot be reached and the member is known here, the trigger is accepted and the follow-up starts the job.

| MX’s answer | code | answered with | to the POST that starts the job | to a look |
|---|---|---|---|---|
${mxFailures.map(failureRow).join('\n')}

## Other ends

| when | outcome | action | code |
|---|---|---|---|
${otherEnds()
  .map(({ when, step }) => `| ${when} | ${cells(resultOf(step))} |`)
  .join('\n')}

## While it runs

A refresh that runs has a \`code\` too when it waits for something else than its job; \`job_started\` says whether MX has
started that. \`last_look_at\` is when MX was last asked, \`next_look_at\` when it is asked next, told after a look that MX did
not answer. The end may have another code.

| code | meaning |
|---|---|
${Object.entries(waitReasons)
  .map(([code, message]) => `| \`${code}\` | ${message.replace(/\.$/, '')} |`)
  .join('\n')}

## Whose move it is

By action, as the operator’s command says it (\`explain\`, docs/operator.md) for the code of the last end:

| action | whose move |
|---|---|
${moveRows}

## All codes

| code | outcome | action | meaning |
|---|---|---|---|
${Object.keys(outcomes).filter(isOutcomeCode).toSorted().map(resultRow).join('\n')}
`;
