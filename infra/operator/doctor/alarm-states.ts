/** The alarms of a deployment: which there are, and what it means that one fires. */
import { type Instant, secondsBetween } from '../../../shared/domain/instant.ts';
import { prefixOf, type StackResource } from '../stack-resources.ts';
import { counted } from '../table.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

/** An alarm as CloudWatch has it. */
export interface AlarmState {
  readonly name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  /** When it went into this state; null: CloudWatch has not said. */
  readonly since: Instant | null;
  /** As the template gives it: what a customer notices, then where the runbook has it. */
  readonly description: string;
}

/** The names of the deployment's alarms. */
export function alarmNamesIn(resources: readonly StackResource[], membersTable: string): readonly string[] {
  const prefix = prefixOf(resources, membersTable);
  if (prefix === undefined) return [];
  const types = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'];
  return resources.flatMap(({ ResourceType = '', LogicalResourceId = '', PhysicalResourceId = '', ResourceStatus }) =>
    types.includes(ResourceType) && LogicalResourceId.startsWith(prefix) && ResourceStatus !== 'DELETE_COMPLETE'
      ? [PhysicalResourceId]
      : [],
  );
}

/** A new alarm has no data until CloudWatch has evaluated it; none of these alarms lacks data for longer, in seconds. */
const NEW_SECONDS = 3_600;

const LINE = 'firing alarms';

/** A line for each alarm that fires, the oldest first, and one for what else is wrong with them. */
export function firingFindings(
  names: readonly string[],
  states: readonly AlarmState[],
  now: Instant,
): readonly Finding[] {
  if (names.length === 0)
    return [warning(LINE, 'the stack has no alarms', 'Deploy it with the release of this command.')];
  const firing = states
    .filter(({ state }) => state === 'ALARM')
    .toSorted((a, b) => ((a.since ?? '') < (b.since ?? '') ? -1 : 1))
    .map(firingFinding);
  const gone = names.filter((name) => !states.some((state) => state.name === name));
  const blind = states.filter(
    ({ state, since }) => state === 'INSUFFICIENT_DATA' && since !== null && secondsBetween(since, now) >= NEW_SECONDS,
  );
  const others = [
    ...(gone.length === 0
      ? []
      : [
          warning(
            LINE,
            `deleted by hand: ${listed(gone)}`,
            'The same template does not bring it back: CloudFormation does not notice. Make it anew as the template has it.',
          ),
        ]),
    ...(blind.length === 0
      ? []
      : [
          warning(
            LINE,
            `without data for more than an hour: ${listed(blind.map(({ name }) => name))}`,
            'CloudWatch’s page of the alarm says why; none of them should need data to be evaluated.',
          ),
        ]),
  ];
  return firing.length + others.length > 0
    ? [...firing, ...others]
    : [ok(LINE, `none of ${counted(names.length, 'alarm')}`)];
}

function firingFinding({ name, since, description }: AlarmState): Finding {
  const [, sentence = description, runbook = 'docs/runbook.md'] = /^(.*) Runbook: (\S+)$/.exec(description) ?? [];
  return failure(LINE, `${name} since ${since ?? 'an unknown time'}: ${sentence}`, `See ${runbook}`);
}

/** A line of a terminal holds no more names. */
const MOST_NAMES = 3;

const listed = (names: readonly string[]): string =>
  names.length <= MOST_NAMES
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
