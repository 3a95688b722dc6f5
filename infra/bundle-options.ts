/** How esbuild makes the operator's command and the construct for other apps. Where the file goes is not in it. */
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { projectRoot } from './bundle.ts';

/** commander needs it; the package's client and reader are content with Node 20. */
const LEAST_NODE = '22.12';

/** Before anything else: an older Node would end with an error of its own, deep in a library. */
const checkOfNode = `{const [major,minor]=process.versions.node.split('.').map(Number);const [most,least]=[${LEAST_NODE.replace('.', ',')}];
if(major<most||(major===most&&minor<least)){console.error('mx-fresh-balances needs Node ${LEAST_NODE} or later; this is '+process.versions.node+'.');process.exit(2)}}`;

/** Some CommonJS packages call `require` for Node's own modules, which ESM has not. */
const requireForPackages =
  "import{createRequire as nodeCreateRequire}from'node:module';const require=nodeCreateRequire(import.meta.url);";

/** The SDK's common code names it; no command reads a stream of events. 5 KB of the package. */
const unused = { '@smithy/core/event-streams': join(projectRoot, 'shared/lambda/unused-sdk-parts.ts') };

/** The operator's command, one file without dependencies. */
export const commandOptions = {
  absWorkingDir: projectRoot,
  entryPoints: ['infra/operator/main.ts'],
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
} as const satisfies BuildOptions;

/**
 * The construct. CommonJS, so that an app of either kind loads one and the same file: with two, `instanceof` would not hold
 * between them.
 */
export const constructOptions = {
  absWorkingDir: projectRoot,
  entryPoints: ['infra/balance-refresh.ts'],
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  external: ['aws-cdk-lib', 'constructs'],
  define: { 'import.meta.dirname': '__dirname' },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;
