import { CfnOutput, Duration } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnStage,
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
  type ThrottleSettings,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import { answerHeaders, requestHeaders } from '../../shared/lambda/header-names.ts';
import { PREFLIGHT_ROUTE } from '../../shared/lambda/routes.ts';
import type { Settings } from '../settings.ts';
import { acknowledge } from './acknowledged-finding.ts';
import { type Alarms, sum } from './alarms.ts';
import type { ServiceFunction } from './service-function.ts';
import { metricOfFunction } from './service-metric.ts';

/** The routes that one function answers. */
export interface ApiRoutes {
  readonly to: ServiceFunction<FunctionName>;
  readonly paths: readonly string[];
  /** The function checks its callers by itself, also with `apiAccess` = `iam`. @default false */
  readonly checksItself?: boolean;
  /** In place of the throttle that each route has. @default that of all routes */
  readonly throttle?: ThrottleSettings | undefined;
}

/** Where a request goes. The first four words of a path are MX's own. */
export interface PublicApiProps
  extends Pick<Settings, 'stage' | 'apiAccess' | 'apiRate' | 'apiBurst' | 'corsOrigins' | 'alarmWrongKeys'> {
  /** The API's name, which its log group has too. */
  readonly name: string;
  readonly alarms: Alarms;
  readonly logs: LogGroupProps;
  /** Routes such as `POST /users/{user_identifier}/…`, per function. */
  readonly routes: readonly ApiRoutes[];
  /** Answers requests that match no route, in this service's error format. */
  readonly otherwise: ServiceFunction<FunctionName>;
}

/** One line per request. Paths and addresses are left out: they identify members and people. */
const accessLog = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  latency: '$context.responseLatency',
  integrationStatus: '$context.integrationStatus',
  integrationLatency: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
  gatewayError: '$context.error.responseType',
  responseLength: '$context.responseLength',
};

/** The HTTP API that other systems call. */
export class PublicApi extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: PublicApiProps) {
    super(scope, id);
    const api = new HttpApi(this, 'Api', {
      apiName: props.name,
      createDefaultStage: false,
      ...(props.corsOrigins === '' ? {} : { corsPreflight: corsFor(props.corsOrigins) }),
    });
    this.api = api;
    const logGroup = new LogGroup(this, 'AccessLogs', {
      // API Gateway lists groups of other names in one resource policy of the account, which holds some dozens of them.
      logGroupName: `/aws/vendedlogs/http-api/${props.name}`,
      ...props.logs,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      // For each route by itself: API Gateway throttles at the level of routes, and this is their default
      // (API Gateway guide, "Route-level throttling"; of REST APIs it says so of methods).
      throttle: { rateLimit: props.apiRate, burstLimit: props.apiBurst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
    });

    // With `basic` the functions check the caller: the gateway has no check of that kind without another function.
    const authorizer = props.apiAccess === 'iam' ? new HttpIamAuthorizer() : new HttpNoneAuthorizer();
    const route = (
      to: ServiceFunction<FunctionName>,
      keys: readonly HttpRouteKey[],
      checkedBy: IHttpRouteAuthorizer,
    ) => {
      const integration = new HttpLambdaIntegration(to.functionName, to.invoked);
      return new Map(
        keys.map((routeKey) => [
          routeKey.key,
          new HttpRoute(this, idOf(routeKey), { httpApi: api, routeKey, integration, authorizer: checkedBy }),
        ]),
      );
    };
    for (const { to, paths, checksItself, throttle } of props.routes) {
      const added = route(to, paths.map(routeKeyOf), checksItself ? new HttpNoneAuthorizer() : authorizer);
      if (throttle) throttleRoutes(stage, added, throttle);
      if (checksItself)
        openAtTheGateway(
          added,
          'MX cannot sign requests with AWS credentials. The function checks the key that MX sends.',
        );
      else if (props.apiAccess === 'basic') openAtTheGateway(added, checkedInside);
      if (paths.length > 0) calledByGateway(to);
    }
    const all = route(props.otherwise, [HttpRouteKey.DEFAULT], authorizer);
    if (props.apiAccess === 'basic') openAtTheGateway(all, openToAll);
    calledByGateway(props.otherwise);
    // A browser sends the preflight request without credentials; `$default` would refuse it for want of a signature.
    if (props.corsOrigins !== '') {
      const preflight = route(props.otherwise, [routeKeyOf(PREFLIGHT_ROUTE)], new HttpNoneAuthorizer());
      openAtTheGateway(
        preflight,
        'A browser sends the preflight request without credentials. Its answer names the allowed origins and nothing else.',
      );
    }

    // Single 5xx pass on short outages of MX; many in five minutes need an operator.
    props.alarms.raise(this, 'ServerErrors', {
      metric: api.metricServerError(sum),
      atLeast: 5,
      whenItFails: 'Calls to the HTTP API end with 5xx: other systems cannot ask for or read balances.',
      runbook: 'http-5xx',
      hurtsUsers: true,
    });
    const checking = props.routes.filter(
      ({ paths, checksItself }) => paths.length > 0 && (checksItself || props.apiAccess === 'basic'),
    );
    const checkers = checking.map(({ to }) => to);
    if (checkers.length > 0)
      props.alarms.raise(this, 'WrongKeys', {
        metric: refusedCallers(checkers, props.stage),
        atLeast: props.alarmWrongKeys,
        whenItFails:
          'Many requests come with wrong keys: a caller uses an old key, or an unknown client tries keys and costs money.',
        runbook: 'wrong-keys',
      });
    new CfnOutput(scope, 'ApiUrl', { value: api.apiEndpoint, description: 'Base URL of the HTTP API' });
  }
}

