/** Which files a file reaches by its imports, and how far away they are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSource } from '../unit/source-files.ts';

/** Reads imports once. */
export function reachIn(root: string): (path: string) => ReadonlyMap<string, number> {
  const direct = new Map<string, readonly string[]>();
  const importsOf = (path: string): readonly string[] => {
    const known = direct.get(path);
    if (known) return known;
    const full = join(root, path);
    const found =
      path.endsWith('.ts') && existsSync(full)
        ? readSource(path, readFileSync(full, 'utf8'))
            .imports.filter(({ own, typeOnly }) => own && !typeOnly)
            .map(({ of }) => of)
        : [];
    direct.set(path, found);
    return found;
  };
  return (path) => {
    const distances = new Map([[path, 0]]);
    for (const [from, distance] of distances)
      for (const to of importsOf(from)) if (!distances.has(to)) distances.set(to, distance + 1);
    return distances;
  };
}
