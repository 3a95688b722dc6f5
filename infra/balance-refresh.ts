/** The construct `mx-fresh-balances/cdk`: the service as a part of a stack (docs/embedding.md). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput, Stack, Stage, Token } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IEventBus, type OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENT_SOURCE } from '../shared/domain/event.ts';
import type { FunctionName } from '../shared/lambda/environment.ts';
import { nameOf, prefixOf, stageOf, usableName } from './deployment-name.ts';
import { type GivenResources, type SettingsInput, settingsBeside } from './given-resources.ts';
import { ServiceParts } from './service-parts.ts';

export type { GivenResources, NetworkOfFunctions, SettingsInput } from './given-resources.ts';

/** How the service is embedded. Everything may be left out. */
export interface BalanceRefreshProps extends GivenResources {
  /**
   * Settings other than the defaults (docs/settings.md). `stage` is made from the stack's name and the construct's path, so
   * that the metrics of several deployments in an account are told apart.
   */
  readonly settings?: SettingsInput | undefined;
  /**
   * What the HTTP API, its log group, the dashboard and the SSM parameters with the tables' names are named after; nothing else in the
   * account and region may have it. @default the stack's name and the construct's path in it, joined by hyphens
   */
  readonly name?: string | undefined;
  /** Gives the folder with a function's `index.mjs`. @default the bundles that are in the package */
  readonly bundle?: ((functionName: FunctionName) => string) | undefined;
}

/** The tables; other systems read the first two (docs/balances-table.md, docs/members-table.md). */
export interface BalanceRefreshTables {
  readonly balances: TableV2;
  readonly members: TableV2;
  readonly refreshes: TableV2;
}

/** The queues between the functions, and those with what failed. `callbacks` exist only with `callbackHosts`. */
export interface BalanceRefreshQueues {
  readonly followUps: IQueue;
  readonly followUpDeadLetters: IQueue;
  readonly starts: IQueue;
  readonly startDeadLetters: IQueue;
  readonly sweeps: IQueue;
  readonly tickDeadLetters: IQueue;
  readonly callbacks: IQueue | undefined;
  readonly callbackDeadLetters: IQueue | undefined;
}

/** The secrets. All but `mx` exist only with the setting that needs them. */
export interface BalanceRefreshSecrets {
  readonly mx: Secret;
  /** With `apiAccess: 'basic'`. */
  readonly apiCallers: Secret | undefined;
  /** With `webhooks`. */
  readonly mxWebhooks: Secret | undefined;
  /** With `callbackHosts`. */
  readonly callbacks: Secret | undefined;
}

/** What a refresh ends as, in events (docs/events.md). */
const ENDS = ['refresh.succeeded', 'refresh.action_required', 'refresh.failed'];

/** The requests that the right to trigger is (docs/calling.md), as an ARN of API Gateway names them. */
const TRIGGERS = [
  'POST/users/*/members/*/check_balance',
  'PUT/users/*/members/*/resume',
  'PUT/users/*/members/*/schedule',
  'DELETE/users/*/members/*/schedule',
];

/**
 * Fresh bank balances from MX: tables, queues, functions, schedule, HTTP API, alarms.
 *
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { BalanceRefresh } from 'mx-fresh-balances/cdk';
 *
 * const stack = new Stack(new App(), 'payments');
 * const balances = new BalanceRefresh(stack, 'Balances', { settings: { mxBaseUrl: 'https://api.mx.com' } });
 * balances.onRefreshEnded('TellLedger');
 * ```
 */
export class BalanceRefresh extends Construct {
  /** What the metrics' dimension `stage` has. */
  readonly stage: string;
  /** What the API, its log group, the dashboard and the parameters are named after. */
  readonly name: string;
  readonly tables: BalanceRefreshTables;
  readonly queues: BalanceRefreshQueues;
  readonly secrets: BalanceRefreshSecrets;
  readonly eventBus: IEventBus;
  readonly api: HttpApi;
  /** Where the alarms go. */
  readonly alarmTopic: ITopic;
  /** By name; what a setting switches off is not there. */
  readonly functions: Readonly<Partial<Record<FunctionName, IFunction>>>;
  readonly #parts: ServiceParts;
  readonly #checksCallers: boolean;

