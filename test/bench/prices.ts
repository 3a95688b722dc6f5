/**
 * What AWS charges in us-east-1 in US dollars, without free tiers and volume discounts, as known on the day below. AWS's own
 * pricing pages could not be read on it: look the prices up there before you decide anything by them.
 */
export const pricesDated = '2026-11-26';

/** Dollars for one of each. */
export const prices = {
  /** HTTP API, first 300 million a month. */
  httpRequest: 1.0 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** arm64, first 7.5 billion GB-seconds a month; INIT has been billed as well since August 2025. */
  lambdaGbSecond: 0.0000133334,
  /** DynamoDB on demand, since November 2024. */
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** Standard queue; a request carries up to ten messages of 64 KB together. */
  sqsRequest: 0.4 / 1e6,
  /** Custom events. */
  event: 1.0 / 1e6,
  logByte: 0.5 / 1e9,
  /** What a NAT gateway takes for a byte that passes it, in or out. */
  natByte: 0.045 / 1e9,
  /** To the internet, first 10 TB a month. */
  sentByte: 0.09 / 1e9,
  /** Step Functions, Standard. */
  stateTransition: 0.025 / 1e3,
} as const;
