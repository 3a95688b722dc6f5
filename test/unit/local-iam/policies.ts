/** Policies and requests for the tests of the evaluation. */
import type { RequestContext } from '../../../infra/local/iam/conditions.ts';
import { decide } from '../../../infra/local/iam/evaluate-policy.ts';
import { type AttachedTo, readPolicy, type Statement } from '../../../infra/local/iam/policy.ts';

/** A role that calls over TLS. */
export const context: RequestContext = {
  secureTransport: true,
  principalArn: 'arn:aws:iam::111122223333:role/Reader',
  principalAccount: '111122223333',
  requestedRegion: 'eu-west-1',
};

export const tableArn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/members';

/** Allows everything, unless `over` says otherwise. */
export const statement = (over: object = {}): object => ({ Effect: 'Allow', Action: '*', Resource: '*', ...over });

/** Reads statements as one policy `P`. */
export const read = (statements: readonly object[], attachedTo: AttachedTo = 'role'): readonly Statement[] =>
  readPolicy({ Version: '2012-10-17', Statement: statements }, attachedTo, 'P');

/** The decision about dynamodb:GetItem on the table, unless `asked` says otherwise. */
export function outcome(
  { role = [], resource = [] }: { readonly role?: readonly object[]; readonly resource?: readonly object[] },
  asked: { readonly action?: string; readonly resource?: string; readonly context?: Partial<RequestContext> } = {},
): string {
  const { action = 'dynamodb:GetItem', resource: of = tableArn } = asked;
  const request = { action, resource: of, context: { ...context, ...asked.context } };
  return decide(request, { role: read(role), resource: read(resource, 'resource') }).outcome;
}
