/** The page's data by route: each is a few reads of the operator's modules, or a call of the API. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isExactObject } from '../../shared/domain/decimal.ts';
import { everyHoursOnOffer } from '../../shared/domain/every-hours.ts';
import { type Clock, type Instant, instantOf } from '../../shared/domain/instant.ts';
import type { ShownInstitution } from '../../shared/domain/institution-view.ts';
import { listInstitutions } from '../../shared/domain/read-institutions.ts';
import { type Deployment, wholeNumberOf } from '../operator/deployment.ts';
import { exitCodes, Stop } from '../operator/exit-codes.ts';
import { explainedMember } from '../operator/explained-member.ts';
import { firstWaiting } from '../operator/first-waiting.ts';
import { institutionsOf, troubledFirst } from '../operator/institutions-of.ts';
import { recentEnds } from '../operator/logs/recent-ends.ts';
import { refreshLines } from '../operator/logs/refresh-lines.ts';
import { pauseNow } from '../operator/pause.ts';
import { runningRefreshes } from '../operator/running-refreshes.ts';
import { scheduleLoad } from '../operator/schedule-load.ts';
import { watchedMember } from '../operator/watched-member.ts';
import { type ApiCalls, memberPath } from './api-calls.ts';
import { type DataRoutes, namesIn } from './data-routes.ts';
import { looksShown } from './looks-shown.ts';
import {
  accountsShown,
  historyShown,
  memberShown,
  refreshesShown,
  scheduleShown,
  watchedShown,
} from './member-data.ts';
import { attentionGroup, institutionList, RECENT_HOURS, recentEndsShown, runningList } from './overview-data.ts';
import { badInput, ConsoleProblem, problemOfError } from './problems.ts';
import type {
  AccountList,
  AttentionGroup,
  DeploymentShown,
  HistoryShown,
  InstitutionList,
  LoadShown,
  LooksShown,
  MemberShown,
  RecentEndsShown,
  RefreshList,
  RunningList,
  ScheduleShown,
  TriggeredShown,
  WatchedShown,
} from './shapes.ts';
import type { SimulatorCalls } from './simulator-calls.ts';
import { tryRoutes } from './try-data.ts';

/** What the routes need. */
export interface ConsoleDeps {
  readonly deployment: Deployment;
  /** Of the deployment. */
  readonly client: DynamoDBClient;
  readonly api: ApiCalls;
  /** How the API is called, in words. */
  readonly caller: string;
  /** Null: MX is no simulator of this machine. */
  readonly simulator: SimulatorCalls | null;
  /** This machine's clock, milliseconds since 1970. */
  readonly now: () => number;
}

/** The time by the API's clock. */
export const timeOf =
  ({ api, now }: Pick<ConsoleDeps, 'api' | 'now'>): Clock =>
  () =>
    instantOf(now() - api.clockAheadMs());

/** The most banks that are shown. */
const MOST_INSTITUTIONS = 200;

const ACCOUNT_GUID = /^ACT-[\w-]{1,100}$/;

const REFRESH_ID = /^RFR-[0-9A-Z]{26}$/;

const isInstant = (value: unknown): value is Instant =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));

/** How long logs are searched; then what was found is shown. */
const LOGS_MS = 20_000;

/** The most former amounts of an account that are shown: as many as the API gives at once. */
const MOST_FORMER = 100;

