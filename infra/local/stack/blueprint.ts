import { Intrinsics } from './intrinsics.ts';
import { Properties } from './properties.ts';
import { type Identity, identify, type Place, requireKnownType, runsLocally } from './resource-types.ts';
import { isRecord, type Template, type TemplateResource } from './template.ts';

/** One resource that runs locally, everything resolved. */
export interface RunningResource {
  readonly logicalId: string;
  readonly type: string;
  readonly resource: TemplateResource;
  readonly properties: Properties;
  /** What `Ref` gives: name, URL or ARN, as in CloudFormation. */
  readonly ref: string;
  /** `Fn::GetAtt` `Arn`, or the `Ref` of types that have none. */
  readonly arn: string;
}

/** Any resource of the template by its names, whether it does something locally or not. */
export interface NamedResource {
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` gives: the physical id. */
  readonly ref: string;
}

/**
 * The template with all names known: which resources run, and what is behind a logical id or an ARN.
 *
 * @throws Error with a sentence for an unknown resource type or intrinsic function
 */
export class Blueprint {
  readonly place: Place;
  readonly #template: Template;
  readonly #intrinsics: Intrinsics;
  readonly #identities = new Map<string, Identity>();
  readonly #resolving = new Set<string>();
  readonly #running: readonly RunningResource[];

  constructor(template: Template, place: Place) {
    this.place = place;
    this.#template = template;
    this.#intrinsics = new Intrinsics(template, {
      pseudo: {
        'AWS::Region': place.region,
        'AWS::AccountId': place.account,
        'AWS::Partition': 'aws',
        'AWS::URLSuffix': 'amazonaws.com',
        'AWS::StackName': place.stackName,
        'AWS::StackId': this.stackId,
      },
      ref: (logicalId) => this.#identity(logicalId).ref,
      attribute: (logicalId, name) => {
        const value = this.#identity(logicalId).attributes[name];
        if (value === undefined) throw new Error(`the local stack does not know the attribute ${name} of ${logicalId}`);
        return value;
      },
    });
    const resources = Object.entries(template.Resources);
    for (const [logicalId, { Type }] of resources) requireKnownType(logicalId, Type);
    this.#running = resources
      .filter(([, resource]) => runsLocally(resource.Type) && this.#intrinsics.condition(resource.Condition))
      .map(([logicalId, resource]) => {
        const { ref, attributes } = this.#identity(logicalId);
        const arn = attributes['Arn'] ?? ref;
        return { logicalId, type: resource.Type, resource, properties: this.#properties(logicalId), ref, arn };
      });
  }

  /** The stack's ARN. */
  get stackId(): string {
    const { region, account, stackName } = this.place;
    return `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`;
  }

  /** What the template says about itself. */
  get description(): string | undefined {
    return this.#template.Description;
  }

  /** Every resource whose condition holds, in the order of the template. */
  resources(): readonly NamedResource[] {
    return Object.entries(this.#template.Resources)
      .filter(([, resource]) => this.#intrinsics.condition(resource.Condition))
      .map(([logicalId, { Type }]) => ({ logicalId, type: Type, ref: this.#identity(logicalId).ref }));
  }

  /** The running resources of these types, in the order of the template. */
  ofType(...types: readonly string[]): readonly RunningResource[] {
    return this.#running.filter(({ type }) => types.includes(type));
  }

  /** The running resource with this ARN or `Ref`. */
  named(name: string): RunningResource | undefined {
    return this.#running.find(({ arn, ref }) => arn === name || ref === name);
  }

  /**
   * The one running resource whose logical id is `prefix`, is `prefix` and the CDK's hash, or else starts with it.
   *
   * @param types only these; none means all
   * @throws Error with the candidates when there is none or more than one
   */
  find(prefix: string, ...types: readonly string[]): RunningResource {
    const all = types.length === 0 ? this.#running : this.ofType(...types);
    const tests = [
      (id: string) => id === prefix,
      (id: string) => id.startsWith(prefix) && /^[0-9A-F]{8}$/.test(id.slice(prefix.length)),
      (id: string) => id.startsWith(prefix),
    ];
    for (const test of tests) {
      const [found, ...others] = all.filter(({ logicalId }) => test(logicalId));
      if (found !== undefined && others.length === 0) return found;
      if (found !== undefined) {
        const names = [found, ...others].map(({ logicalId, type }) => `${logicalId} (${type})`).join(', ');
        throw new Error(`'${prefix}' could be ${names}; write more of the logical id`);
      }
    }
    const names = all.map(({ logicalId }) => logicalId).join(', ');
    throw new Error(`the local stack runs nothing whose logical id starts with '${prefix}'; there are: ${names}`);
  }

  /** Whether a running resource's logical id starts with `prefix`. */
  has(prefix: string): boolean {
    return this.#running.some(({ logicalId }) => logicalId.startsWith(prefix));
  }

  /** The stack's outputs, resolved. */
  outputs(): Record<string, string> {
    return Object.fromEntries(this.describedOutputs().map(({ name, value }) => [name, value]));
  }

  /** The stack's outputs, resolved, with what the template says about each. */
  describedOutputs(): readonly { readonly name: string; readonly value: string; readonly description?: string }[] {
    return Object.entries(this.#template.Outputs ?? {})
      .filter(([, { Condition }]) => this.#intrinsics.condition(Condition))
      .map(([name, { Value, Description }]) => {
        const value = this.#intrinsics.resolve(Value, `output ${name}`);
        return {
          name,
          value: typeof value === 'string' ? value : JSON.stringify(value),
          ...(Description === undefined ? {} : { description: Description }),
        };
      });
  }

  #properties(logicalId: string): Properties {
    const resource = this.#resource(logicalId);
    const where = `${resource.Type} ${logicalId}`;
    const values = this.#intrinsics.resolve(resource.Properties ?? {}, where);
    return new Properties(isRecord(values) ? values : {}, where);
  }

  #identity(logicalId: string): Identity {
    const known = this.#identities.get(logicalId);
    if (known !== undefined) return known;
    if (this.#resolving.has(logicalId)) throw new Error(`${logicalId} refers to itself through its own name`);
    this.#resolving.add(logicalId);
    const { Type } = this.#resource(logicalId);
    const identity = identify(logicalId, Type, () => this.#naming(logicalId), this.place);
    this.#resolving.delete(logicalId);
    this.#identities.set(logicalId, identity);
    return identity;
  }

  /** Only the properties that names are made of: others may refer back (an event source and its function do). */
  #naming(logicalId: string): Properties {
    const resource = this.#resource(logicalId);
    const where = `${resource.Type} ${logicalId}`;
    const values: Record<string, unknown> = {};
    const names = [
      ...['Name', 'TableName', 'QueueName', 'FunctionName', 'RoleName', 'ManagedPolicyName', 'Path', 'FifoQueue'],
      ...['StageName', 'Type', 'Value'],
    ];
    for (const name of names) {
      const value = resource.Properties?.[name];
      if (value !== undefined) values[name] = this.#intrinsics.resolve(value, where);
    }
    return new Properties(values, where);
  }

  #resource(logicalId: string): TemplateResource {
    const resource = this.#template.Resources[logicalId];
    if (resource === undefined)
      throw new Error(`the template refers to ${logicalId}, which is neither resource nor parameter`);
    return resource;
  }
}
