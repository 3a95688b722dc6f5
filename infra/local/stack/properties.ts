import { isRecord } from './template.ts';

/**
 * Reads resolved properties of one resource, with a sentence for each fault. CloudFormation takes numbers and flags
 * as text as well; so does this.
 */
export class Properties {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #where: string;

  /** @param where names the resource in errors, such as `AWS::SQS::Queue Q63C6E3AB` */
  constructor(values: Readonly<Record<string, unknown>>, where: string) {
    this.#values = values;
    this.#where = where;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  raw(name: string): unknown {
    return this.#values[name];
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw this.fault(name, 'is missing');
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw this.fault(name, 'must be text');
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#values[name];
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) throw this.fault(name, 'must be a number');
    return number;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#values[name];
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw this.fault(name, 'must be true or false');
  }

  /** The nested object as properties of its own; empty when it is not there. */
  object(name: string): Properties {
    return new Properties(this.record(name), `${this.#where}.${name}`);
  }

  record(name: string): Readonly<Record<string, unknown>> {
    const value = this.#values[name] ?? {};
    if (!isRecord(value)) throw this.fault(name, 'must be an object');
    return value;
  }

  list(name: string): readonly unknown[] {
    const value = this.#values[name] ?? [];
    if (!Array.isArray(value)) throw this.fault(name, 'must be a list');
    return value;
  }

  /** The objects of a list, each as properties of its own. */
  objects(name: string): readonly Properties[] {
    return this.list(name).map((entry, index) => {
      if (!isRecord(entry)) throw this.fault(`${name}[${index}]`, 'must be an object');
      return new Properties(entry, `${this.#where}.${name}[${index}]`);
    });
  }

  /** An error that names the resource and the property. */
  fault(name: string, what: string): Error {
    return new Error(`${this.#where}: ${name} ${what}`);
  }
}
