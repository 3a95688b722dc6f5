/** What docs/account.md says that the account has to allow, against what the template grants. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { at, everythingOn, listAt, statementsOf, synthesize } from './synthesized.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/account.md'), 'utf8');
const policies: readonly unknown[] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
  JSON.parse(json),
);

it('the permissions boundary allows what any role is granted', () => {
  const grown = { ...everythingOn, apiAccess: 'basic', flowLogs: true };
  const granted = new Set(statementsOf(synthesize(grown)).flatMap(({ actions }) => actions.map(String)));
  expect(listAt(policies[0], 'Statement').flatMap((statement) => listAt(statement, 'Action'))).toEqual(
    [...granted].toSorted(),
  );
});

it('a topic of the account needs what the stack’s has', () => {
  const [policy] = synthesize().ofType('AWS::SNS::TopicPolicy');
  const own = listAt(policy?.Properties, 'PolicyDocument', 'Statement').find(
    (statement) => at(statement, 'Sid') === 'AlarmsOfThisAccount',
  );
  const inAccount = JSON.stringify(own)
    .replace(/\{"Ref":"AlarmsTopic\w+"\}/, '"arn:aws:sns:us-east-1:123456789012:alarms"')
    .replace('{"Ref":"AWS::AccountId"}', '"123456789012"');
  expect(policies[1]).toEqual(JSON.parse(inAccount));
});
