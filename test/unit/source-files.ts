/** The project's own source files, and what each imports: statically, dynamically or as a type. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The root of the checkout. */
const root = join(import.meta.dirname, '../..');

/** One file. */
export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  /** Without comments, so that a comment may name what code must not use. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** One import. */
export interface Import {
  /** Of our own: the path from the root; otherwise the name of a package, without its subpath, or `node:…`. */
  readonly of: string;
  readonly own: boolean;
  readonly typeOnly: boolean;
}

/** Every TypeScript file below `folder`. */
export const sourceFiles = (folder: string): readonly SourceFile[] =>
  globSync(`${folder}/**/*.{ts,mts,js,mjs}`, { cwd: root })
    .toSorted()
    .map((path) => readSource(path, readFileSync(join(root, path), 'utf8')));

/** Reads `text` as the source of `path`. */
export function readSource(path: string, text: string): SourceFile {
  const code = withoutComments(text);
  return { path, code, imports: importsIn(code).map(({ name, typeOnly }) => ({ ...resolved(path, name), typeOnly })) };
}

// Strings first: `//` in a URL is no comment, and an import's name is a string. A regular expression with a quote in it
// would confuse this; the test of this file says what it has to understand.
const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;

const withoutComments = (text: string): string => text.replace(token, (found) => (found.startsWith('/') ? ' ' : found));

const importing =
  /\b(?:import|export)\s+(type\s)?[\w\s{},*$]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*['"]([^'"]+)['"]|\b(?:import|require|getBuiltinModule)\s*\(\s*['"`]([^'"`]+)['"`]/g;

const importsIn = (code: string) =>
  [...code.matchAll(importing)].map(([, type, from, alone, called]) => ({
    name: from ?? alone ?? called ?? '',
    typeOnly: type !== undefined,
  }));

function resolved(path: string, name: string): { of: string; own: boolean } {
  if (name.startsWith('.')) return { of: normalize(join(dirname(path), name)).replaceAll('\\', '/'), own: true };
  if (name.startsWith('node:')) return { of: name, own: false };
  return {
    of: name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/'),
    own: false,
  };
}
