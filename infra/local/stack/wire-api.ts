import type { Blueprint, RunningResource } from './blueprint.ts';
import { type ApiRoute, HttpApi } from './http-api.ts';
import { type Authorizer, everyRequest, iamAuthorizer, lambdaAuthorizer } from './http-authorizers.ts';
import { readRouteKey } from './http-routes.ts';
import type { ObservationFeed } from './observations.ts';
import type { Properties } from './properties.ts';
import type { Credentials } from './sigv4.ts';
import { type Throttle, TokenBucket } from './token-bucket.ts';
import type { HostOf } from './wire-functions.ts';

export interface ApiWiring {
  readonly blueprint: Blueprint;
  readonly hostOf: HostOf;
  /** Who may sign requests to `AWS_IAM` routes. */
  readonly callers: readonly Credentials[];
  readonly observations: ObservationFeed;
  readonly now: () => number;
}

/** API Gateway's limit, and its default. */
const MAX_INTEGRATION_MS = 30_000;

/** Builds the HTTP API of the template. @throws Error with a sentence for settings that are not implemented */
export function buildHttpApi(wiring: ApiWiring): HttpApi {
  const { blueprint, observations, now } = wiring;
  const [api, ...others] = blueprint.ofType('AWS::ApiGatewayV2::Api');
  if (others.length > 0) throw new Error('the local stack runs one HTTP API; the template has more');
  if (api !== undefined && api.properties.text('ProtocolType') !== 'HTTP') {
    throw api.properties.fault('ProtocolType', 'must be HTTP: the local stack runs no WebSocket APIs');
  }
  if (api?.properties.has('CorsConfiguration') === true) {
    throw api.properties.fault('CorsConfiguration', 'is not run locally');
  }
  const stages = blueprint.ofType('AWS::ApiGatewayV2::Stage').map(({ ref, properties }) => {
    if (ref !== '$default') throw properties.fault('StageName', 'must be $default: paths have no stage locally');
    return properties;
  });
  const routes = blueprint.ofType('AWS::ApiGatewayV2::Route').map((route) => buildRoute(route, wiring, stages[0]));
  for (const stage of stages) {
    const unknown = Object.keys(stage.record('RouteSettings')).find(
      (key) => !routes.some((it) => it.pattern.key === key),
    );
    if (unknown !== undefined)
      throw stage.fault('RouteSettings', `name ${unknown}, which is no route of this template`);
  }
  return new HttpApi({ apiId: api?.ref ?? 'none', account: blueprint.place.account, routes, observations, now });
}

function buildRoute(
  { properties, logicalId }: RunningResource,
  wiring: ApiWiring,
  stage: Properties | undefined,
): ApiRoute {
  const target = properties.text('Target').replace(/^integrations\//, '');
  const integration = wiring.blueprint
    .ofType('AWS::ApiGatewayV2::Integration')
    .find((candidate) => candidate.ref === target)?.properties;
  if (integration === undefined) throw properties.fault('Target', 'must be an integration of this template');
  if (
    integration.text('IntegrationType') !== 'AWS_PROXY' ||
    integration.optionalText('PayloadFormatVersion') !== '2.0'
  ) {
    throw properties.fault('Target', 'must be a Lambda integration (AWS_PROXY) with payload format 2.0');
  }
  const host = wiring.hostOf(integration.text('IntegrationUri'), `route ${logicalId}`);
  const pattern = readRouteKey(properties.text('RouteKey'));
  const throttle = stage && throttleOf(stage, pattern.key);
  return {
    pattern,
    bucket: throttle && new TokenBucket(throttle, wiring.now),
    function: host.spec.logicalId,
    invoke: (event) => host.invoke(event),
    authorize: authorizerOf({ properties, logicalId }, wiring),
    timeoutMs: Math.min(integration.optionalNumber('TimeoutInMillis') ?? MAX_INTEGRATION_MS, MAX_INTEGRATION_MS),
  };
}

/** The route's own throttle, or else the stage's default, which holds for each route separately. */
function throttleOf(stage: Properties, routeKey: string): Throttle | undefined {
  const own = stage.object('RouteSettings').has(routeKey);
  const settings = own ? stage.object('RouteSettings').object(routeKey) : stage.object('DefaultRouteSettings');
  const ratePerSecond = settings.optionalNumber('ThrottlingRateLimit');
  const burst = settings.optionalNumber('ThrottlingBurstLimit');
  if (ratePerSecond === undefined && burst === undefined) return undefined;
  if (ratePerSecond === undefined || burst === undefined) {
    // AWS takes the one that is missing for 0, and refuses every request.
    throw settings.fault(ratePerSecond === undefined ? 'ThrottlingRateLimit' : 'ThrottlingBurstLimit', 'is missing');
  }
  return { ratePerSecond, burst };
}

function authorizerOf(
  { properties, logicalId }: Pick<RunningResource, 'properties' | 'logicalId'>,
  { blueprint, callers, hostOf, now }: ApiWiring,
): Authorizer {
  const type = properties.optionalText('AuthorizationType') ?? 'NONE';
  if (type === 'NONE') return everyRequest;
  if (type === 'AWS_IAM') return iamAuthorizer(callers, blueprint.place.region, blueprint.place.account, now);
  if (type !== 'CUSTOM') {
    throw properties.fault('AuthorizationType', `${type} is not run locally; NONE, AWS_IAM and Lambda authorizers are`);
  }
  const id = properties.text('AuthorizerId');
  const authorizer = blueprint
    .ofType('AWS::ApiGatewayV2::Authorizer')
    .find((candidate) => candidate.ref === id)?.properties;
  if (authorizer === undefined) throw properties.fault('AuthorizerId', 'must be an authorizer of this template');
  if (authorizer.optionalText('AuthorizerPayloadFormatVersion') !== '2.0') {
    throw authorizer.fault('AuthorizerPayloadFormatVersion', 'must be 2.0 (in the CDK: responseTypes SIMPLE)');
  }
  const host = hostOf(authorizer.text('AuthorizerUri'), `authorizer of route ${logicalId}`);
  const sources = authorizer.list('IdentitySource').map(String);
  const { region, account } = blueprint.place;
  const routeArn = `arn:aws:execute-api:${region}:${account}:local/$default/${properties.text('RouteKey').replace(' ', '')}`;
  return lambdaAuthorizer(sources, routeArn, (event) => host.invoke(event));
}
