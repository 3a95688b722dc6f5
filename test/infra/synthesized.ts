import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { buildApp, createApp } from '../../infra/app.ts';
import { readSettings } from '../../infra/settings.ts';

/** A resource of the template, with its logical id. */
export interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: unknown;
  readonly DeletionPolicy?: string;
}

/** The template of a stack, synthesized with a placeholder for every function's code. */
export interface Synthesized {
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly ofType: (type: string) => readonly Resource[];
}

/** Settings with which everything is there that can be switched on. */
export const everythingOn = { webhooks: 'known', callbackHosts: 'hooks.example.com', historyDays: 90 } as const;

/** Walks into JSON; undefined when the way ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

/** The list at the end of the path; empty when there is none. A single value counts as a list of one, as in IAM. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

/** Synthesizes the stack with these settings over the defaults. */
export function synthesize(settings: Readonly<Record<string, unknown>> = {}): Synthesized {
  const template = withStack(settings, ({ stack }) => Template.fromStack(stack).toJSON());
  const resources = Object.entries<Omit<Resource, 'id'>>(template['Resources']).map(([id, resource]) => ({
    ...resource,
    id,
  }));
  return {
    resources,
    outputs: template['Outputs'],
    ofType: (type) => resources.filter((resource) => resource.Type === type),
  };
}

/**
 * Builds the stack with these settings over the defaults, for `use` to synthesize. What is written on the way is removed: a
 * test run makes some sixty templates.
 */
export function withStack<T>(
  settings: Readonly<Record<string, unknown>>,
  use: (built: ReturnType<typeof buildApp>) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'synthesized-'));
  try {
    const code = join(folder, 'code');
    mkdirSync(code);
    writeFileSync(join(code, 'index.mjs'), 'export const handler = async () => ({});\n');
    const app = createApp({ validate: false, outdir: join(folder, 'cdk.out') });
    return use(buildApp(readSettings(settings), { app, bundle: () => code }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One statement of a role's policy. */
export interface Statement {
  readonly policy: string;
  readonly actions: readonly unknown[];
  readonly resources: readonly unknown[];
  readonly condition: unknown;
}

/** Every statement that allows a role of the stack something. */
export const statementsOf = (stack: Synthesized): readonly Statement[] =>
  stack.ofType('AWS::IAM::Policy').flatMap(statementsIn);

/** Every statement of a policy that allows something. */
export const statementsIn = (policy: Resource): readonly Statement[] => ofEffect(policy, 'Allow');

/** Every statement that denies a role of the stack something. */
export const denialsOf = (stack: Synthesized): readonly Statement[] =>
  stack.ofType('AWS::IAM::Policy').flatMap((policy) => ofEffect(policy, 'Deny'));

const ofEffect = (policy: Resource, effect: 'Allow' | 'Deny'): readonly Statement[] =>
  listAt(policy.Properties, 'PolicyDocument', 'Statement')
    .filter((statement) => at(statement, 'Effect') === effect)
    .map((statement) => ({
      policy: policy.id,
      actions: listAt(statement, 'Action'),
      resources: listAt(statement, 'Resource'),
      condition: at(statement, 'Condition'),
    }));
