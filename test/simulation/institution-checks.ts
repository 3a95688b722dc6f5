/** What is kept of institutions when everything is quiet: breakers, and which of them have no balance checks. */
import { leastOpenSeconds } from '../../shared/domain/breaker.ts';
import { epochMillisecondsOf, plusSeconds } from '../../shared/domain/instant.ts';
import { Violation } from './violation.ts';
import type { Truth } from './what-is-known.ts';
import { breakerRules, supportRules, type World } from './world.ts';

/** Breakers: what was told fits together, and none stays open after a job that shows that the bank answers. */
export function checkBreakers(
  { breakers, published, institutions }: World,
  truth: Truth,
  isUndisturbed: boolean,
): void {
  const of = (type: string) => published.flatMap((event) => (event.type === type ? [event.data] : []));
  for (const recovered of of('institution.recovered')) {
    const since = 'since' in recovered ? recovered.since : null;
    const isKnown = of('institution.degraded').some((degraded) => 'since' in degraded && degraded.since === since);
    if (!isKnown) throw new Violation(8, 'an institution was told to have recovered that was not told to be degraded');
  }
  for (const [code, { breaker }] of breakers) {
    const { open, changedAt, openings } = breaker;
    // A fault may have cost the sample.
    if (open === null || changedAt === null || !isUndisturbed) continue;
    const mayCloseAt = plusSeconds(changedAt, leastOpenSeconds(openings, breakerRules));
    const answered = [...truth.refreshes.values()].find(
      ({ result, posts, answeredAt }) =>
        result?.outcome === 'succeeded' &&
        answeredAt === null &&
        posts.length === 1 &&
        (posts[0]?.at ?? 0) > epochMillisecondsOf(mayCloseAt),
    );
    const isCounted = (institutions.get(code) ?? []).some(({ isAnswer, endedAt }) => isAnswer && endedAt > mayCloseAt);
    if (answered && isCounted) {
      throw new Violation(0, `the breaker of ${code} stays open after ${answered.refreshId}, which has succeeded`);
    }
  }
}

/** How long what an answer shows may take to be written. */
const LEARNING_MS = 5_000;

/** Balance checks: that there are none is believed of two users' refusals, and no longer after a job that ended well. */
export function checkNotSupported({ breakers, institutions }: World, truth: Truth, isUndisturbed: boolean): void {
  for (const [code, { checks }] of breakers) {
    const { notSupported } = checks;
    if (notSupported === null) continue;
    const ended = [...truth.refreshes.values()];
    const refused = ended.filter(
      ({ result }) => result !== null && ['mx_refused', 'mx_institution'].includes(result.code),
    );
    if (new Set(refused.map(({ member }) => member.userGuid)).size < 2) {
      throw new Violation(0, `${code} is believed to have no balance checks after the refusals of one user`);
    }
    // A fault may have cost the sample.
    if (!isUndisturbed) continue;
    const since = epochMillisecondsOf(notSupported.until) - supportRules.rememberSeconds * 1000 + LEARNING_MS;
    const answered = ended.find(
      ({ result, posts, answeredAt, endedAt }) =>
        result?.outcome === 'succeeded' && answeredAt === null && posts.length === 1 && (endedAt ?? 0) > since,
    );
    const isCounted = (institutions.get(code) ?? []).some(
      ({ isAnswer, endedAt }) => isAnswer && epochMillisecondsOf(endedAt) > since,
    );
    if (answered && isCounted) {
      throw new Violation(
        0,
        `${code} is believed to have no balance checks after ${answered.refreshId}, which has succeeded`,
      );
    }
  }
}
