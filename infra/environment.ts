/** The environment of the deployment: its settings and its resources, under the names that functions read them by. */
import type { EnvironmentFor, FunctionName, ValueName } from '../shared/lambda/environment.ts';
import { firstLookSeconds, type SettingName, type Settings } from './settings.ts';

/** What names something that this deployment created. Everything else that functions read is a setting of that name. */
export type ResourceValue = Exclude<ValueName, SettingName>;

/**
 * Everything that functions read. A function gets what its contract names (shared/lambda/environment.ts); a name that the
 * contract has, and that is neither a setting nor given here, is a compile error.
 */
export const environmentOfAll = (
  settings: Settings,
  resources: Readonly<Record<ResourceValue, string>>,
): EnvironmentFor<FunctionName> => ({
  ...settings,
  ...resources,
  // With webhooks MX tells the end of a job, and an early look would only cost a call.
  firstLookSeconds: firstLookSeconds(settings),
});
