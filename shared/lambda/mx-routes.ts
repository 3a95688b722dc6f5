/**
 * MX's routes that this service does not answer: a client of MX that is pointed here is told to ask MX itself, not that
 * it got a path wrong. By the names of MX's resources (Platform API; a test compares with the routes of MX's SDK).
 */

/** Resources that stand at the top. */
const top =
  'account|ach_returns|authorization_code|categories|credit_card_products|institutions|managed_institutions|merchant_locations|merchants|micro_deposits|payment_account|payment_processor_authorization_code|tokens|transactions|vc';

/** Resources of a user, of which nothing is answered here. */
const ofUser =
  'account_verifications|budgets|categories|connect_widget_url|goals|insights|investment_holdings|investment_holdings_deactivate|jobs|managed_members|micro_deposits|monthly_cash_flow_profile|notifications|repeating_transactions|spending_plans|taggings|tags|transaction_rules|transactions|widget_urls';

/** Resources of a member, and jobs other than `check_balance`. */
const ofMember =
  'account_numbers|account_owners|aggregate|aggregate_all|credentials|extend_history|fetch_rewards|fetch_statements|identify|investment_holdings|oauth_window_uri|rewards|statements|transactions|verify';

/** Resources of an account. */
const ofAccount = 'account_numbers|insights|investment_holdings|transactions';

const user = '/users/[^/]+';

/** Paths, with any method. */
const paths = [
  `/(${top})(/.+)?`,
  `/users(/[^/]+)?`,
  `${user}/(${ofUser})(/.+)?`,
  `${user}/members/[^/]+/(${ofMember})(/.+)?`,
  `${user}/accounts/[^/]+/(${ofAccount})(/.+)?`,
  `${user}/members/[^/]+/accounts/[^/]+/(${ofAccount})(/.+)?`,
].map((path) => new RegExp(`^${path}$`));

/** Methods of paths that have other methods here: what creates, changes and deletes at MX. */
const methods = [
  `POST ${user}/accounts`,
  `DELETE ${user}/accounts/[^/]+`,
  `POST ${user}/members`,
  `(PUT|DELETE) ${user}/members/[^/]+`,
  `PUT ${user}/members/[^/]+/accounts/[^/]+`,
].map((method) => new RegExp(`^${method}$`));

/** Whether a request that matches no route of this service is one for MX. */
export const staysAtMx = (method: string, path: string): boolean =>
  paths.some((pattern) => pattern.test(path)) || methods.some((pattern) => pattern.test(`${method} ${path}`));
