/** The licences of packages whose code is in something that is given to others. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package, with what its licence asks to be given along. */
export interface LicensedPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX, as its package.json has it. */
  readonly license: string;
  /** Author and repository, as far as its package.json names them. */
  readonly origin: readonly string[];
  /** The texts of its licence and notice files; some packages have none. */
  readonly texts: readonly string[];
}

/** What is read of a package.json. */
interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
  readonly repository?: string | { readonly url?: string };
}

/** The folders of the packages of which a build's output has something, from the project root. */
export const packagesOf = (metafile: Metafile): readonly string[] =>
  [
    ...new Set(
      Object.values(metafile.outputs)
        .flatMap(({ inputs }) => Object.entries(inputs))
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .flatMap(([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []),
    ),
  ].toSorted();

/**
 * Reads what a package says of its licence.
 *
 * @param folder of the package.
 * @throws Error when it names no licence: its code may not be given to others then.
 */
export function licensedPackage(folder: string): LicensedPackage {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name = folder, version = '', license, author, repository } = manifest;
  if (license === undefined) throw new Error(`${name} names no licence in ${folder}/package.json`);
  const origin = [
    typeof author === 'string' ? author : author?.name,
    typeof repository === 'string' ? repository : repository?.url,
  ].filter((known) => known !== undefined);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)(\.\w+)?$/i.test(file));
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, license, origin, texts };
}

/**
 * One text for all of them. A text that several packages share is there once.
 *
 * @param what contains the code: the beginning of a sentence.
 */
export function licensesDocument(what: string, packages: readonly LicensedPackage[]): string {
  const sorted = packages.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const sharing = new Map<string, string[]>();
  for (const { name, version, texts } of sorted)
    for (const text of texts) sharing.set(text, [...(sharing.get(text) ?? []), `${name} ${version}`]);
  return [
    `${what} code of these packages, under their licences:`,
    '',
    ...sorted.map(({ name, version, license, origin, texts }) =>
      [`${name} ${version} (${license})`, ...(texts.length > 0 ? [] : ['brings no text of it', ...origin])].join(', '),
    ),
    '',
    ...[...sharing].flatMap(([text, names]) => ['-'.repeat(100), ...names, '', text, '']),
  ].join('\n');
}
