/** The OpenAPI document of the HTTP API, made from the tables that the code itself works with. */
import { readFileSync } from 'node:fs';
import { MAX_BODY_BYTES } from '../../shared/lambda/http.ts';
import { MX_FILTERS } from '../../shared/lambda/mx-pagination.ts';
import { type ProblemCode, problemCodes, problemKind } from '../../shared/lambda/problem.ts';
import { defaultRoutes, routeKey, routes } from '../../shared/lambda/routes.ts';
import { headers, headersOf } from './openapi/headers.ts';
import { mxOperations } from './openapi/mx-operations.ts';
import type { Operation, Success } from './openapi/operation.ts';
import { ownOperations } from './openapi/own-operations.ts';
import { type ParameterName, parameters } from './openapi/parameters.ts';
import { problemExamples, problemResponse, unmatchedResponses } from './openapi/problems.ts';
import { schemas } from './openapi/schemas.ts';

/** Answers that the gateway may give by itself to any request (docs/calling.md). */
const gatewayStatuses = [403, 429, 500, 503];

const description = `Fresh bank balances from MX. The routes of MX’s Platform API v20250224 that are listed here have MX’s paths, headers, status codes and bodies, so that a client made for MX works when it is pointed at this service; what MX does not have stands beside them.

- **Freshness.** Every read of a member or its accounts says how old the balances are and why: in headers, and in the trigger’s 200 as a block.
- **Errors** are RFC 9457 problems with MX’s \`error\` member in them. \`code\` is for machines; \`type\` leads to a page about it. A path that does not exist is answered 404 \`not_found\`, one that MX has and this service has not 404 \`stays_at_mx\`, another method 405 \`method_not_allowed\` with \`Allow\`; see \`x-any-other-request\`.
- **Amounts** are exact decimals of up to 38 digits: read them with a decimal type.
- **Time.** Everything is answered within 30 seconds.
- **HEAD** works wherever GET does: the same status and headers, no body.
- **Growth.** Members may be added to answers without a new version. Query parameters and headers that are not listed are ignored; members of a body are not, and on lists nor are MX’s filters ${MX_FILTERS.map((name) => `\`${name}\``).join(', ')}: 400, because the list would be another one. Bodies have at most ${MAX_BODY_BYTES.toLocaleString('en')} bytes.`;

/** A route without an entry makes `openApiDocument` throw. */
const operations = { ...mxOperations, ...ownOperations };

const tags: Readonly<Record<Operation['tag'], string>> = {
  Refreshes: 'Bringing balances up to date, and how that went.',
  Balances: 'What is stored, in MX’s shapes.',
  Schedule: 'Refreshes at fixed intervals.',
  Attention: 'Members that wait for a person.',
  Institutions: 'What is learnt of banks.',
  'Data rights': 'Erasing what is stored of a person.',
  'From MX': 'What MX calls.',
  Service: 'About the API itself.',
};

/** Codes that an operation may answer, by status, the gateway's own statuses included. */
function codesByStatus({ parameters: names, body, right, problems }: Operation): Map<number, ProblemCode[]> {
  const codes: ProblemCode[] = [
    ...(right === null ? [] : (['unauthorized', 'forbidden', 'too_many_requests'] as const)),
    // MX repeats a webhook that is refused: its form is no reason to refuse one.
    ...(right !== 'webhook' && (body !== undefined || names.some((name) => checked.has(name)))
      ? (['invalid_request'] as const)
      : []),
    ...(right === 'webhook' ? [] : (['not_acceptable'] as const)),
    ...problems,
    // A route that reads a secret or a table is answered 503 while AWS does not answer.
    ...(right === null ? [] : (['busy'] as const)),
    'internal',
  ];
  const byStatus = new Map(
    [...gatewayStatuses, ...(body === undefined ? [] : [413])].map((status): [number, ProblemCode[]] => [status, []]),
  );
  for (const code of codes) {
    const { status } = problemKind(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}

/** Parameters whose bad value is 400 `invalid_request`. A bad `code` is 404, a version not offered 406, a bad name none. */
const checked: ReadonlySet<ParameterName> = new Set(
  (Object.keys(parameters) as ParameterName[]).filter(
    (name) => !['code', 'Accept-Version', 'If-None-Match', 'X-Correlation-Id'].includes(name),
  ),
);

const goodResponse = ({ description: text, headers: names, schema, examples, links }: Success) => ({
  description: text,
  headers: headersOf(names),
  ...(schema === undefined
    ? {}
    : {
        content: {
          'application/json': {
            schema,
            ...(examples === undefined
              ? {}
              : { examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])) }),
          },
        },
      }),
  ...(links === undefined ? {} : { links }),
});

function securityOf({ right }: Operation): readonly object[] {
  if (right === 'webhook') return [{ basic: [right] }];
  // With `basic`, what needs no right needs no credentials.
  return right === null ? [{}, { sigv4: [] }] : [{ basic: [right] }, { sigv4: [] }];
}

/** The document. */
export function openApiDocument(): Readonly<Record<string, unknown>> {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  const responses: Record<string, object> = {};
  const refersTo = (status: number, codes: readonly ProblemCode[]) => {
    const { name, response } = problemResponse(status, codes);
    responses[name] = response;
    return { $ref: `#/components/responses/${name}` };
  };

  const written = (operation: Operation) => ({
    operationId: operation.operationId,
    summary: operation.summary,
    description: operation.description,
    tags: [operation.tag],
    security: securityOf(operation),
    parameters: operation.parameters.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: operation.body.required,
            content: {
              'application/json': {
                schema: { $ref: `#/components/schemas/${operation.body.schema}` },
                examples: Object.fromEntries(
                  Object.entries(operation.body.examples).map(([name, value]) => [name, { value }]),
                ),
              },
            },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [status, goodResponse(answer)]),
      ),
      ...Object.fromEntries([...codesByStatus(operation)].map(([status, codes]) => [status, refersTo(status, codes)])),
    },
  });

  const paths: Record<string, Record<string, object>> = {};
  for (const route of [...routes, ...defaultRoutes]) {
    const operation = operations[routeKey(route)];
    if (operation === undefined)
      throw new Error(`no file of docs/generate/openapi says anything about ${routeKey(route)}`);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: written(operation) };
  }
  const shown = problemCodes.filter((code) =>
    Object.values(responses).some((response) => JSON.stringify(response).includes(`/examples/${code}"`)),
  );

  return {
    openapi: '3.1.1',
    info: {
      title: 'Fresh bank balances from MX',
      version,
      summary: 'Asks MX for fresh balances, stores them, and says how fresh they are.',
      description,
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Where this document was read.' }],
    tags: Object.entries(tags).map(([name, text]) => ({ name, description: text })),
    paths,
    components: {
      securitySchemes: {
        basic: {
          type: 'http',
          scheme: 'basic',
          description:
            'With the setting `apiAccess` = `basic`: client id and key, as at MX. The role beside it is the right that the caller needs.',
        },
        sigv4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description:
            'With `apiAccess` = `iam`: AWS Signature Version 4 for the service `execute-api`; the caller’s policies allow `execute-api:Invoke` on the route.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
      parameters,
      headers,
      schemas,
      responses,
      examples: problemExamples(shown),
    },
    'x-any-other-request': { responses: unmatchedResponses() },
  };
}

/** The text of docs/openapi.json. */
export const openApiText = (): string => `${JSON.stringify(openApiDocument(), null, 2)}\n`;
