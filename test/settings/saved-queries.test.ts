/** The saved queries of CloudWatch Logs Insights, against the lines that the functions write. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logQueries } from '../../infra/constructs/saved-queries.ts';
import { at, listAt, synthesize } from '../infra/synthesized.ts';
import { basic, type Deployed, deploy, memberParameters } from './deployed.ts';
import { done } from './stub-mx.ts';

type Line = Readonly<Record<string, unknown>>;

/** Words of the query language that queries here use. */
const words = new Set(
  'fields filter stats sort limit by as asc desc and in ispresent count count_distinct min max latest'.split(' '),
);

/** The fields of lines that a query names: neither words of the language nor names that it gives itself. */
function fieldsIn(text: string): ReadonlySet<string> {
  const own = new Set([...text.matchAll(/ as (\w+)/g)].map(([, name]) => name));
  const named = [...text.replaceAll(/"[^"]*"/g, '').matchAll(/@?[a-z_]+/g)].map(([name]) => name);
  return new Set(named.filter((name) => !words.has(name) && !own.has(name)));
}

/** Whether a line passes all filters of a query: `field = "value"`, `field in ["a", "b"]` and `ispresent(field)`. */
function passes(text: readonly string[], line: Line): boolean {
  return text
    .filter((command) => command.startsWith('filter '))
    .flatMap((command) => command.slice('filter '.length).split(' and '))
    .every((condition) => {
      const [, present] = /^ispresent\((\w+)\)$/.exec(condition) ?? [];
      if (present !== undefined) return line[present] !== undefined;
      const [, field = '', equal, list = ''] = /^(\w+) (?:= "([^"]*)"|in \[(.*)\])$/.exec(condition) ?? [];
      if (field === '') throw new Error(`not understood: ${condition}`);
      if (equal !== undefined) return line[field] === equal;
      return list.split(', ').includes(JSON.stringify(line[field]));
    });
}

const queryOf = (name: string): readonly string[] => {
  const found = logQueries.find((query) => query.name.startsWith(name));
  if (found === undefined) throw new Error(`there is no query ${name}`);
  return found.text;
};

describe('a saved query', () => {
  let deployed: Deployed;
  let lines: readonly Line[];
  let refreshId: string;

  beforeEach(async () => {
    deployed = await deploy({ apiAccess: 'basic' });
    const headers = { 'content-type': 'application/json', authorization: basic('shop'), 'x-correlation-id': 'order-1' };
    const asked = await deployed.http('CheckBalance', {
      method: 'POST',
      routeKey: 'POST /users/{user_identifier}/members/{member_identifier}/check_balance',
      parameters: memberParameters,
      headers,
    });
    refreshId = String(at(asked.body, 'refresh', 'refresh_id'));
    deployed.at(5);
    deployed.mx.status = 500;
    await deployed.look();
    deployed.at(10);
    deployed.mx.status = null;
    deployed.mx.member = done;
    deployed.mx.accounts = [{ guid: 'ACT-1', user_guid: 'USR-1', member_guid: 'MBR-1' }];
    await deployed.look();
    const read = (authorization: string) =>
      deployed.http('ReadBalances', {
        method: 'GET',
        routeKey: 'GET /users/{user_identifier}/members/{member_identifier}/accounts',
        parameters: memberParameters,
        headers: { authorization },
      });
    await read(basic('reader'));
    await read(basic('stranger'));
    lines = deployed.lines.map((line) => JSON.parse(line));
  });
  afterEach(() => deployed.close());

  it.each(logQueries)('$name names fields that lines have', ({ text }) => {
    const written = new Set([...lines.flatMap((line) => Object.keys(line)), '@timestamp']);
    const named = fieldsIn(text.join('\n'));
    expect(named.size).toBeGreaterThan(0);
    expect([...named].filter((field) => !written.has(field))).toEqual([]);
  });

  const shown = (name: string, placeholder?: readonly [string, string]) =>
    lines
      .filter((line) =>
        passes(
          queryOf(name).map((command) => (placeholder ? command.replace(...placeholder) : command)),
          line,
        ),
      )
      .map(({ service, event }) => `${service} ${event}`);

  it('shows the life of one refresh', () => {
    expect(shown('one refresh', ['RFR-00000000000000000000000000', refreshId])).toEqual([
      'check-balance request.answered',
      'follow-up mx.failed',
      'follow-up follow_up.done',
      'follow-up follow_up.done',
    ]);
  });

  it('shows what happened to one member', () => {
    expect(shown('one member', ['MBR-00000000-0000-0000-0000-000000000000', 'MBR-1'])).toEqual([
      'check-balance request.answered',
      'follow-up follow_up.done',
      'read-balances request.answered',
    ]);
  });

  it('shows refreshes from beginning to end', () => {
    expect(shown('slowest refreshes')).toEqual([
      'check-balance request.answered',
      'follow-up follow_up.done',
      'follow-up follow_up.done',
    ]);
  });

  it('shows what failed', () => {
    expect(shown('errors by code')).toEqual(['follow-up mx.failed', 'read-balances request.failed']);
  });

  it('shows who has read', () => {
    expect(shown('reads by caller')).toEqual(['check-balance request.answered', 'read-balances request.answered']);
  });
});

it('queries ask the logs of functions that are deployed', () => {
  const { ofType } = synthesize();
  const groups = new Set(ofType('AWS::Logs::LogGroup').map(({ id }) => id));
  const queries = ofType('AWS::Logs::QueryDefinition').map(({ Properties }) => ({
    name: at(Properties, 'Name'),
    asked: listAt(Properties, 'LogGroupNames').map((group) => String(at(group, 'Ref')).replace(/Logs.*/, '')),
    known: listAt(Properties, 'LogGroupNames').every((group) => groups.has(String(at(group, 'Ref')))),
  }));
  expect(queries.map(({ name, asked }) => [name, asked.length])).toEqual([
    ['mx-fresh-balances-dev/one refresh', 11],
    ['mx-fresh-balances-dev/one member (choose the last day)', 11],
    ['mx-fresh-balances-dev/slowest refreshes', 4],
    ['mx-fresh-balances-dev/errors by code', 11],
    ['mx-fresh-balances-dev/reads by caller', 2],
  ]);
  expect(queries.every(({ known }) => known)).toBe(true);
});
