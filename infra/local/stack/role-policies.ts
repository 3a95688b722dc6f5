/** The policies of the template that decide about calls: those of roles and those of queues, with the names here. */
import { readPolicy, type Statement } from '../iam/policy.ts';
import type { Blueprint, RunningResource } from './blueprint.ts';
import type { Properties } from './properties.ts';

/** A role, and everything that its policies say. */
export interface RolePolicies {
  readonly logicalId: string;
  readonly arn: string;
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** Who a function is when it calls AWS. */
export interface FunctionIdentity {
  readonly role: RolePolicies;
  /** The ARN of the role's session, which Lambda names after the function. */
  readonly session: string;
}

/** The policies of a template. */
export interface TemplatePolicies {
  /** By ARN. */
  readonly roles: ReadonlyMap<string, RolePolicies>;
  /** By a function's logical id. */
  readonly functions: ReadonlyMap<string, FunctionIdentity>;
  /** What a resource's own policies say, by the resource's ARN. */
  readonly resources: ReadonlyMap<string, readonly Statement[]>;
}

/** What AWS's own policies allow that are known here: the CDK gives this one to functions without a role. */
const policiesOfAws: ReadonlyMap<string, unknown> = new Map([
  [
    'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: '*',
        },
      ],
    },
  ],
]);

/**
 * Reads every policy of the template.
 *
 * @throws Error with a sentence for a policy that the evaluation does not understand, for one that is not in the
 * template, and for a function whose role is not
 */
export function readPolicies(blueprint: Blueprint): TemplatePolicies {
  const attached = new Map<string, Statement[]>();
  const attach = (key: string, statements: readonly Statement[]): void => {
    attached.set(key, [...(attached.get(key) ?? []), ...statements]);
  };
  for (const policy of blueprint.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')) {
    const statements = readPolicy(policy.properties.raw('PolicyDocument'), 'role', policy.logicalId);
    for (const role of policy.properties.list('Roles')) attach(String(role), statements);
    attach(policy.ref, statements);
  }

  const roles = new Map(
    blueprint.ofType('AWS::IAM::Role').map((role): [string, RolePolicies] => {
      const { logicalId, arn, ref: name } = role;
      const statements = [...(attached.get(name) ?? []), ...ownStatements(role, attached)];
      return [arn, { logicalId, arn, name, statements }];
    }),
  );

  const { account } = blueprint.place;
  const functions = new Map(
    blueprint.ofType('AWS::Lambda::Function').map(({ logicalId, ref, properties }): [string, FunctionIdentity] => {
      const role = roles.get(properties.text('Role'));
      if (role === undefined)
        throw properties.fault('Role', 'must be a role of this template: of another one no policy is known');
      return [logicalId, { role, session: `arn:aws:sts::${account}:assumed-role/${role.name}/${ref}` }];
    }),
  );
  return { roles, functions, resources: resourcePolicies(blueprint) };
}

/** The policies that the role itself has or names. */
function ownStatements(
  { logicalId, properties }: RunningResource,
  managed: ReadonlyMap<string, readonly Statement[]>,
): readonly Statement[] {
  if (properties.has('PermissionsBoundary')) {
    throw properties.fault('PermissionsBoundary', 'is not run locally: what it allows is not in the template');
  }
  const named = properties.list('ManagedPolicyArns').flatMap((arn) => {
    const statements = managed.get(String(arn));
    if (statements !== undefined) return statements;
    const ofAws = policiesOfAws.get(String(arn));
    if (ofAws !== undefined) return readPolicy(ofAws, 'role', String(arn));
    throw properties.fault('ManagedPolicyArns', `name ${String(arn)}, and what that allows is not known here`);
  });
  const inline = properties.objects('Policies').flatMap((policy) => {
    const place = `${logicalId}, ${policy.text('PolicyName')}`;
    return readPolicy(policy.raw('PolicyDocument'), 'role', place);
  });
  return [...named, ...inline];
}

function resourcePolicies(blueprint: Blueprint): ReadonlyMap<string, readonly Statement[]> {
  const found = new Map<string, readonly Statement[]>();
  for (const { logicalId, properties } of blueprint.ofType('AWS::SQS::QueuePolicy')) {
    const statements = readPolicy(properties.raw('PolicyDocument'), 'resource', logicalId);
    for (const url of properties.list('Queues')) {
      const queue = blueprint.named(String(url));
      if (queue === undefined) throw properties.fault('Queues', 'must be queues of this template');
      found.set(queue.arn, [...(found.get(queue.arn) ?? []), ...statements]);
    }
  }
  for (const { properties } of blueprint.ofType('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table')) {
    for (const one of [properties, ...properties.objects('Replicas')]) requireNoPolicy(one);
  }
  return found;
}

function requireNoPolicy(properties: Properties): void {
  if (properties.has('ResourcePolicy')) throw properties.fault('ResourcePolicy', 'is not run locally');
}
