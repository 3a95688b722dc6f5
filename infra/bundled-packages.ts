/** What is in everything that esbuild makes of this project for others: the functions, the command, the construct. */
import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { environmentOf } from '../shared/lambda/environment.ts';
import { bundle, packagesIn, projectRoot } from './bundle.ts';
import { commandOptions, constructOptions } from './bundle-options.ts';
import type { Bundled } from './sbom.ts';
import { licensedPackage, packagesOf } from './third-party-licenses.ts';

/** Bundles each, without writing the command and the construct anywhere. */
export function bundledPackages(): readonly Bundled[] {
  const functions = Object.keys(environmentOf).map((name) => {
    bundle(name);
    return bundled(`functions/${name}`, packagesIn(name));
  });
  return [
    ...functions,
    bundled('operator command', inBuild(commandOptions)),
    bundled('CDK construct', inBuild(constructOptions)),
  ];
}

const inBuild = (options: BuildOptions): readonly string[] =>
  packagesOf(
    buildSync({ ...options, metafile: true, write: false, outfile: join(projectRoot, 'dist/unwritten.js') }).metafile,
  );

const bundled = (name: string, folders: readonly string[]): Bundled => ({
  name,
  packages: folders.map((folder) => licensedPackage(join(projectRoot, folder))),
});
