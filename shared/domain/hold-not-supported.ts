/** The schedule and institutions without balance checks: whether a member is left alone, and who asks MX again. */
import { heldOf } from './held.ts';
import type { MemberRecord } from './member.ts';
import { mayAsk, withAnswer } from './not-supported.ts';
import type { RefreshDeps } from './ports.ts';

/** What it needs. */
export type HoldDeps = Pick<RefreshDeps, 'breakers' | 'supportRules' | 'now'>;

/**
 * Whether a scheduled start of the member has to wait because MX runs no balance checks at its institution. Costs nothing
 * for an institution that has them, nor for a member that waits already. Once the time is over one start may ask MX, by a
 * write on condition: of many functions one gets it. When its result does not come, another may a few minutes later.
 */
export async function holdsNotSupported(deps: HoldDeps, record: MemberRecord): Promise<boolean> {
  const { institutionCode: code } = record;
  if (code === null) return false;
  const known = (await deps.breakers.notSupported()).get(code);
  if (known === undefined) return false;
  const now = deps.now();
  const isHeld = heldOf(record)?.code === 'not_supported';
  if (isHeld && now < known.until) return true;
  // What is known may be 15 s old; and an answer of the bank at the moment at which it was written would be missing in it.
  const stored = await deps.breakers.read(code);
  const checks = withAnswer(stored.checks, await deps.breakers.lastAnswerAt(code));
  const { notSupported } = checks;
  if (notSupported === null) {
    // False: changed since, and decided anew at the next turn.
    if (checks !== stored.checks) await deps.breakers.write(code, { ...stored, checks }, stored.version);
    return false;
  }
  if (!mayAsk(notSupported, now, deps.supportRules)) return true;
  const asked = { ...checks, notSupported: { ...notSupported, askedAt: now } };
  return !(await deps.breakers.write(code, { ...stored, checks: asked }, stored.version));
}
