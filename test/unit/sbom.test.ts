/** The bill of materials: what stands in it, and what CycloneDX 1.6 asks of any. */
import { expect, it } from 'vitest';
import { type Bundled, billOf } from '../../infra/sbom.ts';

const project = { name: 'mx-fresh-balances', version: '1.2.3', license: 'Apache-2.0' };
const ulid = { name: 'ulid', version: '3.0.2', license: 'MIT' };
const smithy = { name: '@smithy/core', version: '3.41.0', license: 'Apache-2.0' };
const odd = { name: 'odd', version: '1.0.0-rc.1+b', license: '(MIT OR CC0-1.0)' };
const bundles: readonly Bundled[] = [
  { name: 'functions/sweep', packages: [ulid, smithy] },
  { name: 'command', packages: [ulid, odd, ulid] },
];

it('names each bundle and each package once', () => {
  const { serialNumber, ...bill } = billOf(project, bundles);
  expect(bill).toEqual({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': 'pkg:npm/mx-fresh-balances@1.2.3',
        name: 'mx-fresh-balances',
        version: '1.2.3',
        licenses: [{ license: { id: 'Apache-2.0' } }],
        purl: 'pkg:npm/mx-fresh-balances@1.2.3',
      },
    },
    components: [
      { type: 'file', 'bom-ref': 'command', name: 'command' },
      { type: 'file', 'bom-ref': 'functions/sweep', name: 'functions/sweep' },
      {
        type: 'library',
        'bom-ref': 'pkg:npm/%40smithy/core@3.41.0',
        group: '@smithy',
        name: 'core',
        version: '3.41.0',
        licenses: [{ license: { id: 'Apache-2.0' } }],
        purl: 'pkg:npm/%40smithy/core@3.41.0',
      },
      {
        type: 'library',
        'bom-ref': 'pkg:npm/odd@1.0.0-rc.1+b',
        name: 'odd',
        version: '1.0.0-rc.1+b',
        licenses: [{ expression: '(MIT OR CC0-1.0)' }],
        purl: 'pkg:npm/odd@1.0.0-rc.1+b',
      },
      {
        type: 'library',
        'bom-ref': 'pkg:npm/ulid@3.0.2',
        name: 'ulid',
        version: '3.0.2',
        licenses: [{ license: { id: 'MIT' } }],
        purl: 'pkg:npm/ulid@3.0.2',
      },
    ],
    dependencies: [
      { ref: 'pkg:npm/mx-fresh-balances@1.2.3', dependsOn: ['command', 'functions/sweep'] },
      { ref: 'command', dependsOn: ['pkg:npm/odd@1.0.0-rc.1+b', 'pkg:npm/ulid@3.0.2'] },
      { ref: 'functions/sweep', dependsOn: ['pkg:npm/%40smithy/core@3.41.0', 'pkg:npm/ulid@3.0.2'] },
    ],
  });
  expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

it('the order of bundles and packages changes nothing', () => {
  const reversed = bundles.toReversed().map(({ name, packages }) => ({ name, packages: packages.toReversed() }));
  expect(JSON.stringify(billOf(project, reversed))).toBe(JSON.stringify(billOf(project, bundles)));
});

it('another version of a package is another serial number', () => {
  const other = billOf(project, [{ name: 'command', packages: [{ ...ulid, version: '3.0.3' }] }]);
  const one = billOf(project, [{ name: 'command', packages: [ulid] }]);
  expect(other.serialNumber).not.toBe(one.serialNumber);
});
