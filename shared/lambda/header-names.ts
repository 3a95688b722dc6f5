/** The names of the API's headers: CORS lets browsers send and read these, and docs/openapi.json describes each. */

/** On every answer. `Apigw-Requestid` is added by the gateway. */
export const everyAnswerHeaders = [
  'Strict-Transport-Security',
  'X-Content-Type-Options',
  'Cache-Control',
  'X-Correlation-Id',
  'Apigw-Requestid',
] as const;

/** On some answers. */
const someAnswerHeaders = [
  'ETag',
  'Location',
  'Retry-After',
  'Allow',
  'WWW-Authenticate',
  'Idempotency-Replayed',
  'Balances-Known-Members',
] as const;

/** On answers in MX's shape, whose bodies have no place for freshness. */
export const freshnessHeaderNames = [
  'Balances-Freshness',
  'Balances-Stale-Reason',
  'Balances-Fresh-As-Of',
  'Balances-Observed-At',
  'Balances-Refresh-Id',
  'Balances-Trigger',
  'Balances-Last-Attempt',
  'Balances-Last-Success',
  'Balances-Incomplete',
  'Balances-Next-Refresh-Allowed-At',
  'Balances-Schedule-Held',
  'Age',
  'Last-Modified',
] as const;

/** The name of a header that tells freshness. */
export type FreshnessHeader = (typeof freshnessHeaderNames)[number];

/** Every header of an answer. */
export const answerHeaders = [...everyAnswerHeaders, ...someAnswerHeaders, ...freshnessHeaderNames] as const;

/** The name of a header of an answer. */
export type AnswerHeader = (typeof answerHeaders)[number];

/** Every header of a request that the API reads. */
export const requestHeaders = [
  'Authorization',
  'Content-Type',
  'Accept-Version',
  'X-Correlation-Id',
  'If-None-Match',
  'Idempotency-Key',
  'Balances-Max-Age',
  'Balances-Wait',
  'Balances-User-Present',
  'Balances-Callback-Url',
] as const;
