/** Everything a refresh needs, in memory, with a clock that stands still until a test moves it. */

import { breakerRules } from '../../../shared/domain/breaker.ts';
import type { DomainEvent } from '../../../shared/domain/event.ts';
import type { Failure } from '../../../shared/domain/failure.ts';
import { type Instant, plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberIdentifiers, MxMember } from '../../../shared/domain/mx.ts';
import type { MxWebhook } from '../../../shared/domain/mx-webhook.ts';
import { supportRules } from '../../../shared/domain/not-supported.ts';
import type { Notice } from '../../../shared/domain/notify-ports.ts';
import type { NextLook, RefreshDeps, Webhooks } from '../../../shared/domain/ports.ts';
import { fakeBalances } from '../../fakes/fake-balances.ts';
import { fakeBreakers } from '../../fakes/fake-breakers.ts';
import { fakeCallbacks } from '../../fakes/fake-callbacks.ts';
import { fakeEvents } from '../../fakes/fake-events.ts';
import { blindInstitutions } from '../../fakes/fake-institutions.ts';
import { fakeMembers } from '../../fakes/fake-members.ts';
import { fakePauses, nothingRemembered, type PausesItem } from '../../fakes/fake-pauses.ts';
import { fakeRefreshes, type RefreshesTable } from '../../fakes/fake-refreshes.ts';
import { fakeSchedule } from '../../fakes/fake-schedule.ts';
import { fakeUnstarted } from '../../fakes/fake-unstarted.ts';
import type { MembersTable } from '../../fakes/members-table.ts';
import { member, policy, T0 } from '../../samples.ts';

/** What MX answers to each route: a member, or a failure that is thrown. */
export interface MxAnswers {
  read: (asked: MemberIdentifiers) => MxMember | Failure;
  start: (asked: MemberIdentifiers) => MxMember | Failure;
  resume: (asked: MemberIdentifiers) => MxMember | Failure;
}

/** A world around `table`. */
export function refreshWorld(table: MembersTable) {
  const clock = { now: T0 };
  const now = (): Instant => clock.now;
  const events: DomainEvent[] = [];
  const pauses: PausesItem = { pauses: [] };
  const refreshes: RefreshesTable = new Map();
  const balances = fakeBalances(new Map(), { keepAccountNumbers: false, keepUnknownFields: false });
  const history = fakeRefreshes(refreshes, 30, now);
  const sent: { followUp: NextLook; inSeconds: number }[] = [];
  const notices: { notice: Notice; inSeconds: number }[] = [];
  const mxCalls: string[] = [];
  const hints: { webhook: MxWebhook; inSeconds: number }[] = [];
  const measured: object[] = [];
  const answers: MxAnswers = {
    read: () => member(),
    start: () => member({ isBeingAggregated: true, mostRecentJobGuid: 'JOB-new' }),
    resume: () => member({ isBeingAggregated: true, connectionStatus: 'RESUMED' }),
  };
  const answer = (route: string, asked: MemberIdentifiers, given: MxMember | Failure): MxMember => {
    mxCalls.push(`${route} ${asked.userIdentifier}/${asked.memberIdentifier}`);
    if (given instanceof Error) throw given;
    return given;
  };
  let ids = 0;
  const deps: RefreshDeps & { readonly webhooks: Webhooks } = {
    webhooks: { send: async (webhook, inSeconds) => void hints.push({ webhook, inSeconds }) },
    mx: {
      readMember: async (asked) => answer('read', asked, answers.read(asked)),
      checkBalance: async (asked) => answer('start', asked, answers.start(asked)),
      resume: async (asked) => answer('resume', asked, answers.resume(asked)),
      readChallenges: async () => [],
      listAccounts: async () => [],
    },
    pauses: fakePauses(pauses, nothingRemembered(), now),
    members: fakeMembers(table, { policy, now }),
    unstarted: fakeUnstarted(table),
    refreshes: history,
    balances,
    callbacks: fakeCallbacks(new Map()),
    deliveries: { send: async () => {}, sendAll: async () => {} },
    institutions: blindInstitutions,
    breakers: fakeBreakers(new Map(), new Map()),
    breakerRules,
    supportRules,
    notLearnt: () => {},
    measures: {
      ended: (end) => void measured.push({ ended: end.ending.outcome, member: end.member, endedAt: end.endedAt }),
      stored: (stored) =>
        void measured.push({ stored: stored.refreshId, replaced: stored.before.length, now: stored.now.length }),
    },
    looks: { lagSeconds: 0.4, webhooks: false },
    notices: { send: async (notice, inSeconds) => void notices.push({ notice, inSeconds }) },
    within: async (_milliseconds, work) => {
      await work;
      return true;
    },
    amountsInEvents: false,
    followUps: { send: async (followUp, inSeconds) => void sent.push({ followUp, inSeconds }) },
    events: fakeEvents(events),
    policy,
    now,
    random: () => 0.5,
    newRefreshId: () => {
      ids += 1;
      return `RFR-${String(ids).padStart(26, '0')}`;
    },
  };
  return {
    table,
    deps,
    /** The operator's, read anew after 15 s. */
    pauses,
    schedule: fakeSchedule(table),
    balances,
    history,
    refreshes,
    answers,
    mxCalls,
    /** What the follow-up function is told to read. */
    hints,
    sent,
    notices,
    /** What was told to be measured. */
    measured,
    events,
    wait: (seconds: number): void => {
      clock.now = plusSeconds(clock.now, seconds);
    },
  };
}
