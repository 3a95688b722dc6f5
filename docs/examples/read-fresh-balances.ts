// Fresh balances of one member over HTTP: use what is young enough, otherwise refresh and wait for the end.
//   API=… CALLER=client_id:key node read-fresh-balances.ts USER MEMBER
import { BalancesProblem, createBalancesClient } from 'mx-fresh-balances/client';

const { API = '', CALLER = '' } = process.env;
const [clientId = '', key = ''] = CALLER.split(':');
const [user = '', member = ''] = process.argv.slice(2);

const balances = createBalancesClient({ baseUrl: API, credentials: { clientId, key } });

try {
  const asked = await balances.checkBalance(user, member, { maxAge: 300, wait: 10 });
  const refresh = asked.kind === 'running' ? await balances.waitForEnd(asked.refresh.refreshId) : asked.refresh;
  if (refresh !== null && refresh.outcome !== 'succeeded') {
    // The balances below are then the ones from before, and `freshness` says so.
    console.log(`not refreshed: ${refresh.code}; what to do: ${refresh.action}`);
  }
  const { accounts, freshness } = await balances.allAccounts(user, member);
  for (const { name, type, balance, currency_code: currency } of accounts) {
    console.log(`${name} (${type}): ${balance ?? 'no balance'} ${currency ?? ''}`);
  }
  console.log(`${freshness.verdict}: observed at ${freshness.observedAt}, ${freshness.ageSeconds} s ago`);
} catch (error) {
  if (!(error instanceof BalancesProblem)) throw error;
  console.error(`${error.code}: ${error.detail}; what to do: ${error.action}`);
  process.exitCode = 1;
}
