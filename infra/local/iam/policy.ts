/**
 * IAM policy documents, read strictly: what `evaluate-policy.ts` cannot decide by is an error here, never skipped. A Deny
 * with a condition that is not understood would otherwise deny nothing.
 *
 * Elements and grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
import { arnParts } from './arn.ts';
import { type ConditionTest, readConditions } from './conditions.ts';
import { fault, listOf, objectOf, textOf } from './policy-json.ts';

/** Patterns of `Action` or `Resource`; of `NotAction` or `NotResource` with `not`: everything that none of them fits. */
export interface Patterns {
  readonly not: boolean;
  readonly patterns: readonly string[];
}

/** One statement of a policy. */
export interface Statement {
  /** Where it is, for errors: the policy, the statement's number, counted from 1, and its `Sid`. */
  readonly place: string;
  readonly effect: 'Allow' | 'Deny';
  /** Whom a resource's policy is about: everyone, or only AWS's services. A role's policy is about the role. */
  readonly about: 'role' | 'everyone' | 'services';
  readonly actions: Patterns;
  readonly resources: Patterns;
  readonly conditions: readonly ConditionTest[];
}

/** What a policy is attached to. */
export type AttachedTo = 'role' | 'resource';

const VERSION = '2012-10-17';
const elements = ['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'] as const;

/**
 * Reads a policy document whose intrinsic functions are resolved.
 *
 * @param place names the policy in errors
 * @throws Error that names the statement's place, for every element, principal, operator, key, variable and ARN that
 * the evaluation does not know
 */
export function readPolicy(document: unknown, attachedTo: AttachedTo, place: string): readonly Statement[] {
  const policy = objectOf(document, place);
  for (const name of Object.keys(policy)) {
    if (!['Version', 'Id', 'Statement'].includes(name)) throw fault(place, `has the element ${name}, which is unknown`);
  }
  // Without it AWS takes 2008-10-17, which reads ${…} as plain text.
  if (policy['Version'] !== VERSION) throw fault(place, `must have the Version ${VERSION}`);
  return listOf(policy['Statement']).map((statement, index) => {
    const sid = objectOf(statement, place)['Sid'];
    const named = typeof sid === 'string' ? ` (${sid})` : '';
    return readStatement(statement, attachedTo, `${place}, statement ${index + 1}${named}`);
  });
}

function readStatement(document: unknown, attachedTo: AttachedTo, place: string): Statement {
  const statement = objectOf(document, place);
  for (const name of Object.keys(statement)) {
    if (!elements.some((element) => element === name)) throw fault(place, `has the element ${name}, which is unknown`);
  }
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') throw fault(place, 'must have the Effect Allow or Deny');
  const actions = patternsOf(statement, 'Action', place);
  const resources = patternsOf(statement, 'Resource', place);
  for (const pattern of actions.patterns) {
    if (!/^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/.test(pattern))
      throw fault(place, `has the action ${pattern}, which is none`);
  }
  for (const pattern of resources.patterns) checkResource(pattern, place);
  return {
    place,
    effect,
    about: aboutOf(statement['Principal'], attachedTo, place),
    actions,
    resources,
    conditions: readConditions(statement['Condition'], place),
  };
}

function patternsOf(
  statement: Readonly<Record<string, unknown>>,
  name: 'Action' | 'Resource',
  place: string,
): Patterns {
  const plain = statement[name];
  const negated = statement[`Not${name}`];
  if ((plain === undefined) === (negated === undefined)) throw fault(place, `must have either ${name} or Not${name}`);
  const patterns = listOf(plain ?? negated).map((pattern) => textOf(pattern, place));
  if (patterns.length === 0) throw fault(place, `has an empty ${plain === undefined ? `Not${name}` : name}`);
  return { not: plain === undefined, patterns };
}

function aboutOf(principal: unknown, attachedTo: AttachedTo, place: string): Statement['about'] {
  if (attachedTo === 'role') {
    if (principal !== undefined) throw fault(place, 'has a Principal, which a role’s policy cannot have');
    return 'role';
  }
  if (principal === '*') return 'everyone';
  const [[kind, value] = [], ...others] = Object.entries(objectOf(principal, `${place}, Principal`));
  const values = listOf(value);
  if (others.length === 0 && kind === 'Service') return 'services';
  if (others.length === 0 && kind === 'AWS' && values.length === 1 && values[0] === '*') return 'everyone';
  throw fault(place, `has the Principal ${JSON.stringify(principal)}; only "*" and services are known`);
}

/** A resource is `*` or an ARN of six parts. AWS allows no wildcard for the service. */
function checkResource(pattern: string, place: string): void {
  if (pattern === '*') return;
  const [, partition, service] = arnParts(pattern) ?? [];
  if (!partition || !service || /[*?]/.test(service)) {
    throw fault(place, `has the resource ${pattern}, which is no ARN: arn:partition:service:region:account:resource`);
  }
}
