/** A world in which a look is taken at a refresh that runs: everything that is written, sent and asked for, step by step. */
import { type Followed, followRefresh, type ToldOfDeletion } from '../../../shared/domain/follow-refresh.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { FollowDeps } from '../../../shared/domain/next-look.ts';
import type { NextLook } from '../../../shared/domain/ports.ts';
import type { Claim } from '../../../shared/domain/refresh.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { claim, key, knownMember } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';
import { slowSteps } from './slow-steps.ts';

/** The second look of `claim()`, 10 s after its start, without a state of its own. */
export const secondLook: NextLook = {
  refreshId: 'RFR-1',
  member: key,
  lookNumber: 2,
  state: null,
  correlationId: null,
};

/** A world with this claim, 10 s after `T0`. Each step is slow: one that is not waited for is missing, or too early. */
export function lookWorld(held: Claim = claim(), given: Partial<MemberRecord> = {}) {
  const made = refreshWorld(withMember(knownMember({ claim: held, ...given })));
  made.wait(10);
  const { steps, slow } = slowSteps();
  const { members, mx, followUps, refreshes } = made.deps;
  const deps: FollowDeps = {
    ...made.deps,
    balances: { ...made.balances, store: slow('balances', made.balances.store) },
    mx: {
      ...mx,
      readMember: slow('read', mx.readMember),
      readChallenges: slow('questions', mx.readChallenges),
      listAccounts: slow('list', mx.listAccounts),
      checkBalance: slow('POST', mx.checkBalance),
    },
    members: {
      ...members,
      recordSeen: slow('seen', members.recordSeen),
      recordUnanswered: slow('unanswered', members.recordUnanswered),
      recordStarting: slow('starting', members.recordStarting),
      recordStart: slow('recorded', members.recordStart),
      beginStoring: slow('storing', members.beginStoring),
      end: slow('end', members.end),
      release: slow('claim gone', members.release),
    },
    followUps: { send: slow('message', followUps.send) },
    refreshes: { ...refreshes, put: slow('projection', refreshes.put) },
  };
  return {
    ...made,
    deps,
    steps,
    look: (message: NextLook = secondLook, told: ToldOfDeletion | null = null): Promise<Followed> =>
      followRefresh(deps, message, told),
    record: () => made.table.members.get(textOf(key)),
  };
}
