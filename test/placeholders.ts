/**
 * Environment variables for the files of functions/, which wire themselves at import, as at a cold start; tests import what
 * is above the wiring. These values only let the wiring pass: nothing is at these names, and a test that used them would
 * fail.
 */
export const placeholders = {
  AWS_REGION: 'us-east-1',
  STAGE: 'test',
  BALANCES_TABLE: 'none',
  MEMBERS_TABLE: 'none',
  REFRESHES_TABLE: 'none',
  FOLLOW_UP_QUEUE_URL: 'http://127.0.0.1:1/none',
  START_QUEUE_URL: 'http://127.0.0.1:1/none',
  SWEEP_QUEUE_URL: 'http://127.0.0.1:1/none',
  EVENT_BUS_NAME: 'none',
  MX_SECRET_ARN: 'none',
  MX_BASE_URL: 'http://127.0.0.1:1',
  MX_ACCEPT_VERSION: 'v20250224',
  API_ACCESS: 'iam',
  API_CALLERS_SECRET_ARN: '',
  DEADLINE_SECONDS: '600',
  FIRST_LOOK_SECONDS: '5',
  MIN_LOOK_GAP_SECONDS: '3',
  MAX_LOOK_GAP_SECONDS: '60',
  GRACE_SECONDS: '30',
  GRACE_LOOKS: '5',
  LEARNING: 'false',
  LOOK_LAG_MILLISECONDS: '400',
  BREAKER: 'true',
  ALLOWANCE_STARTS: '5',
  ALLOWANCE_WINDOW_SECONDS: '7200',
  STALE_AFTER_SECONDS: '86400',
  REFRESH_RETENTION_DAYS: '30',
  DEFAULT_SCHEDULE_HOURS: '0',
  SCHEDULE_SHARDS: '1',
  STARTS_PER_SECOND: '100',
  WAITERS_AT_ONCE: '100',
  KEEP_ACCOUNT_NUMBERS: 'false',
  KEEP_UNKNOWN_FIELDS: 'false',
  WEBHOOKS: 'off',
  MX_WEBHOOK_SECRET_ARN: 'none',
  AMOUNTS_IN_EVENTS: 'false',
  OWN_IDS_IN_EVENTS: 'false',
  CALLBACK_QUEUE_URL: '',
  CALLBACK_SECRET_ARN: 'none',
  CALLBACK_HOSTS: '',
  CALLBACKS_PER_CALLER: '10',
  ALLOWANCE_STARTS_PER_CALLER: '4',
  MIN_SCHEDULE_HOURS: '1',
  SCHEDULE_CHANGES_PER_CALLER: '10000',
  CALLBACK_LOOPBACK: 'false',
  IAM_TRIGGER_READS: 'true',
};

/** For AWS clients whose endpoint a test sets: nothing of it leaves this machine. */
export const awsCredentials = {
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nothing',
};
