import { describe, expect, it } from 'vitest';
import { at, type Synthesized, synthesize } from './synthesized.ts';

const signed = synthesize({ apiRate: 20, apiBurst: 40 });

/** `route key → function`, as the template wires them. */
function wiring(stack: Synthesized): Record<string, unknown> {
  const find = (id: unknown) => stack.resources.find((resource) => resource.id === id)?.Properties;
  return Object.fromEntries(
    stack.ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => {
      const integration = find(at(Properties, 'Target', 'Fn::Join', 1, 1, 'Ref'));
      return [
        String(at(Properties, 'RouteKey')),
        at(find(at(integration, 'IntegrationUri', 'Fn::GetAtt', 0)), 'Description'),
      ];
    }),
  );
}

describe('the HTTP API', () => {
  it("has MX's routes, ours beside them, and an answer for everything else", () => {
    const member = '/users/{user_identifier}/members/{member_identifier}';
    expect(wiring(signed)).toEqual({
      [`POST ${member}/check_balance`]: 'check-balance',
      [`GET ${member}`]: 'read-balances',
      [`GET ${member}/status`]: 'read-balances',
      [`GET ${member}/accounts`]: 'read-balances',
      [`GET ${member}/accounts/{account_identifier}`]: 'read-balances',
      'GET /refreshes/{refresh_id}': 'read-refresh',
      [`GET ${member}/refreshes`]: 'read-refresh',
      [`GET ${member}/schedule`]: 'member-schedule',
      [`PUT ${member}/schedule`]: 'member-schedule',
      [`DELETE ${member}/schedule`]: 'member-schedule',
      $default: 'unknown-route',
    });
  });

  it.each([
    ['iam', 'AWS_IAM'],
    ['basic', 'NONE'],
  ])('with apiAccess %s checks callers at every route with %s', (apiAccess, type) => {
    const stack = synthesize({ apiAccess });
    const types = stack.ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => at(Properties, 'AuthorizationType'));
    expect(new Set(types)).toEqual(new Set([type]));
    // Without a check at the gateway the functions must know that the check is theirs.
    const told = stack
      .ofType('AWS::Lambda::Function')
      .map(({ Properties }) => at(Properties, 'Environment', 'Variables', 'API_ACCESS'))
      .filter((value) => value !== undefined);
    expect(told).toEqual(Array.from({ length: 5 }, () => apiAccess));
  });

  it('is throttled as the settings say', () => {
    const [stage] = signed.ofType('AWS::ApiGatewayV2::Stage');
    expect(at(stage?.Properties, 'DefaultRouteSettings')).toEqual({
      ThrottlingRateLimit: 20,
      ThrottlingBurstLimit: 40,
    });
  });

  it('writes an access log that names no member, caller or address', () => {
    const [stage] = signed.ofType('AWS::ApiGatewayV2::Stage');
    const format = String(at(stage?.Properties, 'AccessLogSettings', 'Format'));
    expect(Object.keys(JSON.parse(format))).toEqual(
      expect.arrayContaining(['requestId', 'route', 'status', 'latency']),
    );
    expect(format).not.toMatch(/identity|\.path|authorizer\.|domainName/);
  });
});
