/**
 * Unattended starts and the breakers of their institutions: while one is open its members wait, except for a probe now and
 * then, which finds out whether the bank works again. A probe is a time in the breaker that is written on condition, so of
 * many instances one gets it; when its holder crashes, the next one comes a few minutes later all the same.
 */
import { mayProbe } from './breaker.ts';
import { inGroups } from './in-groups.ts';
import { type Instant, plusSeconds } from './instant.ts';
import type { RefreshDeps } from './ports.ts';
import { type EnrolledMember, hash } from './schedule.ts';

/** What passing needs. */
export type PassDeps = Pick<RefreshDeps, 'breakers' | 'breakerRules' | 'members' | 'now'>;

/** Who may start, and who waits. */
export interface Passed {
  readonly passing: readonly EnrolledMember[];
  readonly waiting: readonly EnrolledMember[];
  /** The institutions for which one of the passing is the probe. */
  readonly probes: ReadonlyMap<EnrolledMember, Probe>;
}

/** A start that was let through. */
export interface Probe {
  readonly code: string;
  readonly takenAt: Instant;
}

/** How many members are read at the same time. */
const AT_ONCE = 5;

/** Nothing is read while no breaker is open. */
export async function passBreakers(deps: PassDeps, members: readonly EnrolledMember[]): Promise<Passed> {
  const open = await deps.breakers.open();
  if (open.size === 0) return { passing: members, waiting: [], probes: new Map() };
  const known = await inGroups(members, AT_ONCE, async (enrolled) => ({
    enrolled,
    code: (await deps.members.read(enrolled.member))?.institutionCode ?? null,
  }));
  const passing: EnrolledMember[] = [];
  const waiting: EnrolledMember[] = [];
  const probes = new Map<EnrolledMember, Probe>();
  /** Whether the breaker of an institution was found closed, now that it was read again. */
  const foundClosed = new Map<string, boolean>();
  for (const { enrolled, code } of known) {
    if (code === null || !open.has(code) || foundClosed.get(code) === true) {
      passing.push(enrolled);
      continue;
    }
    const probe = foundClosed.has(code) ? 'none' : await takeProbe(deps, code);
    foundClosed.set(code, probe === 'closed');
    if (probe === 'none') waiting.push(enrolled);
    else passing.push(enrolled);
    if (typeof probe === 'object') probes.set(enrolled, probe);
  }
  return { passing, waiting, probes };
}

/** `closed`: the bank answers again. `none`: another one has it, or it is too early. */
async function takeProbe({ breakers, breakerRules, now }: PassDeps, code: string): Promise<Probe | 'closed' | 'none'> {
  const stored = await breakers.read(code);
  const { breaker, version } = stored;
  if (breaker.open === null) return 'closed';
  const takenAt = now();
  if (!mayProbe(breaker, takenAt, breakerRules)) return 'none';
  const taken = { ...stored, breaker: { ...breaker, probedAt: takenAt } };
  return (await breakers.write(code, taken, version)) ? { code, takenAt } : 'none';
}

/**
 * Gives a probe back that has started nothing: another member may go through at once. Never rejects: a probe that stays
 * taken is over in a few minutes.
 */
export async function giveProbeBack({ breakers }: Pick<PassDeps, 'breakers'>, { code, takenAt }: Probe): Promise<void> {
  try {
    const stored = await breakers.read(code);
    const { breaker, version } = stored;
    if (breaker.probedAt !== takenAt) return;
    // False: changed since, so that there is nothing to give back.
    await breakers.write(code, { ...stored, breaker: { ...breaker, probedAt: null } }, version);
  } catch {
    // The table does not answer.
  }
}

/** The first members of an open institution come back after so many seconds, the last after as many more as follow. */
const COME_BACK_SECONDS = 600;
const APART_SECONDS = 300;

/** When members that wait are received again, by the first of them: not all at once. */
export const comeBackAt = ({ member }: EnrolledMember, now: Instant): Instant =>
  plusSeconds(now, COME_BACK_SECONDS + (hash(member.memberGuid) % APART_SECONDS));
