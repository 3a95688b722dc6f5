/** A console's data with one text in every place that MX, callers, banks or operators write. */
import type { DataRoutes } from '../../infra/console/data-routes.ts';
import { ConsoleProblem } from '../../infra/console/problems.ts';
import type {
  AccountList,
  AttentionGroup,
  DeploymentShown,
  HistoryShown,
  InstitutionList,
  LoadShown,
  LooksShown,
  MemberShown,
  Problem,
  RecentEndsShown,
  RefreshList,
  RunningList,
  RunningShown,
  ScheduleShown,
  TriggeredShown,
  WatchedShown,
} from '../../infra/console/shapes.ts';
import type {
  AskedShown,
  PlayedShown,
  QuestionShown,
  SeenAnswer,
  SimulatedShown,
  TriedShown,
  TryList,
} from '../../infra/console/try-shapes.ts';

const AT = '2026-11-27T12:00:00.000Z';

const running = (text: string): RunningShown => ({
  ...{ userGuid: text, memberGuid: text, refreshId: text, trigger: text, correlationId: text, sentence: text },
  ...{ acceptedAt: AT, deadline: AT, looks: 1, lastLookAt: AT, nextLookAt: null, step: 'asks_user' },
});

const range = { from: 1, to: 2 };
const counts = { succeeded: 1, failed: 2 };

/** Every route, each with `text` wherever a text is. */
export function everywhere(text: string): DataRoutes {
  const offer = { name: text, title: text, text };
  const answer: SeenAnswer = { method: 'POST', path: `/${text}`, status: 404, says: text, headers: text, text };
  const watched: WatchedShown = {
    lastEnd: { refreshId: text, outcome: text, sentence: text },
    running: running(text),
  };
  return {
    'GET /data/deployment': async (): Promise<DeploymentShown> => ({
      ...{ place: text, account: text, region: text, stack: text, isLocal: true, apiUrl: text, caller: text },
      ...{ apiTrouble: text, pause: { from: AT, until: AT, why: text }, clockAheadSeconds: 3_600, hasSimulator: true },
      ...{ staleAfterSeconds: 86_400, minScheduleHours: 24, everyHours: [24] },
    }),
    'GET /data/running': async (): Promise<RunningList> => ({ running: [running(text)], isMore: true }),
    'GET /data/attention': async (): Promise<readonly AttentionGroup[]> => [
      {
        ...{ action: text, move: text, count: 3, isAtLeast: true },
        first: [{ userGuid: text, memberGuid: text, institution: text, since: AT, why: text }],
      },
    ],
    'GET /data/institutions': async (): Promise<InstitutionList> => ({
      ...{ isMore: true, today: counts, week: counts, note: text, deadlineSeconds: 600 },
      institutions: [
        {
          ...{ code: text, state: 'down', since: AT, why: text, today: counts, week: counts },
          jobs: { samples: 9, isFew: true, p50: range, p90: range, p99: range },
        },
      ],
    }),
    'GET /data/recent-ends': async (): Promise<RecentEndsShown> => ({
      stretches: [{ from: AT, counts: { [text]: 1, succeeded: 2 } }],
      ...{ counts: { [text]: 1, succeeded: 2 }, hours: 6, isPart: true },
    }),
    'GET /data/schedule-load': async (): Promise<LoadShown> => ({ members: 1, isPart: true, turnsByHour: [1] }),
    'GET /data/member': async (): Promise<MemberShown> => ({
      ...{ userGuid: text, memberGuid: text, institution: text, bankDownSince: AT, why: text, move: text, next: text },
      ...{ action: text, verdict: 'stale', freshAsOf: AT, ...watched },
    }),
    'GET /data/member/running': async (): Promise<WatchedShown> => watched,
    'GET /data/accounts': async (): Promise<AccountList> => ({
      accounts: [
        {
          ...{ guid: text, name: text, type: text, currency: text, freshAsOf: AT, isListed: false, staleBecause: text },
          amounts: { balance: text, available: text },
        },
      ],
      total: 2,
    }),
    'GET /data/history': async (): Promise<HistoryShown> => ({
      amounts: [1, 2].map((day) => ({ since: `2026-11-0${3 - day}T12:00:00.000Z`, balance: text, currency: text })),
      isMore: true,
    }),
    'GET /data/refreshes': async (): Promise<RefreshList> => ({
      refreshes: [
        {
          ...{ refreshId: text, correlationId: `${text}.`, trigger: text, acceptedAt: AT, endedAt: AT, observedAt: AT },
          ...{ lastLookAt: AT, outcome: text, code: text, action: text, message: text, userMessage: text },
          connectionStatus: text,
        },
      ],
      isMore: true,
    }),
    'GET /data/looks': async (): Promise<LooksShown> => ({
      looks: [{ at: AT, kind: 'trouble', words: text }],
      isPart: true,
    }),
    'GET /data/schedule': async (): Promise<ScheduleShown> => ({
      ...{ everyHours: 24, nextDueAt: AT, quietHours: text, held: text },
    }),
    'POST /data/refresh': async (): Promise<TriggeredShown> => ({ refreshId: text, joined: false }),
    'GET /data/try': async (): Promise<TryList> => ({
      stories: [offer],
      scenarios: [{ title: text, offers: [offer] }],
      faults: [
        { title: text, offers: [offer] },
        { title: `${text}.`, offers: [offer] },
      ],
      events: [offer],
    }),
    'GET /data/try/on': async (): Promise<PlayedShown> => ({
      on: [{ id: text, title: text, text, member: text, left: 1 }],
    }),
    'GET /data/try/members': async (): Promise<readonly SimulatedShown[]> => [
      { guid: text, user: text, member: text, scenario: text },
    ],
    'POST /data/try/story': async (): Promise<TriedShown> => ({ user: text, member: text, trigger: answer }),
    'GET /data/try/seen': async (): Promise<readonly SeenAnswer[]> => [{ ...answer, method: 'GET' }],
    'GET /data/try/asked': async (): Promise<readonly AskedShown[]> => [
      { at: AT, method: 'GET', path: `/users/u/members/m/${text}`, status: 200, fault: text },
    ],
    'GET /data/try/question': async (): Promise<QuestionShown> => ({ guid: text, label: text }),
  };
}

/** Every route fails with `text`. */
export function failing(text: string): DataRoutes {
  const problem: Problem = { of: 'api', status: 503, code: text, sentence: text, retryAfter: null };
  return Object.fromEntries(
    Object.keys(everywhere('')).map((route) => [
      route,
      async () => {
        throw new ConsoleProblem(problem);
      },
    ]),
  );
}
