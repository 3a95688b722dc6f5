import { describe, expect, it } from 'vitest';
import {
  type Attention,
  attentionAtEnd,
  attentionWhenHeld,
  attentionWhenSeen,
  type TakenAway,
  takenAwayWhenSeen,
} from '../../../shared/domain/attention.ts';
import type { Held } from '../../../shared/domain/held.ts';
import { outcomes } from '../../../shared/domain/outcome.ts';
import { statusRules } from '../../../shared/domain/statuses.ts';
import { at, member } from '../../samples.ts';

/** The member waits since noon, as was found 50 s later. */
const denied: Attention = { action: 'reauthenticate', since: at(0), code: 'denied', asOf: at(50) };
const refused: Attention = { action: 'contact_support', since: at(0), code: 'mx_refused', asOf: at(50) };
const shown = (connectionStatus: string | null, more: Partial<ReturnType<typeof member>> = {}) => ({
  ...member(),
  connectionStatus,
  ...more,
});
const error = (code: string) => ({ code, message: null, userMessage: null });
const ended = (code: keyof typeof outcomes, seconds = 100) => {
  const { outcome, action } = outcomes[code];
  return { outcome, action, code, endedAt: at(seconds) };
};

describe('after the end of a refresh', () => {
  it.each([
    ['nothing stood', null, at(100)],
    ['the same action stood', denied, at(0)],
    ['another action stood', refused, at(100)],
    ['something newer stands, by another clock', { ...denied, asOf: at(101) }, at(0)],
  ])('that asks its user, %s', (_, stands, since) => {
    const attempt = ended('invalid_credentials');
    const attention = { action: 'reauthenticate', since, code: 'invalid_credentials', asOf: at(100) };
    expect(attentionAtEnd(stands, { attempt, member: shown('DENIED') })).toEqual(attention);
    expect(attentionAtEnd(stands, { attempt, member: null })).toEqual(attention);
  });

  it.each([
    ['prevented', 'reauthenticate'],
    ['challenged', 'answer_mfa'],
    ['locked', 'act_at_institution'],
    ['closed', 'reconnect'],
    ['mx_forbidden', 'contact_support'],
  ] as const)('as %s the member waits for: %s', (code, action) => {
    expect(attentionAtEnd(null, { attempt: ended(code), member: null })).toMatchObject({ action, since: at(100) });
  });

  it.each(['stored', 'stored_in_part', 'stored_unreadable', 'stored_incomplete'] as const)(
    'as %s it waits for no person',
    (code) => {
      for (const stands of [null, denied, refused]) {
        expect(attentionAtEnd(stands, { attempt: ended(code), member: null })).toBeNull();
      }
    },
  );

  it.each([
    ['unread', null, denied, 'as_it_is'],
    ['still denied', shown('DENIED'), denied, 'as_it_is'],
    ['connected', shown('CONNECTED'), denied, null],
    ['degraded', shown('DEGRADED'), denied, null],
    ['connected, and MX refuses its jobs', shown('CONNECTED'), refused, 'as_it_is'],
  ])('that asks no person, member %s', (_, read, stands, expected) => {
    for (const code of ['deadline', 'mx_unavailable', 'no_evidence'] as const) {
      expect(attentionAtEnd(stands, { attempt: ended(code), member: read })).toBe(expected);
    }
  });
});

describe('held back by the schedule', () => {
  const held = { since: at(90), code: 'locked', action: 'act_at_institution' } as const;

  it.each([
    ['nothing stood', null, { action: 'act_at_institution', since: at(90), code: 'locked', asOf: at(95) }],
    ['another action stood', denied, { action: 'act_at_institution', since: at(90), code: 'locked', asOf: at(95) }],
    [
      'the same action stood',
      { ...denied, action: 'act_at_institution' as const },
      { action: 'act_at_institution', since: at(0), code: 'locked', asOf: at(95) },
    ],
    [
      'something of that very moment stood',
      { ...denied, asOf: at(95) },
      { action: 'act_at_institution', since: at(90), code: 'locked', asOf: at(95) },
    ],
    ['something newer stands', { ...denied, asOf: at(95.001) }, 'as_it_is'],
  ])('%s', (_, stands, expected) => {
    expect(attentionWhenHeld(stands, held, at(95))).toEqual(expected);
  });

  it('for what asks no person changes nothing', () => {
    expect(attentionWhenHeld(denied, { ...held, action: 'retry_later' }, at(95))).toBe('as_it_is');
  });
});

