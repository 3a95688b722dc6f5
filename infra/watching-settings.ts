/** The settings of what operators watch a deployment by: logs, alarms, the dashboard, traces. */
import { flag, oneNumberOf, text, wholeNumber } from './setting-kinds.ts';
import { arnOrNone, matching, readPageUrl } from './setting-texts.ts';

/** A part of the table of settings (`setting-table.ts`). */
export const watchingSettings = {
  logRetentionDays: oneNumberOf(
    30,
    {
      from: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      unit: 'days',
    },
    'How long logs are kept. They hold identifiers of members, never amounts or account numbers.',
  ),
  alarmEmail: text(
    '',
    {
      unit: 'e-mail address',
      allowed: 'one e-mail address, or empty for none',
      read: matching(/^([^\s@]+@[^\s@]+\.[^\s@]+)?$/),
    },
    'E-mail address for alarms. AWS first sends a confirmation. Empty: no e-mail is sent, but the alarms and their topic exist.',
  ),
  alarmTopicArn: text(
    '',
    {
      unit: 'ARN',
      allowed:
        'the ARN of an SNS topic, such as arn:aws:sns:us-east-1:123456789012:alarms, or empty for one of this stack',
      read: arnOrNone('sns', '[a-z0-9-]+', '[\\w-]{1,256}'),
    },
    'A topic of yours that gets the alarms, instead of one of this stack. Its policy has to let CloudWatch publish (docs/account.md).',
  ),
  pagerTopicArn: text(
    '',
    {
      unit: 'ARN',
      allowed:
        'the ARN of an SNS topic, such as arn:aws:sns:us-east-1:123456789012:pager, or empty for that of the other alarms',
      read: arnOrNone('sns', '[a-z0-9-]+', '[\\w-]{1,256}'),
    },
    'A topic of yours that gets the composite alarm “users are hurt” and no other: for what wakes someone. Its policy has to let CloudWatch publish (docs/account.md). Empty: the topic of the other alarms gets it.',
  ),
  runbookUrl: text(
    '',
    {
      unit: 'URL',
      allowed:
        'the address of a page, https:// and at most 500 characters without # and @, such as https://git.example.com/balances/blob/main/docs/runbook.md, or empty',
      read: readPageUrl,
    },
    'Where docs/runbook.md can be opened in a browser: each alarm’s text ends with this address, # and the heading about it. Empty: the text names the file.',
  ),
  alarmSuccessPercent: wholeNumber(
    50,
    { min: 0, max: 100, unit: 'percent' },
    'The alarm success-falls fires when in half an hour fewer of the refreshes succeed. Those that end because their user has to act are not counted. 0: never.',
  ),
  alarmMinEnds: wholeNumber(
    20,
    { min: 1, max: 1_000_000, unit: 'refreshes' },
    'The alarm success-falls looks at no half hour in which fewer refreshes end: of three, one that fails is no sign of anything.',
  ),
  alarmLateSeconds: wholeNumber(
    1200,
    { min: 960, max: 86_400, unit: 'seconds' },
    'The alarms follow-ups-late, starts-late and callbacks-late fire when the oldest message of the queue is of this age. No message is delayed by more than 900 s on purpose.',
  ),
  alarmMxThrottles: wholeNumber(
    10,
    { min: 1, max: 1_000_000, unit: 'answers' },
    'The alarm mx-throttles fires when MX answers this often with 429 in each of three times five minutes. One member alone does not come to 10.',
  ),
  alarmPausedMinutes: wholeNumber(
    240,
    { min: 1, max: 1_440, unit: 'minutes' },
    'The alarm pause-left-on fires when calls to MX have been paused for so long (docs/operator.md).',
  ),
  alarmWrongKeys: wholeNumber(
    300,
    { min: 1, max: 1_000_000, unit: 'requests' },
    'The alarm wrong-keys fires when functions refuse so many requests for a wrong key in five minutes. A caller that was set up wrongly makes fewer.',
  ),
  tracing: flag(
    false,
    'X-Ray’s active tracing of all functions: how long an invocation took, and its parts in Lambda itself. The HTTP API has no tracing, and the calls that a function makes are not in it. Price: $5 per million recorded traces, of which 100,000 a month are free; by X-Ray’s default rule that is one request a second and 5 % of the rest, so that one refresh in question has mostly none: its log lines are found by its correlation id or refresh id (docs/runbook.md).',
  ),
  dashboard: flag(
    true,
    'A dashboard in CloudWatch: alarms, how refreshes end and how late, MX, queues, the schedule, what costs money. Price: $3 a month. AWS’s free tier has three dashboards of at most 50 metrics each; this one has more.',
  ),
} as const;
