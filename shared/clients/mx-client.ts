/** MX's Platform API: the five calls that this service makes. Every answer is parsed; every failure has a fate. */
import { type ExactJson, isExactObject, parseExactJson } from '../domain/decimal.ts';
import { Failure } from '../domain/failure.ts';
import { type Instant, instantOf } from '../domain/instant.ts';
import type {
  AccountsPage,
  ChallengeAnswer,
  FieldValue,
  MemberIdentifiers,
  MxAccount,
  MxMember,
} from '../domain/mx.ts';
import { readAccountsPage, readChallenges, readMember } from '../domain/mx-readers.ts';
import type { Mx } from '../domain/ports.ts';
import { httpDate } from './http-date.ts';
import { type MxClientOptions, memberPath, mxRequests } from './mx-request.ts';

/**
 * How many accounts are asked for per page. 1,000 is the most that MX gives; above it MX silently falls back to 25 (MX
 * facts 2.4). The smaller sizes are for a list whose page is larger than the transport reads.
 */
const PAGE_SIZES = [1000, 250, 50, 10] as const;

/** A member with more accounts than this is a fault of the answer, not a member. */
const MAX_ACCOUNTS = 20_000;

/** How often a list that changed between its pages is read. */
const MAX_READINGS = 3;

/** MX's answer. */
interface Answer {
  readonly json: ExactJson;
  /** By MX's clock; null: it did not say. */
  readonly answeredAt: Instant | null;
}

/** The client. */
export function mxClient(options: MxClientOptions): Mx {
  const request = mxRequests(options);

  async function call(method: 'GET' | 'POST' | 'PUT', path: string, what: string, body = ''): Promise<Answer> {
    const response = await request(method, path, what, body);
    try {
      const answeredAt = httpDate(response.headers['date']);
      return { json: parseExactJson(response.body), answeredAt: answeredAt === null ? null : instantOf(answeredAt) };
    } catch (cause) {
      throw new Failure('mx_bad_answer', `MX's answer to ${what} is not JSON`, {}, { cause });
    }
  }

  async function page(member: MemberIdentifiers, number: number, size: number): Promise<AccountsPage> {
    const query = `?page=${number}&records_per_page=${size}`;
    const { json } = await call('GET', `${memberPath(member)}/accounts${query}`, 'list accounts');
    const read = readAccountsPage(json);
    for (const { fields } of read.accounts) {
      const { member_guid: memberGuid, member_id: memberId, user_guid: userGuid, user_id: userId } = fields;
      checkNames(member, { memberGuid, memberId, userGuid, userId }, 'an account');
    }
    return read;
  }

  /** All pages, each account once; null when the list changed while it was read. */
  async function allPages(member: MemberIdentifiers, size: number): Promise<readonly MxAccount[] | null> {
    const pages = [await page(member, 1, size)];
    const [first] = pages;
    while (first && pages.length < first.totalPages) {
      if (first.totalEntries > MAX_ACCOUNTS || pages.length * size >= MAX_ACCOUNTS) {
        throw new Failure('mx_too_many_accounts', `MX lists more than ${MAX_ACCOUNTS} accounts of a member`);
      }
      pages.push(await page(member, pages.length + 1, size));
    }
    const byGuid = new Map(pages.flatMap(({ accounts }) => accounts.map((account) => [account.guid, account])));
    // An account that comes twice is no fault while every guid is there. MX may count one that stands twice on a page
    // twice. One on two pages has moved during the read: if another was missed, the guids are fewer than MX's total.
    const doubles = pages.reduce(
      (sum, { accounts }) => sum + accounts.length - new Set(accounts.map(({ guid }) => guid)).size,
      0,
    );
    const isWhole = pages.every(
      ({ totalEntries }) =>
        totalEntries === first?.totalEntries && isOneOf(totalEntries, byGuid.size, byGuid.size + doubles),
    );
    return isWhole ? [...byGuid.values()] : null;
  }

  /** The largest page size whose answers can be read. @throws Failure `mx_bad_answer` when even the smallest cannot. */
  async function wholeList(member: MemberIdentifiers): Promise<readonly MxAccount[] | null> {
    for (const size of PAGE_SIZES.slice(0, -1)) {
      try {
        return await allPages(member, size);
      } catch (error) {
        if (!(error instanceof Failure && error.details.tooLarge)) throw error;
      }
    }
    return allPages(member, PAGE_SIZES[PAGE_SIZES.length - 1] ?? 10);
  }

  return {
    async readMember(member) {
      return checkMember(member, await call('GET', memberPath(member), 'read member'));
    },
    async readChallenges(member) {
      const { json } = await call('GET', `${memberPath(member)}/status`, 'read member status');
      const { guid: memberGuid, user_guid: userGuid } = memberIn(json);
      checkNames(member, { memberGuid, userGuid }, 'the status');
      return readChallenges(json);
    },
    async checkBalance(member) {
      return checkMember(member, await call('POST', `${memberPath(member)}/check_balance`, 'check balance'));
    },
    async resume(member, answers) {
      const body = JSON.stringify({ member: { challenges: answers.map(({ guid, value }) => ({ guid, value })) } });
      try {
        return checkMember(member, await call('PUT', `${memberPath(member)}/resume`, 'resume', body));
      } catch (error) {
        throw error instanceof Failure ? refusedAnswers(error, answers) : error;
      }
    },
    async listAccounts(member) {
      for (let reading = 0; reading < MAX_READINGS; reading += 1) {
        const accounts = await wholeList(member);
        if (accounts !== null) return accounts;
      }
      throw new Failure('mx_bad_answer', 'MX’s list of accounts changed while it was read, again and again');
    },
  };
}

