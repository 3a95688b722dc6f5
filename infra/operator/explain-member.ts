/** `explain`: why a member's balances are old, whose move it is, what happens next and when. */
import type { StoredBalance } from '../../shared/domain/balance.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import type { Explained } from '../../shared/domain/explain.ts';
import type { MemberRecord } from '../../shared/domain/member.ts';
import { snakeCased } from '../../shared/domain/snake-case.ts';
import type { Deployment } from './deployment.ts';
import { explainedMember } from './explained-member.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Whom to explain, and how. */
export interface ExplainOptions {
  /** MX's guid or the own id. */
  readonly user: string;
  readonly member: string;
  /** Whether amounts are written: they are bank data. */
  readonly showAmounts: boolean;
  readonly json: boolean;
}

/** Writes the sentences, then what they are made from. @throws Stop `usage` for a member that is not known here. */
export async function explainMember(
  deployment: Deployment,
  terminal: Terminal,
  { user, member: name, showAmounts, json }: ExplainOptions,
): Promise<void> {
  const client = deployment.dynamoDb();
  try {
    const names = { userIdentifier: user, memberIdentifier: name };
    const read = await explainedMember(deployment, { client, now: terminal.now }, names);
    const { member, balances, bankDownSince, explained } = read;
    const facts = factsOf(member, bankDownSince);
    const accounts = balances.map((balance) => accountOf(balance, showAmounts));
    if (json) {
      await terminal.write(
        `${JSON.stringify(snakeCased({ ...explained, member: Object.fromEntries(facts), accounts }))}\n`,
      );
      return;
    }
    await terminal.write(sentencesOf(explained));
    await terminal.write(`\n${table(['name', 'value'], facts)}`);
    const [first] = accounts;
    if (first !== undefined) {
      const columns = Object.keys(first) as readonly (keyof typeof first)[];
      await terminal.write(
        `\n${table(
          columns.map((column) => column.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)),
          accounts.map((account) => columns.map((column) => String(account[column] ?? ''))),
        )}`,
      );
    }
  } finally {
    client.destroy();
  }
}

const sentencesOf = ({ why, move, next }: Explained): string =>
  `Why is it old?           ${why}\nWhose move is it?        ${move}\nWhat happens next, when? ${next}\n`;

function factsOf(member: MemberRecord, bankDownSince: string | null): readonly (readonly [string, string])[] {
  const { key, claim, lastAttempt, lastSuccess, institutionCode, enrolment, attention } = member;
  const every = enrolment === null || enrolment.everyHours === 0 ? 'no schedule' : `every ${enrolment.everyHours} h`;
  const running =
    claim === null ? 'none' : `${claim.refreshId}${claim.correlationId === null ? '' : ` (${claim.correlationId})`}`;
  return [
    ['user', key.userGuid],
    ['member', key.memberGuid],
    ['institution', `${institutionCode ?? 'not known'}${bankDownSince === null ? '' : ', does not work'}`],
    ['running refresh', running],
    [
      'last attempt',
      lastAttempt === null ? 'none' : `${lastAttempt.endedAt} ${lastAttempt.code} ${lastAttempt.refreshId}`,
    ],
    ['last success', lastSuccess === null ? 'none' : `${lastSuccess.observedAt} ${lastSuccess.refreshId}`],
    [
      'waits for',
      attention === null ? 'no person' : `${attention.action} since ${attention.since} (${attention.code})`,
    ],
    ['connection status', lastAttempt?.connectionStatus ?? ''],
    ['schedule', every],
    ['starts that MX counts', String(member.starts.length)],
  ];
}

const accountOf = (
  { accountGuid, freshAsOf, listed, staleReason, refreshId, fields }: StoredBalance,
  showAmounts: boolean,
) => ({
  account: accountGuid,
  type: String(fields['type'] ?? ''),
  freshAsOf,
  listed: listed ? 'yes' : 'no',
  staleReason: staleReason ?? '',
  refresh: refreshId,
  ...(showAmounts
    ? {
        balance: shown(fields['balance']),
        available: shown(fields['available_balance']),
        currency: shown(fields['currency_code']),
      }
    : {}),
});

/** An amount is an exact decimal: its text. Missing is not zero. */
const shown = (value: unknown): string => {
  if (value === null || value === undefined) return '–';
  return value instanceof Decimal ? value.text : String(value);
};
