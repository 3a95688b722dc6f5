/** `institutions`: what is learnt of banks, those that do not work first. */
import { Failure } from '../../shared/domain/failure.ts';
import type { Instant } from '../../shared/domain/instant.ts';
import type { CountedRefreshes, LengthRange, ShownInstitution } from '../../shared/domain/institution-view.ts';
import { dropReasons, everyDropReason } from '../../shared/domain/job-sample.ts';
import { everyOutcome } from '../../shared/domain/outcome.ts';
import { listInstitutions, type ReadInstitutionsDeps, readInstitution } from '../../shared/domain/read-institutions.ts';
import { snakeCased } from '../../shared/domain/snake-case.ts';
import type { Deployment } from './deployment.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { institutionsOf, troubledFirst } from './institutions-of.ts';
import { progress } from './progress.ts';
import { counted, table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What to show. */
export interface InstitutionsOptions {
  /** Null: all. */
  readonly code: string | null;
  /** Only those whose bank does not work. */
  readonly open: boolean;
  /** A JSON object for each institution, a line each. */
  readonly json: boolean;
}

/** How many are read before the next ones are asked for. */
const PAGE = 100;

/** Writes one institution, or a table of all. @throws Stop `usage` for one that is not known. */
export async function showInstitutions(
  deployment: Deployment,
  terminal: Terminal,
  { code, open, json }: InstitutionsOptions,
): Promise<void> {
  if (code !== null && open) {
    throw new Stop(exitCodes.usage, '--open is about all institutions: leave it out, or the code.');
  }
  const client = deployment.dynamoDb();
  const { learning, breaker, deps } = institutionsOf(deployment, client, terminal.now);
  try {
    const shown = code === null ? await all(deps, terminal, open) : [await one(deps, code)];
    if (json) for (const institution of shown) await terminal.write(`${JSON.stringify(snakeCased(institution))}\n`);
    else await terminal.write(code === null ? overview(shown) : shown.map(details).join(''));
    if (code === null) terminal.say(`${counted(shown.length, 'institution')} of ${deployment.place}.`);
  } finally {
    client.destroy();
  }
  if (!learning) terminal.say('Nothing more is counted: the setting learning is false.');
  else if (!breaker) terminal.say('No scheduled start waits for a bank: the setting breaker is false.');
}

async function one(deps: ReadInstitutionsDeps, code: string): Promise<ShownInstitution> {
  try {
    return await readInstitution(deps, code);
  } catch (cause) {
    if (!(cause instanceof Failure && cause.code === 'institution_not_found')) throw cause;
    const sentence = `No refresh at an institution ${code} was counted within 35 days. Is it MX’s code?`;
    throw new Stop(exitCodes.usage, sentence, { cause });
  }
}

/** Those that do not work first, then those without balance checks, each part by code. */
async function all(
  deps: ReadInstitutionsDeps,
  terminal: Terminal,
  onlyOpen: boolean,
): Promise<readonly ShownInstitution[]> {
  const found: ShownInstitution[] = [];
  const tell = progress(terminal, () => `${counted(found.length, 'institution')} …`);
  let after: string | null = null;
  do {
    if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted: nothing was written.');
    const { institutions, next } = await listInstitutions(deps, { limit: PAGE, after, onlyOpen });
    found.push(...institutions);
    after = next;
    tell();
  } while (after !== null);
  return troubledFirst(found);
}

const overview = (institutions: readonly ShownInstitution[]): string =>
  table(
    ['code', 'bank', 'succeeded today', 'in 7 days', 'p50', 'p90', 'p99', 'jobs'],
    institutions.map(({ today, week, jobSeconds, ...institution }) => [
      institution.code,
      bank(institution),
      ...[today, week].map(({ outcomes, refreshes: count }) => `${outcomes.succeeded} of ${count}`),
      ...[jobSeconds.p50, jobSeconds.p90, jobSeconds.p99].map(range),
      samples(jobSeconds),
    ]),
  );

function bank({ breaker, notSupported }: Pick<ShownInstitution, 'breaker' | 'notSupported'>): string {
  if (breaker === null) return 'not watched';
  if (breaker.state === 'open') return `does not work since ${time(breaker.since)} (${breaker.code})`;
  return notSupported === null ? 'works' : 'has no balance checks';
}

function details(institution: ShownInstitution): string {
  const { code, lastCountedOn, today, week, jobSeconds, breaker, notSupported } = institution;
  const { notLearnt } = jobSeconds;
  const reasons = everyDropReason.filter((reason) => notLearnt[reason] !== undefined);
  return table(
    ['name', 'value'],
    [
      ['code', code],
      ['bank', bank(institution)],
      ...(breaker?.state === 'open'
        ? [
            ['why', breaker.message ?? ''],
            ['last probe', time(breaker.lastProbeAt)],
            ['next probe', `from ${time(breaker.nextProbeAt)}`],
            ...(breaker.staysOpenUntil === null ? [] : [['stays so until', time(breaker.staysOpenUntil)]]),
          ]
        : [['worked again', time(breaker?.since ?? null)]]),
      ...(notSupported === null
        ? []
        : [
            ['no checks since', time(notSupported.since)],
            ['asked again', `from ${time(notSupported.until)}`],
          ]),
      ['last counted', lastCountedOn ?? '–'],
      ['today (UTC)', refreshes(today)],
      ['7 days (UTC)', refreshes(week)],
      ['jobs measured', samples(jobSeconds)],
      ['half took', range(jobSeconds.p50)],
      ['nine in ten', range(jobSeconds.p90)],
      ['99 in 100', range(jobSeconds.p99)],
      ...reasons.map((reason) => ['not measured', `${notLearnt[reason]} ${reason}: ${dropReasons[reason]}`]),
    ],
  );
}

const samples = ({ samples: count, smallSample }: ShownInstitution['jobSeconds']): string =>
  smallSample && count > 0 ? `${count} (few)` : String(count);

/** `9: 3 succeeded, 6 failed`. */
const refreshes = ({ refreshes: count, outcomes }: CountedRefreshes): string => {
  const parts = everyOutcome.filter((outcome) => outcomes[outcome] > 0);
  const named = parts.map((outcome) => `${outcomes[outcome]} ${outcome}`).join(', ');
  return named === '' ? String(count) : `${count}: ${named}`;
};

function range(length: LengthRange | null): string {
  if (length === null) return '–';
  const { from, to } = length;
  return to === null ? `${from} s or more` : `${from}–${to} s`;
}

const time = (instant: Instant | null): string =>
  instant === null ? '–' : `${instant.slice(0, '2026-11-26T12:00'.length).replace('T', ' ')} UTC`;
