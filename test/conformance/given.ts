/**
 * What a conformance run (`npm run test:conformance`) tells its tests: which services are engines of the user's, and what the
 * names of all that the run makes there begin with. In every other run nothing is given.
 */

/** A service that a conformance run can be about. */
export type GivenService = 'dynamodb' | 'sqs';

/** The variables by which `main.ts` tells it to the processes of the tests. */
export const variables = { prefix: 'CONFORMANCE_PREFIX', services: 'CONFORMANCE_SERVICES' } as const;

/** Where the SDK's clients find a service that is not AWS's own; the SDK reads these variables itself. */
export const endpointVariables: Readonly<Record<GivenService, string>> = {
  dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB',
  sqs: 'AWS_ENDPOINT_URL_SQS',
};

/** What the names of all tables and queues of all conformance runs begin with: for policies, and for what is left behind. */
export const COMMON_PREFIX = 'mx-fresh-balances-conformance-';

/** Whether the run is about this service. */
export const isGiven = (service: GivenService): boolean =>
  (process.env[variables.services] ?? '').split(',').includes(service);

let names = 0;

/** A new name in a given engine, at most 80 characters, which is what SQS takes. */
export function newName(kind: string): string {
  names += 1;
  const inProcess = process.pid.toString(36);
  return `${process.env[variables.prefix] ?? COMMON_PREFIX}-${inProcess}-${names}-${kind}`.slice(0, 80);
}
