/**
 * The MX client with every failure, unknown field and unknown status counted and logged. A failed look queues the next
 * one and succeeds as an invocation: without these counts no alarm would show that MX refuses our key.
 */
import { asFailure } from '../domain/failure.ts';
import type { MemberIdentifiers, OddField } from '../domain/mx.ts';
import type { Mx } from '../domain/ports.ts';
import { isConnectionStatus } from '../domain/statuses.ts';
import { countOperatorFaults, type LogFields, type Telemetry } from './log.ts';
import type { CountName } from './metrics.ts';

/** The most names of fields that one function instance logs. Each is counted, also those that are not logged again. */
const MAX_LOGGED_FIELDS = 100;

/**
 * `mx`, observed. Answers and failures pass through unchanged.
 *
 * @param logged the names of fields that this function instance has logged.
 */
export function observedMx(mx: Mx, telemetry: Telemetry, logged = new Set<string>()): Mx {
  /** Counts every field; logs the name of each once per function instance, because a new field of MX's is in every answer. */
  function noteFields(member: MemberIdentifiers, kind: 'account' | 'member', oddFields: readonly OddField[]): void {
    if (oddFields.length === 0) return;
    telemetry.count('MxFieldDropped', oddFields.length);
    const names = [...new Set(oddFields.map(({ name, why }) => `${kind}.${name}: ${why}`))].filter(
      (name) => !logged.has(name) && logged.size < MAX_LOGGED_FIELDS && logged.add(name),
    );
    if (names.length > 0) telemetry.log('mx.fields_dropped', { ...guidOf(member), fields: names });
  }

  function noteStatus(member: MemberIdentifiers, status: string | null): void {
    if (status === null || isConnectionStatus(status)) return;
    telemetry.count('MxUnknownStatus');
    // A status is a word in capitals; anything else that stands there is not for a log.
    const word = /^[A-Z_]{1,40}$/.test(status) ? status : 'not a word';
    telemetry.log('mx.unknown_status', { ...guidOf(member), reason: word });
  }

  async function observed<T>(call: keyof Mx, member: MemberIdentifiers, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      const { code } = asFailure(error);
      // Nothing was asked: MX has not failed.
      if (code === 'paused') throw error;
      telemetry.count(kindOf(code));
      countOperatorFaults(telemetry, code);
      telemetry.log('mx.failed', { call, ...guidOf(member), error });
      throw error;
    }
  }

  return {
    async readMember(member) {
      const read = await observed('readMember', member, mx.readMember(member));
      noteFields(member, 'member', read.oddFields);
      noteStatus(member, read.connectionStatus);
      return read;
    },
    readChallenges: (member) => observed('readChallenges', member, mx.readChallenges(member)),
    // Its 202 is the member as the next look reads it: noted then.
    checkBalance: (member) => observed('checkBalance', member, mx.checkBalance(member)),
    resume: (member, answers) => observed('resume', member, mx.resume(member, answers)),
    async listAccounts(member) {
      const accounts = await observed('listAccounts', member, mx.listAccounts(member));
      noteFields(
        member,
        'account',
        accounts.flatMap(({ oddFields }) => oddFields),
      );
      return accounts;
    },
  };
}

/** What MX's answer, or its silence, was, by kind. */
function kindOf(code: string): CountName {
  switch (code) {
    case 'mx_rate_limited':
      return 'MxThrottled';
    case 'mx_unavailable':
      return 'MxUnavailable';
    case 'mx_timeout':
      return 'MxTimedOut';
    case 'mx_bad_answer':
      return 'MxBadAnswer';
    default:
      return 'MxRefused';
  }
}

/** A trigger may name a member by the caller's own ids, which no log line carries, also one that begins with `MBR-`. */
const guidOf = ({ memberIdentifier }: MemberIdentifiers): Pick<LogFields, 'member_guid'> =>
  /^MBR-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(memberIdentifier) ? { member_guid: memberIdentifier } : {};
