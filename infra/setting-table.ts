import { everyHoursOnOffer } from '../shared/domain/every-hours.ts';
import { choice, flag, oneNumberOf, type Setting, text, wholeNumber } from './setting-kinds.ts';
import {
  arnOrNone,
  MOST_TAGS,
  matching,
  readBaseUrl,
  readHosts,
  readIds,
  readOrigins,
  readTags,
} from './setting-texts.ts';
import { watchingSettings } from './watching-settings.ts';

const seconds = (min: number, max: number) => ({ min, max, unit: 'seconds' });

/** Every setting of a deployment. `npm run docs` makes docs/settings.md from this table. */
export const settings = {
  stage: text(
    'dev',
    {
      unit: 'name',
      allowed: 'a name of at most 20 lower-case letters, digits and hyphens that starts with a letter',
      read: matching(/^[a-z][a-z0-9-]{0,19}$/),
    },
    'Name of this deployment. It is part of the stack name and a dimension of the metrics, so several can share an account.',
  ),
  mxBaseUrl: text(
    'https://int-api.mx.com',
    {
      unit: 'URL',
      allowed:
        'an https:// address without path, query or user, such as https://api.mx.com (http:// only for localhost)',
      read: readBaseUrl,
    },
    "Where MX is: https://int-api.mx.com for MX's integration environment, https://api.mx.com for production. Each has its own credentials.",
  ),
  mxAcceptVersion: text(
    'v20250224',
    { unit: 'version', allowed: 'a version such as v20250224', read: matching(/^v\d{8}$/) },
    'Sent to MX as Accept-Version. This service is written for v20250224.',
  ),
  deadlineSeconds: wholeNumber(
    600,
    seconds(30, 86_400),
    'A refresh that is not over after this time ends as timed_out. When the function of a look crashes, the sweep looks again after maxLookGapSeconds and 30 to 90 s more, SQS after 180 s: with less than that left, 150 s by default, the refresh ends as timed_out without another look.',
  ),
  firstLookSeconds: wholeNumber(
    5,
    seconds(0, 900),
    'From the start of a job to the first look at it. SQS cannot delay a message for more than 900 s.',
  ),
  webhooks: choice(
    'off',
    ['off', 'known', 'all'],
    'Which webhooks of MX are handled (docs/webhooks.md). off: none, and POST /webhooks/mx is not there. known: those about members that were refreshed here before. all: those about any member, so that data which MX gathers for members not refreshed here is fetched and stored too.',
  ),
  firstLookWithWebhooksSeconds: wholeNumber(
    20,
    seconds(0, 300),
    "Takes the place of firstLookSeconds while webhooks are on: MX's webhook comes earlier, and this look is for a webhook that gets lost.",
  ),
  minLookGapSeconds: wholeNumber(
    3,
    seconds(1, 900),
    'Shortest time between two looks at one member. MX asks for 3 s or more; less is accepted only for an MX on this machine.',
  ),
  maxLookGapSeconds: wholeNumber(60, seconds(1, 900), 'Longest time between two looks at one member.'),
  learning: flag(
    true,
    'Whether looks are planned by how long the jobs of an institution take (docs/looks.md), which each ended refresh adds to for one write unit. false: the first look comes after firstLookSeconds (firstLookWithWebhooksSeconds with webhooks), each later one after half of the time since the start.',
  ),
  breaker: flag(
    true,
    'With learning: whether scheduled starts at an institution wait while its bank does not work, which five failed jobs of three users within half an hour show, with no answer of the bank in between; and are held back where MX has no balance checks (docs/institutions.md). Triggers of callers never wait.',
  ),
  lookLagMilliseconds: wholeNumber(
    400,
    { min: 100, max: 10_000, unit: 'milliseconds' },
    'With learning: a job is looked at again as soon as the lag expected since the last look reaches this. Less means more looks and earlier balances; docs/looks.md has both by the value.',
  ),
  graceSeconds: wholeNumber(
    30,
    seconds(1, 900),
    'How long to wait for proof that MX began the job. Without proof the refresh ends as not_refreshed.',
  ),
  graceLooks: wholeNumber(
    5,
    { min: 1, max: 100, unit: 'looks' },
    'How many looks at least before a refresh without proof ends as not_refreshed.',
  ),
  allowanceStarts: wholeNumber(
    5,
    { min: 1, max: 100, unit: 'jobs' },
    'Jobs that may be started per member within allowanceWindowSeconds. MX refuses more than 5 in 2 hours.',
  ),
  allowanceStartsPerCaller: wholeNumber(
    4,
    { min: 1, max: 100, unit: 'jobs' },
    'Of allowanceStarts, how many one caller of the HTTP API may start, so that a caller that starts too many leaves some to others and to the schedule. allowanceStarts or more: all of them.',
  ),
  allowanceWindowSeconds: wholeNumber(7200, seconds(60, 86_400), 'The time in which allowanceStarts counts.'),
  staleAfterSeconds: wholeNumber(
    86_400,
    seconds(60, 31_536_000),
    'A balance that is older than this is reported as stale; its age is counted from fresh_as_of (docs/balances-table.md).',
  ),
  refreshRetentionDays: wholeNumber(
    30,
    { min: 1, max: 3650, unit: 'days' },
    'How long a refresh can be read after it was accepted. Balances are kept without limit.',
  ),
  historyDays: wholeNumber(
    0,
    { min: 0, max: 3650, unit: 'days' },
    'How long an account’s former amounts can be read after others took their place (docs/balances-table.md); each change of an amount costs one write unit, and an alarm tells when one cannot be kept. What is kept already keeps its time when this changes. 0: none are kept.',
  ),
  defaultScheduleHours: oneNumberOf(
    0,
    { from: [0, ...everyHoursOnOffer], unit: 'hours' },
    'Time between refreshes of members for which no schedule was set. 0: only members with a schedule are refreshed by themselves.',
  ),
  minScheduleHours: oneNumberOf(
    24,
    { from: everyHoursOnOffer, unit: 'hours' },
    'Shortest time between refreshes by schedule, the default one included; less is refused (schedule_too_often). Members that are on it already keep theirs. Under 24 hours a schedule may keep MX’s own nightly run from a member: any job blocks that for three hours.',
  ),
  scheduleChangesPerCaller: wholeNumber(
    10_000,
    { min: 1, max: 10_000_000, unit: 'changes' },
    'How many members one caller may put on the schedule or take off it in a day (UTC); a further change is refused (schedule_changes_used_up). Attempts count: a request that is repeated counts again.',
  ),
  startsPerSecond: wholeNumber(
    100,
    { min: 1, max: 600, unit: 'starts' },
    'Ceiling on unattended starts in a second, over all instances: due members, missed turns and deferred starts together. What is over it waits in the start queue; a caller never does. At most 600, which is 0.8 of the 750 POSTs that MX takes in a second, and 320 without webhooks, because a refresh also reads MX five times and MX takes 2000 requests.',
  ),
  scheduleShards: wholeNumber(
    1,
    { min: 1, max: 64, unit: 'shards' },
    'Parts that each minute of the schedule is split into. 1 up to about 100,000 scheduled members, 2 up to 1 million, 16 up to 10 million. It may be raised later; then `schedules reshard` (docs/operator.md) moves members into the new parts. It may never be lowered: members in the parts that vanish would not be refreshed.',
  ),
  keepAccountNumbers: flag(
    false,
    'true stores full account numbers as MX sends them. false stores the last four characters.',
  ),
  keepUnknownFields: flag(
    false,
    'true stores account fields that this version does not know. false drops them and counts them by name.',
  ),
  amountsInEvents: flag(
    false,
    'true writes the old and the new balance into balance.changed events. Every reader of the bus then sees amounts. false: ids and statuses only.',
  ),
  ownIdsInEvents: flag(
    false,
    'true writes MX’s id and user_id of the member (member_id, user_id) into the events on the bus, at the price of one read each. Every role that may read the bus sees what your own systems call users. false: guids only. Callbacks always have them.',
  ),
  eventArchiveDays: wholeNumber(
    0,
    { min: 0, max: 3650, unit: 'days' },
    'How long events about refreshes are kept in an archive, from which they can be sent again to a consumer that lost some (docs/events.md). What was erased of a person stays in it until then. 0: there is no archive.',
  ),
  callbackHosts: text(
    '',
    {
      unit: 'host names',
      allowed: 'host names with commas between them, each perhaps with a port, such as hooks.example.com:8443',
      read: readHosts,
    },
    'Hosts that callers may name in callback_url (docs/callbacks.md). Empty: callbacks are off and a callback_url is refused.',
  ),
  callbackLoopback: flag(
    false,
    'true also allows http://localhost in callback_url. Only for a service that runs on this machine.',
  ),
  callbacksPerCaller: wholeNumber(
    10,
    { min: 1, max: 100, unit: 'callbacks' },
    'Callbacks that one caller may register for one refresh, each with a URL of its own; a further one is refused (too_many_callbacks).',
  ),
  fixedEgress: flag(
    true,
    'true lets the functions that call MX leave through a fixed address that MX can allow-list, at the price of a NAT gateway. false needs no VPC, but the calls come from changing addresses.',
  ),
  egressZones: wholeNumber(
    1,
    { min: 1, max: 2, unit: 'availability zones' },
    'Zones with a NAT gateway and a fixed address of their own. 2 survives the loss of a zone and costs twice as much.',
  ),
  flowLogs: flag(
    false,
    'true logs the connections of the network behind the fixed address, those to MX and to AWS, for logRetentionDays: who connected where, when, how many bytes. CloudWatch takes $0.50 per GB of them (us-east-1).',
  ),
  vpcId: text(
    '',
    {
      unit: 'VPC',
      allowed: 'the id of a VPC, such as vpc-0a1b2c3d4e5f67890, or empty for none',
      read: matching(/^(vpc-[0-9a-f]{8,17})?$/),
    },
    'A VPC of yours that every function is put into, with subnetIds and fixedEgress=false (docs/account.md). It is used as it is: nothing is looked up or changed in it. Its way out has to reach MX and AWS. Empty: none.',
  ),
  subnetIds: text(
    '',
    { unit: 'subnets', allowed: 'ids of subnets with commas between them', read: readIds('subnet') },
    'With vpcId: the private subnets, one or more, that the functions are in.',
  ),
  securityGroupIds: text(
    '',
    { unit: 'security groups', allowed: 'ids of security groups with commas between them', read: readIds('sg') },
    'With vpcId: the security groups of the functions. Empty: one is made that lets nothing in and only HTTPS out.',
  ),
  keyArn: text(
    '',
    {
      unit: 'ARN',
      allowed:
        'the ARN of a symmetric key of this region, such as arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6789-0abc-def012345678 (no alias), or empty for none',
      read: arnOrNone('kms', '[a-z0-9-]+', 'key/(mrk-)?[0-9a-f-]{32,36}'),
    },
    'A customer-managed key for tables, queues, secrets, logs and the topic of alarms, in place of AWS’s own keys, which are free. Price: $1 a month and $0.03 per 10,000 calls of it (docs/account.md). Its policy has to allow what docs/account.md lists, and every role that reads the tables needs kms:Decrypt.',
  ),
  permissionsBoundaryArn: text(
    '',
    {
      unit: 'ARN',
      allowed: 'the ARN of a policy, such as arn:aws:iam::123456789012:policy/boundary, or empty for none',
      read: arnOrNone('iam', '', 'policy/[\\w+=,.@/-]+'),
    },
    'A managed policy that is the permissions boundary of every role of this stack. It has to allow what docs/account.md lists. Empty: none.',
  ),
  tags: text(
    '',
    {
      unit: 'tags',
      allowed: `at most ${MOST_TAGS} tags as name=value with commas between them, such as team=payments,cost-centre=42`,
      read: readTags,
    },
    'Tags of every resource that can have some.',
  ),
  apiAccess: choice(
    'iam',
    ['iam', 'basic'],
    'Who may call the HTTP API. iam: callers sign with AWS credentials and the gateway checks. basic: callers use a name and a key from a secret, as clients of MX do, and the functions check.',
  ),
  iamTriggerReads: flag(
    true,
    'With apiAccess=iam, whether the right to trigger is one to read: true puts accounts into the answers that max_age and wait bring. false leaves them out for every caller, because IAM policies cannot see what a request asks for; accounts are then read at …/accounts. With basic the rights of each caller decide.',
  ),
  apiRate: wholeNumber(
    50,
    { min: 1, max: 10_000, unit: 'requests per second' },
    'Steady rate that each route of the HTTP API accepts, all callers together; more is answered 429 by the gateway. Routes do not share it.',
  ),
  apiBurst: wholeNumber(
    100,
    { min: 1, max: 5000, unit: 'requests' },
    'Requests at once that each route of the HTTP API accepts before apiRate holds.',
  ),
  webhookRate: wholeNumber(
    200,
    { min: 1, max: 10_000, unit: 'requests per second' },
    'Takes the place of apiRate for POST /webhooks/mx. MX sends a webhook again that was answered 429.',
  ),
  webhookBurst: wholeNumber(
    400,
    { min: 1, max: 5000, unit: 'requests' },
    'Takes the place of apiBurst for POST /webhooks/mx: MX sends in bursts, as after its nightly aggregation.',
  ),
  corsOrigins: text(
    '',
    {
      unit: 'origins',
      allowed:
        'origins with commas between them, each https:// and a host in lower case, perhaps with a port, such as https://app.example.com',
      read: readOrigins,
    },
    'Web pages whose scripts may call the HTTP API from a browser (CORS, docs/calling.md). Empty: none. A script in such a page holds credentials of the API, and every visitor of the page can read them.',
  ),
  waitersAtOnce: wholeNumber(
    100,
    { min: 0, max: 1000, unit: 'requests' },
    'Triggers with wait that are held open at once, over all instances, at most 4 of one member; each keeps a function running for up to 25 s. Others get their 202 at once. 0: all do.',
  ),
  triggerConcurrency: wholeNumber(
    0,
    { min: 0, max: 1000, unit: 'invocations' },
    'Reserved concurrency of the function that triggers: so many at once and no more, taken from what the account has. 0: nothing is reserved, because AWS refuses it where the account has little.',
  ),
  followUpConcurrency: wholeNumber(
    10,
    { min: 2, max: 1000, unit: 'invocations' },
    'Batches of 10 follow-ups worked on at once: the ceiling on concurrent looks at MX.',
  ),
  startConcurrency: wholeNumber(
    5,
    { min: 2, max: 1000, unit: 'invocations' },
    'Batches of scheduled starts worked on at once: the ceiling on concurrent starts at MX by the schedule.',
  ),
  gradualUpdates: choice(
    'none',
    [
      'none',
      'canary10Percent5Minutes',
      'canary10Percent10Minutes',
      'canary10Percent15Minutes',
      'canary10Percent30Minutes',
      'linear10PercentEvery1Minute',
      'linear10PercentEvery2Minutes',
      'linear10PercentEvery3Minutes',
      'linear10PercentEvery10Minutes',
    ],
    'How a deployment puts a new version of the functions behind the HTTP API and the queues to work (docs/updates.md). none: at once. canary: a tenth of the calls for so long, then all. linear: a tenth more each time. An unexpected failure of the new version takes it back, and the deployment fails. CodeDeploy does it; each of these functions gets an alias and an alarm.',
  ),
  ...watchingSettings,
  retainData: flag(
    true,
    'true keeps tables, secrets and fixed addresses when the stack is deleted, and protects the tables against deletion. false deletes all of them with the stack.',
  ),
} as const satisfies Record<string, Setting<unknown>>;

/** The name of a setting. */
export type SettingName = keyof typeof settings;

/** The settings of one deployment, read and checked. */
export type Settings = { readonly [N in SettingName]: Exclude<ReturnType<(typeof settings)[N]['read']>, undefined> };
