/** What `npm run permissions` says: who may do what, and which grant no call of the tests uses. */
import { type UnusedGrant, usedByAwsItself } from '../../infra/constructs/permissions.ts';
import type { Blueprint } from '../../infra/local/stack/blueprint.ts';
import type { Grant, Replay } from './grants.ts';

/** A report; `wrong` is what ends the command with 1. */
export interface Report {
  readonly lines: readonly string[];
  readonly wrong: readonly string[];
}

/** The report about the template. */
export function reportOf(blueprint: Blueprint, { used, needless, refused }: Replay): Report {
  const named = namesIn(blueprint);
  const reasons = usedByAwsItself.map((unused) => ({
    unused,
    grants: needless.filter((grant) => isOf(unused, grant)),
  }));
  const unexplained = needless.filter((grant) => !usedByAwsItself.some((unused) => isOf(unused, grant)));
  const explained = needless.length - unexplained.length;
  const inWords = ({ role, action, name }: Grant): string => `${named(role)} may ${action} on ${plainName(name)}`;
  return {
    lines: [
      `The functions use these ${used.length} permissions (an action on a resource): without any one of them, at least one call of`,
      'the tests would be refused.',
      '',
      '| who | may |',
      '|---|---|',
      ...rolesOf(used, named),
      '',
      `AWS itself uses these ${explained} as a role of the stack:`,
      '',
      '| action | of | why it is there |',
      '|---|---|---|',
      ...reasons.map(
        ({ unused, grants }) => `| ${codes(unused.actions)} | ${rolesIn(grants, named)} | ${unused.reason} |`,
      ),
    ],
    wrong: [
      ...unexplained.map((grant) => `needless: ${inWords(grant)}, and no call would be refused without it`),
      ...reasons.flatMap(({ unused, grants }) =>
        grants.length === 0 ? [`a reason for nothing: ${unused.actions.join(', ')} (${unused.reason})`] : [],
      ),
      ...refused.map((call) => `refused: ${call.function} asks for ${call.action} on ${call.name}`),
    ],
  };
}

/** Whether the reason is about the grant. */
export const isOf = ({ actions, on = '' }: UnusedGrant, { action, name }: Grant): boolean =>
  actions.includes(action) && name.startsWith(on);

/** A line of the table for each role. */
function rolesOf(grants: readonly Grant[], named: (role: string) => string): readonly string[] {
  return [...Map.groupBy(grants, ({ role }) => named(role))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([who, some]) => {
      const resources = Map.groupBy(some, ({ name }) => plainName(name));
      const may = [...resources]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(
          ([resource, its]) =>
            `${resource}: ${its
              .map(({ action }) => action.replace(/^.*:/, ''))
              .toSorted()
              .join(', ')}`,
        );
      return `| ${who} | ${may.join('; ')} |`;
    });
}

const rolesIn = (grants: readonly Grant[], named: (role: string) => string): string => {
  const roles = new Set(grants.map(({ role }) => named(role)));
  return [...roles].toSorted().join(', ');
};

const codes = (actions: readonly string[]): string => actions.map((action) => `\`${action}\``).join(' ');

/** Roles by the function that has them, or that they call. */
function namesIn(blueprint: Blueprint): (role: string) => string {
  const functions = blueprint.ofType('AWS::Lambda::Function');
  const names = new Map<string, string>();
  for (const role of blueprint.ofType('AWS::IAM::Role')) {
    const own = functions.find(({ properties }) => properties.text('Role') === role.arn);
    const schedule = blueprint
      .ofType('AWS::Scheduler::Schedule')
      .find(({ properties }) => properties.object('Target').text('RoleArn') === role.arn);
    const called = functions.find(({ arn }) => arn === schedule?.properties.object('Target').text('Arn'));
    const name = own?.properties.text('Description') ?? `the schedule of ${called?.properties.text('Description')}`;
    names.set(role.logicalId, name);
  }
  return (role) => names.get(role) ?? role;
}

/** A resource's logical id without what the CDK and its construct append. */
const plainName = (name: string): string =>
  name
    .replace(/^Storage/, '')
    .replace(/(?:Queue|Function)?[0-9A-F]{8}(?=$|\/)/, '')
    .replace('/index/', '/');