/** Every route of the page's data. */
export function dataRoutes(deps: ConsoleDeps): DataRoutes {
  const { deployment, client, api, caller, simulator } = deps;
  const now = timeOf(deps);

  async function reachable(): Promise<string | null> {
    try {
      await api.ask({ method: 'GET', path: '/health' });
      return null;
    } catch (error) {
      return problemOfError(error).sentence;
    }
  }

  return {
    async 'GET /data/deployment'(): Promise<DeploymentShown> {
      const { place, account, region, stack, isLocal } = deployment;
      const apiTrouble = await reachable();
      const ahead = Math.round(api.clockAheadMs() / 1000);
      const minScheduleHours = wholeNumberOf(deployment, 'MinScheduleHours');
      return {
        ...{ place, account, region, stack, isLocal, caller, apiTrouble, minScheduleHours },
        apiUrl: deployment.output('ApiUrl'),
        pause: await pauseNow(deployment, client, now()),
        hasSimulator: simulator !== null,
        clockAheadSeconds: ahead === 0 ? null : ahead,
        staleAfterSeconds: wholeNumberOf(deployment, 'StaleAfterSeconds'),
        everyHours: everyHoursOnOffer.filter((hours) => hours >= minScheduleHours),
      };
    },

    async 'GET /data/running'(): Promise<RunningList> {
      return runningList(await runningRefreshes(deployment, client, now()));
    },

    async 'GET /data/attention'(): Promise<readonly AttentionGroup[]> {
      return (await firstWaiting(deployment, client)).map(attentionGroup);
    },

    async 'GET /data/institutions'(): Promise<InstitutionList> {
      const { deps: reading, learning, breaker } = institutionsOf(deployment, client, now);
      const query = { limit: MOST_INSTITUTIONS, after: null, onlyOpen: false };
      const { institutions, next } = await listInstitutions(reading, query);
      // Those that do not work are few, and may be behind the others.
      const open = next === null ? [] : (await listInstitutions(reading, { ...query, onlyOpen: true })).institutions;
      const { deadlineSeconds } = reading.viewRules;
      const context = { isMore: next !== null, learning, breaker, deadlineSeconds };
      return institutionList(troubledFirst(withoutDoubles([...open, ...institutions])), context);
    },

    async 'GET /data/recent-ends'(): Promise<RecentEndsShown> {
      const at = now();
      const stop = AbortSignal.timeout(LOGS_MS);
      return recentEndsShown(await recentEnds(deployment, { hours: RECENT_HOURS, now: at, stop }), at);
    },

    'GET /data/schedule-load': (): Promise<LoadShown> => scheduleLoad(deployment, client),

    async 'GET /data/member'(input): Promise<MemberShown> {
      const { user, member } = namesIn(input);
      const names = { userIdentifier: user, memberIdentifier: member };
      try {
        return memberShown(await explainedMember(deployment, { client, now }, names));
      } catch (error) {
        if (!(error instanceof Stop && error.exitCode === exitCodes.usage)) throw error;
        throw notKnown(error.message);
      }
    },

    async 'GET /data/member/running'(input): Promise<WatchedShown> {
      const { user, member } = namesIn(input);
      if (!/^USR-/.test(user) || !/^MBR-/.test(member)) throw badInput('A member is watched by its guids.');
      const watched = await watchedMember(deployment, client, { userGuid: user, memberGuid: member });
      if (watched === null) throw notKnown(`This member is not known to ${deployment.place} any more.`);
      return watchedShown(watched);
    },

    async 'GET /data/accounts'(input): Promise<AccountList> {
      const path = `${memberPath(namesIn(input))}/accounts?records_per_page=1000&include_unlisted=true`;
      return accountsShown(await api.ask({ method: 'GET', path }), input['amounts'] === 'true');
    },

    async 'GET /data/history'(input): Promise<HistoryShown> {
      const { account } = input;
      if (typeof account !== 'string' || !ACCOUNT_GUID.test(account))
        throw badInput('A history needs an account’s guid.');
      const path = `${memberPath(namesIn(input))}/accounts/${account}/history?limit=${MOST_FORMER}`;
      return historyShown(await api.ask({ method: 'GET', path }));
    },

    async 'GET /data/refreshes'(input): Promise<RefreshList> {
      return refreshesShown(await api.ask({ method: 'GET', path: `${memberPath(namesIn(input))}/refreshes` }));
    },

    async 'GET /data/looks'({ refresh, ended }): Promise<LooksShown> {
      if (typeof refresh !== 'string' || !REFRESH_ID.test(refresh))
        throw badInput('Looks are those of a refresh’s id.');
      if (ended !== undefined && !isInstant(ended)) throw badInput('A refresh’s end is an instant.');
      const stop = AbortSignal.timeout(LOGS_MS);
      const { lines, isPart } = await refreshLines(deployment, {
        ...{ refreshId: refresh, endedAt: ended ?? null, now: now(), stop },
      });
      return { looks: looksShown(lines), isPart };
    },

    async 'GET /data/schedule'(input): Promise<ScheduleShown> {
      return scheduleShown(await api.ask({ method: 'GET', path: `${memberPath(namesIn(input))}/schedule` }));
    },

    async 'POST /data/refresh'(input): Promise<TriggeredShown> {
      const { idempotency_key: key } = input;
      if (typeof key !== 'string' || !/^[\w-]{8,64}$/.test(key)) throw badInput('A trigger needs an idempotency key.');
      const body = await api.ask({
        method: 'POST',
        path: `${memberPath(namesIn(input))}/check_balance`,
        headers: { 'Idempotency-Key': key },
      });
      const refresh = isExactObject(body['refresh']) ? body['refresh'] : {};
      const { refresh_id: refreshId, joined } = refresh;
      return { refreshId: typeof refreshId === 'string' ? refreshId : null, joined: joined === true };
    },

    async 'POST /data/schedule'(input): Promise<ScheduleShown> {
      const path = `${memberPath(namesIn(input))}/schedule`;
      const { every } = input;
      if (every !== null && typeof every !== 'number') throw badInput('A schedule needs a number of hours, or null.');
      if (every !== null) return scheduleShown(await api.ask({ method: 'PUT', path, body: { every } }));
      await api.ask({ method: 'DELETE', path });
      return scheduleShown({});
    },

    ...(simulator === null ? {} : tryRoutes({ api, simulator })),
  };
}

const notKnown = (sentence: string): ConsoleProblem =>
  new ConsoleProblem({ of: 'console', status: 404, code: 'member_not_known', sentence, retryAfter: null });

function withoutDoubles(found: readonly ShownInstitution[]): readonly ShownInstitution[] {
  return [...new Map(found.map((institution) => [institution.code, institution])).values()];
}
