import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, buildSync, version as esbuildVersion, type Metafile } from 'esbuild';
import { packagesOf } from './third-party-licenses.ts';

/** The checkout that holds `functions/`, `shared/` and `node_modules/`. */
export const projectRoot = resolve(import.meta.dirname, '..');

/** Where bundles are kept between two runs: inside cdk.out, which git ignores and which can be deleted at any time. */
const defaultOutput = join(projectRoot, 'cdk.out', 'bundles');

/** Modules of the SDK that would lengthen every cold start, and the small ones that take their place. */
const aliases = {
  '@aws-sdk/credential-provider-node': join(projectRoot, 'shared/lambda/environment-credentials.ts'),
  '@aws-sdk/endpoint-cache': join(projectRoot, 'shared/lambda/unused-sdk-parts.ts'),
  '@smithy/core/event-streams': join(projectRoot, 'shared/lambda/unused-sdk-parts.ts'),
};

/** How every function is bundled. With `module` first a bundle is a third smaller and faster to import (measured). */
const options: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  // Node would read a map only with --enable-source-maps, which costs every cold start; so it stays beside the bundle.
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'silent',
};

/** Some CommonJS packages call `require` for Node's own modules, which ESM has not. */
const requireBanner =
  "import{createRequire as nodeCreateRequire}from'node:module';const require=nodeCreateRequire(import.meta.url);\n";

/** What a kept bundle was made from. */
interface Recipe {
  /** Hash of everything that is not a source file of ours: esbuild, its options, the installed packages. */
  readonly tools: string;
  /** Hash of each source file of ours, by its path from the project root. */
  readonly sources: Readonly<Record<string, string>>;
  /** Folders of the packages that are in the bundle, from the project root. */
  readonly packages: readonly string[];
}

/** What to bundle, and where to put it. */
export interface BundleSource {
  /** Path of the entry from the project root. @default functions/<name>.ts */
  readonly entry?: string;
  /** Folder that keeps the bundles. @default cdk.out/bundles in the project */
  readonly output?: string;
}

/**
 * Bundles one function with everything it imports, the AWS SDK included, into a folder that holds `index.mjs` and
 * nothing else. The same sources give the same bytes. A bundle whose sources have not changed is not built again.
 * The source map is beside the folder: `<name>/index.mjs.map`.
 *
 * @returns the absolute path of the folder.
 * @throws Error with esbuild's own messages when the sources do not bundle.
 */
export function bundle(
  name: string,
  { entry = `functions/${name}.ts`, output = defaultOutput }: BundleSource = {},
): string {
  const entryPath = resolve(projectRoot, entry);
  if (!existsSync(entryPath)) throw new Error(`cannot bundle ${name}: there is no file ${entry}`);
  const folder = join(output, name, 'code');
  const recipeFile = join(output, name, 'recipe.json');
  const tools = toolsHash();
  if (existsSync(join(folder, 'index.mjs')) && isCurrent(recipeFile, tools)) return folder;

  const built = buildSync({
    ...options,
    metafile: true,
    write: false,
    absWorkingDir: projectRoot,
    entryPoints: [entryPath],
    outfile: join(folder, 'index.mjs'),
    alias: aliases,
  });
  mkdirSync(folder, { recursive: true });
  for (const file of built.outputFiles) {
    if (file.path.endsWith('.map')) replaceFile(join(output, name, 'index.mjs.map'), file.text);
    else replaceFile(file.path, (usesRequire(built.metafile) ? requireBanner : '') + file.text);
  }
  const recipe: Recipe = { tools, sources: sourcesOf(built.metafile), packages: packagesOf(built.metafile) };
  replaceFile(recipeFile, JSON.stringify(recipe));
  return folder;
}

/**
 * The folders of the packages that are in a function's bundle, from the project root: `node_modules/@middy/core`.
 *
 * @throws Error when the function was not bundled before.
 */
export function packagesIn(name: string): readonly string[] {
  const recipe: Recipe = JSON.parse(readFileSync(join(defaultOutput, name, 'recipe.json'), 'utf8'));
  return recipe.packages;
}

/** Replaces a file by a rename: two test runs that bundle the same function never read half a file. */
function replaceFile(path: string, content: string): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}

const usesRequire = (metafile: Metafile): boolean =>
  Object.values(metafile.outputs).some((file) => file.imports.some(({ kind }) => kind === 'require-call'));

const sourcesOf = (metafile: Metafile): Recipe['sources'] =>
  Object.fromEntries(
    Object.keys(metafile.inputs)
      .filter((path) => !path.includes('node_modules/'))
      .map((path) => [path, hash(readFileSync(resolve(projectRoot, path)))]),
  );

function isCurrent(recipeFile: string, tools: string): boolean {
  if (!existsSync(recipeFile)) return false;
  // Not checked: only this file writes recipes, each by a rename, so none is half written.
  const recipe: Recipe = JSON.parse(readFileSync(recipeFile, 'utf8'));
  return (
    recipe.tools === tools &&
    // One of an older version of this file has none.
    recipe.packages !== undefined &&
    Object.entries(recipe.sources).every(([path, known]) => {
      const file = resolve(projectRoot, path);
      return existsSync(file) && hash(readFileSync(file)) === known;
    })
  );
}

/** npm's own list of installed packages, hashed in place of the many files below node_modules. */
function toolsHash(): string {
  const installed = join(projectRoot, 'node_modules', '.package-lock.json');
  const packages = existsSync(installed) ? readFileSync(installed, 'utf8') : '';
  return hash(JSON.stringify([esbuildVersion, options, aliases, requireBanner, packages]));
}

const hash = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