/** MX's refusal of `answers`, under its own code where MX waits for none (MX facts 2.9), and without any of them. */
function refusedAnswers({ code, message, details, cause }: Failure, answers: readonly ChallengeAnswer[]): Failure {
  const has = (text: string): boolean =>
    answers.some(({ value }) => value !== '' && text.toLowerCase().includes(value.toLowerCase()));
  // MX may repeat what it was sent in its text.
  const { mxMessage = '', mxErrorType = '', userMessage = '', ...rest } = details;
  const texts = Object.entries({ mxMessage, mxErrorType, userMessage }).filter(([, text]) => text !== '' && !has(text));
  const isUnasked = details.mxStatus === 405;
  return new Failure(
    isUnasked ? 'mx_not_challenged' : code,
    message,
    { ...rest, ...Object.fromEntries(texts) },
    { cause },
  );
}

/** The member in an answer, unless it is another one than MX was asked for. @throws Failure `mx_bad_answer`. */
function checkMember(asked: MemberIdentifiers, { json, answeredAt }: Answer): MxMember {
  const member = readMember(json, answeredAt);
  const { key, memberId, userId } = member;
  checkNames(asked, { ...key, memberId, userId }, 'the body');
  return member;
}

/** The names in an answer. One that MX does not send is undefined or null. */
interface AnsweredNames {
  readonly memberGuid?: FieldValue | undefined;
  readonly memberId?: FieldValue | undefined;
  readonly userGuid?: FieldValue | undefined;
  readonly userId?: FieldValue | undefined;
}

/**
 * Checks that what MX answered is what it was asked for: its guid, or its own id when it was asked for by that. Stored
 * as it came, another member's answer would become this one's balances. An id that MX does not send cannot be checked.
 *
 * @param what was answered, for the failure's message.
 * @throws Failure `mx_bad_answer`.
 */
function checkNames(asked: MemberIdentifiers, answered: AnsweredNames, what: string): void {
  const { memberIdentifier, userIdentifier } = asked;
  const member = memberIdentifier.startsWith('MBR-') ? answered.memberGuid : answered.memberId;
  if (isOther(member, memberIdentifier))
    throw new Failure('mx_bad_answer', `MX answered with ${what} of another member`);
  const user = userIdentifier.startsWith('USR-') ? answered.userGuid : answered.userId;
  if (isOther(user, userIdentifier)) throw new Failure('mx_bad_answer', `MX answered with ${what} of another user`);
}

const isOther = (answered: FieldValue | undefined, asked: string): boolean =>
  typeof answered === 'string' && answered !== '' && answered !== asked;

function memberIn(answer: ExactJson): { guid?: FieldValue; user_guid?: FieldValue } {
  const member = isExactObject(answer) ? answer['member'] : undefined;
  if (!isExactObject(member)) return {};
  const { guid, user_guid: userGuid } = member;
  return {
    ...(typeof guid === 'string' ? { guid } : {}),
    ...(typeof userGuid === 'string' ? { user_guid: userGuid } : {}),
  };
}

const isOneOf = (value: number, ...wanted: readonly number[]): boolean => wanted.includes(value);
