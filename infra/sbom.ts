/** A bill of materials in CycloneDX's JSON, version 1.6 (https://cyclonedx.org/docs/1.6/json/). */
import { createHash } from 'node:crypto';
import type { LicensedPackage } from './third-party-licenses.ts';

type Named = Pick<LicensedPackage, 'name' | 'version' | 'license'>;

/** Something that is given to others as one file, with the packages of which it has code. */
export interface Bundled {
  /** Such as `functions/sweep`. */
  readonly name: string;
  readonly packages: readonly Named[];
}

/** One thing of the bill. */
export interface Component {
  readonly type: 'application' | 'library' | 'file';
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly licenses?: readonly ({ readonly license: { readonly id: string } } | { readonly expression: string })[];
  readonly purl?: string;
}

/** The bill. */
export interface Bill {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * What is in the bundles of `project`. The same packages give the same bill, to the byte: it has no time, and its serial number
 * is made from what is in it.
 */
export function billOf(project: Named, bundles: readonly Bundled[]): Bill {
  const sorted = bundles.toSorted((one, other) => compare(one.name, other.name));
  const whole = packageComponent('application', project);
  const files = sorted.map(({ name }): Component => ({ type: 'file', 'bom-ref': name, name }));
  const libraries = new Map<string, Component>();
  const contained = sorted.map(({ name, packages }) => {
    const parts = packages.map((each) => packageComponent('library', each));
    for (const part of parts) libraries.set(part['bom-ref'], part);
    return { ref: name, dependsOn: [...new Set(parts.map((part) => part['bom-ref']))].toSorted(compare) };
  });
  const content = {
    metadata: { component: whole },
    components: [
      ...files,
      ...[...libraries.values()].toSorted((one, other) => compare(one['bom-ref'], other['bom-ref'])),
    ],
    dependencies: [{ ref: whole['bom-ref'], dependsOn: files.map((file) => file['bom-ref']) }, ...contained],
  };
  return { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serialOf(content), version: 1, ...content };
}

function packageComponent(type: 'application' | 'library', { name, version, license }: Named): Component {
  const [, group, plain = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  // Package URL: the @ of a scope is escaped (https://github.com/package-url/purl-spec, npm).
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type,
    'bom-ref': purl,
    ...(group === undefined ? {} : { group }),
    name: plain,
    version,
    licenses: [/^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license }],
    purl,
  };
}

/** A UUID as RFC 9562 wants version 8 to be, from a hash. */
function serialOf(content: object): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** By code units: the order of a locale may differ between machines. */
const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));