  /** @throws SettingsError with a sentence for each setting that cannot be used, and for a name that cannot be. */
  constructor(scope: Construct, id: string, props: BalanceRefreshProps = {}) {
    super(scope, id);
    this.name = usableName(props.name ?? nameOf(this));
    const settings = settingsBeside(props, {
      ...props.settings,
      stage: props.settings?.stage ?? stageOf(this.name),
    });
    this.stage = settings.stage;
    this.#checksCallers = settings.apiAccess === 'basic';
    const parts = new ServiceParts(this, { settings, name: this.name, bundle: props.bundle ?? packaged, given: props });
    this.#parts = parts;
    const { storage, credentials, events } = parts.stores;
    const { followUps, starts, sweeps, callbacks } = parts.queues;
    this.tables = { balances: storage.balances, members: storage.members, refreshes: storage.refreshes };
    this.queues = {
      followUps: followUps.queue,
      followUpDeadLetters: followUps.deadLetters,
      starts: starts.queue,
      startDeadLetters: starts.deadLetters,
      sweeps: sweeps.queue,
      tickDeadLetters: parts.tickDeadLetters.queue,
      callbacks: callbacks?.queue,
      callbackDeadLetters: callbacks?.deadLetters,
    };
    this.secrets = {
      mx: credentials.mx,
      apiCallers: credentials.apiCallers,
      mxWebhooks: credentials.mxWebhooks,
      callbacks: credentials.callbacks,
    };
    this.eventBus = events;
    this.api = parts.api.api;
    this.alarmTopic = parts.alarms.topic;
    this.functions = Object.fromEntries(parts.functions.map(({ functionName, fn }) => [functionName, fn]));
    this.nameOutputs();
    this.node.addValidation({ validate: () => this.mistakenFor() });
  }

  /**
   * Lets systems of the same account read stored balances straight from the tables: queries of the balances table, and
   * single members for own ids and freshness, as `mx-fresh-balances/reader` does.
   */
  grantReadBalances(grantee: IGrantable): Grant {
    const read = (actions: string[], resourceArns: string[], conditions?: Record<string, Record<string, string>>) =>
      Grant.addToPrincipal({ grantee, actions, resourceArns, ...(conditions ? { conditions } : {}) });
    const grant = read(['dynamodb:GetItem', 'dynamodb:Query'], [this.tables.balances.tableArn]).combine(
      read(['dynamodb:GetItem'], [this.tables.members.tableArn]),
    );
    const key = this.#parts.encryption?.needed(['readTables']) ?? [];
    return key.reduce((all, { actions, arn, conditions }) => all.combine(read([...actions], [arn], conditions)), grant);
  }

  /**
   * Lets callers that sign with AWS credentials start refreshes, answer questions and set schedules. Their answers hold
   * accounts, unless the setting `iamTriggerReads` is false.
   *
   * @throws Error with `apiAccess: 'basic'`, where the keys of callers in a secret decide.
   */
  grantTrigger(grantee: IGrantable): Grant {
    if (this.#checksCallers)
      throw new Error(
        `${this.node.path}: with apiAccess=basic no IAM policy lets anything trigger; give the caller a key with the right trigger (docs/calling.md)`,
      );
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: TRIGGERS.map((request) =>
        Stack.of(this).formatArn({
          service: 'execute-api',
          resource: this.api.apiId,
          resourceName: `$default/${request}`,
        }),
      ),
    });
  }

  /**
   * A rule for every refresh that ended, however it did. An event pattern in `options` narrows it.
   *
   * @param id of the rule, among the constructs in this one.
   */
  onRefreshEnded(id: string, options: OnEventOptions = {}): Rule {
    const { target, eventPattern, crossStackScope, ...rest } = options;
    return new Rule(crossStackScope ?? this, id, {
      ...rest,
      eventBus: this.eventBus,
      eventPattern: { detailType: ENDS, ...eventPattern, source: [EVENT_SOURCE] },
      ...(target ? { targets: [target] } : {}),
    });
  }

  /** Outputs are called `<path in the stack><output>`, such as `BalancesApiUrl`, without the hash that the CDK adds. */
  private nameOutputs(): void {
    for (const output of this.node.findAll())
      if (output instanceof CfnOutput) output.overrideLogicalId(`${prefixOf(this)}${output.node.id}`);
  }

  /** A sentence for each other deployment in the same account and region that could not be told from this one. */
  private mistakenFor(): string[] {
    return this.node.root.node
      .findAll()
      .filter((other) => other instanceof BalanceRefresh)
      .filter((other) => other !== this && placeOf(other) === placeOf(this))
      .filter(({ stage, name }) => stage === this.stage || name === this.name)
      .map((other) => {
        const [what, value] = other.name === this.name ? ['name', this.name] : ['setting stage', this.stage];
        return `${other.node.path} has the same ${what} (${value}) in the same account and region: nothing could tell their metrics and parameters apart. Write another ${what} for one of them.`;
      });
  }
}

/** Where a construct is deployed, as far as that is known when the app is synthesized. */
function placeOf(construct: Construct): string {
  const { environment, account, region } = Stack.of(construct);
  const known = !Token.isUnresolved(account) && !Token.isUnresolved(region);
  // The app's stages are usually for different accounts.
  return known ? environment : `${Stage.of(construct)?.node.path} ${environment}`;
}

/** The bundles that `npm run build` puts beside this file in the package. */
function packaged(functionName: FunctionName): string {
  const folder = join(import.meta.dirname, 'functions', functionName);
  if (existsSync(join(folder, 'index.mjs'))) return folder;
  throw new Error(`there is no bundle of ${functionName} in ${folder}; outside of the package, give "bundle"`);
}
