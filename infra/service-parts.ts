import { CfnOutput, Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import { Archive, EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { type IRole, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { LogGroupProps } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { membersTable, refreshesTable } from '../shared/clients/table-keys.ts';
import { EVENT_SOURCE } from '../shared/domain/event.ts';
import { OPEN_SHARDS } from '../shared/domain/members-ports.ts';
import { LOOK_TIMEOUT_SECONDS } from '../shared/domain/refresh.ts';
import { SWEEP_TIMEOUT_SECONDS } from '../shared/domain/sweep.ts';
import type { FunctionName } from '../shared/lambda/environment.ts';
import { gatewayRoutes } from '../shared/lambda/routes.ts';
import { TRIGGER_TIMEOUT_SECONDS } from '../shared/lambda/time-limits.ts';
import { acknowledge } from './constructs/acknowledged-finding.ts';
import { Alarms } from './constructs/alarms.ts';
import { constructIdOf } from './constructs/construct-ids.ts';
import { Credentials } from './constructs/credentials.ts';
import { Encryption } from './constructs/encryption.ts';
import { FixedEgress } from './constructs/fixed-egress.ts';
import { GivenNetwork } from './constructs/given-network.ts';
import { comesGradually, GradualUpdates } from './constructs/gradual-updates.ts';
import { MinuteTick } from './constructs/minute-tick.ts';
import { grantPermissions, type ResourceName } from './constructs/permissions.ts';
import type { Placement } from './constructs/placement.ts';
import { PublicApi } from './constructs/public-api.ts';
import { ServiceFunction, type ServiceFunctionProps } from './constructs/service-function.ts';
import { Storage } from './constructs/storage.ts';
import { DeadLetterQueue, MinuteQueue, WorkQueue } from './constructs/work-queue.ts';
import { environmentOfAll, type ResourceValue } from './environment.ts';
import { alarmTopicOf, boundaryOf, type GivenResources, keyOf } from './given-resources.ts';
import { callbacksAreOn, listOf, type Settings, tagsOf } from './settings.ts';

/** The settings of the deployment, what it is called, what is there already, and who bundles its functions. */
export interface ServicePartsProps {
  readonly settings: Settings;
  /** What the HTTP API, its log group and the SSM parameters are named after; no two in an account and region share it. */
  readonly name: string;
  /** Gives the folder with a function's `index.mjs`. */
  readonly bundle: (functionName: FunctionName) => string;
  readonly given: GivenResources;
}

/** The tables, the secrets, and the bus for events. */
interface Stores {
  readonly storage: Storage;
  readonly credentials: Credentials;
  readonly events: IEventBus;
}

/** The queues between the functions. Without `callbacks`, no callback_url can be accepted. */
interface Queues {
  readonly followUps: WorkQueue;
  readonly starts: WorkQueue;
  readonly sweeps: MinuteQueue;
  readonly callbacks: WorkQueue | undefined;
}

/** Where functions are put. Undefined: into no network. */
interface Networks {
  /** Functions that call MX. */
  readonly callsMx: Placement | undefined;
  readonly others: Placement | undefined;
}

/** The properties that differ between functions. */
type OwnProps = Pick<
  ServiceFunctionProps<FunctionName>,
  'whenItFails' | 'timeout' | 'chains' | 'reservedConcurrency'
> & {
  readonly callsMx?: boolean;
  readonly memory?: number;
};

const LOOK_TIMEOUT = Duration.seconds(LOOK_TIMEOUT_SECONDS);
const START_TIMEOUT = Duration.seconds(60);
const SWEEP_TIMEOUT = Duration.seconds(SWEEP_TIMEOUT_SECONDS);
const CALLBACK_TIMEOUT = Duration.seconds(20);

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
  private readonly platform: Pick<ServiceFunctionProps<FunctionName>, 'alarms' | 'bundle' | 'logs' | 'environment'>;

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
    this.stores = this.addStores();
    this.networks = this.addNetworks();
    // The queues come before the functions, whose environment holds the queues' URLs.
    this.queues = this.addQueues();
    this.platform = {
      alarms: this.alarms,
      bundle,
      logs: this.logs,
      environment: environmentOfAll(settings, this.resources()),
    };

    this.addRequest();
    this.addFollowUps();
    if (settings.webhooks !== 'off') this.addWebhooks();
    if (this.queues.callbacks) this.addCallbacks(this.queues.callbacks);
    this.tickDeadLetters = this.addTickDeadLetters();
    const schedulerRoles = this.addSchedule();
    this.addReaders();
    this.addErasure();
    this.api = this.addDoors();
    grantPermissions(this.functions, this.arns());
    this.grantKey(schedulerRoles);
    this.deployScheduleFirst();
    this.publishForOperator();
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

  /** What the operator's command has to do as the functions do it (`infra/operator/deployment.ts`). */
  private publishForOperator(): void {
    const { scheduleShards, minScheduleHours, mxBaseUrl, mxAcceptVersion } = this.settings;
    const { learning, breaker, deadlineSeconds } = this.settings;
    const { staleAfterSeconds, allowanceStarts, allowanceWindowSeconds } = this.settings;
    const published: Readonly<Record<string, string>> = {
      ScheduleShards: String(scheduleShards),
      MinScheduleHours: String(minScheduleHours),
      MxBaseUrl: mxBaseUrl,
      MxAcceptVersion: mxAcceptVersion,
      Learning: String(learning),
      Breaker: String(breaker),
      DeadlineSeconds: String(deadlineSeconds),
      StaleAfterSeconds: String(staleAfterSeconds),
      AllowanceStarts: String(allowanceStarts),
      AllowanceWindowSeconds: String(allowanceWindowSeconds),
    };
    for (const [name, value] of Object.entries(published)) {
      new CfnOutput(this.scope, name, { value, description: 'A setting, for the operator’s command' });
    }
    new CfnOutput(this.scope, 'FollowUpQueueUrl', {
      value: this.queues.followUps.queue.queueUrl,
      description: 'The queue of follow-ups, for the operator’s command',
    });
  }

  private addStores(): Stores {
    const { settings, name, alarms } = this;
    const key = this.encryption?.key;
    const storage = new Storage(this.scope, 'Storage', { name, retain: settings.retainData, key });
    const credentials = new Credentials(this.scope, 'Credentials', { ...settings, alarms, key });
    // The CDK's own types do not fit together under exactOptionalPropertyTypes (EventBus and its interface IEventBus).
    const events =
      this.given.eventBus ??
      (new EventBus(this.scope, 'Events', { description: 'What happened to refreshes' }) as IEventBus);
    new CfnOutput(this.scope, 'EventBusName', { value: events.eventBusName, description: 'Events about refreshes' });
    if (settings.eventArchiveDays > 0) this.addEventArchive(events, settings.eventArchiveDays);
    return { storage, credentials, events };
  }

  /** Only events of this service: a bus that is there already may have others. */
  private addEventArchive(sourceEventBus: IEventBus, days: number): void {
    const archive = new Archive(this.scope, 'EventArchive', {
      sourceEventBus,
      description: 'Events about refreshes, to be sent again (docs/events.md)',
      eventPattern: { source: [EVENT_SOURCE] },
      retention: Duration.days(days),
    });
    new CfnOutput(this.scope, 'EventArchiveArn', { value: archive.archiveArn, description: 'Archive of the events' });
  }

  private addEncryption(): Encryption | undefined {
    const key = keyOf(this.scope, this.given, this.settings);
    return key && new Encryption(this.scope, 'Encryption', { key, name: this.name });
  }

  private addAlarms(): Alarms {
    return new Alarms(this.scope, 'Alarms', {
      email: this.settings.alarmEmail,
      topic: alarmTopicOf(this.scope, this.given, this.settings),
      key: this.encryption?.key,
    });
  }

  private addGradualUpdates(): GradualUpdates | undefined {
    const { gradualUpdates: speed, stage } = this.settings;
    return speed === 'none'
      ? undefined
      : new GradualUpdates(this.scope, 'GradualUpdates', { speed, stage, alarms: this.alarms });
  }

  private addNetworks(): Networks {
    const { fixedEgress, egressZones, mxBaseUrl, retainData, flowLogs } = this.settings;
    const { vpcId, subnetIds, securityGroupIds } = this.settings;
    const ids = { vpcId, subnetIds: listOf(subnetIds), securityGroupIds: listOf(securityGroupIds) };
    const network = vpcId === '' ? this.given.network : ids;
    if (network) {
      const { placement } = new GivenNetwork(this.scope, 'GivenNetwork', { network, mxBaseUrl });
      return { callsMx: placement, others: placement };
    }
    if (!fixedEgress) return { callsMx: undefined, others: undefined };
    const { placement } = new FixedEgress(this.scope, 'Egress', {
      zones: egressZones,
      mxBaseUrl,
      retain: retainData,
      flowLogs: flowLogs ? this.logs : undefined,
    });
    // The others do without the NAT gateway, which costs per byte.
    return { callsMx: placement, others: undefined };
  }

  private addQueues(): Queues {
    const { alarms } = this;
    const key = this.encryption?.key;
    const followUps = new WorkQueue(this.scope, 'FollowUps', {
      alarms,
      key,
      name: 'follow-ups',
      workerTimeout: LOOK_TIMEOUT,
      whenItIsLate: 'Running refreshes are looked at late: balances arrive late or refreshes time out.',
      whenMessagesFail: 'Looks at running refreshes failed five times: these refreshes hang until the sweep ends them.',
    });
    const starts = new WorkQueue(this.scope, 'Starts', {
      alarms,
      key,
      name: 'starts',
      workerTimeout: START_TIMEOUT,
      whenItIsLate: 'Scheduled refreshes start late: balances of scheduled members get old.',
      whenMessagesFail: 'Scheduled refreshes could not be started: these members wait for their next turn.',
    });
    const sweeps = new MinuteQueue(this.scope, 'Sweeps', { workerTimeout: SWEEP_TIMEOUT, key });
    const callbacks = callbacksAreOn(this.settings)
      ? new WorkQueue(this.scope, 'Callbacks', {
          alarms,
          key,
          name: 'callbacks',
          workerTimeout: CALLBACK_TIMEOUT,
          whenItIsLate: 'Callbacks go out late: callers that wait for them learn late how their refreshes ended.',
          whenMessagesFail:
            'A receiver did not take a callback in 12 tries over about 22 hours, or one could not be read: it does not learn how a refresh ended until the message is sent back.',
        })
      : undefined;
    return { followUps, starts, sweeps, callbacks };
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
      timeout: LOOK_TIMEOUT,
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
      timeout: CALLBACK_TIMEOUT,
      // 12 tries over 22 hours are about 92 messages, because SQS delays none for more than 15 minutes.
      chains: true,
    });
    // 50 calls at once, each of 10 s at most.
    callbacks.deliverTo(deliverCallback, 5);
  }

  /** For minutes of the schedule and of the sweep that failed. */
  private addTickDeadLetters(): DeadLetterQueue {
    const { alarms } = this;
    const deadLetters = new DeadLetterQueue(this.scope, 'TickDeadLetters', {
      alarms,
      key: this.encryption?.key,
      whenItFails:
        'A minute of the schedule or of the sweep failed three times: some members were not refreshed in time.',
      runbook: 'tick-dead-letters',
    });
    acknowledge(
      deadLetters.queue,
      'AwsSolutions-SQS3',
      'It is the dead-letter queue of two schedules and of the two functions that they call; the rule looks for queues and functions only.',
    );
    return deadLetters;
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
      timeout: START_TIMEOUT,
      callsMx: true,
      // A message that only a newer release can read goes back every 30 s for up to a day.
      chains: true,
    });
    this.queues.starts.deliverTo(startDue, this.settings.startConcurrency);
    const sweep = this.addFunction('sweep', {
      whenItFails: 'Refreshes without a message in the queue never end, and their members cannot be refreshed.',
      timeout: SWEEP_TIMEOUT,
    });
    // Twice as many as the index has parts: a rest can still be worked on when the next minute hands one on.
    this.queues.sweeps.deliverTo(sweep, 2 * OPEN_SHARDS);
    const deadLetters = this.tickDeadLetters;
    const refreshTick = new MinuteTick(this.scope, 'EveryMinuteRefresh', {
      alarms,
      fn: runSchedule,
      deadLetters,
      whenItStops: 'The schedule has stopped: balances of scheduled members get old.',
    });
    const sweepTick = new MinuteTick(this.scope, 'EveryMinuteSweep', {
      alarms,
      fn: sweep,
      deadLetters,
      whenItStops: 'The sweep has stopped: refreshes without a message in the queue never end.',
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

  /** Names of the resources for the functions' environment. Empty: a setting switches the resource off. */
  private resources(): Readonly<Record<ResourceValue, string>> {
    const { storage, credentials, events } = this.stores;
    const { followUps, starts, sweeps, callbacks } = this.queues;
    return {
      balancesTable: storage.balances.tableName,
      membersTable: storage.members.tableName,
      refreshesTable: storage.refreshes.tableName,
      erasuresTable: storage.erasures.tableName,
      followUpQueueUrl: followUps.queue.queueUrl,
      startQueueUrl: starts.queue.queueUrl,
      sweepQueueUrl: sweeps.queue.queueUrl,
      eventBusName: events.eventBusName,
      mxSecretArn: credentials.mx.secretArn,
      apiCallersSecretArn: credentials.apiCallers?.secretArn ?? '',
      mxWebhookSecretArn: credentials.mxWebhooks?.secretArn ?? '',
      callbackQueueUrl: callbacks?.queue.queueUrl ?? '',
      callbackSecretArn: credentials.callbacks?.secretArn ?? '',
    };
  }

  /** ARNs of the resources for the functions' permissions. Undefined: not deployed. */
  private arns(): Readonly<Record<ResourceName, string | undefined>> {
    const { storage, credentials, events } = this.stores;
    const { followUps, starts, sweeps, callbacks } = this.queues;
    return {
      balances: storage.balances.tableArn,
      members: storage.members.tableArn,
      'members/open': `${storage.members.tableArn}/index/${membersTable.openIndex.name}`,
      refreshes: storage.refreshes.tableArn,
      erasures: storage.erasures.tableArn,
      'refreshes/by_member': `${storage.refreshes.tableArn}/index/${refreshesTable.byMemberIndex.name}`,
      followUps: followUps.queue.queueArn,
      starts: starts.queue.queueArn,
      sweeps: sweeps.queue.queueArn,
      events: events.eventBusArn,
      mxSecret: credentials.mx.secretArn,
      apiCallersSecret: credentials.apiCallers?.secretArn,
      mxWebhookSecret: credentials.mxWebhooks?.secretArn,
      callbacks: callbacks?.queue.queueArn,
      callbackSecret: credentials.callbacks?.secretArn,
    };
  }
}
