/** MX's Platform API: the five calls that this service makes. Every answer is parsed; every failure has a fate. */
import { type ExactJson, isExactObject, parseExactJson } from '../domain/decimal.ts';
import { Failure } from '../domain/failure.ts';
import type { AccountsPage, MemberIdentifiers, MxAccount } from '../domain/mx.ts';
import { readAccount, readAccountsPage, readChallenges, readMember } from '../domain/mx-readers.ts';
import type { Mx } from '../domain/ports.ts';
import type { Send } from './https-transport.ts';
import { mxFailure } from './mx-failure.ts';
import type { Secret } from './secret.ts';

/** How to reach MX. */
export interface MxClientOptions {
  readonly baseUrl: string;
  /** Sent as `Accept-Version` (MX facts 1). */
  readonly acceptVersion: string;
  /** A secret with `{"client_id": "…", "api_key": "…"}`. */
  readonly credentials: Secret;
  readonly send: Send;
  /** For each call. */
  readonly timeoutMs: number;
}

/** The most that MX gives on a page; above it MX silently falls back to 25 (MX facts 2.4). */
const RECORDS_PER_PAGE = 1000;

/** A member with more accounts than this is a fault of the answer, not a member. */
const MAX_PAGES = 20;

/** How often a list that changed between its pages is read. */
const MAX_READINGS = 3;

/** The client. One retry rule: 401 makes it fetch the secret anew and ask once more; everything else is the caller's. */
export function mxClient(options: MxClientOptions): Mx & {
  /** One account of a member (MX facts 2.5). */
  readAccount(member: MemberIdentifiers, accountIdentifier: string): Promise<MxAccount>;
} {
  const base = options.baseUrl.replace(/\/+$/, '');

  async function call(method: 'GET' | 'POST', path: string, what: string): Promise<ExactJson> {
    const attempt = async (secretText: string) =>
      options.send({
        method,
        url: new URL(base + path),
        headers: {
          authorization: basicAuthorization(secretText),
          accept: 'application/json',
          'accept-version': options.acceptVersion,
          'user-agent': 'mx-fresh-balances',
          // check_balance has no body (MX facts 1); without this Node would announce a chunked one.
          ...(method === 'POST' ? { 'content-length': '0' } : {}),
        },
        timeoutMs: options.timeoutMs,
      });
    const known = await options.credentials.current();
    let response = await attempt(known);
    if (response.status === 401) {
      // A rotated key kills the old one at once (MX facts 1). MX did nothing, so asking again is safe, also for a POST.
      const fetched = await options.credentials.refetched();
      if (fetched !== known) response = await attempt(fetched);
    }
    if (response.status < 200 || response.status > 299) throw mxFailure(response, what);
    try {
      return parseExactJson(response.body);
    } catch (cause) {
      throw new Failure('mx_bad_answer', `MX's answer to ${what} is not JSON`, {}, { cause });
    }
  }

  async function page(member: MemberIdentifiers, number: number): Promise<AccountsPage> {
    const query = `?page=${number}&records_per_page=${RECORDS_PER_PAGE}`;
    return readAccountsPage(await call('GET', `${memberPath(member)}/accounts${query}`, 'list accounts'));
  }

  /** All pages as they came; null when the list changed while it was read. */
  async function allPages(member: MemberIdentifiers): Promise<readonly MxAccount[] | null> {
    const pages = [await page(member, 1)];
    const [first] = pages;
    while (first && pages.length < first.totalPages) {
      if (pages.length === MAX_PAGES) {
        throw new Failure('mx_too_many_accounts', `MX lists more than ${MAX_PAGES} pages of accounts`);
      }
      pages.push(await page(member, pages.length + 1));
    }
    const accounts = pages.flatMap((one) => one.accounts);
    const byGuid = new Map(accounts.map((account) => [account.guid, account]));
    const changed =
      pages.some((one) => one.totalEntries !== first?.totalEntries) || accounts.length !== first?.totalEntries;
    // Across pages a double means that the order moved and another account was missed; on one page it is only a double.
    const doubledAcrossPages = pages.length > 1 && byGuid.size !== accounts.length;
    return changed || doubledAcrossPages ? null : [...byGuid.values()];
  }

  return {
    async readMember(member) {
      return readMember(await call('GET', memberPath(member), 'read member'));
    },
    async readChallenges(member) {
      return readChallenges(await call('GET', `${memberPath(member)}/status`, 'read member status'));
    },
    async checkBalance(member) {
      return readMember(await call('POST', `${memberPath(member)}/check_balance`, 'check balance'));
    },
    async listAccounts(member) {
      for (let reading = 0; reading < MAX_READINGS; reading += 1) {
        const accounts = await allPages(member);
        if (accounts !== null) return accounts;
      }
      throw new Failure('mx_bad_answer', 'MX’s list of accounts changed while it was read, again and again');
    },
    async readAccount(member, accountIdentifier) {
      const path = `${memberPath(member)}/accounts/${encodeURIComponent(accountIdentifier)}`;
      const answer = await call('GET', path, 'read account');
      return readAccount((isExactObject(answer) ? answer['account'] : undefined) ?? null);
    },
  };
}

const memberPath = ({ userIdentifier, memberIdentifier }: MemberIdentifiers): string =>
  `/users/${encodeURIComponent(userIdentifier)}/members/${encodeURIComponent(memberIdentifier)}`;

/** @throws Failure `mx_credentials_missing` with what to do: a new deployment's secret is empty. */
function basicAuthorization(secretText: string): string {
  let credentials: unknown;
  try {
    credentials = JSON.parse(secretText);
  } catch {
    credentials = null;
  }
  const { client_id: clientId, api_key: apiKey } = (credentials ?? {}) as { client_id?: unknown; api_key?: unknown };
  if (typeof clientId !== 'string' || typeof apiKey !== 'string' || clientId === '' || apiKey === '') {
    throw new Failure(
      'mx_credentials_missing',
      'the secret with the MX credentials is empty: put {"client_id": "…", "api_key": "…"} into it',
    );
  }
  return `Basic ${Buffer.from(`${clientId}:${apiKey}`, 'utf8').toString('base64')}`;
}
