import { describe, expect, it } from 'vitest';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { openRefresh, stepText } from '../../../shared/domain/open-refresh.ts';
import type { StartedClaim } from '../../../shared/domain/refresh.ts';
import { at, attemptOf, claim, knownMember, startingClaim } from '../../samples.ts';

const member = knownMember({ institutionCode: 'riverbank' });
const begun = startingClaim('RFR-1', { correlationId: 'order-1', lookNumber: 0, lookedAt: null });
const { start } = begun;
const seen = (given: Partial<StartedClaim>) => ({ ...begun, lookNumber: 2, lookedAt: at(20), ...given });

describe('a refresh that runs', () => {
  it('is shown with what is known of it', () => {
    const unanswered = { code: 'mx_timeout', nextLookAt: at(90) } as const;
    expect(openRefresh(member, seen({ unanswered, userPresent: true }), at(60.9))).toEqual({
      refreshId: 'RFR-1',
      userGuid: 'USR-1',
      memberGuid: 'MBR-1',
      institutionCode: 'riverbank',
      trigger: 'http',
      correlationId: 'order-1',
      since: at(0),
      ageSeconds: 60,
      deadline: at(600),
      isStuck: false,
      step: 'requested',
      waitsFor: 'mx_timeout',
      looks: 2,
      lastLookAt: at(20),
      nextLookAt: at(90),
      userPresent: true,
    });
  });

  it.each([
    [
      'no POST was sent',
      { ...begun, start: { state: 'none' as const } },
      'start not sent, no look yet; mx_unavailable',
    ],
    ['its POST was not answered', begun, 'start sent, not confirmed, no look yet'],
    [
      'MX has refused it for now',
      seen({ start: { ...start, state: 'conflict' } }),
      'start sent, not confirmed, look 2 taken; mx_conflict',
    ],
    ['MX has accepted it', seen({ start: { ...start, state: 'accepted' } }), 'job runs, look 2 taken'],
    [
      'MX does not answer',
      seen({ start: { ...start, state: 'accepted' }, unanswered: { code: 'mx_unavailable', nextLookAt: at(90) } }),
      `job runs, look 2 taken, next at ${at(90)}; mx_unavailable`,
    ],
    ['its accounts are being stored', { ...seen({}), phase: 'storing' as const }, 'storing, look 2 taken'],
    ['it has ended', endedClaim(claim(), attemptOf(claim())), 'ended, being told, look 1 taken'],
  ])('%s', (_, open, text) => {
    const shown = openRefresh(member, open, at(30));
    expect(stepText(shown)).toBe(text);
  });

  it.each([
    [599.999, false],
    [600, true],
  ])('at %s s is stuck: %s', (seconds, isStuck) => {
    expect(openRefresh(member, begun, at(seconds)).isStuck).toBe(isStuck);
  });

  it('has no age before it began, by another clock', () => {
    expect(openRefresh(member, begun, at(-1)).ageSeconds).toBe(0);
  });
});
