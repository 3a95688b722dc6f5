import type { Setting } from './setting-kinds.ts';
import { type Settings, settings } from './setting-table.ts';
import { isLoopback } from './setting-texts.ts';

export type { SettingName, Settings } from './setting-table.ts';

/** From the start of a job to the first look at it. */
export const firstLookSeconds = (all: Settings): number =>
  all.webhooks === 'off' ? all.firstLookSeconds : all.firstLookWithWebhooksSeconds;

/** Whether any callback_url can be accepted. */
export const callbacksAreOn = (all: Pick<Settings, 'callbackHosts' | 'callbackLoopback'>): boolean =>
  all.callbackHosts !== '' || all.callbackLoopback;

/** The entries of a setting that is a list. */
export const listOf = (entries: string): readonly string[] => (entries === '' ? [] : entries.split(','));

/** The tags of every resource, by name. */
export const tagsOf = ({ tags }: Pick<Settings, 'tags'>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    listOf(tags).map((tag) => [tag.slice(0, tag.indexOf('=')).trim(), tag.slice(tag.indexOf('=') + 1).trim()]),
  );

/** Values that exclude each other, each with its sentence. Checked only when every single value is accepted. */
const combinations: readonly ((all: Settings) => string | false)[] = [
  (all) =>
    all.deadlineSeconds <= firstLookSeconds(all) &&
    `deadlineSeconds (${all.deadlineSeconds}) must be more than ${all.webhooks === 'off' ? 'firstLookSeconds' : 'firstLookWithWebhooksSeconds'} (${firstLookSeconds(all)}), or every refresh times out before the first look.`,
  (all) =>
    all.deadlineSeconds <= all.graceSeconds &&
    `deadlineSeconds (${all.deadlineSeconds}) must be more than graceSeconds (${all.graceSeconds}), or a job that MX never began is reported as timed out.`,
  (all) =>
    all.maxLookGapSeconds < all.minLookGapSeconds &&
    `maxLookGapSeconds (${all.maxLookGapSeconds}) must not be less than minLookGapSeconds (${all.minLookGapSeconds}).`,
  (all) =>
    all.minLookGapSeconds < 3 &&
    !isLoopback(all.mxBaseUrl) &&
    `minLookGapSeconds (${all.minLookGapSeconds}) must be 3 or more for ${all.mxBaseUrl}: MX asks for at least 3 s between looks.`,
  (all) =>
    (all.allowanceStarts * 7200) / all.allowanceWindowSeconds > 5 &&
    !isLoopback(all.mxBaseUrl) &&
    // MX's test institution has no such limit, and exists only in the integration environment.
    all.mxBaseUrl !== 'https://int-api.mx.com' &&
    `allowanceStarts (${all.allowanceStarts}) in allowanceWindowSeconds (${all.allowanceWindowSeconds}) is more than the 5 jobs in 7200 s that MX starts for a member; write a smaller allowanceStarts or a longer window.`,
  (all) =>
    all.defaultScheduleHours !== 0 &&
    all.defaultScheduleHours < all.minScheduleHours &&
    `defaultScheduleHours (${all.defaultScheduleHours}) must be 0 or not less than minScheduleHours (${all.minScheduleHours}).`,
  (all) =>
    all.webhooks === 'off' &&
    all.startsPerSecond > 320 &&
    `startsPerSecond (${all.startsPerSecond}) must be 320 or less without webhooks: each refresh also reads MX about five times.`,
  (all) =>
    all.callbackLoopback &&
    !isLoopback(all.mxBaseUrl) &&
    'callbackLoopback must be false unless mxBaseUrl is on this machine: callers could make the functions POST to their own localhost.',
  (all) =>
    all.deadlineSeconds > all.refreshRetentionDays * 86_400 &&
    `refreshRetentionDays (${all.refreshRetentionDays}) must be longer than deadlineSeconds (${all.deadlineSeconds}).`,
  (all) =>
    (all.vpcId === '') !== (all.subnetIds === '') &&
    'vpcId and subnetIds must be written both or neither: functions are put into subnets, and the subnets are the VPC’s.',
  (all) =>
    all.vpcId === '' &&
    all.securityGroupIds !== '' &&
    'securityGroupIds must be empty without vpcId: a security group holds in its own VPC only.',
  (all) =>
    all.vpcId !== '' &&
    all.fixedEgress &&
    'fixedEgress must be false with vpcId: the functions leave by the way out of your VPC, whose address MX has to allow-list.',
  (all) =>
    all.flowLogs &&
    !all.fixedEgress &&
    'flowLogs must be false without fixedEgress: this stack has no network of its own then.',
  (all) =>
    all.alarmTopicArn !== '' &&
    all.alarmEmail !== '' &&
    'alarmEmail must be empty with alarmTopicArn: subscribe the address to that topic.',
];

/** Settings that cannot be used. `faults` has one sentence per mistake, each saying what to write instead. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/**
 * Reads settings from JSON values or from texts of a command line. What is left out has its default.
 *
 * @throws SettingsError that lists every mistake: names that do not exist (with the nearest that does), values of the
 *   wrong kind or out of range, and values that do not fit together.
 */
export function readSettings(input: Readonly<Record<string, unknown>>): Settings {
  const faults = Object.keys(input)
    .filter((name) => !Object.hasOwn(settings, name))
    .map(unknownName);
  const values: Record<string, unknown> = {};
  for (const [name, { read, allowed, default: fallback }] of Object.entries<Setting<unknown>>(settings)) {
    const value = read(input[name] === undefined ? fallback : input[name]);
    if (value === undefined) faults.push(`${name} must be ${allowed}; it is ${shown(input[name])}.`);
    else values[name] = value;
  }
  if (faults.length > 0) throw new SettingsError(faults);
  // Every name of the table has been read above; TypeScript cannot see that through the loop.
  const all = values as Settings;
  const misfits = combinations.map((check) => check(all)).filter((sentence) => sentence !== false);
  if (misfits.length > 0) throw new SettingsError(misfits);
  return all;
}

/** A wrong value as its message shows it. A text with an @ may be a URL with a password, and is not shown. */
const shown = (value: unknown): string =>
  typeof value === 'string' && value.includes('@') ? 'another text' : (JSON.stringify(value) ?? String(value));

const unknownName = (name: string): string => {
  const near = Object.keys(settings)
    .map((known) => ({ known, distance: editDistance(name.toLowerCase(), known.toLowerCase()) }))
    .reduce((best, next) => (next.distance < best.distance ? next : best));
  const advice =
    near.distance <= Math.max(2, name.length / 3)
      ? `Did you mean ${near.known}?`
      : 'See docs/settings.md for all names.';
  return `There is no setting ${name}. ${advice}`;
};

/** Levenshtein distance: how many letters must be added, removed or changed. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
