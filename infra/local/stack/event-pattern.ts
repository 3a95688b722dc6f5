import { isRecord } from './template.ts';

const knownOperators = ['prefix', 'suffix', 'exists', 'anything-but', 'equals-ignore-case'];

/**
 * Checks an event pattern.
 *
 * @throws Error for operators that are not implemented: to ignore one would deliver events that AWS would not.
 */
export function checkPattern(pattern: unknown, where: string): void {
  if (!isRecord(pattern)) throw new Error(`${where}: EventPattern must be an object`);
  for (const [field, expected] of Object.entries(pattern)) {
    if (isRecord(expected)) checkPattern(expected, `${where}.${field}`);
    else if (!Array.isArray(expected))
      throw new Error(`${where}: ${field} of EventPattern must be a list or an object`);
    else {
      for (const entry of expected) {
        const operator = isRecord(entry) ? Object.keys(entry)[0] : undefined;
        if (isRecord(entry) && !knownOperators.includes(operator ?? '')) {
          throw new Error(
            `${where}: the local stack does not know ${operator} in an EventPattern; it knows values and ${knownOperators.join(', ')}`,
          );
        }
      }
    }
  }
}

/** Whether an event matches a pattern that {@link checkPattern} has accepted. */
export function matches(pattern: unknown, event: unknown): boolean {
  if (!isRecord(pattern)) return false;
  return Object.entries(pattern).every(([field, expected]) => {
    const value = isRecord(event) ? event[field] : undefined;
    if (!Array.isArray(expected)) return matches(expected, value ?? {});
    const values = Array.isArray(value) ? value : [value];
    return expected.some((entry: unknown) => values.some((candidate) => matchesEntry(entry, candidate)));
  });
}

function matchesEntry(entry: unknown, value: unknown): boolean {
  if (!isRecord(entry)) return entry === value;
  const [operator, operand] = Object.entries(entry)[0] ?? [];
  switch (operator) {
    case 'exists':
      return (value !== undefined) === operand;
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(operand));
    case 'suffix':
      return typeof value === 'string' && value.endsWith(String(operand));
    case 'equals-ignore-case':
      return typeof value === 'string' && value.toLowerCase() === String(operand).toLowerCase();
    case 'anything-but':
      return value !== undefined && !(Array.isArray(operand) ? operand : [operand]).includes(value);
    default:
      return false;
  }
}
