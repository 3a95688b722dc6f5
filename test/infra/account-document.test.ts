/** What docs/account.md says that the account has to allow, against what the template grants. */
import { expect, it } from 'vitest';
import { accountPolicies } from './account-policies.ts';
import { at, everythingOn, listAt, statementsOf, synthesize } from './synthesized.ts';

const keyArn = 'arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6789-0abc-def012345678';

it('the permissions boundary allows what any role is granted', () => {
  const grown = {
    ...everythingOn,
    apiAccess: 'basic',
    flowLogs: true,
    tracing: true,
    keyArn,
    gradualUpdates: 'linear10PercentEvery1Minute',
  };
  const granted = new Set(statementsOf(synthesize(grown)).flatMap(({ actions }) => actions.map(String)));
  expect(listAt(accountPolicies.boundary, 'Statement').flatMap((statement) => listAt(statement, 'Action'))).toEqual(
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
  expect(accountPolicies.topic).toEqual(JSON.parse(inAccount));
});
