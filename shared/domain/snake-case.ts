/** From the names of the code to the names of tables, messages and answers, and back: `refreshId` is `refresh_id`. */

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((element) => renamed(element, rename));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [rename(name), renamed(inner, rename)]));
}

/** `value` with every key of every plain object in it in snake_case. Only for our own shapes, never for MX's bodies. */
export const snakeCased = (value: unknown): unknown => renamed(value, snake);

/** The way back from `snakeCased`. */
export const camelCased = (value: unknown): unknown => renamed(value, camel);
