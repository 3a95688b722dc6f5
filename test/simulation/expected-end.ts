/** How a history without faults ends is known beforehand: otherwise a service that always times out would keep every promise. */
import { outcomes } from '../../shared/domain/outcome.ts';
import { memberErrorEnds, ruleFor } from '../../shared/domain/statuses.ts';
import type { Plan } from './plan.ts';
import { Violation } from './violation.ts';
import type { Truth } from './what-is-known.ts';
import type { World } from './world.ts';

/** Scenarios of the MX simulator whose job ends well, however it shows that. */
const succeeding: ReadonlySet<string> = new Set([
  'ok',
  'moving',
  'instant',
  'flag-lags',
  'everything-lags',
  'guid-unchanged',
  'evidence-unchanged',
  'last-job-failed',
  'old-error-stays',
  'interim-error',
  'followed',
]);

/**
 * Without faults the first refresh of a member ends as its scenario says; otherwise “everything times out” would pass.
 *
 * @param lostSeconds by which a crash may have put off a look; with a deadline shorter than that, the refresh times out.
 */
export function checkExpected(
  plan: Plan,
  truth: Truth,
  { world, lostSeconds }: { readonly world: World; readonly lostSeconds: number },
): void {
  const [first] = truth.refreshes.values();
  if (first === undefined) return;
  const index = world.members.findIndex(({ key }) => key.memberGuid === first.member.memberGuid);
  const member = plan.members[index];
  // A job that follows ours at once hides its end until it is over itself.
  const jobs = member?.scenario.followedBySeconds === undefined ? 1 : 2;
  if (member === undefined || jobs * member.jobSeconds + 60 + lostSeconds > plan.policy.deadlineSeconds) return;
  const expect = (outcome: string, code?: string): void => {
    const { result } = first;
    if (result?.outcome === outcome && (code === undefined || result.code === code)) return;
    throw new Violation(
      0,
      `${member.scenarioName}: ${result?.outcome}/${result?.code} instead of ${outcome}/${code ?? '*'}`,
    );
  };
  if (succeeding.has(member.scenarioName)) expect('succeeded', 'stored');
  if (member.scenarioName === 'starts-nothing') expect('not_refreshed', 'no_evidence');
  const { status, errorCode } = member.scenario.end;
  const { whenOver, end, startOnceMore } = ruleFor(status);
  const isPlainEnd =
    plan.members[index]?.scenarioName === status?.toLowerCase() && whenOver === 'end' && !startOnceMore;
  if (isPlainEnd && !member.isNew) {
    const code = memberErrorEnds[String(errorCode)]?.end ?? end;
    expect(outcomes[code].outcome, code);
  }
}
