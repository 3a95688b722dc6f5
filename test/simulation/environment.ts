/**
 * Environment variables for the modules in `functions/`, which wire themselves when they are imported. Nothing here is
 * ever connected to: the simulation hands its own dependencies to their route functions. Import this file before them.
 */
const placeholders: Readonly<Record<string, string>> = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nothing',
  STAGE: 'simulation',
  API_ACCESS: 'iam',
  API_CALLERS_SECRET_ARN: '',
  MX_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:mx',
  MX_BASE_URL: 'http://127.0.0.1:9',
  MX_ACCEPT_VERSION: 'v20250224',
  DEADLINE_SECONDS: '600',
  FIRST_LOOK_SECONDS: '5',
  MIN_LOOK_GAP_SECONDS: '3',
  MAX_LOOK_GAP_SECONDS: '60',
  GRACE_SECONDS: '30',
  GRACE_LOOKS: '5',
  ALLOWANCE_STARTS: '5',
  ALLOWANCE_WINDOW_SECONDS: '7200',
  REFRESH_RETENTION_DAYS: '30',
  MEMBERS_TABLE: 'members',
  REFRESHES_TABLE: 'refreshes',
  BALANCES_TABLE: 'balances',
  FOLLOW_UP_QUEUE_URL: 'http://127.0.0.1:9/follow-ups',
  START_QUEUE_URL: 'http://127.0.0.1:9/starts',
  EVENT_BUS_NAME: 'events',
  DEFAULT_SCHEDULE_HOURS: '0',
  SCHEDULE_SHARDS: '1',
  STALE_AFTER_SECONDS: '86400',
  AMOUNTS_IN_EVENTS: 'false',
  CALLBACK_QUEUE_URL: '',
  CALLBACK_HOSTS: '',
  CALLBACK_LOOPBACK: 'false',
  IAM_TRIGGER_READS: 'true',
  KEEP_ACCOUNT_NUMBERS: 'false',
  KEEP_UNKNOWN_FIELDS: 'false',
  WEBHOOKS: 'known',
  MX_WEBHOOK_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:webhooks',
};

for (const [name, value] of Object.entries(placeholders)) process.env[name] ??= value;
