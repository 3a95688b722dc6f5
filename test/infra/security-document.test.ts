/** docs/security.md, and what `npm run permissions` says of the template. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { usedByAwsItself } from '../../infra/constructs/permissions.ts';
import type { Blueprint } from '../../infra/local/stack/blueprint.ts';
import { readPolicies } from '../../infra/local/stack/role-policies.ts';
import { securityPage } from '../permissions/document.ts';
import { type Grant, grantsIn, replay } from '../permissions/grants.ts';
import type { RecordedCall } from '../permissions/record.ts';
import { isOf, reportOf } from '../permissions/report.ts';
import { everything } from '../permissions/template.ts';

let blueprint: Blueprint;
let grants: readonly Grant[];
beforeAll(() => {
  blueprint = everything();
  grants = grantsIn(blueprint);
});

/** The call that needs the grant; none for what only AWS itself does. */
function callFor({ role, action, name }: Grant): readonly RecordedCall[] {
  const [id] = [...readPolicies(blueprint).functions].find(([, { role: own }]) => own.logicalId === role) ?? [];
  return id === undefined ? [] : [{ function: id, action, name }];
}

const byCalls = (): readonly Grant[] =>
  grants.filter((grant) => !usedByAwsItself.some((unused) => isOf(unused, grant)));

it('docs/security.md is what npm run permissions writes', () => {
  const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const { lines, wrong } = reportOf(blueprint, replay(blueprint, byCalls().flatMap(callFor)));
  expect(wrong).toEqual([]);
  expect(page === securityPage(page, lines), 'run npm run permissions -- --write').toBe(true);
});

describe('a run is wrong', () => {
  it('without any one of the calls that it needs', () => {
    const needed = byCalls();
    expect(needed.length).toBeGreaterThan(90);
    for (const grant of needed) {
      const others = needed.filter((other) => other.role === grant.role && other !== grant);
      const { needless } = replay(blueprint, others.flatMap(callFor));
      const missed = needless.filter(({ role }) => role === grant.role);
      expect(missed.filter((one) => !usedByAwsItself.some((unused) => isOf(unused, one)))).toEqual([grant]);
    }
  });

  it('with a permission that no call uses', () => {
    const calls = byCalls().flatMap(callFor);
    const planted = { ...calls[0], action: 'dynamodb:Scan' } as RecordedCall;
    expect(reportOf(blueprint, replay(blueprint, [...calls, planted])).wrong).toEqual([
      expect.stringMatching(/^refused: CheckBalanceFunction\w+ asks for dynamodb:Scan on Storage\w+$/),
    ]);
    expect(reportOf(blueprint, replay(blueprint, calls.slice(1))).wrong).toEqual([
      'needless: check-balance may dynamodb:Query on Balances, and no call would be refused without it',
    ]);
  });

  it('with a reason for what is not there', () => {
    const [first] = grants.filter((grant) => usedByAwsItself[0] !== undefined && isOf(usedByAwsItself[0], grant));
    expect(first?.action).toBe('logs:CreateLogStream');
    const used = { used: grants, needless: [], refused: [] };
    expect(reportOf(blueprint, used).wrong[0]).toBe(
      'a reason for nothing: logs:CreateLogStream, logs:PutLogEvents (Lambda writes the log of a function as the function.)',
    );
  });
});
