/**
 * Takes the place of parts of the AWS SDK in bundles for Lambda, and of one in the operator's command, that neither uses. Each is only
 * named by the SDK's common code, but brings its whole package: together 28 KB of 313 KB. The first also costs time,
 * because the SDK imports it dynamically, for which a bundler must wrap every module of the SDK in a function.
 */

const refuse = (what: string) => (): never => {
  throw new Error(`${what} are left out of this bundle (shared/lambda/unused-sdk-parts.ts)`);
};

/** Of `@smithy/core/event-streams`: operations that stream events, such as reading a Kinesis stream. */
export const eventStreamSerdeProvider = refuse('event streams');

/** Of the same: clients of services with such operations resolve it when they are made. */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

/** Of `@aws-sdk/endpoint-cache`: DynamoDB's endpoint discovery. Every client makes one, and asks it when that is on. */
export class EndpointCache {
  readonly has = refuse('discovered endpoints');
  readonly get = refuse('discovered endpoints');
  readonly getEndpoint = refuse('discovered endpoints');
  readonly set = refuse('discovered endpoints');
  readonly delete = refuse('discovered endpoints');
}