const checkedInside =
  'With apiAccess=basic the function checks name and key of the caller before anything else; the gateway has no check of that kind without another function.';

const openToAll =
  'It answers health, the API’s description and the problems’ pages, which hold no secret, and to all else that there is nothing.';

function openAtTheGateway(routes: ReadonlyMap<string, HttpRoute>, reason: string): void {
  for (const route of routes.values()) acknowledge(route, 'AwsSolutions-APIG4', reason);
}

const calledByGateway = ({ fn }: ServiceFunction<FunctionName>): void =>
  acknowledge(
    fn,
    'Serverless-LambdaDLQ',
    'The HTTP API invokes it synchronously and hands a failure to the caller. Lambda sends only asynchronous invocations to a dead-letter target.',
  );

/** What all these functions have refused for its credentials, added up. */
function refusedCallers(functions: readonly ServiceFunction<FunctionName>[], stage: string): MathExpression {
  const counts = functions.map(({ functionName: service }) =>
    metricOfFunction('CallerRefused', { service, stage }, sum),
  );
  return new MathExpression({
    // A function without a refusal writes no number: without FILL the whole sum would be missing.
    expression: counts.map((_, index) => `FILL(m${index}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(counts.map((count, index) => [`m${index}`, count])),
    label: 'Requests with wrong keys',
    period: Duration.minutes(5),
  });
}

/** Scripts of these origins may send and read every header that the API has. Cookies are no credentials here. */
const corsFor = (origins: string): CorsPreflightOptions => ({
  allowOrigins: origins.split(','),
  allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.DELETE],
  allowHeaders: [...requestHeaders, 'X-Amz-Content-Sha256', 'X-Amz-Date', 'X-Amz-Security-Token'],
  exposeHeaders: [...answerHeaders],
  maxAge: Duration.hours(1),
});

/** Gives these routes a throttle of their own: the CDK's stage construct takes only one for all routes. */
function throttleRoutes(stage: HttpStage, routes: ReadonlyMap<string, HttpRoute>, throttle: ThrottleSettings): void {
  const resource = stage.node.defaultChild;
  if (!(resource instanceof CfnStage)) throw new TypeError('the stage of an HTTP API is no CfnStage');
  const settings = { ThrottlingRateLimit: throttle.rateLimit, ThrottlingBurstLimit: throttle.burstLimit };
  resource.routeSettings = Object.fromEntries([...routes.keys()].map((key) => [key, settings]));
  // API Gateway refuses settings of a route that is not there yet.
  for (const route of routes.values()) resource.node.addDependency(route);
}

const idOf = ({ key }: HttpRouteKey): string => key.replaceAll(/[^A-Za-z0-9]+/g, '-');

function routeKeyOf(path: string): HttpRouteKey {
  const [method, resource] = path.split(' ');
  const known = Object.values(HttpMethod).find((candidate) => candidate === method);
  if (known === undefined || resource === undefined) throw new Error(`"${path}" is not a route such as "GET /users"`);
  return HttpRouteKey.with(resource, known);
}
