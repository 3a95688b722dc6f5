// Stored balances of one member straight from the tables: no call of the service, an IAM permission of your own.
//   BALANCES_TABLE=… MEMBERS_TABLE=… node read-stored-balances.ts USER MEMBER
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readBalances } from 'mx-fresh-balances/reader';

const { BALANCES_TABLE = '', MEMBERS_TABLE = '' } = process.env;
const [user = '', member = ''] = process.argv.slice(2);

const tables = { balances: BALANCES_TABLE, members: MEMBERS_TABLE };
const stored = await readBalances(new DynamoDBClient({}), tables, { user, member }, { staleAfterSeconds: 3_600 });

if (stored === null) {
  console.log('this member was never refreshed, or was deleted');
} else {
  for (const { account } of stored.accounts) {
    if (account.is_closed) continue;
    console.log(`${account.name} (${account.type}): ${account.balance ?? 'no balance'} ${account.currency_code ?? ''}`);
  }
  const { verdict, reason, observedAt } = stored.freshness;
  console.log(`${verdict}${reason === null ? '' : ` (${reason})`}: observed at ${observedAt}`);
}
