/** Bundles the command into one file without dependencies, for the package: a part of `npm run build`. */
import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectRoot } from './bundle.ts';
import { commandOptions } from './bundle-options.ts';
import { licensedPackage, licensesDocument, packagesOf } from './third-party-licenses.ts';

/** Where the package's `bin` is, from the project root. */
const OUTPUT = 'dist/bin/mx-fresh-balances.js';

const outfile = join(projectRoot, OUTPUT);
const { metafile } = buildSync({ ...commandOptions, outfile });
chmodSync(outfile, 0o755);
const packages = packagesOf(metafile).map((folder) => licensedPackage(join(projectRoot, folder)));
writeFileSync(join(dirname(outfile), 'THIRD-PARTY-LICENSES.txt'), licensesDocument('The command contains', packages));
