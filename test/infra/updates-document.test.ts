/** What docs/updates.md says of resources that outlive their stack, against the template. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { synthesize } from './synthesized.ts';

const text = readFileSync(new URL('../../docs/updates.md', import.meta.url), 'utf8');
const [, json = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
const mapping = JSON.parse(json) as Record<string, Record<string, string>>;
const stack = synthesize();

/** What CloudFormation finds an existing resource of a type by. */
const identifiers: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::SecretsManager::Secret': 'Id',
};

it('the file for cdk import names every table and secret', () => {
  const kept = Object.keys(identifiers).flatMap((type) => stack.ofType(type).map(({ id }) => id));
  expect(Object.keys(mapping).toSorted()).toEqual(kept.toSorted());
});

it('each is found by its identifier, and kept', () => {
  for (const [logicalId, by] of Object.entries(mapping)) {
    const resource = stack.resources.find(({ id }) => id === logicalId);
    expect(Object.keys(by), logicalId).toEqual([identifiers[resource?.Type ?? '']]);
    // A resource without it cannot be imported.
    expect(resource?.DeletionPolicy, logicalId).toBe('Retain');
  }
});
