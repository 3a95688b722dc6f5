/** Members for the tests of the page, refreshed side by side: each refresh takes seconds of waiting. */
import { dataOf, type Running } from '../local/running.ts';

/** Markup that would change the page's title if it were run. */
export const HOSTILE = '<img src=x onerror="document.title=\'run\'"><script>document.title="run"</script>';
/** As many digits as MX's amounts may have. */
export const DIGITS = '12345678901234567890123456789012345.678';

type Member = ReturnType<Running['addMember']>;
type Given = NonNullable<Parameters<Running['addMember']>[0]>;

/** A member whose last refresh has ended. */
export interface Prepared extends Member {
  readonly endedAt: string;
}

/** By what they are for: each once its refreshes have ended. */
export interface PreparedMembers {
  /** With MX Bank's six accounts. */
  readonly stored: Promise<Prepared>;
  readonly denied: Promise<Prepared>;
  /** An amount of 38 digits, and none. */
  readonly amounts: Promise<Prepared>;
  /** Its account `a` has had three balances, all through jobs. */
  readonly moved: Promise<Prepared>;
  /** Names with markup in them. */
  readonly hostile: Promise<Prepared>;
  /** With two hundred accounts. */
  readonly many: Promise<Prepared>;
}

const account = (name: string, balance: string | null, more: Readonly<Record<string, unknown>> = {}) => ({
  ...{ id: 'a', name, currency_code: 'EUR', balance, ...more },
});

/** Adds them and begins their refreshes. */
export function prepareMembers(running: Running): PreparedMembers {
  const prepared = async (given?: Given): Promise<Prepared> => {
    const member = running.addMember(given);
    return { ...member, endedAt: await refreshed(running, member) };
  };
  const many = Array.from({ length: 200 }, (_, index) =>
    account(`Account ${index}`, `${index}.25`, { id: `a-${index}` }),
  );
  const members = {
    stored: prepared(),
    denied: prepared({ scenario: 'denied' }),
    amounts: prepared({
      accounts: [account('Long', DIGITS, { currency_code: 'JPY' }), account('None', null, { id: 'b' })],
    }),
    moved: prepared({ accounts: [account('Moving', '1.00')] }).then((member) => changeTwice(running, member)),
    hostile: prepared({ accounts: [account(HOSTILE, '1.50', { type: 'SAVINGS' })] }),
    many: prepared({ accounts: many }),
  };
  // The case that waits for one of them fails with it; where none does, it is of no interest.
  for (const member of Object.values(members)) member.catch(() => {});
  return members;
}

/** Its end. */
async function refreshed(running: Running, { path }: Member): Promise<string> {
  return String(dataOf((await running.refresh(path)).event)['ended_at']);
}

async function changeTwice(running: Running, member: Prepared): Promise<Prepared> {
  for (const balance of ['2.50', '1.75']) {
    changeBalance(running, member, balance);
    await refreshed(running, member);
  }
  return member;
}

/** The bank has another balance of account `a`: MX gets it with the next job. */
export const changeBalance = (running: Running, { id }: Member, balance: string): void =>
  running.mx.setBalances({ member: id, account: 'a', values: { balance }, when: 'next-success' });
