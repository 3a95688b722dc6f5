/** A bank that works for a while and then does not, again and again: how many unattended starts it gets. */
import { expect, it } from 'vitest';
import { breakerRules } from '../../../shared/domain/breaker.ts';
import { supportRules } from '../../../shared/domain/not-supported.ts';
import { passBreakers } from '../../../shared/domain/pass-breakers.ts';
import { watchInstitution } from '../../../shared/domain/watch-institution.ts';
import { type BreakersTable, fakeBreakers } from '../../fakes/fake-breakers.ts';
import { fakeEvents } from '../../fakes/fake-events.ts';
import { fakeInstitutions, type InstitutionsTable } from '../../fakes/fake-institutions.ts';
import { fakeMembers } from '../../fakes/fake-members.ts';
import { withMember } from '../../fakes/members-table.ts';
import { at, knownMember, policy } from '../../samples.ts';

const GOOD_SECONDS = 20;
const CYCLE_SECONDS = 60;
/** How long each job takes. */
const JOB_SECONDS = 5;

/**
 * Unattended starts of each cycle. A member becomes due every second, and comes back as late as it is deferred; callers
 * ask every `callersEvery` seconds.
 */
async function startsByCycle(cycles: number, callersEvery: number): Promise<readonly number[]> {
  const clock = { now: at(0) };
  const now = () => clock.now;
  const records = Array.from({ length: 50 }, (_, number) =>
    knownMember({ key: { userGuid: `USR-${number}`, memberGuid: `MBR-${number}` }, institutionCode: 'riverbank' }),
  );
  const table: BreakersTable = new Map();
  const counted: InstitutionsTable = new Map();
  const institutions = fakeInstitutions(counted);
  const deps = {
    ...{ breakers: fakeBreakers(table, counted), breakerRules, supportRules, events: fakeEvents([]), now },
    members: fakeMembers(withMember(...records), { policy, now }),
  };
  const starts = Array.from({ length: cycles }, () => 0);
  const running: { readonly user: number; readonly since: number }[] = [];
  for (let second = 0; second < cycles * CYCLE_SECONDS; second += 1) {
    clock.now = at(second);
    const works = second % CYCLE_SECONDS < GOOD_SECONDS;
    for (const { user, since } of running.filter((job) => job.since === second - JOB_SECONDS)) {
      const [outcome, code] = works ? (['succeeded', 'stored'] as const) : (['failed', 'failed'] as const);
      await institutions.count('riverbank', { outcome, sample: { bin: 1 }, isAnswer: works, endedAt: now() });
      const job = { userTag: String(user), startedAt: at(since), endedAt: now(), code };
      await watchInstitution(deps, 'riverbank', works ? 'answers' : 'fails', job);
    }
    const due = records[second % records.length] ?? expect.fail();
    const enrolled = { member: due.key, everyHours: 1, slot: '', quietHours: null, maxAgeSeconds: null } as const;
    const { passing } = await passBreakers(deps, [enrolled]);
    if (passing.length > 0) {
      running.push({ user: second % records.length, since: second });
      const cycle = Math.floor(second / CYCLE_SECONDS);
      starts[cycle] = (starts[cycle] ?? 0) + 1;
    }
    if (second % callersEvery === 0) running.push({ user: 100 + second, since: second });
  }
  return starts;
}

it('a bank that comes and goes gets ever fewer starts', async () => {
  // Without callers only a probe can close it.
  expect(await startsByCycle(10, Number.POSITIVE_INFINITY)).toEqual([29, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  // Callers close it at once when it has opened for the first time, then after 5, 10 and 20 minutes.
  expect(await startsByCycle(40, 4)).toEqual([
    ...[28, 27, 0, 0, 0, 0, 1, 27, 0, 0],
    ...[0, 0, 1, 0, 0, 0, 0, 1, 27, 0],
    ...[0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
    ...[0, 0, 0, 1, 0, 0, 0, 0, 1, 27],
  ]);
});
