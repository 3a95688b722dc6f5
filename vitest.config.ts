import { defineConfig } from 'vitest/config';

// The files of functions/ wire themselves at import, as at a cold start; tests import what is above the wiring. These
// values only let the wiring pass: nothing is at these names, and a test that used them would fail.
export const env = {
  AWS_REGION: 'us-east-1',
  STAGE: 'test',
  BALANCES_TABLE: 'none',
  MEMBERS_TABLE: 'none',
  REFRESHES_TABLE: 'none',
  FOLLOW_UP_QUEUE_URL: 'http://127.0.0.1:1/none',
  START_QUEUE_URL: 'http://127.0.0.1:1/none',
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
  ALLOWANCE_STARTS: '5',
  ALLOWANCE_WINDOW_SECONDS: '7200',
  STALE_AFTER_SECONDS: '86400',
  REFRESH_RETENTION_DAYS: '30',
  DEFAULT_SCHEDULE_HOURS: '0',
  SCHEDULE_SHARDS: '1',
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

/** For clients whose endpoint a test sets: nothing of it leaves this machine. */
const aws = {
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nothing',
};

export default defineConfig({
  test: {
    // Only with `npm run coverage`. A floor, not an aim: what was measured when it was set, rounded down. The tests that
    // are too slow for it (the local stack, the simulation) run more: functions/sweep.ts is theirs.
    coverage: {
      provider: 'v8',
      include: ['shared/**/*.ts', 'functions/**/*.ts'],
      reporter: ['text'],
      thresholds: {
        'shared/**': { statements: 95, branches: 93, functions: 97, lines: 95 },
        'functions/**': { statements: 92, branches: 92, functions: 89, lines: 92 },
      },
    },
    // A project is a cost: unit does no I/O, contract meets one local engine, infra imports the CDK, settings does
    // both, local runs the stack.
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], env } },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 30_000 } },
      { test: { name: 'infra', include: ['test/infra/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 } },
      {
        test: {
          name: 'settings',
          include: ['test/settings/**/*.test.ts'],
          testTimeout: 60_000,
          env: { ...env, ...aws },
        },
      },
      { test: { name: 'local', include: ['test/local/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 180_000 } },
      { test: { name: 'simulation', include: ['test/simulation/**/*.test.ts'], testTimeout: 180_000, env } },
    ],
  },
});
