/** Bundles the command into one file without dependencies, for the package: a part of `npm run build`. */
import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { licensedPackage, licensesDocument, packagesOf } from '../third-party-licenses.ts';

/** commander needs it; the package's client and reader are content with Node 20. */
const LEAST_NODE = '22.12';

/** Where the package's `bin` is, from the project root. */
const OUTPUT = 'dist/bin/mx-fresh-balances.js';

const root = resolve(import.meta.dirname, '../..');

/** Before anything else: an older Node would end with an error of its own, deep in a library. */
const checkOfNode = `{const [major,minor]=process.versions.node.split('.').map(Number);const [most,least]=[${LEAST_NODE.replace('.', ',')}];
if(major<most||(major===most&&minor<least)){console.error('mx-fresh-balances needs Node ${LEAST_NODE} or later; this is '+process.versions.node+'.');process.exit(2)}}`;

/** Some CommonJS packages call `require` for Node's own modules, which ESM has not. */
const requireForPackages =
  "import{createRequire as nodeCreateRequire}from'node:module';const require=nodeCreateRequire(import.meta.url);";

/** The SDK's common code names it; no command reads a stream of events. 5 KB of the package. */
const unused = { '@smithy/core/event-streams': join(root, 'shared/lambda/unused-sdk-parts.ts') };

const outfile = join(root, OUTPUT);
const { metafile } = buildSync({
  absWorkingDir: root,
  entryPoints: ['infra/operator/main.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: `node${LEAST_NODE}`,
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  alias: unused,
  metafile: true,
  banner: { js: `${requireForPackages}\n${checkOfNode}` },
  logLevel: 'warning',
});
chmodSync(outfile, 0o755);
const packages = packagesOf(metafile).map((folder) => licensedPackage(join(root, folder)));
writeFileSync(join(dirname(outfile), 'THIRD-PARTY-LICENSES.txt'), licensesDocument('The command contains', packages));
