import { type App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { membersTable, refreshesTable } from '../shared/clients/table-keys.ts';
import { LOOK_TIMEOUT_SECONDS } from '../shared/domain/refresh.ts';
import { TRIGGER_TIMEOUT_SECONDS } from '../shared/domain/wait-for-end.ts';
import type { FunctionName } from '../shared/lambda/environment.ts';
import { routeKey, routes } from '../shared/lambda/routes.ts';
import { Alarms } from './constructs/alarms.ts';
import { Credentials } from './constructs/credentials.ts';
import { FixedEgress } from './constructs/fixed-egress.ts';
import { MinuteTick } from './constructs/minute-tick.ts';
import { grantPermissions } from './constructs/permissions.ts';
import { PublicApi } from './constructs/public-api.ts';
import { ServiceFunction } from './constructs/service-function.ts';
import { Storage } from './constructs/storage.ts';
import { DeadLetterQueue, WorkQueue } from './constructs/work-queue.ts';
import { environmentOfAll } from './environment.ts';
import { callbacksAreOn, type Settings } from './settings.ts';

/** The settings of the deployment, and who bundles its functions. */
export interface BalancesStackProps {
  readonly settings: Settings;
  /** Gives the folder with a function's `index.mjs`. */
  readonly bundle: (functionName: FunctionName) => string;
}

/** Read top to bottom: where data ends up, a request, the follow-ups, the schedule, the readers, the doors. */
export class BalancesStack extends Stack {
  constructor(app: App, id: string, { settings, bundle }: BalancesStackProps) {
    super(app, id, { stackName: id, description: 'Fresh bank balances from MX' });
    const alarms = new Alarms(this, 'Alarms', { email: settings.alarmEmail });
    const storage = new Storage(this, 'Storage', { retain: settings.retainData });
    const credentials = new Credentials(this, 'Credentials', { ...settings, alarms });
    const events = new EventBus(this, 'Events', { description: 'What happened to refreshes' });
    const egress = settings.fixedEgress
      ? new FixedEgress(this, 'Egress', {
          zones: settings.egressZones,
          mxBaseUrl: settings.mxBaseUrl,
          retain: settings.retainData,
        })
      : undefined;

    // The queues come before their functions: a message is the only way from one step of a refresh to the next.
    const lookTimeout = Duration.seconds(LOOK_TIMEOUT_SECONDS);
    const followUps = new WorkQueue(this, 'FollowUps', {
      alarms,
      name: 'follow-ups',
      workerTimeout: lookTimeout,
      whenItIsLate: 'Running refreshes are looked at late: balances arrive late or refreshes time out.',
      whenMessagesDie: 'Looks at running refreshes failed five times: these refreshes hang until the sweep ends them.',
    });
    const startTimeout = Duration.seconds(60);
    const starts = new WorkQueue(this, 'Starts', {
      alarms,
      name: 'starts',
      workerTimeout: startTimeout,
      whenItIsLate: 'Scheduled refreshes start late: balances of scheduled members get old.',
      whenMessagesDie: 'Scheduled refreshes could not be started: these members wait for their next turn.',
    });

    const callbackTimeout = Duration.seconds(20);
    const callbacks = callbacksAreOn(settings)
      ? new WorkQueue(this, 'Callbacks', {
          alarms,
          name: 'callbacks',
          workerTimeout: callbackTimeout,
          whenItIsLate: 'Callbacks go out late: callers that wait for them learn late how their refreshes ended.',
          whenMessagesDie:
            'A receiver did not take a callback in 12 tries over about 22 hours, or one could not be read: it does not learn how a refresh ended until the message is sent back.',
        })
      : undefined;

    const common = {
      alarms,
      bundle,
      logRetention: settings.logRetentionDays,
      // About a third of a CPU; import runs at full speed whatever the memory.
      memory: 512,
      environment: environmentOfAll(settings, {
        balancesTable: storage.balances.tableName,
        membersTable: storage.members.tableName,
        refreshesTable: storage.refreshes.tableName,
        followUpQueueUrl: followUps.queue.queueUrl,
        startQueueUrl: starts.queue.queueUrl,
        eventBusName: events.eventBusName,
        mxSecretArn: credentials.mx.secretArn,
        apiCallersSecretArn: credentials.apiCallers?.secretArn ?? '',
        mxWebhookSecretArn: credentials.mxWebhooks?.secretArn ?? '',
        callbackQueueUrl: callbacks?.queue.queueUrl ?? '',
        callbackSecretArn: credentials.callbacks?.secretArn ?? '',
      }),
    };

    // A request: start a refresh, then look at it until it is over.
    const checkBalance = new ServiceFunction(this, 'CheckBalance', {
      ...common,
      functionName: 'check-balance',
      whenItFails: 'Other systems cannot ask for fresh balances.',
      timeout: Duration.seconds(TRIGGER_TIMEOUT_SECONDS),
      egress,
    });
    const followUp = new ServiceFunction(this, 'FollowUp', {
      ...common,
      functionName: 'follow-up',
      whenItFails: 'Running refreshes do not reach their end: no new balances are stored and nobody is told.',
      timeout: lookTimeout,
      egress,
      // A refresh has 17 and more looks by its deadline, each booked by the one before.
      chains: true,
    });
    followUps.deliverTo(followUp, settings.followUpConcurrency);

    // Being told: MX's webhooks in, callbacks out. What is switched off is not there.
    const mxWebhook =
      settings.webhooks === 'off'
        ? undefined
        : new ServiceFunction(this, 'MxWebhook', {
            ...common,
            functionName: 'mx-webhook',
            whenItFails:
              'Ends of jobs are noticed by polling instead of at once, and data MX gathers by itself is missed.',
            timeout: Duration.seconds(10),
          });
    const deliverCallback =
      callbacks &&
      new ServiceFunction(this, 'DeliverCallback', {
        ...common,
        functionName: 'deliver-callback',
        whenItFails: 'Callers that wait for a callback do not learn how their refreshes ended.',
        timeout: callbackTimeout,
        // 12 tries over 22 hours are about 92 messages, because SQS delays none for more than 15 minutes.
        chains: true,
      });
    // 50 calls at once, each of 10 s at most.
    if (deliverCallback) callbacks?.deliverTo(deliverCallback, 5);

    // The schedule: what is due, started; and what got lost, ended.
    const runSchedule = new ServiceFunction(this, 'ScheduledRefresh', {
      ...common,
      functionName: 'run-schedule',
      whenItFails: 'Members on a schedule are not refreshed: their balances get old.',
      timeout: Duration.seconds(50),
    });
    const startDue = new ServiceFunction(this, 'StartRefresh', {
      ...common,
      functionName: 'start-due',
      whenItFails: 'Members on a schedule are not refreshed: their balances get old.',
      timeout: startTimeout,
      egress,
    });
    starts.deliverTo(startDue, settings.startConcurrency);
    const sweep = new ServiceFunction(this, 'Sweep', {
      ...common,
      functionName: 'sweep',
      whenItFails: 'Refreshes that lost their messages never end, and their members cannot be refreshed.',
      timeout: Duration.seconds(50),
    });
    const deadLetters = new DeadLetterQueue(this, 'TickDeadLetters', {
      alarms,
      whenItFails:
        'A minute of the schedule or of the sweep failed three times: some members were not refreshed in time.',
      runbook: 'tick-dead-letters',
    });
    new MinuteTick(this, 'EveryMinuteRefresh', {
      alarms,
      fn: runSchedule,
      deadLetters,
      whenItStops: 'The schedule has stopped: balances of scheduled members get old.',
    });
    new MinuteTick(this, 'EveryMinuteSweep', {
      alarms,
      fn: sweep,
      deadLetters,
      whenItStops: 'The sweep has stopped: refreshes that lost their messages never end.',
    });

    // Reading what is stored, and saying what shall be refreshed by itself.
    const readBalances = new ServiceFunction(this, 'ReadBalances', {
      ...common,
      functionName: 'read-balances',
      whenItFails: 'Other systems cannot read balances over HTTP; the table itself can still be read.',
      timeout: Duration.seconds(10),
    });
    const readRefresh = new ServiceFunction(this, 'ReadRefresh', {
      ...common,
      functionName: 'read-refresh',
      whenItFails: 'Other systems cannot see how a refresh went; refreshes themselves go on.',
      timeout: Duration.seconds(10),
    });
    const memberSchedule = new ServiceFunction(this, 'MemberSchedule', {
      ...common,
      functionName: 'member-schedule',
      whenItFails: 'Members cannot be put on a schedule or taken off it; existing schedules go on.',
      timeout: Duration.seconds(10),
    });
    const unknownRoute = new ServiceFunction(this, 'UnknownRoute', {
      ...common,
      functionName: 'unknown-route',
      whenItFails: 'Calls of routes that do not exist get a bare 500 instead of an explanation.',
      memory: 256,
      timeout: Duration.seconds(10),
    });

    new PublicApi(this, 'Http', {
      ...settings,
      alarms,
      logRetention: settings.logRetentionDays,
      routes: [checkBalance, readBalances, readRefresh, memberSchedule, ...(mxWebhook ? [mxWebhook] : [])].map(
        (to) => ({
          to,
          paths: routes.filter(({ functionName }) => functionName === to.functionName).map(routeKey),
          // MX cannot sign as AWS wants it.
          checksItself: to === mxWebhook,
        }),
      ),
      otherwise: unknownRoute,
    });

    grantPermissions(
      [
        checkBalance,
        followUp,
        runSchedule,
        startDue,
        sweep,
        readBalances,
        readRefresh,
        memberSchedule,
        unknownRoute,
        ...(mxWebhook ? [mxWebhook] : []),
        ...(deliverCallback ? [deliverCallback] : []),
      ],
      {
        balances: storage.balances.tableArn,
        members: storage.members.tableArn,
        'members/open': `${storage.members.tableArn}/index/${membersTable.openIndex.name}`,
        refreshes: storage.refreshes.tableArn,
        'refreshes/by_member': `${storage.refreshes.tableArn}/index/${refreshesTable.byMemberIndex.name}`,
        followUps: followUps.queue.queueArn,
        starts: starts.queue.queueArn,
        events: events.eventBusArn,
        mxSecret: credentials.mx.secretArn,
        apiCallersSecret: credentials.apiCallers?.secretArn,
        mxWebhookSecret: credentials.mxWebhooks?.secretArn,
        callbacks: callbacks?.queue.queueArn,
        callbackSecret: credentials.callbacks?.secretArn,
      },
    );

    new CfnOutput(this, 'EventBusName', { value: events.eventBusName, description: 'Events about refreshes' });
  }
}
