/** Whether AWS would let a function make a call, by the policies of the template. */
import { accessDenied } from '../iam/access-denied.ts';
import { asksForKeys, decide } from '../iam/evaluate-policy.ts';
import { leadingKeysOf } from '../iam/leading-keys.ts';
import { type Authorization, authorizationsOf, tableArn } from '../iam/request-resources.ts';
import type { AwsCall } from './aws-call.ts';
import type { Blueprint } from './blueprint.ts';
import { type FunctionIdentity, type RolePolicies, readPolicies, type TemplatePolicies } from './role-policies.ts';

/** What a call has to be allowed. */
export interface Asked extends Authorization {
  /** The resource by its logical id, an index behind it (`Members/index/open`); its ARN if it is not of this template. */
  readonly name: string;
}

/** What a call has to be allowed, and the sentence in which AWS refuses it; none when it is allowed. */
export interface Verdict {
  readonly asked: readonly Asked[];
  readonly refusal: string | undefined;
}

/** The part of a call that is checked. */
export type CheckedCall = Pick<AwsCall, 'caller' | 'service' | 'action' | 'body'>;

/**
 * Checks calls of functions, and of the event sources that work with a function's role. Tools are an administrator's:
 * they are asked for nothing.
 *
 * @throws Error of the constructor with a sentence for a policy that is not understood
 */
export class Permissions {
  readonly #blueprint: Blueprint;
  readonly #policies: TemplatePolicies;
  /** By role, action and resource: nothing else of a call decides, unless a policy asks for the keys of its items. */
  readonly #refusals = new Map<string, string | null>();
  readonly #names = new Map<string, string>();

  constructor(blueprint: Blueprint) {
    this.#blueprint = blueprint;
    this.#policies = readPolicies(blueprint);
  }

  /**
   * Checks a call of AWS.
   *
   * @throws SyntaxError for a body that is no JSON, Error with a sentence for a call whose resources, or whose items where
   * a policy asks for them, are not known
   */
  check({ caller, service, action, body }: CheckedCall): Verdict {
    if (caller.via === 'tools') return { asked: [], refusal: undefined };
    const identity = this.#policies.functions.get(caller.function);
    if (identity === undefined) throw new Error(`${caller.function} is no function of this template`);
    const input: unknown = JSON.parse(body.toString());
    const named = `${service}:${action}`;
    const asked = authorizationsOf(named, input, this.#blueprint.place).map((authorization) => ({
      ...authorization,
      name: this.#nameOf(authorization.resource),
    }));
    const refusals = asked.map((authorization) =>
      this.#refusalOf(identity, authorization, () => this.#leadingKeys(named, input, authorization.resource)),
    );
    return { asked, refusal: refusals.find((refusal) => refusal !== null) };
  }

  /**
   * The sentence that refuses an invocation of a function by AWS's own scheduler, which works with a role of the
   * template; undefined when it is allowed.
   */
  refusedInvocation(roleArn: string, functionArn: string): string | undefined {
    const role = this.#policies.roles.get(roleArn);
    if (role === undefined) throw new Error(`${roleArn} is no role of this template`);
    const session = `arn:aws:sts::${this.#blueprint.place.account}:assumed-role/${role.name}/scheduler`;
    const authorization = { action: 'lambda:InvokeFunction', resource: functionArn };
    return this.#refusalOf({ role, session }, authorization, () => []) ?? undefined;
  }

  #refusalOf(
    { role, session }: FunctionIdentity,
    { action, resource }: Authorization,
    leadingKeys: () => readonly string[],
  ): string | null {
    const key = `${session} ${action} ${resource}`;
    const known = this.#refusals.get(key);
    if (known !== undefined) return known;
    const policies = { role: role.statements, resource: this.#policies.resources.get(resource) ?? [] };
    const byKeys = asksForKeys(policies, { action, resource });
    const context = { ...this.#contextOf(role), ...(byKeys ? { leadingKeys: leadingKeys() } : {}) };
    const request = { action, resource, context };
    const refusal = accessDenied(decide(request, policies), session, request) ?? null;
    if (!byKeys) this.#refusals.set(key, refusal);
    return refusal;
  }

  #leadingKeys(call: string, input: unknown, resource: string): readonly string[] {
    const keys = this.#blueprint.named(resource)?.properties.objects('KeySchema') ?? [];
    const partition = keys.find((part) => part.text('KeyType') === 'HASH');
    if (partition === undefined) throw new Error(`${resource} is no table of this template: its keys are not known`);
    const { place } = this.#blueprint;
    const isTable = (name: string): boolean => tableArn(name, place) === resource;
    return leadingKeysOf({ call, input, isTable, partitionKey: partition.text('AttributeName') });
  }

  #nameOf(arn: string): string {
    const known = this.#names.get(arn);
    if (known !== undefined) return known;
    const name = logicalName(this.#blueprint, arn);
    this.#names.set(arn, name);
    return name;
  }

  #contextOf({ arn }: RolePolicies) {
    const { account, region } = this.#blueprint.place;
    // The SDK calls AWS over TLS. Here it does not, because only this machine can reach the gateway.
    return { secureTransport: true, principalArn: arn, principalAccount: account, requestedRegion: region };
  }
}

/** The logical id of the resource with this ARN, an index behind it; the ARN itself when it is none's. */
export function logicalName(blueprint: Blueprint, arn: string): string {
  const [, whole = arn, index = ''] = /^(.*?)(\/index\/.*)?$/.exec(arn) ?? [];
  const found = blueprint.named(whole);
  return found === undefined ? arn : `${found.logicalId}${index}`;
}