describe('MX shows the member', () => {
  const asking = Object.entries(statusRules).flatMap(([status, rule]) => {
    const { action } = outcomes[rule.end];
    return rule.whenOver === 'wait' || !['none', 'retry_later'].includes(action) ? [status] : [];
  });

  it.each(Object.keys(statusRules))('as %s', (status) => {
    const expected = asking.includes(status) ? 'as_it_is' : null;
    expect(attentionWhenSeen(denied, shown(status), at(60))).toBe(expected);
  });

  it('statuses that ask a person, or are none yet', () => {
    expect(asking.toSorted()).toEqual([
      'CHALLENGED',
      'CLOSED',
      'CREATED',
      'DENIED',
      'DISABLED',
      'DISCONTINUED',
      'EXPIRED',
      'IMPAIRED',
      'IMPEDED',
      'IMPORTED',
      'LOCKED',
      'PENDING',
      'PREVENTED',
      'REJECTED',
      'RESUMED',
      'UPDATED',
    ]);
  });

  it.each([
    ['without a status', shown(null), denied, 60, 'as_it_is'],
    ['with a new status of MX’s', shown('WONDERFUL'), denied, 60, null],
    ['with credentials to update', shown('CONNECTED', { needsUpdatedCredentials: true }), denied, 60, 'as_it_is'],
    ['failed, without consent', shown('FAILED', { error: error('1002') }), denied, 60, 'as_it_is'],
    ['failed, its bank down', shown('FAILED', { error: error('3000') }), denied, 60, null],
    ['failed, by a code without a row', shown('FAILED', { error: error('1000') }), denied, 60, null],
    ['connected, beside an old error', shown('CONNECTED', { error: error('1002') }), denied, 60, null],
    ['before that was found', shown('CONNECTED'), denied, 49.999, 'as_it_is'],
    ['when that was found', shown('CONNECTED'), denied, 50, null],
    ['and nothing stands', shown('CONNECTED'), null, 60, 'as_it_is'],
  ])('%s', (_, read, stands, seconds, expected) => {
    expect(attentionWhenSeen(stands, read, at(seconds))).toBe(expected);
  });

  it.each(['mx_refused', 'mx_institution', 'mx_too_many_accounts', 'internal', 'not_supported'] as const)(
    'which says nothing of %s',
    (code) => expect(attentionWhenSeen({ ...refused, code }, shown('CONNECTED'), at(60))).toBe('as_it_is'),
  );

  it.each(['disabled', 'mx_credentials_rejected', 'mx_not_found'] as const)('so that %s is over', (code) => {
    expect(attentionWhenSeen({ ...refused, code }, shown('CONNECTED'), at(60))).toBeNull();
  });
});

describe('a reading and a hold of the schedule', () => {
  const held: Held = { since: at(40), code: 'denied', action: 'reauthenticate' };
  it.each<[string, Partial<{ attention: Attention | null; held: Held | null }>, string, number, TakenAway]>([
    ['connected', {}, 'CONNECTED', 60, { attention: true, held: true }],
    ['still denied', {}, 'DENIED', 60, { attention: false, held: false }],
    ['between two statuses', {}, 'UPDATED', 60, { attention: false, held: false }],
    ['no hold', { held: null }, 'CONNECTED', 60, { attention: true, held: false }],
    ['nothing waits', { attention: null }, 'CONNECTED', 60, { attention: false, held: true }],
    ['before that was found', {}, 'CONNECTED', 49, { attention: false, held: false }],
    ['at the hold’s turn', { attention: null }, 'CONNECTED', 40, { attention: false, held: true }],
    ['before the hold’s turn', { attention: null }, 'CONNECTED', 39, { attention: false, held: false }],
    [
      'no balance checks at the bank',
      { held: { ...held, code: 'not_supported', action: 'contact_support' } },
      'CONNECTED',
      60,
      { attention: true, held: false },
    ],
  ])('%s', (_, given, status, seconds, expected) => {
    expect(takenAwayWhenSeen({ attention: denied, held, ...given }, shown(status), at(seconds))).toEqual(expected);
  });
});
