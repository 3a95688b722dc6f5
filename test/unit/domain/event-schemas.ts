/** The published schemas of events, made strict: an event of ours has every field that they name and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const folder = resolve(import.meta.dirname, '../../../docs/events');

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
addFormats.default(ajv);

/** Readers have to put up with new fields; the schemas must not lack one that is sent today. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return 'properties' in inner ? { ...inner, additionalProperties: false } : inner;
}

const schemas = new Map(
  readdirSync(folder).map((file) => {
    const schema: { title: string } = JSON.parse(readFileSync(resolve(folder, file), 'utf8'));
    return [schema.title, ajv.compile(closed(schema) as object)];
  }),
);

/** Types that have a schema. */
export const typesWithSchema: readonly string[] = [...schemas.keys()];

/** What is wrong with an event as a reader gets it; empty when nothing is. */
export function faultsOf(event: object): readonly string[] {
  const type = 'type' in event ? String(event.type) : 'no type';
  const validate = schemas.get(type);
  if (validate === undefined) return [`there is no schema for ${type}`];
  validate(JSON.parse(JSON.stringify(event)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
