import type { VariableName } from '../shared/lambda/environment.ts';
import { firstLookSeconds, type Settings } from './settings.ts';

/** Variables that name what this deployment created. All others come from its settings. */
export type ResourceVariable =
  | 'BALANCES_TABLE'
  | 'MEMBERS_TABLE'
  | 'REFRESHES_TABLE'
  | 'FOLLOW_UP_QUEUE_URL'
  | 'START_QUEUE_URL'
  | 'EVENT_BUS_NAME'
  | 'MX_SECRET_ARN'
  | 'API_CALLERS_SECRET_ARN'
  | 'MX_WEBHOOK_SECRET_ARN'
  | 'CALLBACK_QUEUE_URL'
  | 'CALLBACK_SECRET_ARN';

/**
 * Every environment variable of the service. A function gets those that its contract names
 * (shared/lambda/environment.ts); a name that the contract has and this does not is a compile error.
 */
export function environmentOfAll(
  settings: Settings,
  resources: Readonly<Record<ResourceVariable, string>>,
): Record<VariableName, string> {
  return {
    ...resources,
    STAGE: settings.stage,
    MX_BASE_URL: settings.mxBaseUrl,
    MX_ACCEPT_VERSION: settings.mxAcceptVersion,
    API_ACCESS: settings.apiAccess,
    DEADLINE_SECONDS: String(settings.deadlineSeconds),
    // With webhooks the end is told: polling early would only cost.
    FIRST_LOOK_SECONDS: String(firstLookSeconds(settings)),
    MIN_LOOK_GAP_SECONDS: String(settings.minLookGapSeconds),
    MAX_LOOK_GAP_SECONDS: String(settings.maxLookGapSeconds),
    GRACE_SECONDS: String(settings.graceSeconds),
    GRACE_LOOKS: String(settings.graceLooks),
    ALLOWANCE_STARTS: String(settings.allowanceStarts),
    ALLOWANCE_WINDOW_SECONDS: String(settings.allowanceWindowSeconds),
    STALE_AFTER_SECONDS: String(settings.staleAfterSeconds),
    REFRESH_RETENTION_DAYS: String(settings.refreshRetentionDays),
    DEFAULT_SCHEDULE_HOURS: String(settings.defaultScheduleHours),
    SCHEDULE_SHARDS: String(settings.scheduleShards),
    KEEP_ACCOUNT_NUMBERS: String(settings.keepAccountNumbers),
    KEEP_UNKNOWN_FIELDS: String(settings.keepUnknownFields),
    WEBHOOKS: settings.webhooks,
    AMOUNTS_IN_EVENTS: String(settings.amountsInEvents),
    CALLBACK_HOSTS: settings.callbackHosts,
    CALLBACK_LOOPBACK: String(settings.callbackLoopback),
  };
}
