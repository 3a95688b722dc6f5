/** Resources of the account that the service uses instead of making its own, as constructs or as settings. */
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { type IManagedPolicy, ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { readSettings, type Settings, SettingsError } from './settings.ts';

/** A network that every function is put into. Its way out has to reach MX, over an address that MX allow-lists, and AWS. */
export interface NetworkOfFunctions {
  readonly vpc: IVpc;
  /** @default the private subnets */
  readonly subnets?: SubnetSelection | undefined;
  /** @default one is made that lets nothing in and only HTTPS out */
  readonly securityGroups?: readonly ISecurityGroup[] | undefined;
}

/** Resources that are there already. Each takes the place of settings and of a resource of the service's own. */
export interface GivenResources {
  /** In place of `vpcId`, `subnetIds` and `securityGroupIds`. The setting `fixedEgress` is false then, unless written. */
  readonly network?: NetworkOfFunctions | undefined;
  /**
   * In place of `keyArn`: encrypts tables, queues, secrets, logs and the topic. A key of the same app gets the policy that
   * it needs; of an imported one docs/account.md shows it.
   */
  readonly encryptionKey?: IKey | undefined;
  /**
   * Where events about refreshes go, in the same account and region. Events do not say which deployment they are of.
   * @default a bus of its own
   */
  readonly eventBus?: IEventBus | undefined;
  /** In place of `alarmTopicArn`. Its policy has to let CloudWatch publish. */
  readonly alarmTopic?: ITopic | undefined;
  /** In place of `pagerTopicArn`. Its policy has to let CloudWatch publish. */
  readonly pagerTopic?: ITopic | undefined;
  /** In place of `permissionsBoundaryArn`. */
  readonly permissionsBoundary?: IManagedPolicy | undefined;
}

/** Every setting may be left out. */
export type SettingsInput = Partial<Settings>;

/** What stands in place of which settings. */
const inPlaceOf: Readonly<Partial<Record<keyof GivenResources, readonly (keyof Settings)[]>>> = {
  network: ['vpcId', 'subnetIds', 'securityGroupIds'],
  encryptionKey: ['keyArn'],
  alarmTopic: ['alarmTopicArn'],
  pagerTopic: ['pagerTopicArn'],
  permissionsBoundary: ['permissionsBoundaryArn'],
};

/**
 * Reads the settings beside the resources that are given.
 *
 * @throws SettingsError with a sentence for each setting that cannot be, and for each that does not fit a given resource.
 */
export function settingsBeside(given: GivenResources, written: SettingsInput): Settings {
  const settings = readSettings({
    ...written,
    fixedEgress: written.fixedEgress ?? (given.network ? false : undefined),
  });
  const faults = (Object.keys(inPlaceOf) as (keyof GivenResources)[])
    .filter((name) => given[name] !== undefined)
    .flatMap((name) =>
      (inPlaceOf[name] ?? [])
        .filter((setting) => settings[setting] !== '')
        .map((setting) => `${setting} must be empty with the property ${name}, which takes its place.`),
    );
  if (given.network && settings.fixedEgress)
    faults.push('fixedEgress must be false with the property network: the functions leave by its way out.');
  if (given.alarmTopic && settings.alarmEmail !== '')
    faults.push('alarmEmail must be empty with the property alarmTopic: subscribe the address to that topic.');
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}

/** The key, from either. */
export const keyOf = (scope: Construct, given: GivenResources, { keyArn }: Settings): IKey | undefined =>
  keyArn === '' ? given.encryptionKey : Key.fromKeyArn(scope, 'Key', keyArn);

/** The topic of alarms, from either. */
export const alarmTopicOf = (scope: Construct, given: GivenResources, { alarmTopicArn }: Settings) =>
  alarmTopicArn === '' ? given.alarmTopic : Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn);

/** The topic of the composite alarm, from either; undefined: that of all alarms. */
export const pagerTopicOf = (scope: Construct, given: GivenResources, { pagerTopicArn }: Settings) =>
  pagerTopicArn === '' ? given.pagerTopic : Topic.fromTopicArn(scope, 'PagerTopic', pagerTopicArn);

/** The permissions boundary, from either. */
export const boundaryOf = (scope: Construct, given: GivenResources, { permissionsBoundaryArn }: Settings) =>
  permissionsBoundaryArn === ''
    ? given.permissionsBoundary
    : ManagedPolicy.fromManagedPolicyArn(scope, 'PermissionsBoundary', permissionsBoundaryArn);
