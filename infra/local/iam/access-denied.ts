/** The sentence in which AWS refuses a request of a role. */
import type { Decision, IamRequest } from './evaluate-policy.ts';

/**
 * The sentence, undefined when the request is allowed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 *
 * @param session the ARN of the role's session, which is named after the function
 */
export function accessDenied(decision: Decision, session: string, request: IamRequest): string | undefined {
  if (decision.outcome === 'allow') return undefined;
  // SQS alone writes actions in small letters.
  const action = request.action.startsWith('sqs:') ? request.action.toLowerCase() : request.action;
  const refused = `User: ${session} is not authorized to perform: ${action} on resource: ${request.resource}`;
  if (decision.outcome === 'implicit deny')
    return `${refused} because no identity-based policy allows the ${action} action`;
  const kind = decision.by.about === 'role' ? 'an identity-based' : 'a resource-based';
  return `${refused} with an explicit deny in ${kind} policy`;
}
