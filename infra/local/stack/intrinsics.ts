import { isRecord, type Template } from './template.ts';

/** What intrinsic functions need to know about the resources and the place where the template runs. */
export interface Surroundings {
  /** Values of `AWS::Region` and the other pseudo parameters. */
  readonly pseudo: Readonly<Record<string, string>>;
  /** What `Ref` gives for a resource. */
  ref(logicalId: string): string;
  /** What `Fn::GetAtt` gives for a resource. */
  attribute(logicalId: string, name: string): string;
}

/** Turns the values of a template into plain values. */
export class Intrinsics {
  readonly #template: Template;
  readonly #surroundings: Surroundings;

  constructor(template: Template, surroundings: Surroundings) {
    this.#template = template;
    this.#surroundings = surroundings;
  }

  /**
   * Resolves every intrinsic function inside `value`. Keys whose value is `AWS::NoValue` disappear.
   *
   * @param where names the place in errors
   * @throws Error for an intrinsic function that is not implemented: a wrong value would show up far from its cause.
   */
  resolve(value: unknown, where: string): unknown {
    if (typeof value === 'string' && value.includes('{{resolve:')) {
      throw new Error(`${where}: dynamic references ({{resolve:…}}) do not work locally; read the secret in the code`);
    }
    if (Array.isArray(value)) {
      return value.map((entry) => this.resolve(entry, where)).filter((entry) => entry !== undefined);
    }
    if (!isRecord(value)) return value;
    const [key, ...others] = Object.keys(value);
    if (key !== undefined && others.length === 0 && (key === 'Ref' || key === 'Condition' || key.startsWith('Fn::'))) {
      if (key !== 'Condition' || typeof value[key] === 'string') return this.#call(key, value[key], where);
    }
    const resolved: Record<string, unknown> = {};
    for (const [name, entry] of Object.entries(value)) {
      const plain = this.resolve(entry, where);
      if (plain !== undefined) resolved[name] = plain;
    }
    return resolved;
  }

  /** Whether a named condition holds; no name holds. */
  condition(name: string | undefined): boolean {
    if (name === undefined) return true;
    const definition = this.#template.Conditions?.[name];
    if (definition === undefined) throw new Error(`the template has no condition ${name}`);
    return this.#truth(this.resolve(definition, `condition ${name}`), `condition ${name}`);
  }

  #call(name: string, argument: unknown, where: string): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(this.#text(argument, where), where);
      case 'Condition':
        return this.condition(this.#text(argument, where));
      case 'Fn::GetAtt': {
        const parts: readonly unknown[] = Array.isArray(argument)
          ? argument
          : splitOnce(this.#text(argument, where), '.');
        const attribute = this.#text(this.resolve(parts[1], where), where);
        return this.#surroundings.attribute(this.#text(parts[0], where), attribute);
      }
      case 'Fn::Join': {
        const [separator, list] = this.#list(argument, where);
        return this.#list(this.resolve(list, where), where)
          .map((entry) => this.#text(entry, where))
          .join(this.#text(separator, where));
      }
      case 'Fn::Sub':
        return this.#substitute(argument, where);
      case 'Fn::Select': {
        const [index, list] = this.#list(argument, where);
        const found = this.#list(this.resolve(list, where), where)[Number(this.resolve(index, where))];
        if (found === undefined) throw new Error(`${where}: Fn::Select finds nothing at ${String(index)}`);
        return found;
      }
      case 'Fn::Split': {
        const [separator, text] = this.#list(argument, where);
        return this.#text(this.resolve(text, where), where).split(this.#text(separator, where));
      }
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => `${this.#surroundings.pseudo['AWS::Region'] ?? ''}${zone}`);
      case 'Fn::If': {
        const [condition, yes, no] = this.#list(argument, where);
        return this.resolve(this.condition(this.#text(condition, where)) ? yes : no, where);
      }
      case 'Fn::Equals': {
        const [left, right] = this.#list(argument, where).map((entry) => this.resolve(entry, where));
        return String(left) === String(right);
      }
      case 'Fn::Not':
        return !this.#truths(argument, where)[0];
      case 'Fn::And':
        return this.#truths(argument, where).every(Boolean);
      case 'Fn::Or':
        return this.#truths(argument, where).some(Boolean);
      default:
        throw new Error(`${where}: the local stack does not know ${name}; use Ref, Fn::GetAtt, Fn::Join or Fn::Sub`);
    }
  }

  #ref(name: string, where: string): string | undefined {
    if (name === 'AWS::NoValue') return undefined;
    const pseudo = this.#surroundings.pseudo[name];
    if (pseudo !== undefined) return pseudo;
    const parameter = this.#template.Parameters?.[name];
    if (parameter !== undefined) {
      if (parameter.Default === undefined) {
        throw new Error(`${where}: parameter ${name} has no default; the local stack has no other value for it`);
      }
      return String(parameter.Default);
    }
    return this.#surroundings.ref(name);
  }

  #substitute(argument: unknown, where: string): string {
    const [template, values] = Array.isArray(argument) ? argument : [argument, {}];
    const named = isRecord(values) ? values : {};
    return this.#text(template, where).replace(/\$\{([^}]*)\}/g, (_whole, expression: string) => {
      if (expression.startsWith('!')) return `\${${expression.slice(1)}}`;
      if (Object.hasOwn(named, expression)) return this.#text(this.resolve(named[expression], where), where);
      const [logicalId, attribute] = splitOnce(expression, '.');
      return attribute === undefined
        ? (this.#ref(expression, where) ?? '')
        : this.#surroundings.attribute(logicalId, attribute);
    });
  }

  #text(value: unknown, where: string): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new Error(`${where}: an intrinsic function needs text and got ${JSON.stringify(value)}`);
  }

  #list(value: unknown, where: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw new Error(`${where}: an intrinsic function needs a list and got ${JSON.stringify(value)}`);
  }

  #truths(argument: unknown, where: string): readonly boolean[] {
    return this.#list(argument, where).map((entry) => this.#truth(this.resolve(entry, where), where));
  }

  #truth(value: unknown, where: string): boolean {
    if (typeof value === 'boolean') return value;
    throw new Error(`${where}: a condition must come to true or false and comes to ${JSON.stringify(value)}`);
  }
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
