/** Enrolling one member of a file: as `PUT …/schedule` does, but not again what stands already. */
import { enrolmentFor } from '../../shared/domain/asked-schedule.ts';
import { Failure } from '../../shared/domain/failure.ts';
import { findKeyToSchedule, present } from '../../shared/domain/find-member.ts';
import type { Clock } from '../../shared/domain/instant.ts';
import type { MemberRecord } from '../../shared/domain/member.ts';
import type { Members } from '../../shared/domain/members-ports.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Schedule } from '../../shared/domain/ports.ts';
import type { ScheduleWishes } from '../../shared/domain/schedule.ts';
import type { AskMx } from './ask-mx.ts';
import type { EnrolmentRow } from './enrolment-row.ts';

/** What enrolling needs. */
export interface EnrolDeps {
  readonly members: Pick<Members, 'resolve' | 'read' | 'writeAliases' | 'isUserErased'>;
  readonly schedule: Pick<Schedule, 'enrol' | 'wishesOf'>;
  /** Asks MX who a member is that is not known here by own ids; null: MX is not asked. */
  readonly askMx: AskMx | null;
  readonly shards: number;
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly now: Clock;
}

/** What became of a line. */
export type Enrolled = 'enrolled' | 'changed' | 'unchanged';

/** A member of the file: who it is, and what was known of it. */
export interface FoundMember {
  readonly key: MemberKey;
  readonly known: MemberRecord | null;
}

/**
 * Who the line means.
 *
 * @throws Failure `member_not_found`, `member_deleted`, and what MX refuses.
 */
export async function findRow(deps: EnrolDeps, { identifiers }: EnrolmentRow): Promise<FoundMember> {
  try {
    return await findKeyToSchedule(deps.members, identifiers);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'member_not_found') throw error;
    if (deps.askMx === null) {
      throw new Failure('member_not_found', 'the member is not known here by its own ids (--resolve asks MX)');
    }
    const member = await deps.askMx(identifiers);
    const known = await deps.members.read(member.key);
    if (known !== null) present(known);
    // So that MX is not asked for it again: by the next run, or by a request with these ids.
    if (!deps.dryRun) await deps.members.writeAliases(member);
    return { key: member.key, known };
  }
}

/**
 * Puts the member on the schedule as its line says, unless it is on it like that.
 *
 * @throws Failure `invalid_request` when its quiet hours leave nothing of the day, `member_deleted`, `busy`.
 */
export async function enrolRow(
  deps: EnrolDeps,
  { key, known }: FoundMember,
  { asked }: EnrolmentRow,
): Promise<Enrolled> {
  const former = known?.enrolment ?? null;
  const enrolment = enrolmentFor(key, asked, { shards: deps.shards, now: deps.now(), former });
  const isOn = former !== null && former.everyHours !== 0;
  if (isOn && former.slot === enrolment.slot) {
    const wishes = await deps.schedule.wishesOf(key, former.slot);
    if (wishes !== null && isSameWish(wishes, asked.wishes)) return 'unchanged';
  }
  if (!deps.dryRun) await deps.schedule.enrol(key, enrolment, 'always', asked.wishes);
  return isOn ? 'changed' : 'enrolled';
}

function isSameWish(first: ScheduleWishes, second: ScheduleWishes): boolean {
  const [one, other] = [first.quietHours, second.quietHours];
  return (
    first.maxAgeSeconds === second.maxAgeSeconds &&
    one?.from === other?.from &&
    one?.to === other?.to &&
    one?.timeZone === other?.timeZone
  );
}
