/** The bill of materials of what is really bundled. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../infra/bundle.ts';
import { bundledPackages } from '../../infra/bundled-packages.ts';
import { billOf } from '../../infra/sbom.ts';

const { components, dependencies, metadata } = billOf(
  { name: 'mx-fresh-balances', version: '0.1.0', license: 'Apache-2.0' },
  bundledPackages(),
);
const libraries = components.filter(({ type }) => type === 'library');

it('has every function, the command and the construct', () => {
  expect(components.filter(({ type }) => type === 'file').map(({ name }) => name)).toEqual([
    'CDK construct',
    'functions/check-balance',
    'functions/check-mx',
    'functions/deliver-callback',
    'functions/erase-data',
    'functions/follow-up',
    'functions/member-schedule',
    'functions/mx-webhook',
    'functions/read-balances',
    'functions/read-refresh',
    'functions/run-schedule',
    'functions/start-due',
    'functions/sweep',
    'functions/unknown-route',
    'operator command',
  ]);
  const contains = (ref: string) => dependencies.find((each) => each.ref === ref)?.dependsOn.map(withoutVersion);
  expect(contains('operator command')).toContain('pkg:npm/commander');
  expect(contains('functions/check-balance')).toEqual(
    expect.arrayContaining(['pkg:npm/%40middy/core', 'pkg:npm/valibot']),
  );
  expect(contains('CDK construct')).not.toContain('pkg:npm/aws-cdk-lib');
});

it('has the versions of the lock file', () => {
  const lock: { packages: Record<string, { version?: string }> } = JSON.parse(
    readFileSync(join(projectRoot, 'package-lock.json'), 'utf8'),
  );
  const locked = Object.entries(lock.packages).map(
    ([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`,
  );
  const named = libraries.map(
    ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name}@${version}`,
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((each) => !locked.includes(each))).toEqual([]);
});

it('every reference leads to a component, each named once', () => {
  const refs = [metadata.component, ...components].map((component) => component['bom-ref']);
  expect(new Set(refs).size).toBe(refs.length);
  expect(
    dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter((ref) => !refs.includes(ref)),
  ).toEqual([]);
  expect(new Set(dependencies.map(({ ref }) => ref)).size).toBe(dependencies.length);
});

it('the licences may be given to others', () => {
  const licences = libraries.flatMap(({ licenses = [] }) =>
    licenses.map((each) => ('license' in each ? each.license.id : each.expression)),
  );
  expect([...new Set(licences)].toSorted()).toEqual(['Apache-2.0', 'MIT', 'MIT-0', 'Unlicense']);
});

const withoutVersion = (ref: string): string => ref.replace(/@[^@]*$/, '');
