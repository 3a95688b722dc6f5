/** In which cases an engine is known to differ from AWS. docs/conformance.md has the same list, in tables. */
import type { KnownDifference } from './verdict.ts';

const noSource = 'a dead letter does not say from which queue it is (DeadLetterQueueSourceArn)';
const noMoveTask = 'it has no StartMessageMoveTask';
const trailingZeros = 'it stores a number as it was sent, 1000.50; DynamoDB trims zeros, 1000.5';
const notAtomic = 'it lets conditional writes that come at once read the same old item';

/** By engine, as `--known` names it. The version is that of the run in docs/conformance.md. */
export const differences: Readonly<Record<string, readonly KnownDifference[]>> = {
  dynalite: [
    {
      case: 'conformance/facts > DynamoDB > gives the old item with a lost condition',
      why: 'it takes no notice of ReturnValuesOnConditionCheckFailure; the local stack refuses a call with it',
    },
    { case: 'conformance/facts > DynamoDB > takes a time to live', why: 'it has no UpdateTimeToLive; nothing expires' },
  ],
  fauxqs: [
    {
      case: 'conformance/facts > SQS > refuses a delay above 15 minutes',
      why: 'it takes any delay; the local stack refuses it',
    },
    {
      case: 'conformance/facts > SQS > carries the trace header',
      why: 'it drops AWSTraceHeader; the local stack carries it',
    },
    { case: 'conformance/facts > SQS > moves a dead letter, and says from where', why: noSource },
    { case: 'conformance/facts > SQS > moves dead letters back', why: noMoveTask },
  ],
  elasticmq: [
    {
      case: 'conformance/facts > SQS > takes a message of 1 MiB and no larger one',
      why: 'with its strict limits it takes 256 KiB at most',
    },
  ],
  moto: [
    { case: 'conformance/facts > DynamoDB > trims the zeros of a number', why: trailingZeros },
    {
      case: 'conformance/facts > DynamoDB > keeps 38 digits of a number and refuses 39',
      why: 'it takes any number of digits',
    },
    {
      case: 'conformance/facts > DynamoDB > refuses an item above 400 KB',
      why: 'it counts more bytes than DynamoDB does and refuses an item of 409,534',
    },
    { case: 'conformance/facts > SQS > moves a dead letter, and says from where', why: noSource },
    { case: 'conformance/facts > SQS > moves dead letters back', why: noMoveTask },
    {
      case: 'contract/balances-item > the item of the balances table > has these attributes and no others',
      why: trailingZeros,
    },
    {
      case: 'contract/balances-item > the item of the balances table > is found by a query for a user or member',
      why: trailingZeros,
    },
    {
      case: 'contract/read-balances > a member’s stored balances > tell what changed and what MX no longer lists',
      why: trailingZeros,
    },
    {
      case: 'contract/members > members: DynamoDB > lets one of twenty parallel claims through',
      why: notAtomic,
      isRace: true,
    },
    {
      case: 'contract/callbacks > callbacks in DynamoDB > keep to the limit, also at once',
      why: notAtomic,
      isRace: true,
    },
    {
      case: 'contract/callbacks > callbacks: DynamoDB > of 25 callers, 10 each, come page by page',
      why: notAtomic,
      isRace: true,
    },
    {
      case: 'contract/start-ceiling > ten starts a second: DynamoDB > gives no two the same time',
      why: notAtomic,
      isRace: true,
    },
  ],
};
