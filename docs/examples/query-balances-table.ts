// Stored balances of one member by plain queries of the balances table; MX's guids come from the API, once.
//   API=… CALLER=… BALANCES_TABLE=… node query-balances-table.ts USER MEMBER
// An API with iam callers takes `{ sign }` for `{ clientId, key }`: docs/client.md.
import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { createBalancesClient } from 'mx-fresh-balances/client';

const { API = '', CALLER = '', BALANCES_TABLE = '' } = process.env;
const [user = '', member = ''] = process.argv.slice(2);

// Guids never change: keep them beside your own ids.
const [clientId = '', key = ''] = CALLER.split(':');
const balances = createBalancesClient({ baseUrl: API, credentials: { clientId, key } });
const { user_guid: userGuid, guid: memberGuid } = (await balances.member(user, member)).member;

const pages = paginateQuery(
  { client: new DynamoDBClient({}) },
  {
    TableName: BALANCES_TABLE,
    KeyConditionExpression: 'user_guid = :user AND begins_with(account_key, :member)',
    ExpressionAttributeValues: { ':user': { S: userGuid ?? '' }, ':member': { S: `${memberGuid}#` } },
  },
);
for await (const { Items = [] } of pages) {
  for (const { name, balance, currency_code: currency, observed_at: observedAt } of Items) {
    // The text in N is the exact amount.
    console.log(`${name?.S}: ${balance?.N ?? 'no balance'} ${currency?.S ?? ''}, observed at ${observedAt?.S}`);
  }
}
