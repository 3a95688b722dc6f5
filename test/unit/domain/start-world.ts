/** A world in which refreshes are started, step by step. */
import { Failure } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { RefreshDeps, Webhooks } from '../../../shared/domain/ports.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { key } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';
import { slowSteps } from './slow-steps.ts';

/** The member `key` by its guids. */
export const guids = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };

/** The same member by its own ids. */
export const ownIds = { userIdentifier: 'user-1', memberIdentifier: 'member-1' };

/** The first refresh that a world makes. */
export const ID = 'RFR-00000000000000000000000001';

/** What MX answers while it is away. */
export const away = (): Failure => new Failure('mx_unavailable', 'MX is away');

/** A trigger without a wish: no user present, no correlation id. */
export const noWishes = { userPresent: false, correlationId: null } as const;

/** Tables with these members, and a log of what is written and sent, each step slow. */
export function startWorld(...records: readonly MemberRecord[]) {
  const made = refreshWorld(withMember(...records));
  const { steps, slow } = slowSteps();
  const { members, mx, followUps, refreshes, unstarted, webhooks } = made.deps;
  const deps: RefreshDeps & { readonly webhooks: Webhooks } = {
    ...made.deps,
    mx: { ...mx, readMember: slow('baseline', mx.readMember), checkBalance: slow('POST', mx.checkBalance) },
    members: {
      ...members,
      writeAliases: slow('aliases', members.writeAliases),
      claim: slow('claim', members.claim),
      joinUserPresent: slow('user present', members.joinUserPresent),
      recordStart: slow('recorded', members.recordStart),
      takeBackStart: slow('taken back', members.takeBackStart),
      end: slow('end', members.end),
      release: slow('claim gone', members.release),
    },
    unstarted: {
      recordMissing: slow('missing', unstarted.recordMissing),
      recordRefused: slow('refused', unstarted.recordRefused),
      recordHeld: slow('held', unstarted.recordHeld),
    },
    followUps: { send: slow('message', followUps.send) },
    webhooks: { send: slow('left to MX', webhooks.send) },
    refreshes: {
      ...refreshes,
      put: slow('projection', refreshes.put),
      putDetails: slow('texts', refreshes.putDetails),
      end: slow('projection', refreshes.end),
    },
  };
  return { ...made, deps, steps, record: (of = key) => made.table.members.get(textOf(of)) };
}
