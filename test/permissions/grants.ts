/** What the template grants, and which of it a set of calls needs. */
import { decide } from '../../infra/local/iam/evaluate-policy.ts';
import type { Statement } from '../../infra/local/iam/policy.ts';
import type { Blueprint } from '../../infra/local/stack/blueprint.ts';
import { logicalName } from '../../infra/local/stack/permissions.ts';
import { type RolePolicies, readPolicies } from '../../infra/local/stack/role-policies.ts';
import type { RecordedCall } from './record.ts';

/** One action on one resource that a role is allowed. */
export interface Grant {
  /** The role's logical id. */
  readonly role: string;
  /** As the policy writes it. */
  readonly action: string;
  /** As the policy writes it, with local names. */
  readonly resource: string;
  /** The resource by its logical id, an index behind it. */
  readonly name: string;
}

/**
 * Every grant of every role in the template, each once.
 *
 * @throws Error as `readPolicies`, and for an Allow by exception, which is no list
 */
export function grantsIn(blueprint: Blueprint): readonly Grant[] {
  const all = [...readPolicies(blueprint).roles.values()].flatMap(({ logicalId: role, statements }) =>
    statements
      .filter(({ effect }) => effect === 'Allow')
      .flatMap(({ actions, resources, place }) => {
        if (actions.not || resources.not)
          throw new Error(`${place}: allows by exception, so that no list has its grants`);
        return actions.patterns.flatMap((action) =>
          resources.patterns.map((resource) => ({ role, action, resource, name: logicalName(blueprint, resource) })),
        );
      }),
  );
  return [...new Map(all.map((grant) => [`${grant.role} ${grant.action} ${grant.resource}`, grant])).values()];
}

/** The statements without one grant: what else they allow stays. */
export function without(statements: readonly Statement[], { action, resource }: Grant): readonly Statement[] {
  return statements.flatMap((statement) => {
    const { actions, resources, effect } = statement;
    const has = actions.patterns.includes(action) && resources.patterns.includes(resource);
    if (effect !== 'Allow' || !has) return [statement];
    const otherActions = actions.patterns.filter((pattern) => pattern !== action);
    const otherResources = resources.patterns.filter((pattern) => pattern !== resource);
    const rest = [
      { ...statement, actions: { ...actions, patterns: otherActions } },
      {
        ...statement,
        actions: { ...actions, patterns: [action] },
        resources: { ...resources, patterns: otherResources },
      },
    ];
    return rest.filter((part) => part.actions.patterns.length > 0 && part.resources.patterns.length > 0);
  });
}

/** What a set of calls says about the grants of a template. */
export interface Replay {
  /** Without the grant at least one of the calls would be refused. */
  readonly used: readonly Grant[];
  /** Without the grant none of the calls would be refused: no call uses it, or another grant allows the same. */
  readonly needless: readonly Grant[];
  /** Calls that the template does not allow, or whose function or resource it does not have. */
  readonly refused: readonly RecordedCall[];
}

/** Replays the calls against the template: with all grants, and for each grant without it. */
export function replay(blueprint: Blueprint, calls: readonly RecordedCall[]): Replay {
  const { functions, resources } = readPolicies(blueprint);
  const { account, region } = blueprint.place;
  const asked = calls.map((call) => ({
    call,
    role: functions.get(call.function)?.role,
    resource: arnOf(blueprint, call.name),
  }));
  const allowed = (role: RolePolicies, statements: readonly Statement[], action: string, resource: string): boolean => {
    const context = {
      secureTransport: true,
      principalArn: role.arn,
      principalAccount: account,
      requestedRegion: region,
    };
    const policies = { role: statements, resource: resources.get(resource) ?? [] };
    return decide({ action, resource, context }, policies).outcome === 'allow';
  };
  const grants = grantsIn(blueprint);
  const isUsed = (grant: Grant): boolean => {
    const mine = asked.filter(({ role }) => role?.logicalId === grant.role);
    return mine.some(
      ({ call, role, resource }) =>
        role !== undefined &&
        resource !== undefined &&
        allowed(role, role.statements, call.action, resource) &&
        !allowed(role, without(role.statements, grant), call.action, resource),
    );
  };
  const { used = [], needless = [] } = Object.groupBy(grants, (grant) => (isUsed(grant) ? 'used' : 'needless'));
  const refused = asked.filter(
    ({ call, role, resource }) =>
      role === undefined || resource === undefined || !allowed(role, role.statements, call.action, resource),
  );
  return { used, needless, refused: refused.map(({ call }) => call) };
}

function arnOf(blueprint: Blueprint, name: string): string | undefined {
  const [, logicalId = name, index = ''] = /^(.*?)(\/index\/.*)?$/.exec(name) ?? [];
  return blueprint.has(logicalId) ? `${blueprint.find(logicalId).arn}${index}` : undefined;
}
