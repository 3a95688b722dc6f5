/** `npm run -s sbom`: prints the bill of materials of everything that is bundled. SECURITY.md. */
import packageJson from '../package.json' with { type: 'json' };
import { bundledPackages } from './bundled-packages.ts';
import { billOf } from './sbom.ts';

const { name, version, license } = packageJson;
console.log(JSON.stringify(billOf({ name, version, license }, bundledPackages()), null, 2));
