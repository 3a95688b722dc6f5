import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** One resource of a CloudFormation template; properties are not resolved yet. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
}

/** The parts of a synthesized CloudFormation template that the local stack reads. */
export interface Template {
  readonly Description?: string;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Condition?: string; readonly Description?: string }>
  >;
  readonly Parameters?: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
}

/** Finds the folder with a function's bundle. */
export type AssetDirectory = (logicalId: string, resource: TemplateResource) => string;

/** Whether a value is an object with keys (not a list, not null). */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Checks that parsed JSON is a template.
 *
 * @throws Error with one sentence that says what is wrong.
 */
export function readTemplate(json: unknown): Template {
  if (!isRecord(json) || !isRecord(json['Resources'])) {
    throw new Error('this is no CloudFormation template: it has no Resources (run `npm run synth` first)');
  }
  for (const [logicalId, resource] of Object.entries(json['Resources'])) {
    if (!isRecord(resource) || typeof resource['Type'] !== 'string') {
      throw new Error(`resource ${logicalId} of the template has no Type`);
    }
  }
  // The checks above cover what is read without further checks; properties are read one by one later.
  return json as unknown as Template;
}

/** Reads and checks a template file. */
export const readTemplateFile = (file: string): Template => {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return readTemplate(json);
};

/**
 * The bundles of a cloud assembly. The CDK names an asset's folder `asset.<hash>` and its object `<hash>.zip`; only the
 * CDK command line adds `aws:asset:path` to the metadata, so both are understood.
 *
 * @param assemblyDirectory `cdk.out`
 */
export const assetsIn =
  (assemblyDirectory: string): AssetDirectory =>
  (logicalId, resource) => {
    const named = resource.Metadata?.['aws:asset:path'];
    if (typeof named === 'string') return resolve(assemblyDirectory, named);
    const code = resource.Properties?.['Code'];
    const key = isRecord(code) ? code['S3Key'] : undefined;
    if (typeof key !== 'string' || !key.endsWith('.zip')) {
      throw new Error(
        `function ${logicalId} has no bundle: its Code is not a folder asset (use Code.fromAsset with a folder)`,
      );
    }
    return resolve(assemblyDirectory, `asset.${key.slice(0, -'.zip'.length)}`);
  };
