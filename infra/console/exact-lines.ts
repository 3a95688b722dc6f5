/** JSON in lines for people, with numbers digit for digit. */
import { Decimal, type ExactJson, isExactObject } from '../../shared/domain/decimal.ts';

/** `value` as JSON with two spaces for each level. */
export function exactLines(value: ExactJson, indent = ''): string {
  if (value instanceof Decimal) return value.text;
  const inner = `${indent}  `;
  if (isExactObject(value)) {
    const fields = Object.entries(value).map(
      ([name, field]) => `${inner}${JSON.stringify(name)}: ${exactLines(field, inner)}`,
    );
    return fields.length === 0 ? '{}' : `{\n${fields.join(',\n')}\n${indent}}`;
  }
  if (Array.isArray(value)) {
    const elements = (value as readonly ExactJson[]).map((element) => `${inner}${exactLines(element, inner)}`);
    return elements.length === 0 ? '[]' : `[\n${elements.join(',\n')}\n${indent}]`;
  }
  return JSON.stringify(value);
}
