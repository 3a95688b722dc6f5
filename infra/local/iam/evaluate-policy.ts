/**
 * AWS's decision about one request of a role, within one account.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { holds, type RequestContext } from './conditions.ts';
import { fitsAction, fitsResource } from './patterns.ts';
import type { Patterns, Statement } from './policy.ts';

/** What a role asks for: one action on one resource. A call may be several. */
export interface IamRequest {
  /** `service:Action` */
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** The statements that can decide. */
export interface Policies {
  /** Of all policies of the role. */
  readonly role: readonly Statement[];
  /** Of the policies of the resource that is asked for. */
  readonly resource: readonly Statement[];
}

/** What comes out, and the statement that decided; nothing decides an implicit deny. */
export type Decision =
  | { readonly outcome: 'allow' | 'explicit deny'; readonly by: Statement }
  | { readonly outcome: 'implicit deny' };

/**
 * Decides: a Deny that applies wins over everything; else an Allow that applies, of the role's policies or of the
 * resource's; else the request is denied.
 *
 * @throws Error as {@link holds}
 */
export function decide(request: IamRequest, { role, resource }: Policies): Decision {
  // All are asked before one decides, so that the order of statements does not matter, not even for what throws.
  const applying = [...role, ...resource].filter((statement) => applies(statement, request));
  const denied = applying.find(({ effect }) => effect === 'Deny');
  if (denied !== undefined) return { outcome: 'explicit deny', by: denied };
  const [allowed] = applying;
  return allowed === undefined ? { outcome: 'implicit deny' } : { outcome: 'allow', by: allowed };
}

/** Whether a statement is about the request. */
export function applies(statement: Statement, request: IamRequest): boolean {
  const tests = statement.conditions.map((test) => holds(test, request.context));
  return isAbout(statement, request) && tests.every(Boolean);
}

/** Whether a statement that can decide has a condition on the partition keys of the request's items. */
export const asksForKeys = ({ role, resource }: Policies, request: Omit<IamRequest, 'context'>): boolean =>
  [...role, ...resource].some(
    (statement) => isAbout(statement, request) && statement.conditions.some(({ key }) => key === 'leadingKeys'),
  );

const isAbout = (
  { about, actions, resources }: Statement,
  { action, resource }: Omit<IamRequest, 'context'>,
): boolean => about !== 'services' && covers(actions, action, fitsAction) && covers(resources, resource, fitsResource);

const covers = (
  { not, patterns }: Patterns,
  asked: string,
  fitsPattern: (pattern: string, text: string) => boolean,
): boolean => patterns.some((pattern) => fitsPattern(pattern, asked)) !== not;
