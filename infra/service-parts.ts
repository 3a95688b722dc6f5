import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import type { CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { type IRole, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { LogGroupProps } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { OPEN_SHARDS } from '../shared/domain/members-ports.ts';
import type { FunctionName } from '../shared/lambda/environment.ts';
import { gatewayRoutes } from '../shared/lambda/routes.ts';
import { TRIGGER_TIMEOUT_SECONDS } from '../shared/lambda/time-limits.ts';
import { acknowledge } from './constructs/acknowledged-finding.ts';
import { Alarms } from './constructs/alarms.ts';
import { constructIdOf } from './constructs/construct-ids.ts';
import { ServiceDashboard } from './constructs/dashboard.ts';
import { Encryption } from './constructs/encryption.ts';
import { comesGradually, GradualUpdates } from './constructs/gradual-updates.ts';
import { HealthAlarms } from './constructs/health-alarms.ts';
import { MinuteTick } from './constructs/minute-tick.ts';
import { grantPermissions } from './constructs/permissions.ts';
import { PublicApi } from './constructs/public-api.ts';
import { SavedQueries } from './constructs/saved-queries.ts';
import { ServiceFunction, type ServiceFunctionProps } from './constructs/service-function.ts';
import type { DeadLetterQueue, WorkQueue } from './constructs/work-queue.ts';
import { environmentOfAll } from './environment.ts';
import { alarmTopicOf, boundaryOf, type GivenResources, keyOf, pagerTopicOf } from './given-resources.ts';
import { addNetworks, type Networks } from './parts/networks.ts';
import { publishForOperator } from './parts/operator-outputs.ts';
import { addQueues, addTickDeadLetters, type Queues, timeouts } from './parts/queues.ts';
import { arnsOf, namesOf } from './parts/resource-names.ts';
import { addStores, type Stores } from './parts/stores.ts';
import { type Settings, tagsOf } from './settings.ts';

/** The settings of the deployment, what it is called, what is there already, and who bundles its functions. */
export interface ServicePartsProps {
  readonly settings: Settings;
  /** What the HTTP API, its log group, the dashboard and the parameters are named after; no two in an account and region share it. */
  readonly name: string;
  /** Gives the folder with a function's `index.mjs`. */
  readonly bundle: (functionName: FunctionName) => string;
  readonly given: GivenResources;
}

/** The properties that differ between functions. */
type OwnProps = Pick<
  ServiceFunctionProps<FunctionName>,
  'whenItFails' | 'timeout' | 'chains' | 'reservedConcurrency'
> & {
  readonly callsMx?: boolean;
  readonly memory?: number;
};

/** What the service is made of, and what is connected to what. */
export class ServiceParts {
  readonly encryption: Encryption | undefined;
  readonly alarms: Alarms;
  readonly stores: Stores;
  readonly queues: Queues;
  readonly tickDeadLetters: DeadLetterQueue;
  readonly api: PublicApi;
  /** Every function of this deployment. What a setting switches off is not among them. */
  readonly functions: ServiceFunction<FunctionName>[] = [];
  private readonly scope: Construct;
  private readonly name: string;
  private readonly settings: Settings;
  private readonly given: GivenResources;
  /** The same for every log group. */
  private readonly logs: LogGroupProps;
  private readonly networks: Networks;
  /** Undefined: updates come at once. */
  private readonly gradually: GradualUpdates | undefined;
  private readonly platform: Pick<
    ServiceFunctionProps<FunctionName>,
    'alarms' | 'bundle' | 'logs' | 'environment' | 'tracing'
  >;

  /**
   * Makes the service in `scope`, in the order of the data: tables, queues, trigger, follow-ups, schedule, readers, HTTP
   * API. The constructs' ids are its own; logical ids are made from them.
   */
  constructor(scope: Construct, { settings, name, bundle, given }: ServicePartsProps) {
    this.scope = scope;
    this.settings = settings;
    this.name = name;
    this.given = given;
    this.encryption = this.addEncryption();
    this.logs = {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(this.encryption ? { encryptionKey: this.encryption.key } : {}),
    };
    this.alarms = this.addAlarms();
    this.gradually = this.addGradualUpdates();
    this.stores = addStores(scope, { settings, name, given, alarms: this.alarms, encryption: this.encryption });
    this.networks = addNetworks(scope, { settings, given, logs: this.logs });
    // The queues come before the functions, whose environment holds the queues' URLs.
    const failures = { alarms: this.alarms, key: this.encryption?.key };
    this.queues = addQueues(scope, { settings, ...failures });
    this.platform = {
      alarms: this.alarms,
      bundle,
      logs: this.logs,
      tracing: settings.tracing,
      environment: environmentOfAll(settings, namesOf(this.stores, this.queues)),
    };

    this.addRequest();
    this.addFollowUps();
    if (settings.webhooks !== 'off') this.addWebhooks();
    if (this.queues.callbacks) this.addCallbacks(this.queues.callbacks);
    this.tickDeadLetters = addTickDeadLetters(scope, failures);
    const schedulerRoles = this.addSchedule();
    this.addReaders();
    this.addErasure();
    const mxCheck = this.addMxCheck();
    this.api = this.addDoors();
    grantPermissions(this.functions, arnsOf(this.stores, this.queues));
    this.grantKey(schedulerRoles);
    this.deployScheduleFirst();
    new HealthAlarms(scope, 'Health', { ...settings, alarms: this.alarms });
    const usersAreHurt = this.alarms.raiseForUsers();
    new SavedQueries(scope, 'Queries', { name, functions: this.functions });
    if (settings.dashboard) this.addDashboard(usersAreHurt);
    publishForOperator(scope, settings, { ...this, mxCheck });
    this.applyToAll([scope, ...schedulerRoles]);
  }

  /** Every role may use the key for what it does, and for nothing else. A schedule may send to its dead letters. */
  private grantKey(schedulerRoles: readonly IRole[]): void {
    for (const { role, keyUses } of this.functions) this.encryption?.allow(role, keyUses);
    for (const role of schedulerRoles) this.encryption?.allow(role, ['sendMessages']);
  }

  /** What the settings want of every role and resource. */
  private applyToAll(scopes: readonly IConstruct[]): void {
    const boundary = boundaryOf(this.scope, this.given, this.settings);
    for (const scope of scopes) {
      if (boundary) PermissionsBoundary.of(scope).apply(boundary);
      for (const [name, value] of Object.entries(tagsOf(this.settings))) Tags.of(scope).add(name, value);
    }
  }

  /**
   * When `scheduleShards` is raised, the new shards are read before a function enrols into them: a member that is enrolled
   * in between and is due at once would miss its turn.
   */
  private deployScheduleFirst(): void {
    const named = (name: FunctionName) => this.functions.filter(({ functionName }) => functionName === name);
    for (const { fn } of [...named('check-balance'), ...named('member-schedule')]) {
      fn.node.addDependency(...named('run-schedule').map((runSchedule) => runSchedule.fn));
    }
  }

  private addEncryption(): Encryption | undefined {
    const key = keyOf(this.scope, this.given, this.settings);
    return key && new Encryption(this.scope, 'Encryption', { key, name: this.name });
  }

  private addAlarms(): Alarms {
    return new Alarms(this.scope, 'Alarms', {
      email: this.settings.alarmEmail,
      topic: alarmTopicOf(this.scope, this.given, this.settings),
      pager: pagerTopicOf(this.scope, this.given, this.settings),
      key: this.encryption?.key,
      runbookUrl: this.settings.runbookUrl,
    });
  }

  private addGradualUpdates(): GradualUpdates | undefined {
    const { gradualUpdates: speed, stage } = this.settings;
    return speed === 'none'
      ? undefined
      : new GradualUpdates(this.scope, 'GradualUpdates', { speed, stage, alarms: this.alarms });
  }

  /** The trigger: starts a refresh or joins the running one. */
  private addRequest(): void {
    this.addFunction('check-balance', {
      whenItFails: 'Other systems cannot ask for fresh balances.',
      timeout: Duration.seconds(TRIGGER_TIMEOUT_SECONDS),
      reservedConcurrency: this.settings.triggerConcurrency === 0 ? undefined : this.settings.triggerConcurrency,
      callsMx: true,
    });
  }

  /** The follow-ups: look at the job of a running refresh until the refresh ends. */
  private addFollowUps(): void {
    const followUp = this.addFunction('follow-up', {
      whenItFails:
        'Running refreshes do not reach their end: no new balances are stored, no event or callback is sent.',
      timeout: timeouts.look,
      callsMx: true,
      // A refresh has 17 and more looks by its deadline, each booked by the one before.
      chains: true,
    });
    this.queues.followUps.deliverTo(followUp, this.settings.followUpConcurrency);
  }

  /** The receiver of MX's webhooks. */
  private addWebhooks(): void {
    this.addFunction('mx-webhook', {
      whenItFails: 'Ends of jobs are noticed by polling instead of at once, and data MX gathers by itself is missed.',
      timeout: Duration.seconds(10),
    });
  }

  /** The callbacks: a signed POST to the caller at the end of its refresh. */
  private addCallbacks(callbacks: WorkQueue): void {
    const deliverCallback = this.addFunction('deliver-callback', {
      whenItFails: 'Callers that wait for a callback do not learn how their refreshes ended.',
      timeout: timeouts.callback,
      // 12 tries over 22 hours are about 92 messages, because SQS delays none for more than 15 minutes.
      chains: true,
    });
    // 50 calls at once, each of 10 s at most.
    callbacks.deliverTo(deliverCallback, 5);
  }

  /**
   * Two functions a minute: one starts the members that are due, the sweep takes up refreshes without a message.
   *
   * @returns the roles that the scheduler calls them as.
   */
  private addSchedule(): readonly IRole[] {
    const { alarms } = this;
    const runSchedule = this.addFunction('run-schedule', {
      whenItFails: 'Members on a schedule are not refreshed: their balances get old.',
      timeout: Duration.seconds(50),
    });
    const startDue = this.addFunction('start-due', {
      whenItFails: 'Members on a schedule are not refreshed: their balances get old.',
      timeout: timeouts.start,
      callsMx: true,
      // A message that only a newer release can read goes back every 30 s for up to a day.
      chains: true,
    });
    this.queues.starts.deliverTo(startDue, this.settings.startConcurrency);
    const sweep = this.addFunction('sweep', {
      whenItFails: 'Refreshes without a message in the queue never end, and their members cannot be refreshed.',
      timeout: timeouts.sweep,
    });
    // Twice as many as the index has parts: a rest can still be worked on when the next minute hands one on.
    this.queues.sweeps.deliverTo(sweep, 2 * OPEN_SHARDS);
    const deadLetters = this.tickDeadLetters;
    const refreshTick = new MinuteTick(this.scope, 'EveryMinuteRefresh', {
      alarms,
      fn: runSchedule,
      deadLetters,
      whenItStops: 'The schedule has stopped: balances of scheduled members get old.',
      hurtsUsers: true,
    });
    const sweepTick = new MinuteTick(this.scope, 'EveryMinuteSweep', {
      alarms,
      fn: sweep,
      deadLetters,
      whenItStops: 'The sweep has stopped: refreshes without a message in the queue never end.',
      // Only those that have lost their message.
      hurtsUsers: false,
    });
    return [refreshTick.role, sweepTick.role];
  }

  /** Reads of balances and refreshes, and the members' schedules. None of these functions calls MX. */
  private addReaders(): void {
    this.addFunction('read-balances', {
      whenItFails: 'Other systems cannot read balances over HTTP; the table itself can still be read.',
      timeout: Duration.seconds(10),
    });
    this.addFunction('read-refresh', {
      whenItFails: 'Other systems cannot see how a refresh went; refreshes themselves go on.',
      timeout: Duration.seconds(10),
    });
    this.addFunction('member-schedule', {
      whenItFails: 'Members cannot be put on a schedule or taken off it; existing schedules go on.',
      timeout: Duration.seconds(10),
    });
  }

  /** Erasing on request: the receipt here, the work in `follow-up`, which deletes members anyway. */
  private addErasure(): void {
    this.addFunction('erase-data', {
      whenItFails: 'Other systems cannot have a person’s data erased; erasings that were asked for go on.',
      timeout: Duration.seconds(10),
    });
  }

  /** What the operator's command `doctor` has called inside, because MX answers allow-listed addresses only. */
  private addMxCheck(): ServiceFunction<FunctionName> {
    const check = this.addFunction('check-mx', {
      // No alarms: the person who calls it sees the failure.
      whenItFails: null,
      timeout: Duration.seconds(15),
      memory: 256,
      callsMx: true,
    });
    acknowledge(
      check.fn,
      'Serverless-LambdaDLQ',
      'It is invoked by a person, synchronously; Lambda sends only asynchronous invocations to a dead-letter target.',
    );
    return check;
  }

  /** The HTTP API: every function with routes, and one for all other paths. */
  private addDoors(): PublicApi {
    const otherwise = this.addFunction('unknown-route', {
      whenItFails: 'Calls of routes that do not exist get a bare 500 instead of an explanation.',
      memory: 256,
      timeout: Duration.seconds(10),
    });
    const { webhookRate, webhookBurst } = this.settings;
    return new PublicApi(this.scope, 'Http', {
      ...this.settings,
      name: this.name,
      alarms: this.alarms,
      logs: this.logs,
      routes: this.functions.map((to) => ({
        to,
        paths: gatewayRoutes(to.functionName),
        // MX cannot sign requests with AWS credentials.
        checksItself: to.functionName === 'mx-webhook',
        throttle: to.functionName === 'mx-webhook' ? { rateLimit: webhookRate, burstLimit: webhookBurst } : undefined,
      })),
      otherwise,
    });
  }

  /** Shows every alarm that was raised before. */
  private addDashboard(usersAreHurt: CompositeAlarm): void {
    const { settings, name, functions, alarms, networks } = this;
    const { storage } = this.stores;
    const { followUps, starts, sweeps, callbacks } = this.queues;
    const work = { 'follow-ups': followUps, starts, ...(callbacks ? { callbacks } : {}) };
    const queuesOf = (of: 'queue' | 'deadLetters') =>
      Object.fromEntries(Object.entries(work).map(([label, queue]) => [label, queue[of]]));
    new ServiceDashboard(this.scope, 'Dashboard', {
      name,
      stage: settings.stage,
      startsPerSecond: settings.startsPerSecond,
      alarms: alarms.raised,
      usersAreHurt,
      functions,
      queues: { ...queuesOf('queue'), sweeps: sweeps.queue },
      deadLetters: { ...queuesOf('deadLetters'), ticks: this.tickDeadLetters.queue },
      tables: {
        balances: storage.balances,
        members: storage.members,
        refreshes: storage.refreshes,
        history: storage.history,
      },
      natGatewayIds: networks.natGatewayIds,
    });
  }

  private addFunction<F extends FunctionName>(functionName: F, { callsMx = false, ...own }: OwnProps) {
    const added = new ServiceFunction(this.scope, constructIdOf(functionName), {
      ...this.platform,
      functionName,
      // About a third of a CPU. A bundle's import runs at full speed with any memory.
      memory: 512,
      placement: callsMx ? this.networks.callsMx : this.networks.others,
      ...own,
    });
    if (comesGradually(functionName)) this.gradually?.shift(added);
    this.functions.push(added);
    return added;
  }
}
