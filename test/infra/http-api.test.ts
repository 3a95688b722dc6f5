import { describe, expect, it } from 'vitest';
import { at, everythingOn, listAt, type Synthesized, synthesize } from './synthesized.ts';

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
  it('has MX’s routes, ours, and one for the rest', () => {
    const member = '/users/{user_identifier}/members/{member_identifier}';
    expect(wiring(signed)).toEqual({
      [`HEAD ${member}`]: 'read-balances',
      [`HEAD ${member}/status`]: 'read-balances',
      [`HEAD ${member}/accounts`]: 'read-balances',
      [`HEAD ${member}/challenges`]: 'read-balances',
      'HEAD /users/{user_identifier}/members': 'read-balances',
      'HEAD /users/{user_identifier}/accounts': 'read-balances',
      'HEAD /users/{user_identifier}/accounts/{account_identifier}': 'read-balances',
      [`GET ${member}/challenges`]: 'read-balances',
      'GET /users/{user_identifier}/members': 'read-balances',
      'GET /users/{user_identifier}/accounts': 'read-balances',
      'GET /users/{user_identifier}/accounts/{account_identifier}': 'read-balances',
      [`HEAD ${member}/accounts/{account_identifier}`]: 'read-balances',
      [`HEAD ${member}/accounts/{account_identifier}/history`]: 'read-balances',
      'HEAD /refreshes/{refresh_id}': 'read-refresh',
      'HEAD /members': 'read-refresh',
      'HEAD /attention': 'read-refresh',
      'GET /members': 'read-refresh',
      'GET /attention': 'read-refresh',
      'HEAD /institution_health': 'read-refresh',
      'HEAD /institution_health/{institution_code}': 'read-refresh',
      'GET /institution_health': 'read-refresh',
      'GET /institution_health/{institution_code}': 'read-refresh',
      [`HEAD ${member}/refreshes`]: 'read-refresh',
      [`HEAD ${member}/schedule`]: 'member-schedule',
      [`POST ${member}/check_balance`]: 'check-balance',
      [`PUT ${member}/resume`]: 'check-balance',
      [`GET ${member}`]: 'read-balances',
      [`GET ${member}/status`]: 'read-balances',
      [`GET ${member}/accounts`]: 'read-balances',
      [`GET ${member}/accounts/{account_identifier}`]: 'read-balances',
      [`GET ${member}/accounts/{account_identifier}/history`]: 'read-balances',
      'GET /refreshes/{refresh_id}': 'read-refresh',
      [`GET ${member}/refreshes`]: 'read-refresh',
      [`GET ${member}/schedule`]: 'member-schedule',
      [`PUT ${member}/schedule`]: 'member-schedule',
      [`DELETE ${member}/schedule`]: 'member-schedule',
      'DELETE /users/{user_identifier}/data': 'erase-data',
      [`DELETE ${member}/data`]: 'erase-data',
      'HEAD /erasures/{erasure_id}': 'erase-data',
      'GET /erasures/{erasure_id}': 'erase-data',
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

  it('has a webhook route only with webhooks on', () => {
    expect(Object.keys(wiring(signed))).not.toContain('POST /webhooks/mx');
    const on = synthesize({ ...everythingOn, apiAccess: 'iam' });
    expect(wiring(on)).toMatchObject({ 'POST /webhooks/mx': 'mx-webhook' });
    const open = on
      .ofType('AWS::ApiGatewayV2::Route')
      .filter(({ Properties }) => at(Properties, 'AuthorizationType') === 'NONE')
      .map(({ Properties }) => at(Properties, 'RouteKey'));
    expect(open).toEqual(['POST /webhooks/mx']);
  });

  it('answers scripts of the configured origins only', () => {
    const [closed] = signed.ofType('AWS::ApiGatewayV2::Api');
    expect(at(closed?.Properties, 'CorsConfiguration')).toBeUndefined();
    const origins = ['https://app.example.com', 'https://b.example.com:8443'];
    const open = synthesize({ corsOrigins: origins.join(', ') });
    const [api] = open.ofType('AWS::ApiGatewayV2::Api');
    const cors = at(api?.Properties, 'CorsConfiguration');
    expect(cors).toMatchObject({ AllowOrigins: origins, AllowMethods: ['GET', 'POST', 'PUT', 'DELETE'] });
    expect(at(cors, 'AllowCredentials')).toBeUndefined();
    expect(listAt(cors, 'AllowHeaders')).toEqual(expect.arrayContaining(['Authorization', 'Idempotency-Key']));
    expect(listAt(cors, 'ExposeHeaders')).toEqual(
      expect.arrayContaining(['ETag', 'Retry-After', 'Balances-Freshness']),
    );
    // A browser's preflight request has no signature, also with apiAccess = iam.
    const unsigned = open
      .ofType('AWS::ApiGatewayV2::Route')
      .filter(({ Properties }) => at(Properties, 'AuthorizationType') === 'NONE')
      .map(({ Properties }) => at(Properties, 'RouteKey'));
    expect(unsigned).toEqual(['OPTIONS /{proxy+}']);
    expect(wiring(open)).toMatchObject({ 'OPTIONS /{proxy+}': 'unknown-route' });
  });

  it('is throttled as the settings say', () => {
    const [stage] = signed.ofType('AWS::ApiGatewayV2::Stage');
    expect(at(stage?.Properties, 'DefaultRouteSettings')).toEqual({
      ThrottlingRateLimit: 20,
      ThrottlingBurstLimit: 40,
    });
  });

  it('MX’s route has its own throttle, and exists first', () => {
    expect(at(signed.ofType('AWS::ApiGatewayV2::Stage')[0]?.Properties, 'RouteSettings')).toBeUndefined();
    const on = synthesize({ ...everythingOn, webhookRate: 300, webhookBurst: 1500 });
    const [stage] = on.ofType('AWS::ApiGatewayV2::Stage');
    expect(at(stage?.Properties, 'RouteSettings')).toEqual({
      'POST /webhooks/mx': { ThrottlingRateLimit: 300, ThrottlingBurstLimit: 1500 },
    });
    const mxRoute = on
      .ofType('AWS::ApiGatewayV2::Route')
      .find(({ Properties }) => at(Properties, 'RouteKey') === 'POST /webhooks/mx');
    expect(listAt(stage, 'DependsOn')).toContain(mxRoute?.id);
  });

  it('logs to a group outside the resource policy', () => {
    const named = (stack: Synthesized) =>
      stack.ofType('AWS::Logs::LogGroup').flatMap(({ Properties }) => at(Properties, 'LogGroupName') ?? []);
    expect(named(signed)).toEqual(['/aws/vendedlogs/http-api/mx-fresh-balances-dev']);
    expect(named(synthesize({ stage: 'other' }))).toEqual(['/aws/vendedlogs/http-api/mx-fresh-balances-other']);
  });

  it('has an access log without member, caller or address', () => {
    const [stage] = signed.ofType('AWS::ApiGatewayV2::Stage');
    const format = String(at(stage?.Properties, 'AccessLogSettings', 'Format'));
    expect(Object.keys(JSON.parse(format))).toEqual(
      expect.arrayContaining(['requestId', 'route', 'status', 'latency']),
    );
    expect(format).not.toMatch(/identity|\.path|authorizer\.|domainName/);
  });
});
