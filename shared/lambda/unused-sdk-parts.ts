/**
 * Takes the place of parts of the AWS SDK in bundles for Lambda that no function of this service uses. Each is only
 * named by the SDK's common code, but brings its whole package: together 28 KB of 313 KB. The first also costs time,
 * because the SDK imports it dynamically, for which a bundler must wrap every module of the SDK in a function.
 */

const unused = (what: string): Error => new Error(`${what} are left out of this bundle (infra/bundle.ts)`);

/** Of `@smithy/core/event-streams`: operations that stream events, such as reading a Kinesis stream. */
export class EventStreamSerde {
  constructor() {
    throw unused('event streams');
  }
}

/** Of `@aws-sdk/endpoint-cache`: DynamoDB's endpoint discovery. Made by every client, asked only when that is on. */
export class EndpointCache {
  has(): never {
    throw unused('discovered endpoints');
  }

  getEndpoint(): never {
    throw unused('discovered endpoints');
  }

  set(): never {
    throw unused('discovered endpoints');
  }

  delete(): never {
    throw unused('discovered endpoints');
  }
}
