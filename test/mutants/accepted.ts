/** Survivors that no test can or needs to notice, each with its reason: `accepted.json`. */
import { readFileSync } from 'node:fs';
import { type Kind, kinds, type Mutant } from './mutant.ts';

/** One of them. It is known by its code, so that it stays accepted when lines move and no longer when the code changes. */
export interface Accepted {
  readonly file: string;
  readonly within: string;
  readonly kind: Kind;
  readonly before: string;
  readonly after: string;
  /** Why no test could notice it. */
  readonly reason: string;
}

const names = ['file', 'within', 'kind', 'before', 'after', 'reason'] as const;

/** Reads the list. @throws Error that names the entry which lacks something. */
export function readAccepted(path: string): readonly Accepted[] {
  const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${path} has to hold a list`);
  return list.map((entry: unknown, index) => {
    const text = (name: (typeof names)[number]): string => {
      const value: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, name) : undefined;
      if (typeof value !== 'string') throw new Error(`${path}: entry ${index + 1} has no ${name}`);
      return value;
    };
    const kind = kinds.find((known) => known === text('kind'));
    if (kind === undefined)
      throw new Error(`${path}: entry ${index + 1} has the kind ${text('kind')}, which there is not`);
    if (text('reason').trim() === '') throw new Error(`${path}: entry ${index + 1} has no reason`);
    return {
      file: text('file'),
      within: text('within'),
      kind,
      before: text('before'),
      after: text('after'),
      reason: text('reason'),
    };
  });
}

/** Whether `accepted` is about `mutant`. */
export const speaksOf = (accepted: Accepted, mutant: Mutant): boolean =>
  names.every((name) => name === 'reason' || accepted[name] === mutant[name]);
