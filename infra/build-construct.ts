/**
 * Builds what `mx-fresh-balances/cdk` is in the package, as a part of `npm run build`: the construct as one CommonJS file,
 * which ESM can import too, the bundles of the functions, and the licences of what is in them. The types are beside it
 * (tsconfig.cdk.json).
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { environmentOf } from '../shared/lambda/environment.ts';
import { bundle, packagesIn, projectRoot } from './bundle.ts';
import { constructOptions } from './bundle-options.ts';
import { licensedPackage, licensesDocument, packagesOf } from './third-party-licenses.ts';

const output = join(projectRoot, 'dist/cdk');
mkdirSync(output, { recursive: true });

const built = buildSync({ ...constructOptions, outfile: join(output, 'balance-refresh.js') });
writeFileSync(join(output, 'package.json'), '{ "type": "commonjs" }\n');

const names = Object.keys(environmentOf);
for (const name of names) {
  const folder = join(output, 'functions', name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(bundle(name), 'index.mjs'), join(folder, 'index.mjs'));
}

const folders = new Set([...packagesOf(built.metafile), ...names.flatMap(packagesIn)]);
const packages = [...folders].map((folder) => licensedPackage(join(projectRoot, folder)));
writeFileSync(join(output, 'THIRD-PARTY-LICENSES.txt'), licensesDocument('The functions contain', packages));
