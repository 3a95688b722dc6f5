/** What earlier runs found, for as long as nothing that could change it has changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Status } from './mutant.ts';

/** What was found of a mutant, and the state of everything that it depends on. */
interface Found {
  readonly status: Status;
  readonly by: string | null;
  readonly digest: string;
}

/** Findings by the identity of a mutant. */
export interface Cache {
  /** Null when nothing is known that still holds. */
  known(identity: string, digestOf: (found: Found) => string): Found | null;
  keep(identity: string, found: Found): void;
  drop(identity: string): void;
  write(): void;
}

/** The cache in the file `path`. */
export function cacheIn(path: string): Cache {
  const all: Record<string, Found> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  return {
    known(identity, digestOf) {
      const found = all[identity];
      return found !== undefined && found.digest === digestOf(found) ? found : null;
    },
    keep(identity, found) {
      all[identity] = found;
    },
    drop(identity) {
      delete all[identity];
    },
    write() {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, JSON.stringify(all));
    },
  };
}

/** Digests of sets of files, each file read once. */
export function digestsIn(root: string): (paths: Iterable<string>) => string {
  const known = new Map<string, string>();
  const ofFile = (path: string): string => {
    const found = known.get(path) ?? (existsSync(join(root, path)) ? hash(readFileSync(join(root, path))) : 'missing');
    known.set(path, found);
    return found;
  };
  return (paths) =>
    hash(
      [...new Set(paths)]
        .toSorted()
        .map((path) => `${path} ${ofFile(path)}`)
        .join('\n'),
    );
}

const hash = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex').slice(0, 32);
