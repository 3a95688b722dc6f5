/** In which cases an engine is known to differ from AWS. docs/conformance.md has the same list, in tables. */
import type { KnownDifference } from './verdict.ts';

const trailingZeros = 'moto stores a number as it was sent, 1000.50; DynamoDB trims zeros, 1000.5';
const notAtomic = 'moto lets conditional writes that come at once read the same old item';

/** By engine, as `--known` names it. The version is that of the run in docs/conformance.md. */
export const differences: Readonly<Record<string, readonly KnownDifference[]>> = {
  moto: [
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
      case: 'contract/start-ceiling > ten starts a second: DynamoDB > gives no two the same time',
      why: notAtomic,
      isRace: true,
    },
  ],
};
